//! The start of the engine: by the constructor of this library, or by the first lock that another
//! constructor takes before it.
//!
//! While it starts, locks go to the real functions unseen, those of the starting thread's `malloc` among
//! them; there is no other thread of the program's yet.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

use heldby_validator::{Config, OnViolation, Validator};

use crate::{exit, maker, objects, spin};

/// | value | meaning |
/// | --- | --- |
/// | `NEW` | nothing was asked yet |
/// | `STARTING` | some thread starts the engine |
/// | `STARTED` | it runs |
/// | `DOWN` | another engine is in the process, which sees to it |
static STATE: AtomicU8 = AtomicU8::new(NEW);

const NEW: u8 = 0;
const STARTING: u8 = 1;
const STARTED: u8 = 2;
const DOWN: u8 = 3;

#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

/// Reads the configuration before the program can clear its environment.
extern "C" fn at_load() {
    is_started();
}

/// Whether the engine runs; starts it if nobody did.
pub(crate) fn is_started() -> bool {
    // Acquire: pairs with the Release in `start`.
    match STATE.load(Ordering::Acquire) {
        NEW => start(),
        state => state == STARTED,
    }
}

/// Whether the engine runs; it is not started by the question, which may come from within an allocator that
/// makes its locks.
pub(crate) fn runs() -> bool {
    // Acquire: as in `is_started`.
    STATE.load(Ordering::Acquire) == STARTED
}

/// Starts the engine before a lock is tried, if nobody did.
///
/// Behind it would be too late: what starts allocates, once, by way of libc, and the lock may be one of the
/// program's `malloc`.
#[inline(always)]
pub(crate) fn prepare() {
    // Relaxed: who sees it new looks again.
    if STATE.load(Ordering::Relaxed) == NEW {
        start();
    }
}

#[cold]
fn start() -> bool {
    let begun = STATE.compare_exchange(NEW, STARTING, Ordering::Relaxed, Ordering::Relaxed);
    if begun.is_err() {
        return false;
    }
    PROCESS.store(std::process::id(), Ordering::Relaxed);
    let semaphores = std::env::var_os("HELDBY_SEMAPHORES").is_some_and(|value| value == "locks");
    SEMAPHORES.store(semaphores, Ordering::Relaxed);
    spin::survive_forks();
    objects::look();
    maker::look();
    let down = objects::has_another_engine();
    let speaks = std::env::var_os("HELDBY_REPORTS").is_none_or(|value| value != "record");
    if down && speaks {
        eprintln!(
            "heldby: this program has an engine of its own, which checks it; \
             libheldby_preload.so stands down"
        );
    }
    if !down {
        // Before the program redirects or closes it.
        if speaks {
            heldby_validator::keep_stderr();
        }
        // Fails only where the program's own engine, which is ours, has begun.
        let _ = Validator::install(config());
        exit::begin();
        heldby_validator::begin("main");
    }
    // Release: pairs with the Acquire in `is_started`.
    STATE.store(if down { DOWN } else { STARTED }, Ordering::Release);
    !down
}

/// Whether semaphores are locks.
static SEMAPHORES: AtomicBool = AtomicBool::new(false);

/// Whether semaphores are locks, as the environment said at the start.
pub(crate) fn has_semaphores() -> bool {
    // Relaxed: written before there are threads.
    is_started() && SEMAPHORES.load(Ordering::Relaxed)
}

/// The process in which the engine was started.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Whether this process came by a fork from the one in which the engine was started.
pub(crate) fn is_forked() -> bool {
    // Relaxed: written before the process can fork.
    PROCESS.load(Ordering::Relaxed) != std::process::id()
}

/// As the environment says; nothing unwinds through C, so what would panic aborts.
fn config() -> Config {
    let config = Config::from_env();
    match std::env::var_os("HELDBY") {
        None => config.on_violation(OnViolation::Warn),
        Some(value) if value == "panic" => config.on_violation(OnViolation::Abort),
        Some(_) => config,
    }
}
