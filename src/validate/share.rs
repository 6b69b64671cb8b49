//! What share an object has of what the checks of its whole file may take.
//!
//! A check whose work can grow faster than its input counts what it does, in units of its own.
//! All objects of a file share one amount, so that its time and memory have a bound however many
//! they are; and as the share follows from the text alone, the same input has the same end on
//! every machine.

use crate::source::NodeRef;

/// How many units there are to share.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// For all objects of a file together, each by its length.
    pub file: u64,
    /// For each byte of an object beside.
    pub byte: u64,
    /// For each node of an object that stands in no file, such as one of a template.
    pub node: u64,
}

impl Rates {
    /// The units of an object.
    pub fn share(&self, object: NodeRef<'_>) -> u64 {
        let Some((file, range)) = object.written() else {
            return self.node.saturating_mul(object.size() as u64).min(self.file);
        };
        let bytes = u64::from(range.end - range.start);
        self.file * bytes / (file.text.len() as u64).max(1) + self.byte * bytes
    }
}
