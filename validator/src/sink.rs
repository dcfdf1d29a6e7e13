//! Where reports go: the tracing subscriber, stderr, the host's own sinks; a panic or an abort comes
//! after all of them.
//!
//! A sink runs with nothing of ours held and with this thread's validation off, so it may take locks
//! and allocate.

#[cfg(unix)]
use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use heldby_model::{Certainty, Report, render};
#[cfg(unix)]
use once_cell::race::OnceBox;

#[cfg(unix)]
use crate::cold::Inside;
use crate::config::OnStderr;
#[cfg(unix)]
use crate::own_file::OwnFile;
use crate::record::Recorder;
use crate::task::{Phase, PhaseGuard};
use crate::validator::Validator;

/// Gets every report of a validator.
///
/// It runs on the thread that made the report known, which still holds what it held; a deadlock of
/// other threads is told on one of Heldby's own.
/// Its own locks are not checked, but one that its thread holds stops it with a panic, since it
/// would wait for itself. It may ask the validator anything, and add sinks.
pub trait Sink: Send + Sync + std::fmt::Debug {
    /// Takes one report. A panic in it is swallowed.
    fn report(&self, report: &Report);
}

/// Hands a report to every sink, in the order of the module's first line.
pub(crate) fn emit(validator: &Validator, report: &Report) {
    let _lent = PhaseGuard::enter(Phase::Sink);
    // What a sink does wrong is not the host's fault; a panic in one must not reach the lock.
    let _ = catch_unwind(AssertUnwindSafe(|| to_tracing(report)));
    if speaks(validator) {
        let sources = sources();
        let options = render::TextOptions {
            full_stacks: wants_backtrace(),
            sources: Some(&sources),
            colour: render::wants_colour(std::io::stderr().is_terminal()),
        };
        let unrecorded = has_no_record(validator).then(|| Report {
            record: None,
            ..report.clone()
        });
        write_stderr(&render::text(
            unrecorded.as_ref().unwrap_or(report),
            options,
        ));
    }
    for sink in validator.sinks() {
        let _ = catch_unwind(AssertUnwindSafe(|| sink.report(report)));
    }
}

/// Tells what is no finding: to the tracing subscriber, and in one line on stderr.
pub(crate) fn note(validator: &Validator, text: &str) {
    let _lent = PhaseGuard::enter(Phase::Sink);
    let event = || tracing::info!(target: "heldby", "{text}");
    // As in `emit`.
    let _ = catch_unwind(AssertUnwindSafe(event));
    if speaks(validator) {
        say(&format!("note: {text}"));
    }
}

/// Whether what is found is written to stderr.
fn speaks(validator: &Validator) -> bool {
    match validator.config.stderr {
        OnStderr::All => true,
        OnStderr::Unrecorded => has_no_record(validator),
        OnStderr::None => false,
    }
}

/// Whether what is found stands in no record, though one may have been asked for.
fn has_no_record(validator: &Validator) -> bool {
    let recorder = validator.recorder.as_ref();
    recorder.is_none_or(Recorder::has_failed)
}

/// The source of the running program, as far as it was not changed since that was built.
fn sources() -> render::SourceFiles {
    let executable = std::env::current_exe().ok();
    let built = executable.as_deref().and_then(|file| file.metadata().ok());
    let files = render::SourceFiles::around(executable.as_deref());
    match built.and_then(|metadata| metadata.modified().ok()) {
        Some(built) => files.unchanged_since(built),
        None => files,
    }
}

/// One event for each report, at the level of its certainty.
fn to_tracing(report: &Report) {
    let code = report.code.as_str();
    let kind = report.kind.as_str();
    let site = report.site.to_string();
    let thread = &*report.thread;
    let title = &*report.title;
    match report.certainty {
        Certainty::Possible => {
            tracing::warn!(target: "heldby", code, kind, site, thread, "{title}");
        }
        Certainty::Now => tracing::error!(target: "heldby", code, kind, site, thread, "{title}"),
    }
}

/// The message of the panic that the policy `panic` raises; the report itself was written before.
pub(crate) fn panic_message(report: &Report) -> String {
    format!("{} at {}: {}", report.code, report.site, report.title)
}

/// Whether the host asked for backtraces, as the standard library reads it.
pub(crate) fn wants_backtrace() -> bool {
    std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0")
}

/// Says one thing of our own on stderr.
pub(crate) fn say(text: &str) {
    write_stderr(&format!("heldby: {text}"));
}

/// Says a line that needs nothing allocated.
pub(crate) fn say_plainly(line: &'static str) {
    let _ = with_stderr(|stderr| stderr.write_all(line.as_bytes()));
}

/// Writes a text in one piece; a stderr that is closed or full changes nothing for the host.
fn write_stderr(text: &str) {
    let text = format!("{}\n", text.trim_end_matches('\n'));
    let _ = with_stderr(|stderr| stderr.write_all(text.as_bytes()));
}

/// What stderr was when the host asked to keep it.
#[cfg(unix)]
static KEPT: OnceBox<Option<OwnFile>> = OnceBox::new();

/// Has all that is said go to what stderr is now, whatever the host makes of the descriptor later.
///
/// For a host that does not know of Heldby. What it closes is lost, and so is what would be said there.
#[cfg(unix)]
pub fn keep_stderr() {
    use std::os::fd::AsFd as _;
    let _inside = Inside::enter();
    KEPT.get_or_init(|| {
        let stderr = std::io::stderr().as_fd().try_clone_to_owned();
        let kept = stderr.and_then(|stderr| OwnFile::new(File::from(stderr)));
        Box::new(kept.ok())
    });
}

/// As on Unix, where descriptors are numbers that a host reuses; here nothing is to be done.
#[cfg(not(unix))]
pub fn keep_stderr() {}

/// Lends stderr without std's lock of it, which another thread may have held when this process was
/// forked.
#[cfg(unix)]
fn with_stderr<R>(write: impl FnOnce(&mut dyn Write) -> R) -> R {
    use std::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;

    match KEPT.get().map(|kept| kept.as_ref().and_then(OwnFile::get)) {
        Some(Some(mut kept)) => write(&mut kept),
        Some(None) => write(&mut std::io::sink()),
        None => {
            // SAFETY: the descriptor stays the process's own, since `ManuallyDrop` never closes it; should
            // it be closed, the write fails.
            let mut stderr = ManuallyDrop::new(unsafe { File::from_raw_fd(libc::STDERR_FILENO) });
            write(&mut *stderr)
        }
    }
}

#[cfg(not(unix))]
fn with_stderr<R>(write: impl FnOnce(&mut dyn Write) -> R) -> R {
    write(&mut std::io::stderr())
}
