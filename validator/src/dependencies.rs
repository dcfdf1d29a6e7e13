//! How every dependency was first seen, in 64 bytes each.
//!
//! A record is written when a dependency is new, while a thread waits for its lock, and read for a
//! report. So it is small and cheap to write: places are addresses, and stacks and threads are numbers
//! of what is kept once.
//!
//! # Invariants
//! - Records stand in the order in which their dependencies were first seen, and never move but when
//!   [`Dependencies::forget`] closes gaps.
//! - The graph keeps, as the note of each pair of classes, the number of a record of that pair, counted
//!   from 1; a record names the next one of its pair, whose kind is another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use heldby_graph::{DependencyGraph, Kind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::mode::Mode;
use crate::site::Site;
use crate::stack::StackId;
use crate::task::Task;
use crate::violation::Dependency;

/// Identifies a dependency: class held, class wanted, kind.
pub(crate) type DependencyId = (u32, u32, Kind);

/// How a dependency was first seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    from: u32,
    to: u32,
    from_instance: u32,
    to_instance: u32,
    pub(crate) held_site: Site,
    pub(crate) acquired_site: Site,
    /// Nanoseconds since the validator was made.
    seen_ns: u64,
    held_stack: StackId,
    acquired_stack: StackId,
    /// Number of the task.
    thread: u32,
    life: u32,
    /// The next record of the pair, counted from 1; 0 if there is none.
    next: u32,
    /// [`Kind::number`], or [`GONE`].
    kind: u8,
    from_mode: u8,
    to_mode: u8,
    after_wait: bool,
}

const _: () = assert!(size_of::<Record>() <= 64);

/// The kind of a record whose dependency is forgotten.
const GONE: u8 = u8::MAX;

/// What a record says, before it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) modes: (Mode, Mode),
    pub(crate) instances: (u32, u32),
    pub(crate) sites: (Site, Site),
    pub(crate) stacks: (StackId, StackId),
    pub(crate) life: u32,
    pub(crate) after_wait: bool,
    pub(crate) at: Instant,
}

impl Record {
    pub(crate) fn id(&self) -> DependencyId {
        (self.from, self.to, Kind::ALL[usize::from(self.kind)])
    }
}

/// All records.
#[derive(Debug)]
pub(crate) struct Dependencies {
    /// Full but for the last one.
    chunks: Vec<Vec<Record>>,
    gone: usize,
    /// The names of the threads that made them.
    threads: FxHashMap<u32, Arc<str>>,
    since: Instant,
}

/// Records in one allocation, a power of two: 16 KiB.
const CHUNK: usize = 256;

impl Default for Dependencies {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            gone: 0,
            threads: FxHashMap::default(),
            since: Instant::now(),
        }
    }
}

impl Dependencies {
    /// How many dependencies were ever kept, but for gaps that are closed.
    pub(crate) fn len(&self) -> usize {
        match self.chunks.split_last() {
            Some((last, full)) => full.len() * CHUNK + last.len(),
            None => 0,
        }
    }

    fn at(&self, number: u32) -> Option<&Record> {
        let index = (number as usize).checked_sub(1)?;
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    fn at_mut(&mut self, number: u32) -> Option<&mut Record> {
        let index = (number as usize).checked_sub(1)?;
        self.chunks.get_mut(index / CHUNK)?.get_mut(index % CHUNK)
    }

    /// The number of the record of that kind, of those of a pair whose first one has the number
    /// `first`.
    fn find(&self, first: u32, kind: Kind) -> Option<u32> {
        let mut number = first;
        while let Some(record) = self.at(number) {
            if record.kind == kind.number() {
                return Some(number);
            }
            number = record.next;
        }
        None
    }

    /// How a dependency was seen.
    pub(crate) fn get(&self, graph: &DependencyGraph, id: DependencyId) -> Option<&Record> {
        let (from, to, kind) = id;
        self.at(self.find(graph.note(from, to), kind)?)
    }

    /// Keeps how a dependency of the graph was seen by `task`: the first time, and again when a gate
    /// was not held.
    pub(crate) fn keep(
        &mut self,
        graph: &mut DependencyGraph,
        id: DependencyId,
        seen: &Seen,
        task: &Task,
    ) {
        let thread = task.number();
        self.threads.entry(thread).or_insert_with(|| task.name());
        let (from, to, kind) = id;
        let Some(first) = graph.note_mut(from, to) else {
            return;
        };
        let known = self.find(*first, kind);
        let since = seen.at.saturating_duration_since(self.since);
        let mut record = Record {
            from,
            to,
            from_instance: seen.instances.0,
            to_instance: seen.instances.1,
            held_site: seen.sites.0,
            acquired_site: seen.sites.1,
            // Nanoseconds last for 584 years.
            seen_ns: since.as_nanos() as u64,
            held_stack: seen.stacks.0,
            acquired_stack: seen.stacks.1,
            thread,
            life: seen.life,
            next: *first,
            kind: kind.number(),
            from_mode: seen.modes.0 as u8,
            to_mode: seen.modes.1 as u8,
            after_wait: seen.after_wait,
        };
        if let Some(known) = known.and_then(|number| self.at_mut(number)) {
            record.next = known.next;
            *known = record;
            return;
        }
        *first = self.push(record);
    }

    fn push(&mut self, record: Record) -> u32 {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(record),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(record);
                self.chunks.push(chunk);
            }
        }
        self.len() as u32
    }

    /// In the order in which they were first seen.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record> {
        let records = self.chunks.iter().flatten();
        records.filter(|record| record.kind != GONE)
    }

    /// The dependencies past the first `known` ones.
    pub(crate) fn past(&self, known: usize) -> impl Iterator<Item = DependencyId> {
        let numbers = known as u32 + 1..=self.len() as u32;
        numbers.filter_map(|number| self.at(number)).map(Record::id)
    }

    /// The name of the thread that made a dependency.
    pub(crate) fn thread(&self, record: &Record) -> Arc<str> {
        let name = self.threads.get(&record.thread);
        name.map_or_else(|| "nobody".into(), Arc::clone)
    }

    /// What a record says, but for the stacks.
    pub(crate) fn describe(&self, record: &Record) -> (Dependency, [StackId; 2]) {
        let dependency = Dependency {
            from_mode: Mode::of_number(record.from_mode),
            to_mode: Mode::of_number(record.to_mode),
            from_instance: record.from_instance,
            to_instance: record.to_instance,
            held_site: record.held_site,
            acquired_site: record.acquired_site,
            held_stack: None,
            acquired_stack: None,
            thread: self.thread(record),
            life: record.life,
            after_wait: record.after_wait,
            doubt: None,
            seen: self.since + Duration::from_nanos(record.seen_ns),
        };
        (dependency, [record.held_stack, record.acquired_stack])
    }

    /// Forgets every dependency of `class`, which `graph` has forgotten.
    ///
    /// # Cost
    /// Linear in all dependencies.
    pub(crate) fn forget(&mut self, graph: &mut DependencyGraph, class: u32) {
        for record in self.chunks.iter_mut().flatten() {
            if record.kind != GONE && (record.from == class || record.to == class) {
                record.kind = GONE;
                self.gone += 1;
            }
        }
        if self.gone * 2 > self.len() {
            self.close_gaps(graph);
        }
    }

    /// Gives the records that are left new numbers.
    fn close_gaps(&mut self, graph: &mut DependencyGraph) {
        let before = std::mem::take(&mut self.chunks);
        self.gone = 0;
        let left = || before.iter().flatten().filter(|record| record.kind != GONE);
        let mut note = |record: &Record, number: u32| {
            let note = graph.note_mut(record.from, record.to);
            note.map_or(0, |note| std::mem::replace(note, number))
        };
        for record in left() {
            note(record, 0);
        }
        for record in left() {
            let number = self.push(*record);
            let next = note(record, number);
            if let Some(record) = self.at_mut(number) {
                record.next = next;
            }
        }
        let threads: FxHashSet<u32> = left().map(|record| record.thread).collect();
        self.threads.retain(|thread, _| threads.contains(thread));
    }
}
