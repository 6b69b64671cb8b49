//! Warnings of good practice that somebody decided to live with, each with the reason: said in
//! the stack for what it renders, in an annotation by who writes manifests elsewhere.

use super::{Author, Cluster, Extent, Member, practice};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity, nearest};
use crate::source::{NodeRef, Span};

/// What the annotations start with; the code follows.
const ANNOTATION: &str = "gen.dev/allow.";

/// A warning that a stack allows in some objects.
#[derive(Debug, Clone)]
pub struct Allowance<'a> {
    /// The code, as written.
    pub code: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Where the code stands.
    pub at: Span,
    /// The indices of the objects that it is for, in order.
    pub objects: Vec<usize>,
    /// Whether all that it can be for is at hand, so that one that matches nothing is of no use.
    pub must_match: bool,
}

/// Reports what is no good practice in the objects that are sound so far and nobody allows, the
/// allowances that none of these needs, and those that allow nothing.
pub fn check(
    members: &[Member<'_>],
    allowances: &[Allowance<'_>],
    cluster: &Cluster,
    is_sound: impl Fn(usize) -> bool,
    out: &mut Diagnostics,
) {
    let mut warnings = practice::check(members, cluster);
    warnings.retain(|(index, _)| is_sound(*index));
    let said = allowances.iter().map(|allowance| Said {
        code: allowance.code,
        reason: allowance.reason,
        at: Some(allowance.at),
        objects: allowance.objects.clone(),
        must_match: allowance.must_match,
        in_stack: true,
    });
    let sound = members.iter().enumerate().filter(|(index, _)| is_sound(*index));
    let annotated = sound.flat_map(|(index, member)| annotations(index, *member));
    let mut good = Vec::new();
    for said in said.chain(annotated) {
        match said.check() {
            Ok(code) => good.push((said, code, false)),
            Err(diagnostic) => out.push(*diagnostic),
        }
    }
    for (index, finding) in warnings {
        let mut allowed = false;
        for (said, code, used) in &mut good {
            if *code == finding.code && said.objects.binary_search(&index).is_ok() {
                (*used, allowed) = (true, true);
            }
        }
        if !allowed {
            let code = finding.code.id();
            let help = match (members[index].author, cluster.extent) {
                (Author::Gen, _) => {
                    format!("if it is meant, say why on the component: `allow: {{ {code}: ... }}`")
                }
                (Author::Other, Extent::Environment) => format!(
                    "if it is meant, say why beside the name of the template or manifest: `allow: {{ {code}: ... }}`"
                ),
                (Author::Other, Extent::Files) => {
                    format!("if it is meant, say why in an annotation: `{ANNOTATION}{code}: ...`")
                }
            };
            out.push(finding.help(help).into_diagnostic());
        }
    }
    for (said, code, used) in &good {
        if !used && said.must_match && said.objects.iter().any(|index| is_sound(*index)) {
            let message = format!("there is no `{}` here that could be allowed", code.id());
            let place = said.at.map_or(Place::Nowhere, Place::Span);
            let unused = Diagnostic::new(Code::UnusedAllowance, Severity::Warning, place, message);
            out.push(unused.help("delete the line"));
        }
    }
}

/// An allowance, whichever way it was said.
struct Said<'a> {
    code: &'a str,
    reason: &'a str,
    at: Option<Span>,
    objects: Vec<usize>,
    must_match: bool,
    in_stack: bool,
}

impl Said<'_> {
    /// The code that it allows, or why it allows none.
    fn check(&self) -> Result<Code, Box<Diagnostic>> {
        let known = practice::CODES.iter().copied().find(|code| code.id() == self.code);
        // The server takes every annotation, so that one can be no error.
        let severity = if self.in_stack { Severity::Error } else { Severity::Warning };
        let place = self.at.map_or(Place::Nowhere, Place::Span);
        let bad =
            |message: String| Diagnostic::new(Code::BadAllowance, severity, place.clone(), message);
        match known {
            Some(code) if !self.reason.trim().is_empty() => Ok(code),
            Some(code) => {
                let message = format!("there is no reason why `{}` is allowed", code.id());
                Err(Box::new(bad(message).help("write it for whoever reads this next")))
            }
            None => {
                let ids: Vec<&str> = practice::CODES.iter().map(|code| code.id()).collect();
                let is_code = Code::ALL.iter().any(|code| code.id() == self.code);
                let message = if is_code {
                    format!(
                        "`{}` is no warning of good practice, which alone can be allowed",
                        self.code
                    )
                } else {
                    format!("there is no warning `{}`", self.code)
                };
                let help = match nearest(self.code, ids.iter().copied()).filter(|_| !is_code) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("those that can be allowed are `{}`", ids.join("`, `")),
                };
                Err(Box::new(bad(message).help(help)))
            }
        }
    }
}

/// The allowances that an object from elsewhere brings itself.
fn annotations(index: usize, member: Member<'_>) -> impl Iterator<Item = Said<'_>> {
    let all = member.root.at_path(&["metadata", "annotations"]);
    let all = all.filter(|_| member.author == Author::Other);
    all.into_iter().flat_map(NodeRef::entries).filter_map(move |entry| {
        Some(Said {
            code: entry.key()?.strip_prefix(ANNOTATION)?,
            reason: entry.text(),
            at: entry.key_at().span(),
            objects: vec![index],
            must_match: true,
            in_stack: false,
        })
    })
}
