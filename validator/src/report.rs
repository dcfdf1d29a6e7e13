//! From a violation to a report: names, places and functions, with nothing of ours held.

pub(crate) mod deadlock;
mod misuse;
pub(crate) mod threads;
mod two_level;

use std::time::{Duration, Instant};

use heldby_model::{
    Certainty, Code, Dependency, DerivedHold, Frame, HeldLock, Kind, LockUse, Mode, Report,
    Suspension, Wanted,
};

use crate::arms::Doubt;
use crate::async_task::Leaf;
use crate::class::ClassId;
use crate::config::Profile;
use crate::held;
use crate::life;
use crate::rules::event;
use crate::site::Site;
use crate::snapshot::kind_to_model;
use crate::stack::{self, Stack};
use crate::task::Task;
use crate::validator::Validator;
use crate::violation::{
    self, CycleStep, Expect, Interruption, Narrowed, Undeclared, Use, Violation, Wrong,
};

/// Builds the report of a violation by `task`, which holds `held`.
pub(crate) fn build(task: &Task, violation: Violation, held: Vec<HeldLock>) -> Report {
    let stack = frames(violation.stack.as_ref());
    let site = violation.site.map(Site::to_model);
    let function = violation
        .site
        .and_then(|site| stack::function_at(&stack, site));
    let (site, function) = match site {
        Some(site) => (site, function),
        None => innermost(&stack),
    };
    let subject = violation.subject;
    let mut report = Report {
        function,
        wanted: subject.map(|subject| Wanted {
            lock: subject.class.class().name.clone(),
            mode: subject.mode.to_model(),
        }),
        locks: subject
            .iter()
            .map(|subject| subject.class.class().name.clone())
            .collect(),
        held,
        classes: subject
            .iter()
            .map(|subject| subject.class.class().to_model())
            .collect(),
        stack,
        ..empty(
            violation.code,
            violation.certainty,
            task.name().to_string(),
            site,
        )
    };
    let ended_before = life::ended_before(task, &violation);
    fill(&mut report, task, violation.wrong, violation.at);
    for (dependency, ended) in report.cycle.iter_mut().zip(ended_before) {
        dependency.ended_before = ended;
    }
    report.advise();
    report
}

/// Builds the report of a cycle that only lacks a writer.
pub(crate) fn pending(steps: Vec<CycleStep>, profile: Profile) -> Report {
    let mut report = not_closed(steps, profile);
    report.advise();
    report
}

/// Builds the report of a cycle that only locks of the classes `gates` keep apart.
pub(crate) fn gated(steps: Vec<CycleStep>, gates: &[ClassId], profile: Profile) -> Report {
    let mut report = not_closed(steps, profile);
    let names = gates.iter().map(|class| class.class().name.clone());
    report.gates = names.collect();
    report.advise();
    report
}

fn not_closed(steps: Vec<CycleStep>, profile: Profile) -> Report {
    let last = &steps[steps.len() - 1].dependency;
    let thread = last.thread.to_string();
    let site = last.acquired_site.to_model();
    let queued = steps.iter().any(|step| step.queued_writer);
    let code = event::code_of(&steps).unwrap_or(match steps.len() {
        1 => Code::Hb0003,
        count => Code::of_cycle(count, queued),
    });
    let mut report = empty(code, Certainty::Possible, thread, site);
    set_cycle(&mut report, steps, profile, Instant::now());
    report
}

/// What a task holds, oldest first; before it, what its arms hold that are not polled.
pub(crate) fn holds(task: &Task) -> Vec<held::HeldLock> {
    let mut held = task.parked.all();
    held.extend(task.held.shown().rev());
    held.retain(|lock| !lock.meta.is_waiting());
    held
}

/// The holds of a task in names and places, with the stacks that are known, and what is derived from
/// each if that was asked.
pub(crate) fn held_locks(
    validator: &Validator,
    holds: &[held::HeldLock],
    derived: Vec<Vec<DerivedHold>>,
) -> Vec<HeldLock> {
    let stacks: Vec<_> = {
        let learned = validator.lock();
        holds
            .iter()
            .map(|lock| learned.stack_of(lock.key, lock.site))
            .collect()
    };
    let derived = derived.into_iter().chain(std::iter::repeat_with(Vec::new));
    let told = holds.iter().zip(stacks).zip(derived);
    let to_model = |((lock, stack), derived): ((&held::HeldLock, Option<Stack>), _)| HeldLock {
        lock: ClassId::from_word(lock.class_word()).class().name.clone(),
        mode: lock.mode().to_model(),
        site: lock.site.to_model(),
        derived,
        stack: frames(stack.as_ref()),
    };
    told.map(to_model).collect()
}

fn empty(code: Code, certainty: Certainty, thread: String, site: heldby_model::Site) -> Report {
    Report {
        code,
        kind: code.kind(),
        certainty,
        title: String::new(),
        locks: Vec::new(),
        thread,
        site,
        function: None,
        wanted: None,
        context: None,
        interruption: None,
        suspension: None,
        cycle: Vec::new(),
        gates: Vec::new(),
        held: Vec::new(),
        threads: Vec::new(),
        classes: Vec::new(),
        ways: Vec::new(),
        notes: Vec::new(),
        help: Vec::new(),
        stack: Vec::new(),
        record: None,
    }
}

/// Fills in what only this kind of violation has.
fn fill(report: &mut Report, task: &Task, wrong: Wrong, at: Instant) {
    let profile = task.validator().config.profile;
    match wrong {
        Wrong::Cycle(steps) => set_cycle(report, steps, profile, at),
        Wrong::Recursion(step) => {
            report.kind = Kind::RecursiveLocking;
            let locks = std::mem::take(&mut report.locks);
            set_cycle(report, vec![step], profile, at);
            report.locks = locks;
        }
        Wrong::Undeclared(what) => set_undeclared(report, *what, profile, at),
        Wrong::AgainstOrder(step, numbers) => set_against_order(report, step, numbers, profile, at),
        Wrong::WaitContext(Narrowed::Context(kind)) => {
            report.context = Some(kind.name().to_owned());
        }
        Wrong::WaitContext(Narrowed::Held(held)) => {
            let class = ClassId::from_word(held.class_word()).class();
            report.locks.push(class.name.clone());
            report.classes.push(class.to_model());
        }
        Wrong::NestLockNotHeld(nest) => report.locks.push(nest),
        Wrong::Interruption(interruption) => set_interruption(report, *interruption, profile, at),
        Wrong::Imbalance(act, unregistered) => {
            report.locks.extend(unregistered);
            misuse::imbalance(report, act);
        }
        Wrong::Pin(how, unregistered) => {
            report.locks.extend(unregistered);
            misuse::pin(report, how);
        }
        Wrong::Freed => {}
        Wrong::ExitWithHeldLock(held) => set_held(report, &held),
        Wrong::HeldAtCheck(held) => {
            set_held(report, &held);
            misuse::held_at_check(report);
        }
        Wrong::Where(kind, expect) => misuse::place(report, kind, expect),
        Wrong::Assertion(expect, unregistered) => {
            report.locks.extend(unregistered);
            let mode = match expect {
                Expect::Any | Expect::Write => Some(Mode::Write),
                Expect::Read => Some(Mode::Read),
                Expect::Nothing => None,
            };
            let lock = report.locks.first().cloned();
            report.wanted = lock.zip(mode).map(|(lock, mode)| Wanted { lock, mode });
        }
        Wrong::Orphaned(orphan) => misuse::orphaned(report, &orphan),
        Wrong::Suspension(how) => {
            report.wanted = None;
            report.suspension = Some(suspension(how));
        }
        Wrong::NotStabilised(what) => {
            report.title = format!(
                "{} not stabilised: {} read in {}",
                what.object, what.which, what.operation
            );
            report.locks = vec![what.object.to_owned()];
            report.ways = what.ways;
            report.notes = what.notes;
            report.help = what.help;
        }
        Wrong::ItemNotStabilised(what) => two_level::fill(report, task, &what),
    }
}

fn set_held(report: &mut Report, held: &[held::HeldLock]) {
    let classes = held
        .iter()
        .map(|lock| ClassId::from_word(lock.class_word()).class());
    report.locks = classes.clone().map(|class| class.name.clone()).collect();
    report.classes = classes.map(super::class::Class::to_model).collect();
    report.wanted = None;
}

fn set_undeclared(report: &mut Report, what: Undeclared, profile: Profile, at: Instant) {
    let classes = [what.step.from, what.step.to].map(ClassId::class);
    let [from, to] = classes.map(|class| class.name.clone());
    report.notes = vec![
        format!("in `{}` {}.", what.order, what.standing.told(&from, &to)),
        "nothing hung, and no cycle is closed by it: a declared order keeps it so.".to_owned(),
    ];
    set_cycle(report, vec![what.step], profile, at);
    report.locks = vec![from, to];
    report.classes = classes.map(super::class::Class::to_model).to_vec();
}

fn set_against_order(
    report: &mut Report,
    step: CycleStep,
    [held, wanted]: [u64; 2],
    profile: Profile,
    at: Instant,
) {
    let class = step.from.base().class().name.clone();
    set_cycle(report, vec![step], profile, at);
    report.title =
        format!("possible deadlock: two locks of class `{class}` are nested against their order");
    report.notes = vec![format!(
        "locks of class `{class}` are ordered by number, lower before higher; number {held} is \
         held, and number {wanted} is wanted."
    )];
    report.help = vec![format!(
        "take the locks of class `{class}` by rising number, and no two of one number."
    )];
}

fn set_cycle(report: &mut Report, steps: Vec<CycleStep>, profile: Profile, at: Instant) {
    let mut classes: Vec<ClassId> = steps.iter().map(|step| step.from).collect();
    report.locks = classes
        .iter()
        .map(|class| class.class().name.clone())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    report.classes = classes
        .into_iter()
        .map(|class| class.class().to_model())
        .collect();
    let dependencies = steps.into_iter().map(|step| dependency(step, profile, at));
    report.cycle = dependencies.collect();
}

/// The locks go from the one that the context takes to the one that it can interrupt.
fn set_interruption(report: &mut Report, what: Interruption, profile: Profile, at: Instant) {
    let (inside, outside) = (&what.inside, &what.outside);
    let mut classes = vec![inside.class];
    classes.extend(what.path.iter().map(|step| step.to));
    report.locks = classes
        .iter()
        .map(|class| class.class().name.clone())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    report.classes = classes
        .into_iter()
        .map(|class| class.class().to_model())
        .collect();
    report.context = Some(what.kind.name().to_owned());
    report.interruption = Some(heldby_model::Interruption {
        inside: lock_use(inside, at),
        outside: lock_use(outside, at),
    });
    let path = what.path.into_iter();
    report.cycle = path.map(|step| dependency(step, profile, at)).collect();
}

fn lock_use(of: &Use, at: Instant) -> LockUse {
    let stack = frames(of.stack.as_ref());
    LockUse {
        lock: of.class.class().name.clone(),
        mode: of.mode.to_model(),
        instance: known(of.instance),
        site: of.site.to_model(),
        function: stack::function_at(&stack, of.site),
        unmasked_site: of.unmasked.map(Site::to_model),
        thread: of.thread.to_string(),
        age_ms: age_ms(of.seen, at),
        stack,
    }
}

fn suspension(how: violation::Suspension) -> Suspension {
    let class = |leaf: &Leaf| {
        let is_lock = leaf.class_word & 1 == 1;
        is_lock.then(|| ClassId::from_word(leaf.class_word).class().name.clone())
    };
    Suspension {
        spawned_site: how.spawned.to_model(),
        awaited_lock: how.leaf.as_ref().and_then(class),
        awaited_site: how.leaf.map(|leaf| leaf.site.to_model()),
    }
}

fn known(instance: u32) -> Option<u64> {
    (instance != 0).then(|| u64::from(instance))
}

/// How long before `at` it was seen; what was seen just then has no age.
fn age_ms(seen: Instant, at: Instant) -> Option<u64> {
    let age = at.saturating_duration_since(seen);
    (seen != at).then(|| milliseconds(age))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A dependency as it is at the moment `at`; the one that was seen just then has no age.
fn dependency(step: CycleStep, profile: Profile, at: Instant) -> Dependency {
    let seen = step.dependency;
    let held_stack = frames(seen.held_stack.as_ref());
    let acquired_stack = frames(seen.acquired_stack.as_ref());
    let span = seen.acquired_stack.as_ref().and_then(Stack::span);
    Dependency {
        from: step.from.class().name.clone(),
        to: step.to.class().name.clone(),
        kind: kind_to_model(step.kind, profile),
        from_mode: seen.from_mode.to_model(),
        to_mode: seen.to_mode.to_model(),
        from_instance: known(seen.from_instance),
        to_instance: known(seen.to_instance),
        held_site: seen.held_site.to_model(),
        acquired_site: seen.acquired_site.to_model(),
        held_function: stack::function_at(&held_stack, seen.held_site)
            .or_else(|| stack::function_at(&acquired_stack, seen.held_site)),
        acquired_function: stack::function_at(&acquired_stack, seen.acquired_site),
        thread: seen.thread.to_string(),
        span: span.map(str::to_owned),
        age_ms: age_ms(seen.seen, at),
        queued_writer: step.queued_writer,
        after_wait: seen.after_wait,
        doubt: seen.doubt.map(Doubt::to_model),
        ended_before: false,
        held_stack,
        acquired_stack,
    }
}

fn frames(stack: Option<&Stack>) -> Vec<Frame> {
    stack.map(Stack::frames).unwrap_or_default()
}

/// Where the innermost host frame is, and what it is called.
fn innermost(stack: &[Frame]) -> (heldby_model::Site, Option<String>) {
    let frame = stack
        .iter()
        .find(|frame| frame.site.is_some())
        .or(stack.first());
    let unknown = heldby_model::Site {
        file: "<unknown>".into(),
        line: 0,
        column: 0,
    };
    let site = frame
        .and_then(|frame| frame.site.clone())
        .unwrap_or(unknown);
    (site, frame.map(|frame| frame.function.clone()))
}
