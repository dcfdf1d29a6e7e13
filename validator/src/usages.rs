//! The usage states of all classes: lockdep's `IN` and `ON` bits, with how each was first seen.

use std::hash::Hash;

use heldby_graph::{Hold, Reach, Want};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::context_kind::{ContextKind, Contexts};
use crate::violation::Use;

/// What is known of the locks that contexts take, and of those that they can interrupt.
#[derive(Debug, Default)]
pub(crate) struct Usages {
    /// Lockdep's `IN` bits, with how each was first seen.
    pub(crate) inside: Uses<Want>,
    /// Lockdep's `ON` bits.
    pub(crate) outside: Uses<Hold>,
    /// Kind, lock taken inside, lock held outside.
    reported: FxHashSet<(ContextKind, u32, u32)>,
}

/// The uses of all classes, by class and by how they are used.
#[derive(Debug)]
pub(crate) struct Uses<How> {
    by_class: FxHashMap<(u32, How), Vec<(Contexts, Use)>>,
    /// The kinds in which each class is used in each way, by its number: every new chain asks.
    known: Vec<[Contexts; WAYS]>,
    /// The kinds that some class is used in.
    pub(crate) kinds: Contexts,
}

impl<How> Default for Uses<How> {
    fn default() -> Self {
        Self {
            by_class: FxHashMap::default(),
            known: Vec::new(),
            kinds: Contexts::default(),
        }
    }
}

/// How many ways there are at most to use a lock.
const WAYS: usize = 3;

/// A way to use a lock.
pub(crate) trait Way: Copy + Eq + Hash {
    /// Less than [`WAYS`].
    fn number(self) -> usize;
}

impl Way for Want {
    fn number(self) -> usize {
        self as usize
    }
}

impl Way for Hold {
    fn number(self) -> usize {
        self as usize
    }
}

impl<How: Way> Uses<How> {
    /// The kinds out of `kinds` for which this use is new.
    pub(crate) fn unknown(&self, (class, how): (u32, How), kinds: Contexts) -> Contexts {
        match self.known.get(class as usize) {
            Some(known) => kinds.without(known[how.number()]),
            None => kinds,
        }
    }

    pub(crate) fn add(&mut self, of: (u32, How), kinds: Contexts, seen: Use) {
        self.kinds = self.kinds.with(kinds);
        let (class, how) = (of.0 as usize, of.1.number());
        if self.known.len() <= class {
            self.known.resize(class + 1, Default::default());
        }
        self.known[class][how] = self.known[class][how].with(kinds);
        self.by_class.entry(of).or_default().push((kinds, seen));
    }

    pub(crate) fn get(&self, of: (u32, How), kind: ContextKind) -> Option<&Use> {
        let seen = self.by_class.get(&of)?;
        let (_, seen) = seen.iter().find(|(kinds, _)| kinds.contains(kind))?;
        Some(seen)
    }

    fn forget(&mut self, class: u32) {
        self.by_class.retain(|&(of, _), _| of != class);
        if let Some(known) = self.known.get_mut(class as usize) {
            *known = Default::default();
        }
    }
}

impl Usages {
    /// Forgets how `class` is used.
    pub(crate) fn forget(&mut self, class: u32) {
        self.inside.forget(class);
        self.outside.forget(class);
        self.reported
            .retain(|&(_, inside, outside)| inside != class && outside != class);
    }

    /// Whether the lock taken inside and the one held outside were reported together.
    ///
    /// A lock that is itself held outside is the cause of every path that begins at it.
    pub(crate) fn is_reported(&self, kind: ContextKind, inside: u32, outside: u32) -> bool {
        let said = |outside| self.reported.contains(&(kind, inside, outside));
        said(inside) || said(outside)
    }

    /// Notes that the two are reported together.
    pub(crate) fn reported(&mut self, kind: ContextKind, inside: u32, outside: u32) {
        self.reported.insert((kind, inside, outside));
    }

    /// The places that a search came to and that are taken inside contexts of `kind`.
    pub(crate) fn taken<'a>(
        &'a self,
        kind: ContextKind,
        reach: &'a Reach,
    ) -> impl Iterator<Item = (usize, (u32, Want))> + 'a {
        let arrivals = reach.arrivals();
        arrivals.filter(move |&(_, of)| self.inside.get(of, kind).is_some())
    }

    /// The places that a search came to and that are held where contexts of `kind` can interrupt.
    pub(crate) fn held<'a>(
        &'a self,
        kind: ContextKind,
        reach: &'a Reach,
    ) -> impl Iterator<Item = (usize, (u32, Hold))> + 'a {
        let departures = reach.departures();
        departures.filter(move |&(_, of)| self.outside.get(of, kind).is_some())
    }
}
