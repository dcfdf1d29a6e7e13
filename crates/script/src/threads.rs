//! The threads of a scenario, each a task of the validator.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use heldby_validator::{ClassId, LockMap, Site, TaskHandle, Validator};

use crate::classes::LIFE;

/// The threads that run, and the lives of those that are joined.
///
/// A thread that no step joins has no life, so nothing is different where there are no joins.
#[derive(Debug)]
pub(crate) struct Threads {
    validator: Arc<Validator>,
    running: HashMap<String, TaskHandle>,
    classes: HashMap<String, ClassId>,
    /// The newest life of each thread; it outlasts the thread.
    lives: HashMap<String, LockMap>,
    /// The threads that have ended.
    over: HashSet<String>,
}

impl Threads {
    pub(crate) fn new(validator: &Arc<Validator>, classes: HashMap<String, ClassId>) -> Self {
        Self {
            validator: Arc::clone(validator),
            running: HashMap::new(),
            classes,
            lives: HashMap::new(),
            over: HashSet::new(),
        }
    }

    /// The thread `name`, which starts at its first step if nothing spawned it.
    pub(crate) fn get(&mut self, name: &str, site: Site) -> &TaskHandle {
        self.start(name, None, site);
        &self.running[name]
    }

    /// `maker` makes the thread `name`; one that runs already goes on.
    pub(crate) fn spawn(&mut self, name: &str, maker: &str, site: Site) {
        self.start(name, Some(maker), site);
    }

    /// `joiner` waits for the end of the thread `name`.
    pub(crate) fn join(&mut self, name: &str, joiner: &str, site: Site) {
        self.make_life(name);
        self.running[joiner].join(&self.lives[name], &LIFE, site);
    }

    /// The thread `from` hands its hold of a lock over to the thread `to`.
    pub(crate) fn give(&mut self, lock: &LockMap, from: &str, to: &str, site: Site) {
        self.start(to, None, site);
        self.running[from].give(lock, &self.running[to], site);
    }

    /// The thread `name` ends.
    pub(crate) fn exit(&mut self, name: &str, site: Site) {
        if let Some(task) = self.running.remove(name) {
            task.exit(site);
            self.over.insert(name.to_owned());
        }
    }

    fn start(&mut self, name: &str, maker: Option<&str>, site: Site) {
        if self.running.contains_key(name) {
            return;
        }
        if self.over.remove(name) {
            self.lives.remove(name);
        }
        self.make_life(name);
        let task = self.validator.task(name);
        let maker = maker.map(|maker| &self.running[maker]);
        task.begin(self.lives.get(name), maker, site);
        self.running.insert(name.to_owned(), task);
    }

    /// Whoever joins a thread before its first step joins the one that then starts.
    fn make_life(&mut self, name: &str) {
        if let Some(&class) = self.classes.get(name) {
            let make = || LockMap::of_class(class);
            self.lives.entry(name.to_owned()).or_insert_with(make);
        }
    }
}
