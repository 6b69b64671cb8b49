//! Which lines of two texts are the same, in a time that grows with the texts and not with their
//! square.

use std::cmp::Ordering;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::validate::Map;

/// Pieces with so many lines on both sides together are compared line by line, for the fewest
/// changes.
const SHORT: usize = 2000;
/// In a long text, pieces between lines that both sides have once.
const SHORT_PIECE: usize = 400;

/// What became of each line.
pub fn changes(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    if old.len() + new.len() <= SHORT {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let mut ops = Ops { all: Vec::new() };
    let (mut old_at, mut new_at) = (0, 0);
    for (old_place, new_place) in anchors(old, new) {
        // What stands around an anchor is the same, too, more often than not.
        if old_place < old_at {
            continue;
        }
        ops.piece(old, new, old_at..old_place, new_at..new_place);
        let same = old[old_place..].iter().zip(&new[new_place..]).take_while(|(a, b)| a == b);
        let length = same.count();
        ops.equal(old_place, new_place, length);
        (old_at, new_at) = (old_place + length, new_place + length);
    }
    ops.piece(old, new, old_at..old.len(), new_at..new.len());
    ops.all
}

struct Ops {
    all: Vec<DiffOp>,
}

impl Ops {
    fn equal(&mut self, old_index: usize, new_index: usize, len: usize) {
        match self.all.last_mut() {
            _ if len == 0 => {}
            Some(DiffOp::Equal { len: before, .. }) => *before += len,
            _ => self.all.push(DiffOp::Equal { old_index, new_index, len }),
        }
    }

    /// Compares what lies between two anchors.
    fn piece(&mut self, old: &[&str], new: &[&str], from: Range<usize>, to: Range<usize>) {
        let (before, after) = (&old[from.clone()], &new[to.clone()]);
        let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let (before, after) = (&before[start..], &after[start..]);
        let reversed = before.iter().rev().zip(after.iter().rev());
        let end = reversed.take_while(|(a, b)| a == b).count();
        let (before, after) = (&before[..before.len() - end], &after[..after.len() - end]);
        let (old_index, new_index) = (from.start + start, to.start + start);
        self.equal(from.start, to.start, start);
        self.middle(before, after, old_index, new_index);
        self.equal(old_index + before.len(), new_index + after.len(), end);
    }

    fn middle(&mut self, old: &[&str], new: &[&str], old_index: usize, new_index: usize) {
        let (old_len, new_len) = (old.len(), new.len());
        let op = match (old_len, new_len) {
            (0, 0) => return,
            (0, _) => DiffOp::Insert { old_index, new_index, new_len },
            (_, 0) => DiffOp::Delete { old_index, old_len, new_index },
            _ if old_len + new_len > SHORT_PIECE => {
                DiffOp::Replace { old_index, old_len, new_index, new_len }
            }
            _ => {
                for op in capture_diff_slices(Algorithm::Myers, old, new) {
                    self.moved(op, old_index, new_index);
                }
                return;
            }
        };
        self.all.push(op);
    }

    fn moved(&mut self, op: DiffOp, old: usize, new: usize) {
        let (from, to) = (op.old_range(), op.new_range());
        let (old_index, new_index) = (from.start + old, to.start + new);
        let (old_len, new_len) = (from.len(), to.len());
        let op = match op {
            DiffOp::Equal { len, .. } => {
                self.equal(old_index, new_index, len);
                return;
            }
            DiffOp::Delete { .. } => DiffOp::Delete { old_index, old_len, new_index },
            DiffOp::Insert { .. } => DiffOp::Insert { old_index, new_index, new_len },
            DiffOp::Replace { .. } => DiffOp::Replace { old_index, old_len, new_index, new_len },
        };
        self.all.push(op);
    }
}

/// Pairs of lines that each side has once, as many of them as stand in the same order ("patience
/// diff").
fn anchors(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let mut once: Map<&str, [Option<usize>; 2]> = Map::default();
    let mut often: Map<&str, ()> = Map::default();
    for (side, lines) in [old, new].into_iter().enumerate() {
        for (place, line) in lines.iter().enumerate() {
            if once.entry(line).or_default()[side].replace(place).is_some() {
                often.insert(line, ());
            }
        }
    }
    let pairs = once.iter().filter(|(line, _)| !often.contains_key(*line));
    let mut pairs: Vec<(usize, usize)> =
        pairs.filter_map(|(_, [old, new])| (*old).zip(*new)).collect();
    pairs.sort_unstable();
    longest_ascending(&pairs)
}

/// The longest run of pairs, in their order, of which the second numbers ascend.
fn longest_ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best run of each length, and what comes before each pair.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (_, new)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1.cmp(new) == Ordering::Less);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut run: Vec<_> =
        std::iter::successors(ends.last().copied(), |index| before[*index]).collect();
    run.reverse();
    run.into_iter().map(|index| pairs[index]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The new lines, made of the old ones by the changes.
    fn applied<'t>(ops: &[DiffOp], old: &[&'t str], new: &[&'t str]) -> Vec<&'t str> {
        let mut out = Vec::new();
        let mut old_at = 0;
        for op in ops {
            assert_eq!((op.old_range().start, op.new_range().start), (old_at, out.len()));
            match op {
                DiffOp::Equal { .. } => out.extend(&old[op.old_range()]),
                _ => out.extend(&new[op.new_range()]),
            }
            old_at = op.old_range().end;
        }
        assert_eq!(old_at, old.len());
        out
    }

    fn long(numbers: &[u32]) -> Vec<String> {
        numbers.iter().map(|number| format!("line {number}\n")).collect()
    }

    proptest! {
        #[test]
        fn the_changes_lead_from_one_text_to_the_other(
            mut numbers in prop::collection::vec(0..3000_u32, SHORT..SHORT + 100),
            edits in prop::collection::vec((0..SHORT, 0..3000_u32), 0..50),
        ) {
            let old = long(&numbers);
            for (place, number) in edits {
                if number % 3 == 0 {
                    numbers.remove(place % numbers.len());
                } else {
                    numbers.insert(place % numbers.len(), number);
                }
            }
            let new = long(&numbers);
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            prop_assert_eq!(applied(&changes(&old, &new), &old, &new), new);
        }
    }

    #[test]
    fn texts_with_nothing_in_common_are_replaced_as_a_whole() {
        let (old, new) = (
            long(&(0..100_000).collect::<Vec<_>>()),
            long(&(200_000..300_000).collect::<Vec<_>>()),
        );
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        let whole =
            DiffOp::Replace { old_index: 0, old_len: old.len(), new_index: 0, new_len: new.len() };
        assert_eq!(changes(&old, &new), [whole]);
        let turned: Vec<&str> = old.iter().rev().copied().collect();
        assert_eq!(applied(&changes(&old, &turned), &old, &turned), turned);
    }

    #[test]
    fn one_changed_line_of_a_long_text_is_one_change() {
        let numbers: Vec<u32> = (0..50_000).map(|number| number % 40_000).collect();
        let old = long(&numbers);
        let mut changed = old.clone();
        "another\n".clone_into(&mut changed[45_000]);
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = changed.iter().map(String::as_str).collect();
        let ops = changes(&old, &new);
        let others = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).count();
        assert_eq!(others, 1);
    }
}
