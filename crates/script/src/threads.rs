//! The threads and tasks of a scenario, each a task of the validator.
//!
//! A name is an async task's if it awaits or has arms; a validator is told the same of both.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use heldby_validator::{Branch, ClassId, LockMap, Site, TaskHandle, Validator};

use crate::classes::LIFE;

/// One that runs.
#[derive(Debug)]
struct Running {
    task: TaskHandle,
    /// Where it was spawned, or else its first step.
    spawned: Site,
    arms: Arms,
}

/// The marked arms of a task.
#[derive(Debug, Default)]
struct Arms {
    /// Those that suspended, by name.
    suspended: HashMap<String, Branch>,
    /// Those that are polled, the innermost last.
    polled: Vec<(String, Branch)>,
}

/// How an arm is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// It suspends, and is polled again.
    ToGoOn,
    /// It ends, and the task has what it holds.
    ForGood,
}

/// The threads that run, and the lives of those that are joined.
///
/// A thread that no step joins has no life, so nothing is different where there are no joins.
#[derive(Debug)]
pub(crate) struct Threads {
    validator: Arc<Validator>,
    running: HashMap<String, Running>,
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
        &self.running[name].task
    }

    /// `maker` makes the thread `name`; one that runs already goes on.
    pub(crate) fn spawn(&mut self, name: &str, maker: &str, site: Site) {
        self.start(name, Some(maker), site);
    }

    /// `joiner` waits for the end of the thread `name`.
    pub(crate) fn join(&mut self, name: &str, joiner: &str, site: Site) {
        self.make_life(name);
        self.running[joiner]
            .task
            .join(&self.lives[name], &LIFE, site);
    }

    /// The thread `from` hands its hold of a lock over to the thread `to`.
    pub(crate) fn give(&mut self, lock: &LockMap, from: &str, to: &str, site: Site) {
        self.start(to, None, site);
        let (from, to) = (&self.running[from], &self.running[to]);
        from.task.give(lock, &to.task, site);
    }

    /// The task `name`, which runs, suspends.
    pub(crate) fn suspend(&self, name: &str, site: Site) {
        let running = &self.running[name];
        running.task.suspend(running.spawned, site);
    }

    /// The task `name`, which runs, polls its arm `arm`.
    pub(crate) fn enter_arm(&mut self, name: &str, arm: &str) {
        let Some(Running { task, arms, .. }) = self.running.get_mut(name) else {
            return;
        };
        let mut branch = arms.suspended.remove(arm).unwrap_or_default();
        task.enter_branch(&mut branch);
        arms.polled.push((arm.to_owned(), branch));
    }

    /// The task `name`, which runs, leaves its innermost arm, if it polls one.
    pub(crate) fn leave_arm(&mut self, name: &str, leaves: Leaves) {
        let Some(Running { task, arms, .. }) = self.running.get_mut(name) else {
            return;
        };
        let Some((arm, mut branch)) = arms.polled.pop() else {
            return;
        };
        task.leave_branch(&mut branch, leaves == Leaves::ForGood);
        if leaves == Leaves::ToGoOn {
            arms.suspended.insert(arm, branch);
        }
    }

    /// The thread `name` ends.
    pub(crate) fn exit(&mut self, name: &str, site: Site) {
        if let Some(ended) = self.running.remove(name) {
            ended.task.exit(site);
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
        let maker = maker.map(|maker| &self.running[maker].task);
        task.begin(self.lives.get(name), maker, site);
        let running = Running {
            task,
            spawned: site,
            arms: Arms::default(),
        };
        self.running.insert(name.to_owned(), running);
    }

    /// Whoever joins a thread before its first step joins the one that then starts.
    fn make_life(&mut self, name: &str) {
        if let Some(&class) = self.classes.get(name) {
            let make = || LockMap::of_class(class);
            self.lives.entry(name.to_owned()).or_insert_with(make);
        }
    }
}
