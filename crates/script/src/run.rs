//! Steps become events of a validator.

use std::collections::HashMap;
use std::sync::Arc;

use heldby_model::declared::{DeclaredLock, DeclaredOrder};
use heldby_model::{Findings, Mode};
use heldby_validator::{
    self as validator, ClassId, ClassPolicy, ContextKind, Event, Expect, LockMap, OnViolation,
    PinCookie, Profile, Site, Stacks, TaskHandle, Validator,
};

use crate::classes::{self, Lock};
use crate::support::{self, Unsupported};
use crate::threads::{Leaves, Threads};
use crate::{Acquire, Attempt, Config, ContextStep, LockType, Op, Operand, Policy, Scenario, Step};

/// Runs `scenario` on a validator of its own and returns what that finds.
///
/// `file` is what the sites in reports call the scenario.
///
/// # Errors
/// The first step whose rules are not built yet: then nothing is run.
///
/// # Example
/// ```
/// use heldby_script::{Profile, Scenario, run};
///
/// let text = "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)  T2: w(mutex:B) w(mutex:A)";
/// let scenario: Scenario = text.parse()?;
/// let findings = run(&scenario, "inversion.txt", Profile::Userspace)?;
/// assert_eq!(findings.reports[0].locks, ["A", "B"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(scenario: &Scenario, file: &str, profile: Profile) -> Result<Findings, Unsupported> {
    let replayed = run_with(scenario, file, profile, Config::new())?;
    Ok(replayed.findings)
}

/// What a scenario came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// What was found.
    pub findings: Findings,
    /// What the configuration allows and the scenario did not need.
    pub unused_allowances: Vec<String>,
}

/// As [`run`]; `config` says what waits for events count for, and what is allowed.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    scenario: &Scenario,
    file: &str,
    profile: Profile,
    config: Config,
) -> Result<Replayed, Unsupported> {
    support::check(scenario)?;
    let config = config
        .profile(profile)
        .on_violation(OnViolation::Warn)
        .stacks(Stacks::Off)
        .stderr(false);
    let validator = Validator::new(config);
    let mut run = Run {
        file,
        locks: classes::locks(scenario, profile),
        threads: Threads::new(&validator, classes::lives(scenario)),
        validator,
        pins: HashMap::new(),
        order: DeclaredOrder::default(),
    };
    scenario.steps.iter().for_each(|step| run.step(step));
    let Run { validator, .. } = &run;
    Ok(Replayed {
        findings: Findings::new(validator.reports(), validator.pending(), validator.gated()),
        unused_allowances: validator.unused_allowances(),
    })
}

/// A scenario that runs.
struct Run<'a> {
    file: &'a str,
    validator: Arc<Validator>,
    locks: HashMap<Operand, Lock>,
    threads: Threads,
    /// The layers that were declared so far.
    order: DeclaredOrder,
    /// The cookies of what each thread has pinned, newest last.
    pins: HashMap<(String, Operand), Vec<PinCookie>>,
}

impl Run<'_> {
    fn step(&mut self, step: &Step) {
        let site = Site::intern(self.file, step.at.line, step.at.column);
        let validator = &self.validator;
        let lock = |operand: &Operand| &self.locks[operand];
        let task = self.threads.get(&step.thread, site);
        match &step.op {
            Op::Acquire(acquire) => {
                let nest = acquire.nest.as_ref().map(|nest| &lock(nest).map);
                ask(task, lock(&acquire.lock), acquire, nest, site);
            }
            Op::Release(it) => task.release(&lock(it).map, site),
            Op::Downgrade(it) => task.downgrade(&lock(it).map, site),
            Op::Init(it) => task.reinit(&lock(it).map, site),
            Op::Free(it) => task.free(&lock(it).map, site),
            Op::ForgetOrder(it) => validator.forget_order(lock(it).class()),
            Op::SetPolicy(it, policy) => {
                let class = lock(it).class();
                if *policy == Policy::ByOrder {
                    number(&self.locks, class);
                }
                validator.set_policy(class, rule(*policy));
            }
            Op::Layer(it) => {
                self.order.layers.push(vec![DeclaredLock::Named {
                    name: lock(it).name.clone(),
                    type_name: None,
                }]);
                validator.declare(self.order.clone(), self.file);
            }
            Op::SetClass(it, name) => {
                let to = lock(&classes::class_operand(it, name)).class();
                task.set_class(&lock(it).map, to, 0, site);
            }
            Op::Pin(it) => {
                let cookie = task.pin(&lock(it).map, site);
                let pins = self.pins.entry((step.thread.clone(), it.clone()));
                pins.or_default().push(cookie);
            }
            Op::Unpin(it) => {
                let pins = self.pins.get_mut(&(step.thread.clone(), it.clone()));
                let cookie = pins.and_then(Vec::pop).unwrap_or_default();
                task.unpin(&lock(it).map, cookie, site);
            }
            Op::AssertHeld(it) => task.assert_held(&lock(it).map, Expect::Any, site),
            Op::AssertHeldRead(it) => task.assert_held(&lock(it).map, Expect::Read, site),
            Op::AssertHeldWrite(it) => task.assert_held(&lock(it).map, Expect::Write, site),
            Op::AssertNotHeld(it) => task.assert_held(&lock(it).map, Expect::Nothing, site),
            Op::Give(it, to) => {
                let map = &self.locks[it].map;
                self.threads.give(map, &step.thread, to, site);
            }
            Op::CondWait {
                cond,
                lock: given_up,
            } => {
                let given_up = lock(given_up);
                task.wait(event(lock(cond), site), &given_up.map, given_up.lock_type);
            }
            Op::Send(it) => {
                task.wait_for(event(lock(it), site));
            }
            Op::CondNotify(it) | Op::Receive(it) => task.signal(event(lock(it), site)),
            Op::Context(step) => turn(task, *step, site),
            Op::Await => self.threads.suspend(&step.thread, site),
            Op::EnterArm(arm) => self.threads.enter_arm(&step.thread, arm),
            Op::SuspendArm => self.threads.leave_arm(&step.thread, Leaves::ToGoOn),
            Op::EndArm => self.threads.leave_arm(&step.thread, Leaves::ForGood),
            Op::EnterUnmarked => task.set_in_arms(true),
            Op::LeaveUnmarked => task.set_in_arms(false),
            Op::Spawn(thread) => self.threads.spawn(thread, &step.thread, site),
            Op::Join(thread) => self.threads.join(thread, &step.thread, site),
            Op::Exit => self.threads.exit(&step.thread, site),
            Op::TryFailed(_) => {}
        }
    }
}

fn event(lock: &Lock, site: Site) -> Event<'_> {
    Event {
        map: &lock.map,
        lock_type: lock.lock_type,
        site,
    }
}

/// Orders the locks of `class` by the number in their operands; a lock without one comes first.
fn number(locks: &HashMap<Operand, Lock>, class: ClassId) {
    for (operand, lock) in locks.iter().filter(|(_, lock)| lock.class() == class) {
        let order = operand
            .instance
            .map_or(0, |instance| u64::from(instance) + 1);
        let site = Site::caller();
        validator::set_order(&lock.map, lock.lock_type, order, site);
    }
}

/// Enters, leaves, masks or unmasks a context.
fn turn(task: &TaskHandle, step: ContextStep, site: Site) {
    let (hard, soft) = (ContextKind::HARD, ContextKind::SOFT);
    match step {
        ContextStep::EnterHard => task.enter(hard, true, site),
        ContextStep::EnterHardUnthreaded => task.enter(hard, false, site),
        ContextStep::LeaveHard => task.leave(hard, site),
        ContextStep::EnterSoft => task.enter(soft, true, site),
        ContextStep::LeaveSoft => task.leave(soft, site),
        ContextStep::MaskHard => task.mask(hard, site),
        ContextStep::UnmaskHard => task.unmask(hard, site),
        ContextStep::MaskSoft => task.mask(soft, site),
        ContextStep::UnmaskSoft => task.unmask(soft, site),
    }
}

/// Asks for a lock, in the events that a host would send.
fn ask(task: &TaskHandle, lock: &Lock, acquire: &Acquire, nest: Option<&LockMap>, site: Site) {
    let (mode, attempt) = match acquire.attempt {
        Attempt::Block(mode) => (mode, validator::Attempt::Block),
        Attempt::Try(mode) => (mode, validator::Attempt::Try),
        Attempt::Timed => (Mode::Write, validator::Attempt::Timed),
        Attempt::Sync => (Mode::Write, validator::Attempt::Sync),
        Attempt::Might => (Mode::Write, validator::Attempt::Block),
    };
    let event = match acquire.lock.lock_type {
        LockType::Sem => permit(lock, site),
        _ => validator::Acquire {
            attempt,
            subclass: u32::from(acquire.subclass),
            nest,
            ..validator::Acquire::new(lock.lock_type, mode_of(mode), site)
        },
    };
    match acquire.attempt {
        Attempt::Sync | Attempt::Might => task.might_lock(&lock.map, event),
        Attempt::Block(_) | Attempt::Try(_) | Attempt::Timed => task.acquire(&lock.map, event),
    }
}

/// A permit of a semaphore: held, but checked against nothing, since anyone may add one.
fn permit(lock: &Lock, site: Site) -> validator::Acquire<'static> {
    validator::Acquire {
        attempt: validator::Attempt::Try,
        check: false,
        ..validator::Acquire::new(lock.lock_type, validator::Mode::Recursive, site)
    }
}

fn mode_of(mode: Mode) -> validator::Mode {
    match mode {
        Mode::Write => validator::Mode::Write,
        Mode::Read => validator::Mode::Read,
        Mode::Recursive => validator::Mode::Recursive,
    }
}

fn rule(policy: Policy) -> ClassPolicy {
    match policy {
        Policy::Forbid => ClassPolicy::Forbid,
        Policy::ByInstance => ClassPolicy::ByInstance,
        Policy::NoValidate => ClassPolicy::NoValidate,
        Policy::NoTrack => ClassPolicy::NoTrack,
        Policy::ByOrder => ClassPolicy::ByOrder,
        Policy::Nestable => ClassPolicy::Nestable,
    }
}
