//! How a report's facts are spelled: modes, lists of names, places.

use crate::{Mode, Report, Site};

/// Tells whether `lock` is a reader-writer lock, so that an exclusive hold of it is called a write.
fn is_reader_writer(report: &Report, lock: &str) -> bool {
    let by_type = report
        .classes
        .iter()
        .filter(|class| class.name == lock)
        .any(|class| {
            let name = class.type_name.to_ascii_lowercase();
            name == "rw"
                || ["rwlock", "rwsem", "rw_sem"]
                    .iter()
                    .any(|part| name.contains(part))
        });
    by_type || uses(report).any(|(name, mode)| name == lock && is_shared(mode))
}

/// Tells whether `lock` is what the upgradable readers of one exclude each other by.
fn is_of_upgradable_readers(report: &Report, lock: &str) -> bool {
    let mut classes = report.classes.iter().filter(|class| class.name == lock);
    // A lock may share its name with that part of it; then the words are those of the lock.
    classes
        .next()
        .is_some_and(|class| class.type_name.ends_with("upgradable readers"))
        && classes.next().is_none()
}

/// Every use of a lock that the report tells of.
fn uses(report: &Report) -> impl Iterator<Item = (&str, Mode)> {
    let holds = report
        .cycle
        .iter()
        .map(|dep| (dep.from.as_str(), dep.from_mode));
    let waits = report
        .cycle
        .iter()
        .map(|dep| (dep.to.as_str(), dep.to_mode));
    let held = report
        .held
        .iter()
        .map(|held| (held.lock.as_str(), held.mode));
    let wanted = report
        .wanted
        .iter()
        .map(|wanted| (wanted.lock.as_str(), wanted.mode));
    let interruption = report.interruption.iter();
    let interrupted = interruption
        .flat_map(|what| [&what.inside, &what.outside])
        .map(|seen| (seen.lock.as_str(), seen.mode));
    holds
        .chain(waits)
        .chain(held)
        .chain(wanted)
        .chain(interrupted)
}

/// Tells whether several may hold the lock so at a time.
pub(crate) fn is_shared(mode: Mode) -> bool {
    mode != Mode::Write
}

/// The mode as a word that can stand in brackets: `lock`, `write`, `read`, `recursive read`.
#[cfg(feature = "render")]
pub(crate) fn mode(report: &Report, lock: &str, mode: Mode) -> &'static str {
    match mode {
        Mode::Write if is_of_upgradable_readers(report, lock) => "upgradable read",
        Mode::Write if is_reader_writer(report, lock) => "write",
        Mode::Write => "lock",
        Mode::Read => "read",
        Mode::Recursive => "recursive read",
    }
}

/// The mode as words that can follow the lock's name, with their leading blank; nothing for a lock
/// that knows one mode only.
pub(crate) fn purpose(report: &Report, lock: &str, mode: Mode) -> &'static str {
    match mode {
        Mode::Write if is_of_upgradable_readers(report, lock) => " for upgradable reading",
        Mode::Write if is_reader_writer(report, lock) => " for writing",
        Mode::Write => "",
        Mode::Read => " for reading",
        Mode::Recursive => " for recursive reading",
    }
}

/// Joins names for a sentence: "`a`", "`a` and `b`", "`a`, `b` and `c`", "`a`, `b` and 2 more".
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    let quoted = |name: &S| format!("`{}`", name.as_ref());
    match names {
        [] => "nothing".to_owned(),
        [one] => quoted(one),
        [one, two] => format!("{} and {}", quoted(one), quoted(two)),
        [one, two, three] => {
            format!("{}, {} and {}", quoted(one), quoted(two), quoted(three))
        }
        [one, two, more @ ..] => {
            format!("{}, {} and {} more", quoted(one), quoted(two), more.len())
        }
    }
}

/// The site without its column, as it stands beside other things on a line.
pub(crate) fn place(site: &Site) -> String {
    format!("{}:{}", site.file, site.line)
}
