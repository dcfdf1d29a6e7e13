//! What the page is told: classes, dependencies, cycles, and where everything is drawn.

use std::collections::{BTreeSet, HashMap};

use heldby_model::{ClassNode, DependencyKind, Frame, GraphSnapshot, LockStat, Site, State};
use indexmap::IndexSet;
use serde::Serialize;

use super::cycles::{self, Cycle, Line};
use super::places::{self, Place};

/// Everything that the page shows. Classes and dependencies are named by their places in the lists.
#[derive(Debug, Serialize)]
pub(super) struct Drawing<'a> {
    /// Where the graph was read from.
    source: String,
    classes: Vec<Class<'a>>,
    dependencies: Vec<Dependency<'a>>,
    cycles: Vec<Cycle>,
    /// Every stack once, as the places of its frames.
    stacks: IndexSet<Vec<usize>>,
    /// Every frame once, as a function and where in it.
    frames: IndexSet<(&'a str, Option<&'a Site>)>,
    /// All classes.
    all: View,
    /// The classes of the cycles and those beside them, where all would be too many to read.
    near: Option<View>,
}

#[derive(Debug, Serialize)]
struct Class<'a> {
    name: String,
    #[serde(rename = "type")]
    type_name: &'a str,
    made_at: Option<&'a Site>,
    instances: u64,
    /// Where statistics were kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Times>,
}

/// What was counted of a class, in all modes together; times in nanoseconds.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Times {
    acquired: u64,
    contended: u64,
    waited: u64,
    longest_wait: u64,
    held: u64,
    longest_hold: u64,
}

#[derive(Debug, Serialize)]
struct Dependency<'a> {
    from: usize,
    to: usize,
    kind: DependencyKind,
    state: State,
    held_site: &'a Site,
    acquired_site: &'a Site,
    thread: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<&'a str>,
    /// The places of the stacks of the two acquires, where one was captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_stack: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acquired_stack: Option<usize>,
}

/// Some classes, each with its place.
#[derive(Debug, Serialize)]
struct View {
    classes: Vec<usize>,
    places: Vec<Place>,
}

/// More classes than this are not readable in one picture.
const READABLE_CLASSES: usize = 100;

impl<'a> Drawing<'a> {
    /// Draws `graph`, which was read from `source`.
    pub(super) fn of(graph: &'a GraphSnapshot, source: String) -> Self {
        let mut classes = Classes::of(&graph.classes);
        classes.count(&graph.lock_stats);
        let mut stacks = Stacks::default();
        let dependencies: Vec<_> = graph
            .dependencies
            .iter()
            .map(|edge| Dependency {
                from: classes.place(edge.from),
                to: classes.place(edge.to),
                kind: edge.kind,
                state: edge.state,
                held_site: &edge.held_site,
                acquired_site: &edge.acquired_site,
                thread: &edge.thread,
                span: edge.span.as_deref(),
                held_stack: stacks.place(&edge.held_stack),
                acquired_stack: stacks.place(&edge.acquired_stack),
            })
            .collect();
        let classes = classes.list;
        let lines: Vec<_> = dependencies.iter().map(Dependency::line).collect();
        let cycles = cycles::of(classes.len(), &lines);
        let is_readable = classes.len() <= READABLE_CLASSES;
        let near = if is_readable {
            BTreeSet::new()
        } else {
            near(&cycles, &lines)
        };
        Self {
            source,
            all: View::of((0..classes.len()).collect(), &lines),
            near: (!near.is_empty()).then(|| View::of(near.into_iter().collect(), &lines)),
            classes,
            dependencies,
            cycles,
            stacks: stacks.stacks,
            frames: stacks.frames,
        }
    }
}

/// Most dependencies share their stacks, or at least the outer frames of them.
#[derive(Default)]
struct Stacks<'a> {
    stacks: IndexSet<Vec<usize>>,
    frames: IndexSet<(&'a str, Option<&'a Site>)>,
}

impl<'a> Stacks<'a> {
    fn place(&mut self, stack: &'a [Frame]) -> Option<usize> {
        if stack.is_empty() {
            return None;
        }
        let frames = stack.iter().map(|frame| {
            let frame = (frame.function.as_str(), frame.site.as_ref());
            self.frames.insert_full(frame).0
        });
        let stack = frames.collect();
        Some(self.stacks.insert_full(stack).0)
    }
}

/// The classes in the order of the file, then those that only dependencies name.
struct Classes<'a> {
    list: Vec<Class<'a>>,
    places: HashMap<u32, usize>,
}

impl<'a> Classes<'a> {
    fn of(nodes: &'a [ClassNode]) -> Self {
        let list = nodes.iter().map(|node| Class {
            name: node.name.clone(),
            type_name: &node.type_name,
            made_at: node.made_at.as_ref(),
            instances: node.instances,
            times: None,
        });
        let places = nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id, place));
        Self {
            list: list.collect(),
            places: places.collect(),
        }
    }

    /// Adds what was counted of the classes that are listed.
    fn count(&mut self, stats: &[LockStat]) {
        for LockStat { class, tally, .. } in stats {
            let Some(&place) = self.places.get(class) else {
                continue;
            };
            let times = self.list[place].times.get_or_insert_default();
            let add = |sum: &mut u64, more| *sum = sum.saturating_add(more);
            add(&mut times.acquired, tally.acquisitions);
            add(&mut times.contended, tally.contentions);
            add(&mut times.waited, tally.wait.total_ns);
            add(&mut times.held, tally.hold.total_ns);
            times.longest_wait = times.longest_wait.max(tally.wait.max_ns);
            times.longest_hold = times.longest_hold.max(tally.hold.max_ns);
        }
    }

    fn place(&mut self, id: u32) -> usize {
        *self.places.entry(id).or_insert_with(|| {
            self.list.push(Class {
                name: format!("class {id}"),
                type_name: "",
                made_at: None,
                instances: 0,
                times: None,
            });
            self.list.len() - 1
        })
    }
}

impl Dependency<'_> {
    fn line(&self) -> Line {
        Line {
            from: self.from,
            to: self.to,
            kind: self.kind,
            state: self.state,
        }
    }
}

/// The classes of the cycles, in the order of the list, then their neighbours; no more of either
/// than can be read.
fn near(cycles: &[Cycle], lines: &[Line]) -> BTreeSet<usize> {
    let mut classes = BTreeSet::new();
    for cycle in cycles {
        let members = cycle.dependencies.iter().map(|&number| lines[number].from);
        let with: BTreeSet<_> = classes.iter().copied().chain(members).collect();
        if with.len() <= READABLE_CLASSES || classes.is_empty() {
            classes = with;
        }
    }
    let core = classes.clone();
    for line in lines {
        for (inner, outer) in [(line.from, line.to), (line.to, line.from)] {
            if core.contains(&inner) && classes.len() < READABLE_CLASSES {
                classes.insert(outer);
            }
        }
    }
    classes
}

impl View {
    /// Places `classes`, in ascending order, by the dependencies among them.
    fn of(classes: Vec<usize>, lines: &[Line]) -> Self {
        let at = |class| classes.binary_search(&class).ok();
        let edges: Vec<_> = lines
            .iter()
            .filter_map(|line| at(line.from).zip(at(line.to)))
            .collect();
        Self {
            places: places::of(classes.len(), &edges),
            classes,
        }
    }
}

#[cfg(test)]
mod tests {
    use heldby_model::{
        ClassNode, DependencyEdge, DependencyKind, GraphSnapshot, LockStat, Mode, State, Tally,
    };

    use super::{Drawing, READABLE_CLASSES, Times};

    /// `count` classes with numbers from 10 on, and dependencies between them.
    fn graph(count: u32, edges: &[(u32, u32, State)]) -> GraphSnapshot {
        let class = |id| ClassNode {
            id: id + 10,
            name: format!("lock {id}"),
            type_name: "mutex".to_owned(),
            made_at: None,
            instances: 1,
        };
        let site = || "a.rs:1:2".parse().expect("a site");
        let edge = |&(from, to, state): &(u32, u32, State)| DependencyEdge {
            from: from + 10,
            to: to + 10,
            kind: DependencyKind::EW,
            state,
            held_site: site(),
            acquired_site: site(),
            thread: "main".into(),
            span: None,
            held_stack: Vec::new(),
            acquired_stack: Vec::new(),
        };
        GraphSnapshot::new(
            (0..count).map(class).collect(),
            edges.iter().map(edge).collect(),
        )
    }

    /// A long chain with one cycle in it.
    fn chain(count: u32) -> GraphSnapshot {
        let mut edges: Vec<_> = (1..count).map(|at| (at - 1, at, State::Accepted)).collect();
        edges[200].2 = State::Reported;
        edges.push((201, 200, State::Reported));
        graph(count, &edges)
    }

    #[test]
    fn every_class_has_a_place() {
        let graph = graph(3, &[(0, 1, State::Accepted), (1, 0, State::Pending)]);
        let drawing = Drawing::of(&graph, String::new());
        assert_eq!(drawing.all.classes, [0, 1, 2]);
        assert_eq!(drawing.all.places.len(), 3);
        assert!(drawing.near.is_none(), "three classes are readable");
    }

    #[test]
    fn of_many_classes_the_cycles_and_their_neighbours_are_near() {
        let graph = chain(1_000);
        let drawing = Drawing::of(&graph, String::new());
        let near = drawing.near.expect("there is a cycle");
        assert_eq!(near.classes, [199, 200, 201, 202]);
        assert_eq!(near.places.len(), 4);
        let rows: Vec<_> = near.places.iter().map(|place| place.1).collect();
        assert!(rows.is_sorted(), "{rows:?}");
    }

    #[test]
    fn no_more_is_near_than_can_be_read() {
        let star: Vec<_> = (2..900).map(|at| (1, at, State::Accepted)).collect();
        let cycle = [(0, 1, State::Gated), (1, 0, State::Gated)];
        let graph = graph(900, &[&cycle[..], &star].concat());
        let drawing = Drawing::of(&graph, String::new());
        let near = drawing.near.expect("there is a cycle");
        assert_eq!(near.classes.len(), READABLE_CLASSES);
        assert_eq!(near.classes[..2], [0, 1]);
    }

    #[test]
    fn what_was_counted_of_a_class_is_told_in_all_modes_together() {
        let stat = |class, mode, times: [u64; 2]| {
            let mut tally = Tally {
                acquisitions: 2,
                contentions: 1,
                ..Tally::default()
            };
            times.iter().for_each(|&ns| tally.hold.add(ns));
            tally.wait.add(times[0]);
            LockStat {
                class,
                lock: format!("lock {class}"),
                type_name: "mutex".to_owned(),
                made_at: None,
                mode,
                tally,
            }
        };
        let graph = GraphSnapshot {
            lock_stats: vec![
                stat(10, Mode::Write, [3, 4]),
                stat(10, Mode::Read, [5, 1]),
                stat(99, Mode::Write, [1, 1]),
            ],
            ..graph(2, &[(0, 1, State::Accepted)])
        };
        let drawing = Drawing::of(&graph, String::new());
        let expected = Times {
            acquired: 4,
            contended: 2,
            waited: 8,
            longest_wait: 5,
            held: 13,
            longest_hold: 5,
        };
        let times: Vec<_> = drawing.classes.iter().map(|class| &class.times).collect();
        assert_eq!(times, [&Some(expected), &None]);
    }

    #[test]
    fn a_class_that_is_not_listed_is_drawn_by_its_number() {
        let graph = graph(1, &[(0, 5, State::Accepted), (5, 0, State::Accepted)]);
        let drawing = Drawing::of(&graph, String::new());
        let names: Vec<_> = drawing.classes.iter().map(|class| &class.name).collect();
        assert_eq!(names, ["lock 0", "class 15"]);
        assert_eq!(drawing.all.places.len(), 2);
    }
}
