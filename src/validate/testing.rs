//! What the tests of validation share: objects from JSON, and findings as one line each.

use serde_json::Value;

use super::Finding;
use crate::source::{Kind, Origin, Rule, Tree, TreeBuilder};

const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

/// The tree of a JSON value.
pub fn tree(value: &Value) -> Tree {
    let mut out = TreeBuilder::default();
    write(value, &mut out);
    out.finish()
}

fn write(value: &Value, out: &mut TreeBuilder) {
    match value {
        Value::Null => out.scalar(Kind::Null, "", AT),
        Value::Bool(value) => out.scalar(Kind::Bool, &value.to_string(), AT),
        Value::Number(value) if value.is_f64() => out.scalar(Kind::Float, &value.to_string(), AT),
        Value::Number(value) => out.scalar(Kind::Int, &value.to_string(), AT),
        Value::String(value) => out.scalar(Kind::Str, value, AT),
        Value::Array(items) => {
            out.list(AT);
            for item in items {
                write(item, out);
            }
            out.close();
        }
        Value::Object(entries) => {
            out.map(AT);
            for (key, value) in entries {
                out.key(key, AT);
                write(value, out);
            }
            out.close();
        }
    }
}

/// `CODE path: message [help]` for each finding.
pub fn found(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let mut line = format!("{} {}: {}", finding.code.id(), finding.path, finding.message);
        for help in &finding.help {
            line = format!("{line} [{help}]");
        }
        line
    };
    findings.iter().map(line).collect()
}
