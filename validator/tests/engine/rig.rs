//! A validator with tasks and locks that scenarios name.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use heldby_model::Report;
use heldby_validator::{
    Acquire, Attempt, ClassId, Config, Expect, Held, LockMap, LockType, Mode, OnViolation, Profile,
    Site, Stacks, TaskHandle, Validator,
};

/// The type of every lock here; it sleeps, so wait types never object.
pub(crate) static LOCK: LockType = LockType::sleeping::<Rig>("test::Lock");

/// What a test of verdicts asks for: reports are kept and nothing else happens.
pub(crate) fn quiet() -> Config {
    Config::new()
        .on_violation(OnViolation::Warn)
        .stacks(Stacks::Off)
        .stderr(false)
}

/// The class that scenarios call `name`, the same for every validator.
pub(crate) fn class(name: &str) -> ClassId {
    ClassId::named(name, &LOCK)
}

/// A validator, and what scenarios call its tasks and locks.
pub(crate) struct Rig {
    pub(crate) validator: Arc<Validator>,
    tasks: HashMap<String, TaskHandle>,
    locks: HashMap<String, LockMap>,
    steps: HashMap<String, u32>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(quiet())
    }

    pub(crate) fn kernel() -> Self {
        Self::with(quiet().profile(Profile::Kernel))
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            validator: Validator::new(config),
            tasks: HashMap::new(),
            locks: HashMap::new(),
            steps: HashMap::new(),
        }
    }

    /// The lock `name`: a class in letters, then an instance in digits.
    pub(crate) fn lock(&mut self, name: &str) -> &LockMap {
        self.locks.entry(name.to_owned()).or_insert_with(|| {
            let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
            LockMap::of_class(class(letters))
        })
    }

    /// Makes what `task` does, one word a step: `T1: w(A) r(B) u(B) u(A)`.
    ///
    /// `w r R` acquire, `w? r? R?` only ask, `m?` asks back what a wait gave up, `t tr` are taken tries, `timed` a taken timed acquire, `u` releases, `dg`
    /// downgrades, `init` makes a lock anew, `free` ends it; `might(A)` asks for A and lets go. A
    /// subclass stands behind a comma. The n-th step of `T1` is at the site `T1:n:1`.
    #[track_caller]
    pub(crate) fn run(&mut self, scenario: &str) -> &mut Self {
        let mut task = "T1".to_owned();
        for word in scenario.split_whitespace() {
            match word.strip_suffix(':') {
                Some(name) => task = name.to_owned(),
                None => self.step(&task, word),
            }
        }
        self
    }

    #[track_caller]
    fn step(&mut self, task: &str, word: &str) {
        let count = self.steps.entry(task.to_owned()).or_default();
        *count += 1;
        let site = Site::intern(task, *count, 1);
        if !self.tasks.contains_key(task) {
            let started = self.validator.task(task);
            self.tasks.insert(task.to_owned(), started);
        }
        if word == "exit" {
            self.tasks[task].exit(site);
            return;
        }
        let (verb, operand) = word
            .strip_suffix(')')
            .and_then(|word| word.split_once('('))
            .unwrap_or_else(|| panic!("`{word}` is no step"));
        let (name, subclass) = operand.split_once(',').unwrap_or((operand, "0"));
        self.lock(name);
        let (task, map) = (&self.tasks[task], &self.locks[name]);
        let acquire = |mode, attempt| Acquire {
            attempt,
            subclass: subclass.parse().expect("a subclass is a number"),
            ..Acquire::new(&LOCK, mode, site)
        };
        match verb {
            "w" => task.acquire(map, acquire(Mode::Write, Attempt::Block)),
            "r" => task.acquire(map, acquire(Mode::Read, Attempt::Block)),
            "R" => task.acquire(map, acquire(Mode::Recursive, Attempt::Block)),
            // A lock whose slot is dropped stays waited for.
            "w?" => drop(task.ask(map, acquire(Mode::Write, Attempt::Block))),
            "r?" => drop(task.ask(map, acquire(Mode::Read, Attempt::Block))),
            "R?" => drop(task.ask(map, acquire(Mode::Recursive, Attempt::Block))),
            "m?" => drop(task.ask(map, acquire(Mode::Write, Attempt::Again))),
            "t" => task.acquire(map, acquire(Mode::Write, Attempt::Try)),
            "tr" => task.acquire(map, acquire(Mode::Read, Attempt::Try)),
            "timed" => task.acquire(map, acquire(Mode::Write, Attempt::Timed)),
            "might" => task.might_lock(map, acquire(Mode::Write, Attempt::Block)),
            "u" => task.release(map, site),
            "dg" => task.downgrade(map, site),
            "init" => task.reinit(map, site),
            "free" => task.free(map, site),
            "held" => task.assert_held(map, Expect::Any, site),
            "held_r" => task.assert_held(map, Expect::Read, site),
            "held_w" => task.assert_held(map, Expect::Write, site),
            "nheld" => task.assert_held(map, Expect::Nothing, site),
            _ => panic!("`{verb}` is no verb"),
        }
    }

    /// What `task` holds of `lock`.
    pub(crate) fn held(&self, task: &str, lock: &str) -> Held {
        self.tasks[task].held(&self.locks[lock])
    }

    /// Every report so far in short.
    pub(crate) fn verdict(&self) -> Vec<String> {
        self.validator.reports().iter().map(short).collect()
    }

    /// Every pending finding in short.
    pub(crate) fn pending(&self) -> Vec<String> {
        self.validator.pending().iter().map(short).collect()
    }
}

/// A report as its code and its locks: `HB0001 A B`.
pub(crate) fn short(report: &Report) -> String {
    format!("{} {}", report.code, report.locks.join(" "))
}

/// Runs each scenario on a rig of its own and compares the reports; all rows that differ are told.
#[track_caller]
pub(crate) fn check_rows(rig: impl Fn() -> Rig, rows: &[(&str, &[&str])]) {
    let mut wrong = String::new();
    for (scenario, expected) in rows {
        let found = rig().run(scenario).verdict();
        if found != *expected {
            let _ = writeln!(
                wrong,
                "{scenario}\n  expected {expected:?}\n  found    {found:?}"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
