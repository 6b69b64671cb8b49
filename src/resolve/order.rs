//! The order of things that depend on each other.

/// Things in an order in which each comes after what it depends on, and the circles among them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Those that depend on no circle, in that order.
    pub sorted: Vec<usize>,
    /// Circles, each as its members in the order in which they depend on each other.
    pub circles: Vec<Vec<usize>>,
}

/// Orders things that are numbered from 0 by what each depends on.
pub(super) fn order(dependencies: &[Vec<usize>]) -> Order {
    let mut dependents = vec![Vec::new(); dependencies.len()];
    let mut open: Vec<usize> = dependencies.iter().map(Vec::len).collect();
    for (thing, needed) in dependencies.iter().enumerate() {
        for &other in needed {
            dependents[other].push(thing);
        }
    }
    let mut order = Order::default();
    order.sorted.extend((0..dependencies.len()).filter(|&thing| open[thing] == 0));
    let mut next = 0;
    while let Some(&thing) = order.sorted.get(next) {
        next += 1;
        for &dependent in &dependents[thing] {
            open[dependent] -= 1;
            if open[dependent] == 0 {
                order.sorted.push(dependent);
            }
        }
    }
    // What is left depends on something that is left too, so that every walk ends in a circle.
    let mut walked_in = vec![None; dependencies.len()];
    for start in (0..dependencies.len()).filter(|&thing| open[thing] > 0) {
        let mut path = Vec::new();
        let mut thing = start;
        while walked_in[thing].is_none() {
            walked_in[thing] = Some(start);
            path.push(thing);
            let Some(&left) = dependencies[thing].iter().find(|&&other| open[other] > 0) else {
                break;
            };
            thing = left;
        }
        if let Some(from) = path.iter().position(|&other| other == thing)
            && walked_in[thing] == Some(start)
        {
            order.circles.push(path.split_off(from));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_depended_on_comes_first() {
        let order = order(&[vec![2], vec![], vec![1], vec![0, 1]]);
        assert_eq!(order, Order { sorted: vec![1, 2, 0, 3], circles: vec![] });
    }

    #[test]
    fn each_circle_is_found_once() {
        let order = order(&[vec![1], vec![0], vec![0], vec![3], vec![], vec![4, 2]]);
        assert_eq!(order, Order { sorted: vec![4], circles: vec![vec![0, 1], vec![3]] });
    }

    proptest! {
        #[test]
        fn everything_is_sorted_or_leads_to_a_circle(
            edges in proptest::collection::vec(proptest::collection::vec(0..12_usize, 0..3), 12),
        ) {
            let Order { sorted, circles } = order(&edges);
            for (at, thing) in sorted.iter().enumerate() {
                for needed in &edges[*thing] {
                    prop_assert!(sorted[..at].contains(needed));
                }
            }
            prop_assert_eq!(sorted.len() == edges.len(), circles.is_empty());
            for circle in circles {
                for (at, thing) in circle.iter().enumerate() {
                    prop_assert!(edges[*thing].contains(&circle[(at + 1) % circle.len()]));
                }
            }
        }
    }
}
