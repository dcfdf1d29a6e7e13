//! Layers of an order: a class stands below all that are taken before it.

/// How far down each class stands, and an order in which every class follows those above it.
#[derive(Debug)]
pub(super) struct Layers {
    /// The layer of each class, the topmost is 0.
    pub(super) depth: Vec<usize>,
    /// All classes; those of one tree of the search stand together.
    pub(super) order: Vec<usize>,
    /// The dependencies that lead down: all but those that close a cycle.
    pub(super) down: Vec<(usize, usize)>,
}

impl Layers {
    /// Puts `count` classes into layers; `edges` are pairs of their numbers, oldest first.
    ///
    /// A class stands one layer below the lowest that leads to it. Where dependencies make a cycle,
    /// a depth-first search along the oldest ones decides which of them leads up: the one that it
    /// finds last.
    pub(super) fn of(count: usize, edges: &[(usize, usize)]) -> Self {
        let order = topological(count, edges);
        let mut rank = vec![0; count];
        for (at, &class) in order.iter().enumerate() {
            rank[class] = at;
        }
        let leads_down = |&&(from, to): &&(usize, usize)| rank[from] < rank[to];
        let mut down: Vec<_> = edges.iter().filter(leads_down).copied().collect();
        down.sort_unstable_by_key(|&(from, to)| (rank[from], rank[to]));
        down.dedup();
        let mut depth = vec![0; count];
        for &(from, to) in &down {
            depth[to] = depth[to].max(depth[from] + 1);
        }
        Self { depth, order, down }
    }
}

/// The reverse of the order in which a depth-first search leaves the classes, so that only edges
/// back into the path of the search lead up.
fn topological(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut next = vec![Vec::new(); count];
    for &(from, to) in edges {
        next[from].push(to);
    }
    let mut is_met = vec![false; count];
    let mut left = Vec::with_capacity(count);
    let roots = edges.iter().map(|&(from, _)| from).chain(0..count);
    for root in roots {
        if std::mem::replace(&mut is_met[root], true) {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((class, tried)) = path.last_mut() {
            let Some(&to) = next[*class].get(*tried) else {
                left.push(*class);
                path.pop();
                continue;
            };
            *tried += 1;
            if !std::mem::replace(&mut is_met[to], true) {
                path.push((to, 0));
            }
        }
    }
    left.reverse();
    left
}

#[cfg(test)]
mod tests {
    use super::Layers;

    #[track_caller]
    fn check(count: usize, edges: &[(usize, usize)], depth: &[usize]) {
        assert_eq!(Layers::of(count, edges).depth, depth, "{edges:?}");
    }

    #[test]
    fn a_class_stands_below_all_that_lead_to_it() {
        check(0, &[], &[]);
        check(2, &[], &[0, 0]);
        check(3, &[(0, 1), (1, 2)], &[0, 1, 2]);
        check(3, &[(0, 1), (0, 2), (1, 2)], &[0, 1, 2]);
        check(3, &[(2, 1), (1, 0), (2, 1)], &[2, 1, 0]);
        check(4, &[(0, 2), (1, 2), (2, 3)], &[0, 0, 1, 2]);
    }

    #[test]
    fn the_dependency_that_closes_a_cycle_leads_up() {
        check(1, &[(0, 0)], &[0]);
        check(2, &[(0, 1), (1, 0)], &[0, 1]);
        check(2, &[(1, 0), (0, 1)], &[1, 0]);
        check(3, &[(0, 1), (1, 2), (2, 0)], &[0, 1, 2]);
        check(4, &[(0, 1), (1, 2), (2, 1), (2, 3)], &[0, 1, 2, 3]);
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let count = 200_000;
        let edges: Vec<_> = (1..count).map(|at| (at - 1, at)).collect();
        assert_eq!(Layers::of(count, &edges).depth[count - 1], count - 1);
    }
}
