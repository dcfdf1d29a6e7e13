//! What the validator of the process does at the process's turning points: a panic, and the end.

use std::fmt::Write as _;
use std::panic;
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::{AtomicU32, Ordering};

use heldby_model::StatOrder;

use crate::cold::in_validator;
use crate::limits::CONFIRM_WATCHDOG;
use crate::task::{self, Phase, PhaseGuard};
use crate::validator::Validator;
use crate::{dump, dump_signal, lock_stat, report, sink, watchdog};

/// Names the engine for a preload that comes beside it, which then stands down.
#[unsafe(no_mangle)]
#[used]
static heldby_engine_v1: u32 = 1;

/// The same as a note of the executable or library, which shows where its symbols do not: what is linked
/// into a program is not exported.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".note.heldby")]
static ENGINE_NOTE: EngineNote = EngineNote {
    name_bytes: 7,
    description_bytes: 4,
    kind: 1,
    name: *b"heldby\0\0",
    version: 1,
};

/// A note as ELF has them.
#[cfg(target_os = "linux")]
#[repr(C)]
struct EngineNote {
    name_bytes: u32,
    description_bytes: u32,
    kind: u32,
    name: [u8; 8],
    version: u32,
}

pub(crate) fn install(validator: &Arc<Validator>) {
    if validator.is_off() {
        return;
    }
    if !std::thread::panicking() {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            before(info);
            tell_held_locks();
        }));
    }
    if let Some(number) = validator.config.dump_signal
        && let Err(complaint) = dump_signal::install(number)
    {
        sink::say(&complaint);
    }
    let confirms = validator.confirm.is_some();
    let limit = validator.config.watchdog;
    if let Some(limit) = limit.or(confirms.then_some(CONFIRM_WATCHDOG)) {
        watchdog::start(validator, limit);
    }
    #[cfg(unix)]
    // SAFETY: the handler is a function for the whole life of the process.
    unsafe {
        let tells = validator.config.dump.is_some()
            || confirms
            || validator.statistics.is_some()
            || !validator.config.allowances.is_empty();
        if tells {
            libc::atexit(at_exit);
        }
    }
}

#[cfg(unix)]
extern "C" fn at_exit() {
    conclude();
}

/// Tells what is told when a process ends: statistics, the dump, what was not reached, what was not needed.
///
/// The C library asks for it at an `exit`. To be called before an end of which it tells nobody, such as
/// `_exit`. The second call in a process does nothing; neither does one of a thread that a signal took out
/// of the validator.
#[cfg(unix)]
pub fn conclude() {
    static CONCLUDED: AtomicU32 = AtomicU32::new(0);
    let Some(validator) = Validator::global_if_made().filter(|validator| !validator.is_off())
    else {
        return;
    };
    // A sink may end the process.
    let inside = matches!(task::phase(), Phase::Busy);
    let process = std::process::id();
    // Relaxed: whoever comes second has nothing to see.
    if inside || CONCLUDED.swap(process, Ordering::Relaxed) == process {
        return;
    }
    tell_unused_allowances(validator);
    if validator.statistics.is_some() {
        tell_statistics();
    }
    if let Some(confirm) = &validator.confirm {
        confirm.conclude(validator);
    }
    dump();
}

/// Says in one line what the host allows and this process did not need.
#[cfg(unix)]
fn tell_unused_allowances(validator: &Validator) {
    let unused = validator.unused_allowances();
    if !unused.is_empty() {
        let unused = unused.join(", ");
        sink::say(&format!(
            "allowed, and never needed in this process: {unused}"
        ));
    }
}

/// Writes what was counted of locks to the record, and where there is none, a table of the most waited
/// for to stderr.
fn tell_statistics() {
    const SHOWN: usize = 10;
    let Some(validator) = Validator::global_if_made() else {
        return;
    };
    let stats = in_validator(|| match &validator.recorder {
        Some(recorder) => {
            recorder.statistics(validator);
            Vec::new()
        }
        None => lock_stat::told(validator),
    });
    let mut stats = stats.unwrap_or_default();
    if stats.is_empty() {
        return;
    }
    StatOrder::Wait.sort(&mut stats);
    let more = stats.len().saturating_sub(SHOWN);
    stats.truncate(SHOWN);
    let mut text = format!(
        "locks of process {} by how long they were waited for:\n{}",
        std::process::id(),
        heldby_model::render::lock_stats(&stats)
    );
    if more > 0 {
        let _ = write!(
            text,
            "and {more} more; with HELDBY_DIR set, `heldby stat` shows all"
        );
    }
    sink::say(&text);
}

/// Adds the locks that the panicking thread holds to the panic's message.
fn tell_held_locks() {
    let Phase::Active(task) = task::phase() else {
        return;
    };
    let told = in_validator(|| {
        let held = report::held_locks(task.validator(), &report::holds(task), Vec::new());
        (task.name(), held)
    });
    let Some((name, held)) = told.filter(|(_, held)| !held.is_empty()) else {
        return;
    };
    let mut text = format!("locks held by thread `{name}`, oldest first:");
    for lock in &held {
        let mode = match lock.mode {
            heldby_model::Mode::Write => "exclusive",
            heldby_model::Mode::Read | heldby_model::Mode::Recursive => "shared",
        };
        let _ = write!(text, "\n  `{}` ({mode}) taken at {}", lock.lock, lock.site);
        if !sink::wants_backtrace() {
            continue;
        }
        for frame in &lock.stack {
            let _ = write!(text, "\n      {}", frame.function);
            if let Some(site) = &frame.site {
                let _ = write!(text, "\n        at {site}");
            }
        }
    }
    sink::say(&text);
}

/// Tells what all threads hold, for whoever asked by the signal that is called so.
#[cfg(unix)]
pub(crate) fn dump_on_demand(signal: &str) {
    dump();
    let dump = Validator::global_if_made().and_then(|validator| {
        in_validator(|| {
            let recorder = validator.recorder.iter();
            recorder.for_each(|recorder| recorder.statistics(validator));
            validator.dump()
        })
    });
    if let Some(dump) = dump {
        let (process, dump) = (std::process::id(), heldby_model::render::threads(&dump));
        sink::say(&format!(
            "locks of process {process}, asked for by {signal}:\n{dump}"
        ));
    }
}

/// Tells what is known, before the process is aborted.
pub(crate) fn before_abort() {
    dump();
    tell_statistics();
}

/// Writes what is known to the file that the configuration names, if it names one.
pub(crate) fn dump() {
    let Some(validator) = Validator::global_if_made() else {
        return;
    };
    let Some(file) = &validator.config.dump else {
        return;
    };
    let _busy = PhaseGuard::enter(Phase::Busy);
    if let Err(error) = dump::write(&validator.dump(), file) {
        let file = file.display();
        sink::say(&format!("failed to write the graph to `{file}`: {error}"));
    }
}
