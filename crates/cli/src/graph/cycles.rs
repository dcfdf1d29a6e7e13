//! The cycles of a graph, found again from the states of its dependencies.
//!
//! A graph says of each dependency whether it is part of a reported, pending, gated or allowed
//! cycle, and not of which. The shortest one through it is shown, made of dependencies that
//! are in cycles of that state where there is such a one.

use std::collections::{HashSet, VecDeque};

use heldby_model::{DependencyKind, State};
use serde::Serialize;

/// A dependency by the numbers of its classes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: DependencyKind,
    pub(super) state: State,
}

/// A cycle by the numbers of its dependencies, each leading to where the next begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Cycle {
    pub(super) state: State,
    /// Begins with the oldest.
    pub(super) dependencies: Vec<usize>,
}

/// Finds for each dependency that is not merely accepted a cycle, each cycle once; `lines` has the
/// dependencies of `count` classes, oldest first. Reported cycles come first, short before long.
pub(super) fn of(count: usize, lines: &[Line]) -> Vec<Cycle> {
    let mut search = Search::new(count, lines);
    let mut known = HashSet::new();
    let mut cycles: Vec<_> = (0..lines.len())
        .filter(|&start| lines[start].state != State::Accepted)
        .filter_map(|start| search.through(start))
        .filter(|cycle| known.insert(cycle.dependencies.clone()))
        .collect();
    let age = |cycle: &Cycle| cycle.dependencies[0];
    cycles.sort_by_key(|cycle| (urgency(cycle.state), cycle.dependencies.len(), age(cycle)));
    cycles
}

/// Where cycles of a state stand in the list.
fn urgency(state: State) -> u8 {
    match state {
        State::Reported => 0,
        State::Pending => 1,
        State::Gated => 2,
        State::Allowed => 3,
        State::Accepted => 4,
    }
}

/// What a dependency's state hides: one in cycles of several states shows the strongest, see
/// [`State`]. A cycle of some state is made of dependencies of this one and of stronger ones.
fn weakness(state: State) -> u8 {
    match state {
        State::Allowed => 0,
        State::Reported => 1,
        State::Pending => 2,
        State::Gated => 3,
        State::Accepted => 4,
    }
}

/// A breadth-first search that is used again and again.
struct Search<'a> {
    lines: &'a [Line],
    /// The dependencies that begin at each class.
    leaving: Vec<Vec<usize>>,
    /// The search that reached a class last, by [`spot`].
    reached: Vec<usize>,
    /// The dependency before each one, on the way that the search took to it.
    before: Vec<usize>,
    searches: usize,
}

/// Classes are met twice: through a recursive read, after which a shared hold blocks nobody, and
/// otherwise. See the strong paths of the design.
fn spot(line: &Line) -> usize {
    line.to * 2 + usize::from(asks_recursively(line.kind))
}

fn asks_recursively(kind: DependencyKind) -> bool {
    matches!(kind, DependencyKind::ER | DependencyKind::SR)
}

fn holds_shared(kind: DependencyKind) -> bool {
    use DependencyKind::{SN, SR, SW, Sr};
    matches!(kind, SW | Sr | SR | SN)
}

/// Whether who holds what `next` holds blocks who asks as `line` does.
fn blocks(next: &Line, line: &Line) -> bool {
    !(asks_recursively(line.kind) && holds_shared(next.kind))
}

impl<'a> Search<'a> {
    fn new(count: usize, lines: &'a [Line]) -> Self {
        let mut leaving = vec![Vec::new(); count];
        for (number, line) in lines.iter().enumerate() {
            leaving[line.from].push(number);
        }
        Self {
            lines,
            leaving,
            reached: vec![0; count * 2],
            before: vec![0; lines.len()],
            searches: 0,
        }
    }

    /// The cycle through dependency `start` that is shown.
    fn through(&mut self, start: usize) -> Option<Cycle> {
        let own = weakness(self.lines[start].state);
        let mut found =
            (own..=weakness(State::Accepted)).find_map(|weakest| self.shortest(start, weakest))?;
        let state = found.iter().map(|&number| self.lines[number].state);
        let state = state.max_by_key(|&state| weakness(state))?;
        let oldest = (0..found.len()).min_by_key(|&at| found[at])?;
        found.rotate_left(oldest);
        Some(Cycle {
            state,
            dependencies: found,
        })
    }

    /// The shortest cycle through dependency `start` of dependencies that are not weaker than that.
    fn shortest(&mut self, start: usize, weakest: u8) -> Option<Vec<usize>> {
        self.searches += 1;
        let first = &self.lines[start];
        self.reached[spot(first)] = self.searches;
        let mut queue = VecDeque::from([start]);
        while let Some(number) = queue.pop_front() {
            let line = &self.lines[number];
            if line.to == first.from && blocks(first, line) {
                return Some(self.way(start, number));
            }
            for &next in &self.leaving[line.to] {
                let candidate = &self.lines[next];
                let at = spot(candidate);
                let is_new = self.reached[at] != self.searches;
                if is_new && weakness(candidate.state) <= weakest && blocks(candidate, line) {
                    self.reached[at] = self.searches;
                    self.before[next] = number;
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// How the search went from dependency `start` to `last`.
    fn way(&self, start: usize, last: usize) -> Vec<usize> {
        let back = |&number: &usize| (number != start).then(|| self.before[number]);
        let mut way: Vec<_> = std::iter::successors(Some(last), back).collect();
        way.reverse();
        way
    }
}

#[cfg(test)]
mod tests {
    use heldby_model::DependencyKind::{self, ER, EW, SR, SW};
    use heldby_model::State::{self, Accepted, Allowed, Gated, Pending, Reported};

    use super::{Cycle, Line, of};

    #[track_caller]
    fn check(lines: &[(usize, usize, DependencyKind, State)], cycles: &[(State, &[usize])]) {
        let line = |&(from, to, kind, state)| Line {
            from,
            to,
            kind,
            state,
        };
        let lines: Vec<_> = lines.iter().map(line).collect();
        let cycle = |&(state, dependencies): &(State, &[usize])| Cycle {
            state,
            dependencies: dependencies.to_vec(),
        };
        let cycles: Vec<_> = cycles.iter().map(cycle).collect();
        assert_eq!(of(5, &lines), cycles);
    }

    #[test]
    fn each_cycle_is_listed_once_from_its_oldest_dependency() {
        check(&[], &[]);
        check(&[(0, 1, EW, Accepted), (1, 0, SR, Accepted)], &[]);
        check(
            &[
                (0, 1, EW, Reported),
                (1, 2, EW, Reported),
                (2, 0, EW, Reported),
            ],
            &[(Reported, &[0, 1, 2])],
        );
        check(&[(3, 3, EW, Reported)], &[(Reported, &[0])]);
        check(
            &[
                (1, 0, EW, Accepted),
                (2, 1, EW, Reported),
                (1, 2, EW, Reported),
            ],
            &[(Reported, &[1, 2])],
        );
    }

    #[test]
    fn a_cycle_is_made_of_dependencies_of_its_state() {
        // The shorter way back is accepted only, so it is in no reported cycle.
        check(
            &[
                (0, 1, EW, Reported),
                (1, 0, SW, Accepted),
                (1, 2, EW, Reported),
                (2, 0, EW, Reported),
            ],
            &[(Reported, &[0, 2, 3])],
        );
        // What is reported can be part of what is pending too.
        check(
            &[
                (0, 1, EW, Reported),
                (1, 0, EW, Reported),
                (1, 2, EW, Gated),
                (2, 0, EW, Gated),
                (0, 3, EW, Allowed),
                (3, 0, EW, Allowed),
                (3, 1, EW, Pending),
            ],
            &[
                (Reported, &[0, 1]),
                (Pending, &[1, 4, 6]),
                (Gated, &[0, 2, 3]),
                (Allowed, &[4, 5]),
            ],
        );
    }

    #[test]
    fn a_shared_hold_does_not_block_a_recursive_read() {
        check(
            &[
                (0, 1, ER, Reported),
                (1, 0, SW, Accepted),
                (1, 2, EW, Accepted),
                (2, 0, EW, Accepted),
            ],
            &[(Accepted, &[0, 2, 3])],
        );
        check(&[(0, 1, ER, Reported), (1, 0, SW, Accepted)], &[]);
    }
}
