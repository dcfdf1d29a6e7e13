//! The validator of the process: how it is configured, and what it knows.

use std::io;
use std::path::Path;
use std::sync::Arc;

use heldby_model::{GraphSnapshot, LockStat, Report, ThreadLocks};
use heldby_validator::{AlreadyInstalled, Validator};
use heldby_validator::{Config, Sink, Stats};

/// Makes the process's validator from `config`; else it is made from the environment at the first
/// acquire.
///
/// # Errors
/// The process has a validator already.
pub fn install(config: Config) -> Result<(), AlreadyInstalled> {
    Validator::install(config).map(|_| ())
}

/// Adds a sink; it gets every report of the process from now on.
pub fn add_sink(sink: impl Sink + 'static) {
    Validator::global().add_sink(Arc::new(sink));
}

/// The reports of the process so far, oldest first.
#[must_use]
pub fn reports() -> Vec<Report> {
    Validator::global().reports()
}

/// What would be reported if a writer were seen of every lock that has none.
///
/// # Cost
/// A look at every class. Where a missing writer may close a cycle, a copy of the graph, and a
/// search for each pair of a fair read and a shared hold of such a class.
#[must_use]
pub fn pending() -> Vec<Report> {
    Validator::global().pending()
}

/// The cycles that cannot close as long as each gate of theirs is held at all their dependencies, as
/// it was so far.
///
/// # Cost
/// That of [`pending`], and two searches for each dependency that closed a cycle and has a gate.
#[must_use]
pub fn gated() -> Vec<Report> {
    Validator::global().gated()
}

/// What `heldby.toml` allows and the process did not need so far, each in a few words.
#[must_use]
pub fn unused_allowances() -> Vec<String> {
    Validator::global().unused_allowances()
}

/// Everything that the process has learned.
#[must_use]
pub fn graph() -> GraphSnapshot {
    Validator::global().graph()
}

/// What every thread holds now and waits for, and where it asked for that: the threads that have
/// locked anything and have not ended.
///
/// Each thread is read at one moment, but not all at the same one.
///
/// # Cost
/// A look at every such thread; the threads themselves never wait for it. The symbols of the stacks
/// that are kept of their acquires are looked up, which takes milliseconds the first time.
#[must_use]
pub fn held_locks() -> Vec<ThreadLocks> {
    Validator::global().held_locks()
}

/// Everything that is known now: the graph, with what every thread holds and the counters.
///
/// [`render::threads`](crate::model::render::threads) shows the threads and the counters as text.
///
/// # Cost
/// Those of [`graph`], [`held_locks`] and [`stats`].
#[must_use]
pub fn dump() -> GraphSnapshot {
    Validator::global().dump()
}

/// Writes what is known now to `file`, as `HELDBY_DUMP` does when the process ends: the extension
/// `dot` asks for the graph, `txt` for what every thread holds, `json` for both.
///
/// # Cost
/// That of [`dump`], and of the write.
///
/// # Errors
/// The extension is none of these, or the file cannot be written.
pub fn write_dump(file: impl AsRef<Path>) -> io::Result<()> {
    Validator::global().write_dump(file.as_ref())
}

/// How often the locks of each class were got, how long they were waited for and held, and where;
/// nothing unless `HELDBY_STAT=1` or [`Config::statistics`] asked for it before the first lock.
///
/// [`render::lock_stats`](crate::model::render::lock_stats) shows them as a table,
/// [`StatOrder`](crate::model::StatOrder) sorts them.
///
/// # Cost
/// A look at every thread that has locked anything; each waits if it comes to a lock meanwhile.
#[must_use]
pub fn lock_stats() -> Vec<LockStat> {
    Validator::global().lock_stats()
}

/// Counters of the process.
///
/// # Cost
/// A walk over all dependencies, with the graph locked.
#[must_use]
pub fn stats() -> Stats {
    Validator::global().stats()
}
