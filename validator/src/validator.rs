//! A validator: its rules, what it has learned, and where its reports go.

use std::io;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use heldby_model::declared::DeclaredOrder;
use heldby_model::{GraphSnapshot, LockStat, Report, Stats, ThreadLocks};
use once_cell::race::OnceBox;

use crate::chain::ChainTable;
use crate::class::ClassId;
use crate::cold::Inside;
use crate::config::{Config, OnViolation, Stacks};
use crate::confirm::Confirm;
use crate::declared::NamedOrder;
use crate::dependencies::Record;
use crate::handle::TaskHandle;
use crate::learned::Learned;
use crate::leftovers::Leftovers;
use crate::lock_key::{self, ClassPolicy};
use crate::lock_stat::{self, Statistics};
use crate::map::LockMap;
use crate::record::Recorder;
use crate::registry::{self, Holder};
use crate::shown::Shown;
use crate::sink::Sink;
use crate::snapshot::Copied;
use crate::task::{Phase, PhaseGuard, Task};

use crate::waits::Waits;
use crate::{allocator, dump, fork, process, report};

/// A validator.
///
/// One belongs to the process; a test makes its own, with its own tasks, and drives many tasks from
/// one thread.
#[derive(Debug)]
pub struct Validator {
    pub(crate) config: Config,
    pub(crate) chains: ChainTable,
    /// Writes what is learned, if the host asked for that.
    pub(crate) recorder: Option<Recorder>,
    /// Steers to a report, if the host asked for that.
    pub(crate) confirm: Option<Confirm>,
    /// How long locks are waited for and held, if the host asked for that.
    pub(crate) statistics: Option<Statistics>,
    /// What ended tasks left held.
    pub(crate) leftovers: Leftovers,
    sinks: RwLock<Vec<Arc<dyn Sink>>>,
    learned: Mutex<Learned>,
    /// [`Learned::news`], for who has not locked it.
    news: AtomicU64,
    /// Times that [`learned`](Self::learned) was locked.
    graph_locks: AtomicU64,
    /// Two locks of one class were nested, so that a lock that goes has to be forgotten.
    has_nestings: AtomicBool,
}

/// The graph, locked.
pub(crate) struct Locked<'a> {
    learned: MutexGuard<'a, Learned>,
    news: &'a AtomicU64,
}

impl Deref for Locked<'_> {
    type Target = Learned;

    fn deref(&self) -> &Learned {
        &self.learned
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Learned {
        &mut self.learned
    }
}

impl Drop for Locked<'_> {
    /// Makes known how much was learned, before the graph is unlocked.
    fn drop(&mut self) {
        // Relaxed: its own message.
        self.news.store(self.learned.news(), Ordering::Relaxed);
    }
}

/// Says that the process has a validator already, made by its first lock or by an earlier call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyInstalled;

impl std::fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the process has a validator already; configure it before the first lock")
    }
}

impl std::error::Error for AlreadyInstalled {}

static GLOBAL: OnceBox<Arc<Validator>> = OnceBox::new();

impl Validator {
    /// Makes a validator of its own, apart from the process's.
    #[must_use]
    pub fn new(config: Config) -> Arc<Self> {
        let policies = config.allowances.policies.iter();
        policies.for_each(|named| lock_key::note_policy(named.policy));
        let mut learned = Learned::new(config.profile, config.allowances.clone());
        config.order.iter().for_each(|order| learned.declare(order));
        let recorder = config.record_directory.clone();
        let recorder = recorder.map(|directory| Recorder::new(directory, &config));
        if recorder.is_some() {
            learned.record();
        }
        let patience = config.confirm_patience;
        let confirm = config.confirm.as_ref();
        let statistics = config.statistics.then(Statistics::new);
        Arc::new(Self {
            confirm: confirm.and_then(|report| Confirm::new(report, patience).ok()),
            config,
            statistics,
            recorder,
            chains: ChainTable::new(),
            leftovers: Leftovers::default(),
            sinks: RwLock::new(Vec::new()),
            learned: Mutex::new(learned),
            news: AtomicU64::new(0),
            graph_locks: AtomicU64::new(0),
            has_nestings: AtomicBool::new(false),
        })
    }

    /// The validator of this process, made from the environment when it is first needed.
    pub fn global() -> &'static Arc<Self> {
        if let Some(validator) = GLOBAL.get() {
            return validator;
        }
        Self::install(Config::from_env()).unwrap_or_else(|AlreadyInstalled| {
            GLOBAL
                .get()
                .expect("installing fails only when a validator is installed")
        })
    }

    /// Makes the validator of this process from `config`.
    ///
    /// # Errors
    /// The process has one already.
    pub fn install(config: Config) -> Result<&'static Arc<Self>, AlreadyInstalled> {
        let _busy = PhaseGuard::enter(Phase::Busy);
        // First, so that no fork can meet a thread inside and not wait for it.
        fork::install();
        GLOBAL
            .set(Box::new(Self::new(config)))
            .map_err(|_| AlreadyInstalled)?;
        let validator = GLOBAL.get().expect("it was just set");
        allocator::probe_thoroughly();
        process::install(validator);
        Ok(validator)
    }

    /// The validator of this process, if it has been needed yet.
    pub(crate) fn global_if_made() -> Option<&'static Arc<Self>> {
        GLOBAL.get()
    }

    pub(crate) fn is_off(&self) -> bool {
        self.config.on_violation == OnViolation::Off
    }

    /// Starts a task that the caller drives by hand.
    pub fn task(self: &Arc<Self>, name: &str) -> TaskHandle {
        TaskHandle::start(self, name)
    }

    /// Adds a sink; it gets every report from now on.
    pub fn add_sink(&self, sink: Arc<dyn Sink>) {
        let _inside = Inside::enter();
        self.sinks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sink);
    }

    /// The sinks as they are now.
    pub(crate) fn sinks(&self) -> Vec<Arc<dyn Sink>> {
        let _inside = Inside::enter();
        self.sinks
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The reports so far, oldest first.
    pub fn reports(&self) -> Vec<Report> {
        let _inside = Inside::enter();
        self.lock().reports.clone()
    }

    /// What would be reported if a writer were seen of every class that has none.
    ///
    /// # Cost
    /// A look at every class. Where a missing writer may close a cycle, a copy of the graph, and a
    /// search for each pair of a fair read and a shared hold of such a class.
    pub fn pending(&self) -> Vec<Report> {
        let _inside = Inside::enter();
        let steps = self.lock().pending();
        steps
            .into_iter()
            .map(|steps| report::pending(steps, self.config.profile))
            .collect()
    }

    /// The cycles that cannot close as long as each gate of theirs is held at all their
    /// dependencies, as it was so far.
    ///
    /// # Cost
    /// That of [`pending`](Self::pending), and two searches for each dependency that closed a cycle
    /// and has a gate.
    pub fn gated(&self) -> Vec<Report> {
        let _inside = Inside::enter();
        let cycles = self.lock().gated();
        cycles
            .into_iter()
            .map(|(steps, gates)| report::gated(steps, &gates, self.config.profile))
            .collect()
    }

    /// What the host's file allows and nothing needed so far, each in a few words: it can go, or its
    /// names are wrong.
    pub fn unused_allowances(&self) -> Vec<String> {
        let _inside = Inside::enter();
        self.lock().allowed.unused()
    }

    /// Everything that was learned.
    pub fn graph(&self) -> GraphSnapshot {
        let _inside = Inside::enter();
        let copied = Copied::of(&self.lock());
        copied.into_snapshot(self.config.profile)
    }

    /// What every thread holds now and waits for, those that have locked anything, in the order in
    /// which they first did. Each is read at one moment, but not all at the same one.
    ///
    /// # Cost
    /// A look at every such thread, none of which waits for it; the symbols of the stacks that are kept
    /// of their acquires are looked up, which takes milliseconds the first time.
    pub fn held_locks(&self) -> Vec<ThreadLocks> {
        let _inside = Inside::enter();
        report::threads::all(self, &Waits::of(self))
    }

    /// Everything that is known now: the graph, with what every thread holds and the counters;
    /// where statistics are kept, those as well.
    ///
    /// # Cost
    /// Those of [`graph`](Self::graph), [`held_locks`](Self::held_locks), [`stats`](Self::stats) and
    /// [`lock_stats`](Self::lock_stats).
    pub fn dump(&self) -> GraphSnapshot {
        GraphSnapshot {
            threads: self.held_locks(),
            stats: Some(self.stats()),
            lock_stats: self.lock_stats(),
            ..self.graph()
        }
    }

    /// Writes what is known now to `file`; its extension tells the form: `dot` for the graph, `txt` for
    /// what all threads hold, `json` for both.
    ///
    /// # Cost
    /// That of [`dump`](Self::dump), and of the write.
    ///
    /// # Errors
    /// The extension is none of these, or the file cannot be written.
    pub fn write_dump(&self, file: &Path) -> io::Result<()> {
        dump::write(&self.dump(), file)
    }

    /// Counters.
    ///
    /// # Cost
    /// A walk over all dependencies, with the graph locked.
    pub fn stats(&self) -> Stats {
        let _inside = Inside::enter();
        let tasks = registry::of(self).count();
        let learned = self.lock();
        let records = learned.dependencies.iter();
        let dependencies: Vec<_> = records.map(Record::id).collect();
        let visited = learned.graph.visited();
        let mut stats = Stats {
            tasks,
            classes: 0,
            dependencies: 0,
            chains: learned.chains,
            reports: learned.reports.len(),
            repeats: learned.repeats,
            visited_nodes: visited.nodes,
            visited_edges: visited.edges,
            stacks: learned.stacks.len(),
            // Relaxed: written while the graph is locked, as it is here.
            graph_locks: self.graph_locks.load(Ordering::Relaxed),
        };
        drop(learned);
        let mut shown = Shown::default();
        let admitted = dependencies.into_iter();
        stats.dependencies = admitted
            .filter(|&(from, to, _)| shown.admits(from, to))
            .count();
        stats.classes = shown.classes().count();
        stats
    }

    /// How often the locks of each class were got, how long they were waited for and held, and where, the
    /// classes by their numbers; nothing unless [`Config::statistics`] is set.
    ///
    /// # Cost
    /// A look at every thread that has locked anything; each waits if it comes to a lock meanwhile.
    pub fn lock_stats(&self) -> Vec<LockStat> {
        let _inside = Inside::enter();
        lock_stat::told(self)
    }

    /// The tasks that hold `map` now, or wait for it.
    pub fn holders(&self, map: &LockMap) -> Vec<Holder> {
        let _inside = Inside::enter();
        registry::holders(self, map)
    }

    /// Sets what the class does about two of its locks nested. Known chains are checked again.
    pub fn set_policy(&self, class: ClassId, policy: ClassPolicy) {
        let _inside = Inside::enter();
        let mut learned = self.lock();
        let unchecked_before = learned.is_unchecked(class, self.config.profile);
        learned.policies.insert(class, policy);
        learned.has_forgotten |= unchecked_before;
        lock_key::note_policy(policy);
        self.forget_chains(&learned);
    }

    /// Has every dependency that is new from now on judged by `order`, which reports call `name`.
    pub fn declare(&self, order: DeclaredOrder, name: &str) {
        let _inside = Inside::enter();
        let mut learned = self.lock();
        learned.declare(&NamedOrder {
            order,
            name: name.to_owned(),
        });
        self.forget_chains(&learned);
    }

    /// Forgets every order that `class` takes part in; it is learned anew.
    pub fn forget_order(&self, class: ClassId) {
        let _inside = Inside::enter();
        let mut learned = self.lock();
        learned.forget(class);
        self.forget_chains(&learned);
    }

    /// Makes every chain unknown; the graph lock, which `_locked` shows, keeps new ones away.
    fn forget_chains(&self, _locked: &Learned) {
        let caches = || registry::all().into_iter().map(|task| &task.chains);
        self.chains.forget(|| caches().collect());
    }

    /// Whether every acquire is looked at, so that no task may know a chain: to keep its stack, to count
    /// it, or to steer its task.
    pub(crate) fn looks_at_all(&self) -> bool {
        let watched = self.statistics.is_some() || self.confirm.is_some();
        watched || self.config.stacks == Stacks::All
    }

    /// Whether the chain is known to any task; `task` then knows it as well, unless every acquire is
    /// looked at.
    pub(crate) fn recall(&self, task: &Task, key: u64) -> bool {
        match self.looks_at_all() {
            true => self.chains.contains(key),
            false => self.chains.recall(&task.chains, key),
        }
    }

    /// The chains, if an acquire whose chain is known needs nothing else: it is not looked at, nor is it
    /// kept where its lock lies.
    pub(crate) fn plain_chains(&self) -> Option<&ChainTable> {
        let plain = !self.looks_at_all() && !self.config.freed_ranges;
        plain.then_some(&self.chains)
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        // Relaxed, both: written while the graph is locked.
        let before = self.graph_locks.load(Ordering::Relaxed);
        self.graph_locks.store(before + 1, Ordering::Relaxed);
        Locked {
            learned,
            news: &self.news,
        }
    }

    /// How much was learned that a wait is judged by.
    pub(crate) fn news(&self) -> u64 {
        // Relaxed: who reads the one from before comes before what was learned since.
        self.news.load(Ordering::Relaxed)
    }

    /// Whether locks of `class` are to pass through unseen.
    pub(crate) fn is_untracked(&self, class: ClassId) -> bool {
        lock_key::some_is_untracked() && {
            let _inside = Inside::enter();
            self.lock().policy(class, self.config.profile) == ClassPolicy::NoTrack
        }
    }

    pub(crate) fn note_nesting(&self) {
        // Relaxed: the thread that nested a lock is the one that sees it dropped, or handed the
        // lock on by something that orders both.
        self.has_nestings.store(true, Ordering::Relaxed);
    }

    /// Forgets a lock that is gone.
    pub(crate) fn forget_instance(&self, class: ClassId, instance: u32) {
        // Relaxed: see `note_nesting`.
        if self.has_nestings.load(Ordering::Relaxed)
            && let Some(nestings) = self.lock().nestings.get_mut(&class)
        {
            nestings.remove(instance);
        }
    }
}
