//! Layers of a lock order.
//!
//! A lock stands one layer below the lowest that leads to it. Where dependencies contradict each
//! other, or the layers that are there already, the last ones by name stay outside: the same
//! dependencies always come to the same layers, whoever saw them first.
//!
//! Layers that are there already are kept: each becomes a band, and a point between two bands comes
//! after all of the one and before all of the other. A lock moves within its band at most, so what
//! was allowed stays allowed; a new lock stands between two bands, or in one where nothing keeps it
//! out.

use std::collections::BTreeMap;

use heldby_model::declared::DeclaredLock;
use petgraph::Direction::Incoming;
use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

/// Layers, and the dependencies that do not fit them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layered {
    pub(super) layers: Vec<Vec<DeclaredLock>>,
    pub(super) against: Vec<(DeclaredLock, DeclaredLock)>,
}

type Edge = (NodeIndex, NodeIndex);

/// The locks and the points between bands, which have no lock.
#[derive(Default)]
struct Bands<'a> {
    graph: DiGraph<Option<&'a DeclaredLock>, ()>,
    nodes: BTreeMap<&'a DeclaredLock, NodeIndex>,
    /// How many nodes the known layers have; those behind are of new locks.
    known: usize,
}

/// Adds `dependencies`, which are sorted, to layers.
pub(super) fn extend<'a>(
    known: &'a [Vec<DeclaredLock>],
    dependencies: impl IntoIterator<Item = &'a (DeclaredLock, DeclaredLock)>,
) -> Layered {
    let mut bands = Bands::of(known);
    let wanted: Vec<_> = dependencies
        .into_iter()
        .map(|(from, to)| (bands.node(from), bands.node(to)))
        .collect();
    let against = bands.add(&wanted);
    let lock = |node: NodeIndex| bands.graph[node].cloned();
    let pair = |(from, to): Edge| lock(from).zip(lock(to));
    Layered {
        against: against.into_iter().filter_map(pair).collect(),
        layers: bands.layers(),
    }
}

impl<'a> Bands<'a> {
    fn of(known: &'a [Vec<DeclaredLock>]) -> Self {
        let mut bands = Self::default();
        let mut above = (!known.is_empty()).then(|| bands.graph.add_node(None));
        for layer in known {
            let below = bands.graph.add_node(None);
            for lock in layer {
                let node = bands.node(lock);
                if let Some(above) = above {
                    bands.graph.add_edge(above, node, ());
                }
                bands.graph.add_edge(node, below, ());
            }
            if let Some(above) = above.replace(below) {
                bands.graph.add_edge(above, below, ());
            }
        }
        bands.known = bands.graph.node_count();
        bands
    }

    fn node(&mut self, lock: &'a DeclaredLock) -> NodeIndex {
        let graph = &mut self.graph;
        let make = || graph.add_node(Some(lock));
        *self.nodes.entry(lock).or_insert_with(make)
    }

    /// Adds the edges that contradict none before them; returns the others.
    ///
    /// # Cost
    /// Only edges within one strongly connected part can contradict, each of which is searched once
    /// for each of its edges.
    fn add(&mut self, wanted: &[Edge]) -> Vec<Edge> {
        let mut all = self.graph.map(|_, _| (), |_, ()| ());
        for &(from, to) in wanted {
            all.add_edge(from, to, ());
        }
        let mut part_of = vec![0; all.node_count()];
        for (part, nodes) in kosaraju_scc(&all).iter().enumerate() {
            nodes.iter().for_each(|node| part_of[node.index()] = part);
        }
        let mut against = Vec::new();
        for &(from, to) in wanted {
            if leads(&self.graph, &part_of, to, from) {
                against.push((from, to));
            } else {
                self.graph.add_edge(from, to, ());
            }
        }
        against
    }

    fn layers(&self) -> Vec<Vec<DeclaredLock>> {
        let depth = self.depth();
        let mut layers: BTreeMap<usize, Vec<DeclaredLock>> = BTreeMap::new();
        for (lock, node) in &self.nodes {
            let layer = layers.entry(depth[node.index()]).or_default();
            layer.push((*lock).clone());
        }
        layers.into_values().collect()
    }

    /// How far down each node stands: below all that lead to it.
    fn depth(&self) -> Vec<usize> {
        let order = toposort(&self.graph, None).unwrap_or_default();
        let mut depth = vec![0; self.graph.node_count()];
        for &node in &order {
            depth[node.index()] = self.highest(node, &depth);
        }
        self.settle(&order, &mut depth);
        depth
    }

    /// Right below all that lead to the node.
    fn highest(&self, node: NodeIndex, depth: &[usize]) -> usize {
        let above = self.graph.neighbors_directed(node, Incoming);
        above.map(|it| depth[it.index()] + 1).max().unwrap_or(0)
    }

    /// Moves new locks into the next band where that moves no known one: they need no layer of their
    /// own.
    fn settle(&self, order: &[NodeIndex], depth: &mut [usize]) {
        let is_new = |node: NodeIndex| node.index() >= self.known;
        let mut is_band = vec![false; 2 * depth.len() + 2];
        let mut lowest = vec![usize::MAX; depth.len()];
        for &node in order.iter().rev() {
            let below = self.graph.neighbors(node);
            let latest = below.map(|it| lowest[it.index()].saturating_sub(1)).min();
            lowest[node.index()] = match is_new(node) {
                true => latest.unwrap_or(usize::MAX),
                false => depth[node.index()],
            };
            is_band[depth[node.index()]] |= !is_new(node) && self.graph[node].is_some();
        }
        for &node in order.iter().filter(|&&node| is_new(node)) {
            let at = self.highest(node, depth);
            let has_room = !is_band[at] && is_band[at + 1] && at < lowest[node.index()];
            depth[node.index()] = at + usize::from(has_room);
        }
    }
}

/// Whether a path leads from one node to another, which then are of one part.
fn leads(
    graph: &DiGraph<Option<&DeclaredLock>, ()>,
    part_of: &[usize],
    from: NodeIndex,
    to: NodeIndex,
) -> bool {
    let part = part_of[to.index()];
    if part_of[from.index()] != part {
        return false;
    }
    let mut met = vec![false; part_of.len()];
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        if node == to {
            return true;
        }
        if !std::mem::replace(&mut met[node.index()], true) {
            let next = graph.neighbors(node);
            open.extend(next.filter(|next| part_of[next.index()] == part));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use heldby_model::declared::DeclaredLock;

    use super::extend;

    fn lock(name: &str) -> DeclaredLock {
        DeclaredLock::Named {
            name: name.to_owned(),
            type_name: None,
        }
    }

    /// Layers such as `a b | c`, dependencies such as `a>c c>d`, and what they come to.
    #[track_caller]
    fn check(known: &str, dependencies: &str, layers: &str, against: &str) {
        let known: Vec<Vec<_>> = known
            .split('|')
            .map(|layer| layer.split_whitespace().map(lock).collect())
            .filter(|layer: &Vec<_>| !layer.is_empty())
            .collect();
        let pair = |pair: &str| {
            let (from, to) = pair.split_once('>').expect("a pair");
            (lock(from), lock(to))
        };
        let dependencies: BTreeSet<_> = dependencies.split_whitespace().map(pair).collect();
        let layered = extend(&known, &dependencies);
        let name = |lock: &DeclaredLock| match lock {
            DeclaredLock::Named { name, .. } => name.clone(),
            DeclaredLock::Made { .. } => unreachable!("all are named"),
        };
        let layer = |layer: &Vec<_>| layer.iter().map(name).collect::<Vec<_>>().join(" ");
        let found: Vec<_> = layered.layers.iter().map(layer).collect();
        assert_eq!(found.join(" | "), layers);
        let pairs = layered.against.iter();
        let found: Vec<_> = pairs
            .map(|(from, to)| format!("{}>{}", name(from), name(to)))
            .collect();
        assert_eq!(found.join(" "), against);
    }

    #[test]
    fn a_lock_stands_below_all_that_lead_to_it() {
        check("", "", "", "");
        check("", "b>a c>a", "b c | a", "");
        check("", "a>b b>c a>c x>c", "a x | b | c", "");
    }

    #[test]
    fn what_contradicts_stays_outside() {
        check("", "a>b b>a", "a | b", "b>a");
        check("", "a>b b>c c>a c>d", "a | b | c | d", "c>a");
        check("a | b", "b>a", "a | b", "b>a");
        // Only together with the known layers is it a cycle.
        check("a | b", "b>x x>a", "a | b | x", "x>a");
    }

    #[test]
    fn a_new_lock_moves_no_known_one() {
        check("a | b x | c", "a>n n>b", "a | n | b x | c", "");
        check("a | b | c", "a>n", "a | b n | c", "");
        check("a | b | c", "n>a", "n | a | b | c", "");
        check("a | b | c", "n>c", "a n | b | c", "");
        check("a | b | c", "c>n", "a | b | c | n", "");
        check("a | b", "n>m", "a n | b m", "");
    }

    #[test]
    fn what_a_new_lock_leads_to_may_move() {
        check("a | b x", "a>n n>m m>b", "a | n | m x | b", "");
    }

    #[test]
    fn two_of_one_layer_part_and_the_layers_around_stay() {
        check("a b c | d", "b>a", "b c | a | d", "");
        check("a b | d", "a>b b>a", "a | b | d", "b>a");
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let names: Vec<_> = (0..60_000).map(|at| lock(&format!("{at:06}"))).collect();
        let chain = names
            .windows(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()));
        let chain: BTreeSet<_> = chain.collect();
        assert_eq!(extend(&[], &chain).layers.len(), names.len());
    }
}
