//! The report of an item that neither its container's lock nor its own keeps stable: all the ways in
//! which it could be, and who holds what now.

use std::sync::Arc;

use heldby_model::{Report, Way};

use crate::class::{Class, ClassId};
use crate::held::HeldLock;
use crate::mode::Mode;
use crate::registry::{self, Holding};
use crate::task::Task;
use crate::violation::{ItemNotStabilised, Level};

/// A hold of one of the two locks.
struct Hold {
    task: &'static Task,
    thread: Arc<str>,
    mode: Mode,
}

pub(super) fn fill(report: &mut Report, task: &Task, what: &ItemNotStabilised) {
    let levels = [&what.container, &what.item];
    let holds = levels.map(|level| holds(task, level));
    report.locks = levels.map(|level| level.name.clone()).into();
    let mut classes: Vec<_> = levels.iter().filter_map(|level| level.class).collect();
    classes.dedup();
    report.classes = classes.iter().map(|id| id.class().to_model()).collect();
    let ways = levels.iter().zip(&holds);
    let ways = ways.flat_map(|(level, holds)| ways_of(task, level, holds));
    report.ways = ways.collect();
    report.title = title(report, what);
    let mut pairs = levels.iter().zip(&holds);
    let elsewhere = pairs.find_map(|(level, holds)| held_elsewhere(report, task, level, holds));
    let another = levels.iter().find_map(|level| another(task, level));
    let notes = elsewhere.into_iter().chain(another);
    report.notes = notes.chain(needed_to_write(what)).collect();
    report.help = help(report, what);
}

/// Who holds a lock now; not who waits for it.
fn holds(task: &Task, level: &Level) -> Vec<Hold> {
    if level.instance == 0 {
        return Vec::new();
    }
    let holding = registry::holding(task.validator(), level.instance);
    let of_task = |holding: Holding| {
        let held = holding.held.into_iter();
        let held = held.filter(|lock| !lock.meta.is_waiting());
        held.map(move |lock| Hold {
            task: holding.task,
            thread: Arc::clone(&holding.thread),
            mode: lock.mode(),
        })
    };
    holding.into_iter().flat_map(of_task).collect()
}

/// The ways to hold a lock, each with its state; one that was never acquired has not told them.
fn ways_of(task: &Task, level: &Level, holds: &[Hold]) -> Vec<Way> {
    let name = &level.name;
    let way = |needed: String, verb: &str, fits: fn(Mode) -> bool| {
        let holders: Vec<_> = holds.iter().filter(|hold| fits(hold.mode)).collect();
        Way {
            needed,
            state: state(verb, &holders),
            held_by_us: holders.iter().any(|hold| hold.task == task),
        }
    };
    let writes = |mode| mode == Mode::Write;
    match level.class.map(ClassId::class) {
        None => vec![Way {
            needed: format!("`{name}`, in any mode"),
            state: "never acquired".to_owned(),
            held_by_us: false,
        }],
        Some(class) if class.is_exclusive() => vec![way(format!("`{name}`"), "held", writes)],
        Some(_) => vec![
            way(format!("`{name}`, read"), "held for reading", |mode| {
                mode != Mode::Write
            }),
            way(format!("`{name}`, write"), "held for writing", writes),
        ],
    }
}

fn state(verb: &str, holders: &[&Hold]) -> String {
    let mut threads: Vec<_> = holders
        .iter()
        .map(|hold| (hold.task, &hold.thread))
        .collect();
    threads.dedup();
    match threads.as_slice() {
        [] => "not held".to_owned(),
        [(_, only)] => format!("{verb} by `{only}`"),
        [(_, first), others @ ..] => format!("{verb} by `{first}` and {} more", others.len()),
    }
}

fn title(report: &Report, what: &ItemNotStabilised) -> String {
    let (container, item) = (&what.container.name, &what.item.name);
    let which = what.which.clone().unwrap_or_else(|| format!("`{item}`"));
    let thread = &report.thread;
    let why = match &what.wrong_guard {
        None => format!("`{thread}` holds neither `{container}` nor `{item}`"),
        Some([given, wanted]) if given.name == wanted.name => {
            format!("the guard given as proof is of another `{}`", wanted.name)
        }
        Some([given, wanted]) => format!(
            "the guard given as proof is of `{}`, not of `{}`",
            given.name, wanted.name
        ),
    };
    format!("{which} not stabilised: {why}")
}

/// "It is locked": says whose hold that is.
fn held_elsewhere(report: &Report, task: &Task, level: &Level, holds: &[Hold]) -> Option<String> {
    let other = holds.iter().find(|hold| hold.task != task)?;
    Some(format!(
        "`{}` holds `{}`, which does not help `{}`: that hold can end at any time. A look at the \
         lock's state alone would have passed this.",
        other.thread, level.name, report.thread,
    ))
}

/// "But I hold it": it is another lock of the class.
fn another(task: &Task, level: &Level) -> Option<String> {
    let is_another = |lock: &HeldLock| {
        let class = ClassId::from_word(lock.class_word()).base();
        level.class == Some(class) && lock.instance() != level.instance && !lock.meta.is_waiting()
    };
    let held = task.held.shown().find(is_another)?;
    Some(format!(
        "the `{}` that `{}` took at {} is another one.",
        level.name,
        task.name(),
        place(&held.site.to_model()),
    ))
}

fn needed_to_write(what: &ItemNotStabilised) -> Option<String> {
    let (container, item) = (&what.container.name, &what.item.name);
    what.item_write_implies_container_write
        .then(|| format!("locking `{item}` for writing needs `{container}` for writing as well."))
}

fn help(report: &Report, what: &ItemNotStabilised) -> Vec<String> {
    let (container, item) = (&what.container.name, &what.item.name);
    if what.wrong_guard.is_some() {
        return vec![format!(
            "prove it by the guard of this very `{item}`, or of the `{container}` that it is in."
        )];
    }
    let function = report.function.clone();
    let here = function.unwrap_or_else(|| place(&report.site));
    vec![
        format!(
            "take `{container}` or `{item}`, in any mode, before {here}, and keep it until after."
        ),
        "code that is given a `Stabilised` needs no check: the compiler asks for the guard."
            .to_owned(),
    ]
}

/// The site without its column, as it stands in a sentence.
fn place(site: &heldby_model::Site) -> String {
    format!("{}:{}", site.file, site.line)
}

impl Class {
    /// Whether its locks know one mode only, as far as their type tells.
    fn is_exclusive(&self) -> bool {
        let family = self.lock_type.family.to_ascii_lowercase();
        ["mutex", "spin"].iter().any(|part| family.contains(part))
    }
}
