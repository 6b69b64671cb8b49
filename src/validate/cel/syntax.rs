//! The syntax tree of an expression.
//!
//! Macros stay calls, whose first arguments are the names that they bind. `&&` and `||` have all
//! their operands at once, so that the tree is no deeper than the text nests.

use std::borrow::Cow;

use kube_cel::cel::Value;

/// An expression.
#[derive(Debug)]
pub enum Syntax {
    /// A value that stands in the text.
    Literal(Value),
    /// A variable, a type, or the first part of a name with dots.
    Name(String),
    /// A field; with `test`, whether it is there.
    Select { operand: Box<Syntax>, field: String, test: bool },
    /// A function, an operator or a macro.
    Call(Call),
    /// A list; optional items are left out where there are none.
    List(Vec<Item>),
    /// A map.
    Map(Vec<Entry>),
    /// A message of a type, with the values of its fields.
    Message { name: String, values: Vec<Syntax> },
}

/// A function, an operator or a macro with its arguments.
#[derive(Debug)]
pub struct Call {
    pub function: Cow<'static, str>,
    /// What stands before the dot.
    pub target: Option<Box<Syntax>>,
    pub arguments: Vec<Syntax>,
}

/// An item of a list.
#[derive(Debug)]
pub struct Item {
    pub value: Syntax,
    pub optional: bool,
}

/// An entry of a map.
#[derive(Debug)]
pub struct Entry {
    pub key: Syntax,
    pub value: Syntax,
    pub optional: bool,
}

impl Syntax {
    /// The name, if it is one without dots.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The whole of a name, with or without dots.
    pub fn path(&self) -> Option<String> {
        let mut parts = Vec::new();
        let mut part = self;
        while let Self::Select { operand, field, .. } = part {
            parts.push(field.as_str());
            part = operand;
        }
        parts.push(part.name()?);
        parts.reverse();
        Some(parts.join("."))
    }

    /// The parts that this is made of, names that a macro binds among them.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Literal(_) | Self::Name(_) => Vec::new(),
            Self::Select { operand, .. } => vec![operand],
            Self::Call(call) => call.target.as_deref().into_iter().chain(&call.arguments).collect(),
            Self::List(items) => items.iter().map(|item| &item.value).collect(),
            Self::Map(entries) => {
                entries.iter().flat_map(|entry| [&entry.key, &entry.value]).collect()
            }
            Self::Message { values, .. } => values.iter().collect(),
        }
    }
}

impl Call {
    /// How many of the arguments are names that a macro binds in those after them; 0 for what is
    /// no macro.
    ///
    /// Source: `parser/macro.go`, `cel/library.go` and `ext` of `cel-go`.
    pub fn bound(&self) -> usize {
        let Some(target) = self.target.as_deref() else { return 0 };
        match (&*self.function, self.arguments.len()) {
            ("bind", 3) => usize::from(target.name() == Some("cel")),
            (
                "all" | "exists" | "existsOne" | "exists_one" | "filter" | "map" | "optMap"
                | "optFlatMap" | "sortBy",
                2,
            )
            | ("map", 3) => 1,
            ("all" | "exists" | "existsOne" | "exists_one", 3)
            | ("transformList" | "transformMap" | "transformMapEntry", 3 | 4) => 2,
            _ => 0,
        }
    }
}
