//! Work on many things at a time.

use std::env;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use rayon::prelude::*;

/// So few things are worked on one after another: to start the threads of a large machine takes
/// longer than to compile a stack.
const FEW: usize = 7;

/// How many threads rayon starts when it is first asked for something, be it for their number.
#[expect(
    clippy::disallowed_methods,
    reason = "how many threads there are changes how long it takes, and nothing else"
)]
static THREADS: LazyLock<usize> = LazyLock::new(|| {
    let asked = env::var("RAYON_NUM_THREADS").ok().and_then(|number| number.parse().ok());
    let cores = || available_parallelism().map_or(1, usize::from);
    asked.filter(|&number| number > 0).unwrap_or_else(cores)
});

/// Whether there is one thread and no more.
fn is_alone() -> bool {
    match rayon::current_thread_index() {
        Some(_) => rayon::current_num_threads() == 1,
        None => *THREADS == 1,
    }
}

/// What `work` makes of each item, in the order of the items.
pub fn map<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<T> = items.into_iter().collect();
    // One thread of rayon's would do the same, with memory of its own.
    if items.len() <= FEW || is_alone() {
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
