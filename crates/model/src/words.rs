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
    of_line(&site.file, site.line)
}

/// A line of a file; without line tables the file says where in it by itself.
pub(crate) fn of_line(file: &str, line: u32) -> String {
    match line {
        0 => file.to_owned(),
        line => format!("{file}:{line}"),
    }
}

/// Whether the site is in C or C++, or is an address, which only their reports tell.
pub(crate) fn is_c(site: &Site) -> bool {
    const ENDS: [&str; 9] = ["c", "h", "cc", "hh", "cpp", "hpp", "cxx", "hxx", "C"];
    let end = site.file.rsplit_once('.').map(|(_, end)| end);
    site.line == 0 && site.file.contains("+0x") || end.is_some_and(|end| ENDS.contains(&end))
}

/// To end a hold, in the words of the language at the site.
pub(crate) fn let_go(lock: &str, site: &Site) -> String {
    match is_c(site) {
        true => format!("unlock `{lock}`"),
        false => format!("drop the `{lock}` guard"),
    }
}

#[cfg(test)]
mod tests {
    use super::{let_go, place};
    use crate::Site;

    #[test]
    fn a_hold_ends_in_the_words_of_its_language() {
        let rows = [
            ("src/pool.rs", 3, "src/pool.rs:3", "drop the `a` guard"),
            ("scenario", 3, "scenario:3", "drop the `a` guard"),
            ("src/pool.c", 3, "src/pool.c:3", "unlock `a`"),
            ("pool.hpp", 3, "pool.hpp:3", "unlock `a`"),
            ("server+0x1c40", 0, "server+0x1c40", "unlock `a`"),
            ("libuv.so.1+0x1c40", 0, "libuv.so.1+0x1c40", "unlock `a`"),
        ];
        for (file, line, place_told, told) in rows {
            let site = Site {
                file: file.into(),
                line,
                column: 1,
            };
            assert_eq!((&*place(&site), &*let_go("a", &site)), (place_told, told));
        }
    }
}
