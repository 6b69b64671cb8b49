//! A relation for people: a line for each edge.

use std::fmt::Write as _;

use indexmap::IndexSet;

use super::addresses::Addresses;
use super::listing::Listing;
use super::pods::Pods;
use super::table::End;
use crate::diagnostic::on_one_line;

/// How long a line may be.
const WIDTH: usize = 100;
/// How far the ends of edges are padded.
const COLUMN: usize = 40;
/// How many pods a line names; more of them get a name together.
const MANY: usize = 4;

/// The listing as text, in sections; empty where there is nothing.
#[must_use]
pub fn text(listing: &Listing<'_>) -> String {
    let mut groups = Groups::default();
    let [mut between, mut addresses] = [Vec::new(), Vec::new()];
    for edge in &listing.edges {
        let section = match (&edge.from, &edge.to) {
            (End::Pods(_), End::Pods(_)) => &mut between,
            _ => &mut addresses,
        };
        for from in groups.names(&edge.from) {
            for to in groups.names(&edge.to) {
                section.push([from.clone(), to, edge.ports.to_string()]);
            }
        }
    }
    let mut out = String::new();
    let ways_in = listing.ways_in.iter().map(ToString::to_string);
    section(&mut out, "from outside", ways_in);
    section(&mut out, "between pods", aligned(&between));
    section(&mut out, "from and to addresses", aligned(&addresses));
    let host_network = listing.host_network.iter().map(ToString::to_string);
    section(&mut out, "in the network of their node, where no policy holds", host_network);
    let members = |(index, pods): (usize, &&Vec<Pods<'_>>)| {
        let pods: Vec<String> = pods.iter().map(ToString::to_string).collect();
        format!("group {}: {}", index + 1, pods.join(", "))
    };
    section(&mut out, "alike", groups.0.iter().enumerate().map(members));
    out
}

/// The pods that lines name together.
#[derive(Default)]
struct Groups<'l, 't>(IndexSet<&'l Vec<Pods<'t>>>);

impl<'l, 't> Groups<'l, 't> {
    /// What an end is called: addresses by their blocks, each on a line.
    fn names(&mut self, end: &'l End<'t>) -> Vec<String> {
        match end {
            End::Addresses(all) if *all == Addresses::all() => vec![all.to_string()],
            End::Addresses(some) => some.blocks().iter().map(ToString::to_string).collect(),
            End::Pods(pods) if pods.len() <= MANY => vec![end.to_string()],
            End::Pods(pods) => {
                let (index, _) = self.0.insert_full(pods);
                vec![format!("group {} ({} alike)", index + 1, pods.len())]
            }
        }
    }
}

/// The lines of edges, their parts below each other where they are short.
fn aligned(rows: &[[String; 3]]) -> Vec<String> {
    let width = |part: usize| {
        let lengths = rows.iter().map(|row| row[part].chars().count());
        lengths.filter(|length| *length <= COLUMN).max().unwrap_or(0)
    };
    let (from_width, to_width) = (width(0), width(1));
    rows.iter()
        .map(|[from, to, ports]| {
            let line = format!("{from:from_width$} -> {to:to_width$}  {ports}");
            if line.chars().count() <= WIDTH { line } else { format!("{from} -> {to}  {ports}") }
        })
        .collect()
}

fn section(out: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    let gap = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{gap}{title}");
    for line in lines {
        wrap(out, &on_one_line(&line));
    }
}

/// Writes a line with an indent, and goes on with a deeper one where it gets too long: behind a
/// comma, or before an arrow or a parenthesis.
fn wrap(out: &mut String, line: &str) {
    let mut pieces: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match pieces.last_mut() {
            Some(piece) if !piece.ends_with(',') && word != "->" && !word.starts_with('(') => {
                *piece += " ";
                *piece += word;
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    let mut width = 0;
    for (index, piece) in pieces.iter().enumerate() {
        let length = piece.chars().count() + 1;
        if index == 0 {
            out.push(' ');
            width = 1;
        } else if width + length > WIDTH {
            out.truncate(out.trim_end().len());
            out.push_str("\n     ");
            width = 5;
        }
        out.push(' ');
        out.push_str(piece);
        width += length;
    }
    out.push('\n');
}
