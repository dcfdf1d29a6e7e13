//! The union of records.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use heldby_model::record::{
    Fact, RecordHeader, RecordProfile, RecordedClass, RecordedDependency, RecordedGates,
    RecordedProcess, RecordedStat,
};
use heldby_model::{Allowance, DependencyKind, Frame, Mode, Report, Role, Site, Tally};
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashSet};

/// What makes two classes of different processes the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClassKey {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) role: Role,
    /// Where it is made and in which build, unless it has a name of its own.
    pub(crate) made: Option<(String, Option<Site>)>,
}

/// What is known of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClassFacts {
    /// Where it is made; of several places of a named class the least.
    pub(crate) made_at: Option<Site>,
    pub(crate) has_writer: bool,
    /// Some process had two locks of it, so that it keeps nothing apart.
    pub(crate) has_second: bool,
}

/// A dependency: the places of its classes, and its kind.
pub(crate) type Key = (usize, usize, DependencyKind);

/// A site whose file is shared with all others there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    file: Arc<str>,
    line: u32,
    column: u32,
}

impl Place {
    pub(crate) fn site(&self) -> Site {
        Site {
            file: self.file.to_string().into(),
            line: self.line,
            column: self.column,
        }
    }
}

/// How a dependency was seen; of several the least counts, which is the oldest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sighting {
    pub(crate) at_ms: u64,
    pub(crate) process: Arc<RecordedProcess>,
    pub(crate) thread: Arc<str>,
    pub(crate) held_site: Place,
    pub(crate) acquired_site: Place,
    pub(crate) from_mode: Mode,
    pub(crate) to_mode: Mode,
    pub(crate) after_wait: bool,
    pub(crate) span: Option<Arc<str>>,
    /// Of the acquires of the one and the other, where one was captured.
    pub(crate) stacks: Option<Box<[Vec<Frame>; 2]>>,
}

impl Sighting {
    /// The stacks of the two acquires, empty where none was captured.
    pub(crate) fn stacks(&self) -> [&[Frame]; 2] {
        match &self.stacks {
            Some(stacks) => stacks.each_ref().map(Vec::as_slice),
            None => [&[], &[]],
        }
    }
}

/// A dependency with the gates under which every process saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) sighting: Sighting,
    pub(crate) gates: BTreeSet<usize>,
}

/// What is counted: the place of a class, how its locks were held, and the process that counts.
pub(crate) type StatKey = (usize, Mode, Arc<RecordedProcess>);

/// What a report is the same by in different processes: a process that runs again says it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity {
    code: heldby_model::Code,
    locks: Vec<String>,
    places: Vec<(Site, Site)>,
}

/// Everything that some records say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    pub(crate) profile: RecordProfile,
    pub(crate) processes: BTreeSet<RecordedProcess>,
    pub(crate) classes: IndexMap<ClassKey, ClassFacts, FxBuildHasher>,
    pub(crate) dependencies: IndexMap<Key, Seen, FxBuildHasher>,
    pub(crate) reports: BTreeMap<Identity, Report>,
    /// What some host allows: it holds for all of them together.
    pub(crate) allowed: BTreeSet<Allowance>,
    /// The largest of what a process told; its numbers never shrink.
    pub(crate) stats: BTreeMap<StatKey, Tally>,
}

/// A [`Merged`] in an order of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sorted(Merged);

impl Deref for Sorted {
    type Target = Merged;

    fn deref(&self) -> &Merged {
        &self.0
    }
}

/// The facts of one record, on their way into a [`Merged`].
#[derive(Debug)]
pub(crate) struct Open<'a> {
    into: &'a mut Merged,
    processes: Vec<Arc<RecordedProcess>>,
    names: FxHashSet<Arc<str>>,
    /// The place of each class of the record.
    classes: IndexMap<u32, usize, FxBuildHasher>,
}

/// A fact names a class or a process that the record has not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    Class(u32),
    Process(u32),
}

impl Merged {
    /// Begins to add a record.
    pub(crate) fn open(&mut self, header: RecordHeader) -> Open<'_> {
        self.profile = self.profile.max(header.profile);
        self.processes.extend(header.processes.iter().cloned());
        Open {
            into: self,
            processes: header.processes.into_iter().map(Arc::new).collect(),
            names: FxHashSet::default(),
            classes: IndexMap::default(),
        }
    }

    /// Adds all that `other` says.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.profile = self.profile.max(other.profile);
        self.processes.extend(other.processes);
        let classes = other.classes.into_iter();
        let places: Vec<_> = classes
            .map(|(key, facts)| self.add_class(key, facts))
            .collect();
        for ((from, to, kind), seen) in other.dependencies {
            let gates = seen.gates.iter().map(|&gate| places[gate]).collect();
            let key = (places[from], places[to], kind);
            self.add_dependency(key, seen.sighting, gates);
        }
        other
            .reports
            .into_values()
            .for_each(|report| self.add_report(report));
        self.allowed.extend(other.allowed);
        for ((class, mode, process), tally) in other.stats {
            self.add_stat((places[class], mode, process), tally);
        }
    }

    /// Puts classes in the order of their keys, and dependencies in that of their age: whoever numbers
    /// or searches them then comes to the same, however they were put together.
    pub(crate) fn sorted(mut self) -> Sorted {
        let mut order: Vec<_> = (0..self.classes.len()).collect();
        order.sort_unstable_by_key(|&place| self.classes.get_index(place).map(|(key, _)| key));
        let mut places = vec![0; order.len()];
        for (new, old) in order.into_iter().enumerate() {
            places[old] = new;
        }
        self.classes.sort_unstable_keys();
        let stats = std::mem::take(&mut self.stats).into_iter();
        self.stats = stats
            .map(|((class, mode, process), tally)| ((places[class], mode, process), tally))
            .collect();
        let dependencies = self.dependencies.into_iter();
        self.dependencies = dependencies
            .map(|((from, to, kind), mut seen)| {
                seen.gates = seen.gates.into_iter().map(|gate| places[gate]).collect();
                ((places[from], places[to], kind), seen)
            })
            .collect();
        self.dependencies
            .sort_unstable_by_key(|key, seen| (seen.sighting.at_ms, *key));
        Sorted(self)
    }

    fn add_class(&mut self, key: ClassKey, facts: ClassFacts) -> usize {
        let entry = self.classes.entry(key);
        let place = entry.index();
        let known = entry.or_default();
        known.has_writer |= facts.has_writer;
        known.has_second |= facts.has_second;
        known.made_at = match (known.made_at.take(), facts.made_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        place
    }

    fn add_dependency(&mut self, key: Key, sighting: Sighting, gates: BTreeSet<usize>) {
        match self.dependencies.entry(key) {
            indexmap::map::Entry::Vacant(vacant) => {
                vacant.insert(Seen { sighting, gates });
            }
            indexmap::map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.gates.retain(|gate| gates.contains(gate));
                if sighting < known.sighting {
                    known.sighting = sighting;
                }
            }
        }
    }

    fn add_stat(&mut self, key: StatKey, tally: Tally) {
        let known = self.stats.entry(key).or_default();
        if tally > *known {
            *known = tally;
        }
    }

    fn add_report(&mut self, report: Report) {
        use std::collections::btree_map::Entry;
        match self.reports.entry(Identity::of(&report)) {
            Entry::Vacant(vacant) => {
                vacant.insert(report);
            }
            Entry::Occupied(mut known) => {
                let text = |report: &Report| {
                    serde_json::to_string(report).expect("plain data always becomes JSON")
                };
                if text(&report) < text(known.get()) {
                    known.insert(report);
                }
            }
        }
    }
}

impl Identity {
    /// In a cycle the places count, in whatever order the process came to them.
    pub(crate) fn of(report: &Report) -> Self {
        let mut locks = report.locks.clone();
        let mut places: Vec<_> = report
            .cycle
            .iter()
            .map(|step| (step.held_site.clone(), step.acquired_site.clone()))
            .collect();
        if places.is_empty() {
            places.push((report.site.clone(), report.site.clone()));
        } else {
            locks.sort_unstable();
        }
        places.sort_unstable();
        Self {
            code: report.code,
            locks,
            places,
        }
    }
}

impl Open<'_> {
    /// Adds a fact.
    ///
    /// # Errors
    /// When it names what the record has not told before.
    pub(crate) fn add(&mut self, fact: Fact) -> Result<(), Unknown> {
        match fact {
            Fact::Class(class) => self.add_class(class),
            Fact::Dependency(dependency) => self.add_dependency(*dependency)?,
            Fact::Gates(gates) => self.add_gates(&gates)?,
            Fact::Writer { class } => self.facts(class)?.has_writer = true,
            Fact::Second { class } => self.facts(class)?.has_second = true,
            Fact::Stat(stat) => self.add_stat(*stat)?,
            Fact::Report(report) => self.into.add_report(*report),
            Fact::Allowed(allowed) => {
                self.into.allowed.insert(allowed);
            }
            // How a run was steered is nothing that was learned of the program.
            Fact::Confirmation(_) => {}
        }
        Ok(())
    }

    fn add_class(&mut self, class: RecordedClass) {
        let build = || match (class.build, self.processes.first()) {
            (Some(build), _) => build,
            (None, Some(process)) => process.build.clone(),
            (None, None) => String::new(),
        };
        let made = (!class.named).then(|| (build(), class.made_at.clone()));
        let key = ClassKey {
            name: class.name,
            type_name: class.type_name,
            role: class.role,
            made,
        };
        let facts = ClassFacts {
            made_at: class.made_at,
            ..ClassFacts::default()
        };
        let place = self.into.add_class(key, facts);
        self.classes.insert(class.id, place);
    }

    fn add_dependency(&mut self, seen: RecordedDependency) -> Result<(), Unknown> {
        let key = (self.place(seen.from)?, self.place(seen.to)?, seen.kind);
        let gates: Result<_, _> = seen.gates.iter().map(|&gate| self.place(gate)).collect();
        let process = self.process(seen.process)?;
        let stacks = [seen.held_stack, seen.acquired_stack];
        let sighting = Sighting {
            at_ms: seen.at_ms,
            process,
            thread: self.shared(&seen.thread),
            held_site: self.shared_place(&seen.held_site),
            acquired_site: self.shared_place(&seen.acquired_site),
            from_mode: seen.from_mode,
            to_mode: seen.to_mode,
            after_wait: seen.after_wait,
            span: seen.span.map(|span| self.shared(&span)),
            stacks: stacks
                .iter()
                .any(|stack| !stack.is_empty())
                .then(|| Box::new(stacks)),
        };
        self.into.add_dependency(key, sighting, gates?);
        Ok(())
    }

    fn add_gates(&mut self, left: &RecordedGates) -> Result<(), Unknown> {
        let key = (self.place(left.from)?, self.place(left.to)?, left.kind);
        let gates: Result<IndexSet<_, FxBuildHasher>, _> =
            left.gates.iter().map(|&gate| self.place(gate)).collect();
        let gates = gates?;
        if let Some(known) = self.into.dependencies.get_mut(&key) {
            known.gates.retain(|gate| gates.contains(gate));
        }
        Ok(())
    }

    fn add_stat(&mut self, stat: RecordedStat) -> Result<(), Unknown> {
        let process = self.process(stat.process)?;
        let key = (self.place(stat.class)?, stat.mode, process);
        self.into.add_stat(key, stat.tally);
        Ok(())
    }

    fn process(&self, number: u32) -> Result<Arc<RecordedProcess>, Unknown> {
        let process = self.processes.get(number as usize);
        process.map(Arc::clone).ok_or(Unknown::Process(number))
    }

    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = Arc::from(name);
        self.names.insert(Arc::clone(&shared));
        shared
    }

    fn shared_place(&mut self, site: &Site) -> Place {
        Place {
            file: self.shared(&site.file),
            line: site.line,
            column: site.column,
        }
    }

    fn place(&self, class: u32) -> Result<usize, Unknown> {
        self.classes
            .get(&class)
            .copied()
            .ok_or(Unknown::Class(class))
    }

    fn facts(&mut self, class: u32) -> Result<&mut ClassFacts, Unknown> {
        let place = self.place(class)?;
        Ok(&mut self.into.classes[place])
    }
}
