//! Whether what a task does is nested at all, or in another arm of one `join!` or `select!`.
//!
//! The arms of such a combinator are polled in turn by one task, so a lock that one arm holds while
//! another asks for one looks as if the two were nested. The events do not tell; the thread's own stack
//! does: between the poll that asks and the one that the task was entered by, the combinator's poll is
//! on it. So a future that waits under something is looked at once for each new chain.
//!
//! # Errors
//! What a combinator is, is known by its name or its file. One that is not listed is taken for none;
//! where no frame has a place in the source, since there is no debug information, there may be one
//! anywhere.

use heldby_model::Frame;

use crate::async_task;
use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::limits::Passed;
use crate::lock_type::LockType;
use crate::polling;
use crate::stack;
use crate::sync::{AtomicBool, DashMap, OnceBox, Ordering};
use crate::task::{Phase, Task, phase};

/// Frames between the poll of a lock and that of its task, at most; a deeper one is not looked at.
const FRAMES: usize = 256;

/// Why a wait may not be nested in what its task holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Doubt {
    /// It is in an arm that is not marked, and what is held may be another one's.
    Arm,
    /// The thread polls tasks that have no stack of their own, and what is held may be another one's.
    Thread,
}

impl Doubt {
    pub(crate) fn to_model(self) -> heldby_model::Doubt {
        match self {
            Self::Arm => heldby_model::Doubt::Arm,
            Self::Thread => heldby_model::Doubt::Thread,
        }
    }
}

/// Some class is of locks for which tasks of an executor wait.
static EXECUTORS: AtomicBool = AtomicBool::new(false);

/// Notes the type of a class that is about to be known.
pub(crate) fn note_type(lock_type: &LockType) {
    if lock_type.in_task.is_some() {
        // Relaxed: a hint, see `doubt`.
        EXECUTORS.store(true, Ordering::Relaxed);
    }
}

/// Why a wait for something new of the type `wanted`, by `task`, may not be nested in what that holds. Not
/// inside the validator.
///
/// What a thread waits for is nested in what an arm of the same task holds, since that blocks the arm; but not
/// in what another task does.
///
/// # Cost
/// The addresses of all frames of the poll, some microseconds; the first time at each address its names
/// are looked up, which takes milliseconds.
pub(crate) fn doubt(task: &'static Task, wanted: &LockType) -> Option<Doubt> {
    // Relaxed: a hint. Whoever holds such a lock has looked its class up, and so comes behind the store.
    if !wanted.awaited && !EXECUTORS.load(Ordering::Relaxed) {
        return None;
    }
    if task.held.shown().next().is_none() && task.parked.is_empty() {
        return None;
    }
    if phase() != Phase::Active(task) {
        // Driven by hand: there is no stack to look at.
        return (wanted.awaited && task.is_in_arms()).then_some(Doubt::Arm);
    }
    if !async_task::is_polling() && is_in_task(task, wanted) {
        return Some(Doubt::Thread);
    }
    if !wanted.awaited {
        return None;
    }
    in_validator(is_in_arm)
        .unwrap_or(true)
        .then_some(Doubt::Arm)
}

/// Whether the calling thread polls a task of an executor whose tasks wait for what is wanted, or for
/// something that `task`, the thread's own, holds.
fn is_in_task(task: &Task, wanted: &LockType) -> bool {
    let type_of = |held: HeldLock| ClassId::from_word(held.class_word()).facts().lock_type;
    let held = || task.held.shown().find_map(|held| type_of(held).in_task);
    wanted
        .in_task
        .or_else(held)
        .is_some_and(|in_task| in_task())
}

/// What a frame tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// It polls several futures in turn.
    Combinator,
    /// It has a place in the source.
    Known,
    /// It has none, so that what was inlined into it does not show.
    Unknown,
}

/// Whether a combinator is between here and the poll that the innermost task or branch is polled by.
fn is_in_arm() -> bool {
    let boundary = polling::get().boundary;
    let (mut known, mut in_arm, mut frames) = (false, false, 0);
    stack::walk(|address, begins| {
        if begins > boundary {
            return false;
        }
        let seen = seen_at(address);
        in_arm |= seen == Seen::Combinator;
        known |= seen == Seen::Known;
        frames += 1;
        !in_arm && frames < FRAMES
    });
    if !in_arm && !known {
        static PASSED: Passed = Passed::new();
        PASSED.say(
            "orders of async locks are pending, since the program has no debug information that tells \
             arms from nesting: `debug = \"line-tables-only\"` in its profile is enough",
        );
    }
    in_arm || !known
}

fn seen_at(address: usize) -> Seen {
    static SEEN: OnceBox<DashMap<usize, Seen>> = OnceBox::new();
    let all = SEEN.get_or_init(Box::default);
    if let Some(seen) = all.get(&address) {
        return *seen;
    }
    let seen = look_at(address);
    all.insert(address, seen);
    seen
}

fn look_at(address: usize) -> Seen {
    let frames = stack::symbols(address);
    if frames.iter().any(is_combinator) {
        Seen::Combinator
    } else if frames.iter().any(|frame| frame.site.is_some()) {
        Seen::Known
    } else {
        Seen::Unknown
    }
}

/// Whether a function polls several futures in turn: by its name, or by its file where it was inlined and
/// debug information is line tables alone.
fn is_combinator(frame: &Frame) -> bool {
    /// Parts of the paths of their modules, as they stand in names and in files.
    const COMBINATORS: [&str; 17] = [
        // What `join!`, `try_join!` and `select!` of tokio and futures come to.
        "core/src/future/poll_fn",
        "future/maybe_done",
        "future/try_maybe_done",
        "futures_util/src/future/join",
        "futures_util/src/future/try_join",
        "futures_util/src/future/select",
        "futures_util/src/future/try_select",
        "futures_util/src/stream/select",
        "/futures_unordered",
        "/futures_ordered",
        "/buffer_unordered",
        "/buffered",
        "/for_each_concurrent",
        "futures_lite/src/future",
        "futures_concurrency/src/",
        "tokio_stream/src/stream_ext/merge",
        "tokio_stream/src/stream_map",
    ];
    let name = frame.function.replacen("::", "/src/", 1).replace("::", "/");
    let file = frame.site.as_ref().map(|site| in_crate(&site.file));
    let is_in = |path: &str| COMBINATORS.iter().any(|part| path.contains(part));
    is_in(&name) || file.is_some_and(|file| is_in(&file))
}

/// A file of a crate as a path of its modules: without the version of the crate, and with the name that
/// the crate has in code.
fn in_crate(file: &str) -> String {
    let Some((package, rest)) = file.split_once("/src/") else {
        return file.to_owned();
    };
    let folder = package.rsplit('/').next().unwrap_or(package);
    let versioned = folder.rsplit_once('-');
    let versioned =
        versioned.filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()));
    let name = versioned.map_or(folder, |(name, _)| name);
    format!("{}/src/{rest}", name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use heldby_model::{Frame, Site};

    use super::is_combinator;

    #[test]
    fn combinators_are_known_by_name_or_file() {
        let core = "/rustc/0123/library/core/src/future/poll_fn.rs:151:9";
        let rows = [
            (
                "<core::future::poll_fn::PollFn<F> as core::future::future::Future>::poll",
                None,
                true,
            ),
            ("poll<app::main::{closure_env#0}>", Some(core), true),
            (
                "<tokio::future::maybe_done::MaybeDone<Fut> as core::future::future::Future>::poll",
                None,
                true,
            ),
            (
                "<futures_util::future::join_all::JoinAll<F> as core::future::future::Future>::poll",
                None,
                true,
            ),
            (
                "poll",
                Some("/registry/futures-util-0.3.34/src/future/select.rs:1:1"),
                true,
            ),
            (
                "poll_next",
                Some("/registry/futures-util-0.3.34/src/stream/futures_unordered/mod.rs:1:1"),
                true,
            ),
            (
                "poll",
                Some("/registry/futures-lite-2.6.0/src/future.rs:1:1"),
                true,
            ),
            (
                "app::serve::{{closure}}",
                Some("/app/src/select.rs:1:1"),
                false,
            ),
            (
                "<core::pin::Pin<P> as core::future::future::Future>::poll",
                Some("/rustc/0123/library/core/src/future/future.rs:1:1"),
                false,
            ),
            (
                "<tokio::time::timeout::Timeout<T> as core::future::future::Future>::poll",
                Some("/registry/tokio-1.54.1/src/time/timeout.rs:1:1"),
                false,
            ),
            (
                "<tower::util::oneshot::Oneshot<S,Req> as core::future::future::Future>::poll",
                None,
                false,
            ),
        ];
        for (function, site, combinator) in rows {
            let site = site.map(|site| site.parse::<Site>().expect("a place"));
            let frame = Frame {
                function: function.to_owned(),
                site,
            };
            assert_eq!(is_combinator(&frame), combinator, "{frame:?}");
        }
    }
}
