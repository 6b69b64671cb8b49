//! Work on many things at a time.

use rayon::prelude::*;

/// So few things are worked on one after another: to start the threads of a large machine takes
/// longer than to compile a stack.
const FEW: usize = 7;

/// What `work` makes of each item, in the order of the items.
pub fn map<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<T> = items.into_iter().collect();
    // One thread of rayon's would do the same, from memory that the system maps page by page.
    if items.len() <= FEW || rayon::current_num_threads() == 1 {
        items.into_iter().map(work).collect()
    } else {
        items.into_par_iter().map(&work).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_keep_their_order() {
        for number in [0, 1, FEW, FEW + 1, 1000] {
            let expected: Vec<usize> = (0..number).map(|item| item * 2).collect();
            assert_eq!(map(0..number, |item| item * 2), expected);
        }
    }
}
