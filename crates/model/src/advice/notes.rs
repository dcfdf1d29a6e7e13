//! Notes: each answers an objection that a reader of the report would raise.

use super::{Nesting, deadlock, event, interruption, is_about_order, nesting, suspension};
use crate::cycle::{is_within_one_class, names, successor};
use crate::words::{self, is_shared, place};
use crate::{Certainty, Code, Dependency, LockClass, Report};

/// How many notes of one sort a report bears before they hide the rest.
const SAME_SORT: usize = 4;

/// Makes the notes.
pub(super) fn of(report: &Report) -> Vec<String> {
    let mut notes = match report.code {
        Code::Hb0001 | Code::Hb0002 | Code::Hb0004 => about_cycle(report),
        Code::Hb0003 => about_recursion(report),
        Code::Hb0005 => about_event(report),
        Code::Hb0101 => vec![what_is_held(report)],
        Code::Hb0102 => vec![why_freeing_matters(report)],
        Code::Hb0103 => vec![
            "a lock whose holder is gone stays held, unless a thread-local still drops its guard."
                .to_owned(),
        ],
        Code::Hb0104 => vec![
            what_is_held(report),
            format!(
                "locks of class `{}` may be nested in any order only while `{}` keeps all others \
                 out.",
                report.subject(),
                report.nest_lock(),
            ),
        ],
        Code::Hb0105 => vec![what_is_held(report)],
        Code::Hb0201 => about_stability(report).into_iter().collect(),
        Code::Hb0202 => vec![about_ownership(report)],
        Code::Hb0301 => vec![format!(
            "nothing slept in this run, and it still counts: it does when another thread holds \
             `{}`.",
            report.subject(),
        )],
        Code::Hb0302 | Code::Hb0303 => interruption::notes(report),
        Code::Hb0304 => suspension::notes(report),
        // Whoever compares it with the declaration knows how it stands.
        Code::Hb0401 => Vec::new(),
        Code::Hb0501 => {
            vec!["a fork takes one thread along: nobody is here who could release it.".to_owned()]
        }
        Code::Hb0502 => deadlock::notes(report),
    };
    if is_about_order(report.code) {
        notes.extend(about_classes(report));
    }
    notes
}

/// What the locks are; those without a place share a note, since a report has few lines.
fn about_classes(report: &Report) -> Vec<String> {
    let classes = report.classes.iter().take(SAME_SORT);
    let (placed, plain): (Vec<_>, Vec<_>) = classes.partition(|class| class.made_at.is_some());
    let plain: Vec<_> = plain.iter().map(|class| made(report, class)).collect();
    let plain = plain.split_first().map(|(first, rest)| {
        // The verb of the first one is that of all.
        let rest = rest.iter().map(|other| other.replacen("` is ", "` ", 1));
        std::iter::once(first.clone())
            .chain(rest)
            .collect::<Vec<_>>()
            .join(", ")
            + "."
    });
    let placed = placed.iter().map(|class| made(report, class) + ".");
    plain.into_iter().chain(placed).collect()
}

fn about_cycle(report: &Report) -> Vec<String> {
    let reads = only_a_read(report);
    reads
        .into_iter()
        .take(SAME_SORT)
        .chain(never_hung(report))
        .chain(never_met(report))
        .collect()
}

fn about_event(report: &Report) -> Vec<String> {
    let notes = event::notes(report);
    notes
        .into_iter()
        .take(SAME_SORT)
        .chain(about_cycle(report))
        .collect()
}

/// "It is only a read": says for each lock that someone only reads why that does not help.
fn only_a_read(report: &Report) -> Vec<String> {
    let cycle = &report.cycle;
    let one_class = is_within_one_class(cycle);
    let note = |asking: usize| {
        let holding = successor(cycle, asking);
        let (asks, holds) = (&cycle[asking], &cycle[holding]);
        let lock = if one_class {
            names(asks).1
        } else {
            asks.to.clone()
        };
        let (asking, holding) = (asking + 1, holding + 1);
        match (is_shared(holds.from_mode), is_shared(asks.to_mode)) {
            (true, true) => Some(format!(
                "`{lock}` is only read, and it still counts: a writer that waits for the read \
                 in {holding} keeps the read in {asking} waiting."
            )),
            (true, false) => Some(format!(
                "dependency {holding} only reads `{lock}`, and it still counts: a held read \
                 blocks the write in {asking}."
            )),
            (false, true) => Some(format!(
                "dependency {asking} only reads `{lock}`, and it still counts: the write held \
                 in {holding} blocks it."
            )),
            (false, false) => None,
        }
    };
    (0..cycle.len()).filter_map(note).collect()
}

/// "It never hung", and "it is all one thread".
fn never_hung(report: &Report) -> Option<String> {
    if report.certainty == Certainty::Now {
        return None;
    }
    if let [gate, ..] = report.gates.as_slice() {
        return Some(format!(
            "no run can hang by this as long as `{gate}` is held each time; it is listed for the day \
             on which it is not."
        ));
    }
    let first = report.cycle.first()?;
    let (all, were_seen) = match report.cycle.len() {
        2 => ("both orders".to_owned(), "Both orders were seen".to_owned()),
        count => (
            format!("all {count} dependencies"),
            format!("All {count} dependencies were seen"),
        ),
    };
    let thread = &first.thread;
    let one_thread = report
        .cycle
        .iter()
        .all(|dependency| dependency.thread == *thread);
    Some(if one_thread {
        format!("nothing hung: `{thread}` alone did {all}. Threads that share the work can hang.")
    } else {
        format!("nothing hung in this run. {were_seen}, so some run can hang.")
    })
}

/// "The one was over when the other came": that this weakens the report is said, not hidden.
fn never_met(report: &Report) -> Option<String> {
    let ended = report.cycle.iter().find(|dep| dep.ended_before)?;
    Some(format!(
        "`{}` was joined before `{}` got here: it hangs only where the two can meet.",
        ended.thread, report.thread
    ))
}

fn about_recursion(report: &Report) -> Vec<String> {
    let lock = report.subject();
    match nesting(report) {
        Nesting::SameLock if report.certainty == Certainty::Possible => {
            vec!["it waits for itself: nothing ends that but giving up.".to_owned()]
        }
        Nesting::SameLock => {
            vec!["the thread waits for itself: no other thread can let it go on.".to_owned()]
        }
        Nesting::ReadAgain => vec![format!(
            "`{lock}` is only read, and it still counts: the second read waits behind any writer \
             that came after the first."
        )],
        Nesting::Unordered => vec![format!(
            "a thread that nests two locks of `{lock}` the other way round can meet this one; both \
             hang."
        )],
        Nesting::Opposite => about_cycle(report),
    }
}

/// "They are different objects", and "this lock is made in a library".
fn made(report: &Report, class: &LockClass) -> String {
    let LockClass {
        name, type_name, ..
    } = class;
    // A payload can be longer than the report; the class in the report has it.
    let type_name = type_name.split('<').next().unwrap_or_default();
    let starts_with_vowel = type_name.starts_with(['a', 'e', 'i', 'o', 'u']);
    let article = if starts_with_vowel && !type_name.starts_with("once") {
        "an"
    } else {
        "a"
    };
    let count = count(report, class);
    match &class.made_at {
        Some(site) if is_in_library(&site.file) => format!(
            "`{name}` is {article} {type_name} made in a library, {} ({count}); its order is this \
             program's all the same",
            place(site),
        ),
        Some(site) => format!(
            "`{name}` is {article} {type_name} made at {} ({count})",
            place(site)
        ),
        None => format!("`{name}` is {article} {type_name} ({count})"),
    }
}

/// How many locks the class has, and which of them met here.
fn count(report: &Report, class: &LockClass) -> String {
    let LockClass {
        name, instances, ..
    } = class;
    match (instances, seen_instances(report, name).as_slice()) {
        (1, _) => "1 instance".to_owned(),
        (_, [always]) => format!("{instances} instances, #{always} each time"),
        (_, []) => format!("{instances} instances: any two can meet"),
        (_, [rest @ .., last]) => {
            let rest: Vec<_> = rest.iter().map(|id| format!("#{id}")).collect();
            let seen = format!("{} and #{last}", rest.join(", "));
            format!("{instances} instances, {seen} here: any two can meet")
        }
    }
}

/// The instances of class `name` that the cycle tells of, each once, or none if it does not tell
/// of all.
fn seen_instances(report: &Report, name: &str) -> Vec<u64> {
    let uses = |dependency: &Dependency| {
        let from = (dependency.from == name).then_some(dependency.from_instance);
        let to = (dependency.to == name).then_some(dependency.to_instance);
        [from, to].into_iter().flatten().collect::<Vec<_>>()
    };
    let seen: Option<Vec<u64>> = report.cycle.iter().flat_map(uses).collect();
    let mut seen = seen.unwrap_or_default();
    seen.sort_unstable();
    seen.dedup();
    seen
}

/// Tells whether a path lies where package managers and toolchains keep foreign source.
fn is_in_library(file: &str) -> bool {
    let file = file.replace('\\', "/");
    [
        "/registry/src/",
        "/git/checkouts/",
        "/rustc/",
        "/rustlib/src/",
        "/usr/include/",
    ]
    .iter()
    .any(|part| file.contains(part))
}

fn what_is_held(report: &Report) -> String {
    let held: Vec<_> = report.held.iter().map(|held| held.lock.as_str()).collect();
    format!(
        "at this point `{}` holds {}.",
        report.thread,
        words::list(&held)
    )
}

fn why_freeing_matters(report: &Report) -> String {
    let lock = report.subject();
    match report.held.iter().find(|held| held.lock == lock) {
        Some(held) => format!("`{}` took it at {}.", report.thread, place(&held.site)),
        None => "another thread took it, and its release will touch what is no longer this lock."
            .to_owned(),
    }
}

/// "But somebody does hold the lock": that is not enough.
fn about_stability(report: &Report) -> Option<String> {
    let by_other = |state: &str| state.starts_with("held");
    report
        .ways
        .iter()
        .any(|way| !way.held_by_us && by_other(&way.state))
        .then(|| {
            "some thread holds a lock that would do, but not this one: it can go at any time."
                .to_owned()
        })
}

fn about_ownership(report: &Report) -> String {
    let lock = report.subject();
    match report.held.iter().find(|held| held.lock == lock) {
        Some(held) => {
            let purpose = words::purpose(report, lock, held.mode);
            let thread = &report.thread;
            format!(
                "`{thread}` has held it{purpose} since {}.",
                place(&held.site)
            )
        }
        None => "only what this thread itself holds counts: another's hold can end at any time."
            .to_owned(),
    }
}
