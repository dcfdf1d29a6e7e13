//! Cycles that pass each class once.
//!
//! Threads that wait for each other in a ring give such a cycle: where a class was passed twice, the
//! ring could be cut short, and any two of its threads that are left share no exclusive lock.
//! A search that carries gates may find a walk that does pass a class twice, see `search`; here the
//! paths themselves are tried one after the other, up to a limit.

use petgraph::Direction;
use petgraph::stable_graph::NodeIndex;
use rustc_hash::FxHashSet;

use crate::nodes::Edge;
use crate::order::DependencyGraph;
use crate::search::{Excuses, Search};
use crate::{Hold, Step, Want};

/// How many edges are tried before the walk counts for what it seems to be.
const TRIES: usize = 10_000;

/// What trying the paths came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// The steps of a cycle, the closing one last, and what is left of its excuses.
    Cycle(Vec<Step>, Excuses),
    /// No path is such a cycle; whether a fresh one is gated.
    None { gated: bool },
    /// There are too many paths.
    TooMany,
}

/// Whether a cycle passes each class once, and nests locks of one class only where it must.
pub(crate) fn is_simple(graph: &DependencyGraph, cycle: &[Step]) -> bool {
    let count = cycle.len();
    let mut entered = FxHashSet::default();
    (0..count).all(|at| {
        let (before, step, after) = (
            cycle[(at + count - 1) % count],
            cycle[at],
            cycle[(at + 1) % count],
        );
        if step.from == step.to {
            !waits(graph, before, after)
        } else {
            entered.insert(step.to)
        }
    })
}

/// Whether who took the first step waits for who takes the second.
fn waits(graph: &DependencyGraph, first: Step, second: Step) -> bool {
    match (first.kind.want, second.kind.hold) {
        (Want::Write, _) | (_, Hold::Exclusive) => true,
        (Want::Read, Hold::Shared) => graph.has_writer(first.to),
        (Want::Recursive, Hold::Shared) => false,
    }
}

/// A node of the path that is tried, and where to go on from there.
struct Turn {
    node: NodeIndex,
    excuses: Excuses,
    /// The edge that led here.
    by: Option<Edge>,
    left: Vec<(NodeIndex, Edge)>,
}

/// Tries the paths of a search one after the other.
pub(crate) fn find(search: &Search<'_>) -> Path {
    let graph = search.graph;
    let useful = reaching(graph, search.goal);
    let turn = |node, excuses, by| Turn {
        node,
        excuses,
        by,
        left: graph
            .edges(node, Direction::Outgoing)
            .filter(|(next, edge)| useful.contains(next) && search.start.allows(node, *edge))
            .collect(),
    };
    let start = search.start.node();
    let mut on_path = FxHashSet::from_iter([start]);
    let mut entered = FxHashSet::default();
    if search.closing.from != search.closing.to {
        entered.insert(graph.class_of(start));
    }
    let mut path = vec![turn(start, search.excuses(), None)];
    let mut gated = false;
    for _ in 0..TRIES {
        let Some(last) = path.last_mut() else {
            return Path::None { gated };
        };
        let Some((node, edge)) = last.left.pop() else {
            on_path.remove(&last.node);
            if last.by.is_some_and(Edge::crosses) {
                entered.remove(&graph.class_of(last.node));
            }
            path.pop();
            continue;
        };
        let excuses = search.after(last.excuses, edge);
        if on_path.contains(&node) || (edge.crosses() && entered.contains(&graph.class_of(node))) {
            continue;
        }
        if node == search.goal {
            let steps = path.iter().filter_map(|turn| turn.by).chain([edge]);
            let mut steps: Vec<Step> = steps.filter_map(Edge::step).collect();
            steps.push(search.closing);
            let crosses = steps.iter().any(|step| step.from != step.to);
            if crosses && is_simple(graph, &steps) {
                if excuses.are_looked_for(search.looking) {
                    return Path::Cycle(steps, excuses);
                }
                gated |= excuses.fresh && excuses.common != 0;
            }
            continue;
        }
        on_path.insert(node);
        if edge.crosses() {
            entered.insert(graph.class_of(node));
        }
        path.push(turn(node, excuses, Some(edge)));
    }
    Path::TooMany
}

/// The nodes from which a path leads to `goal`.
fn reaching(graph: &DependencyGraph, goal: NodeIndex) -> FxHashSet<NodeIndex> {
    let mut reached = FxHashSet::from_iter([goal]);
    let mut left = vec![goal];
    while let Some(node) = left.pop() {
        let tails = graph.edges(node, Direction::Incoming).map(|(tail, _)| tail);
        left.extend(tails.filter(|&tail| reached.insert(tail)));
    }
    reached
}
