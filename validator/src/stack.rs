//! Captured stacks: addresses while the program runs, names only for a report.

use std::cell::Cell;
use std::sync::Arc;

use heldby_graph::ShardedMap;
use heldby_model::Frame;

use crate::limits::{REPORT_FRAMES, STACK_FRAMES};
use crate::site::{Site, is_rust_library};
use crate::task::{self, Phase};

/// The return addresses of a stack, innermost first; equal stacks share one allocation.
pub(crate) type Stack = Arc<[usize]>;

/// A stack that is kept, counted from 1; 0 if none was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StackId(u32);

/// All stacks that are kept.
#[derive(Debug, Default)]
pub(crate) struct StackTable {
    ids: ShardedMap<Stack, StackId>,
    stacks: Vec<Stack>,
}

impl StackTable {
    pub(crate) fn intern(&mut self, frames: &[usize]) -> StackId {
        if let Some(&known) = self.ids.get(frames) {
            return known;
        }
        let stack: Stack = frames.into();
        self.stacks.push(Arc::clone(&stack));
        let id = StackId(self.stacks.len() as u32);
        self.ids.insert(stack, id);
        id
    }

    /// The stack, if one was captured.
    pub(crate) fn get(&self, StackId(number): StackId) -> Option<Stack> {
        let index = (number as usize).checked_sub(1)?;
        self.stacks.get(index).map(Arc::clone)
    }

    /// How many are kept, equal ones once.
    pub(crate) fn len(&self) -> usize {
        self.stacks.len()
    }
}

/// The frames of the calling thread.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    frames: [usize; STACK_FRAMES],
    len: usize,
}

thread_local! {
    /// An address in the frame by which this thread came into the validator; every frame below it,
    /// which is a lower address, is ours.
    static ENTRY: Cell<usize> = const { Cell::new(0) };
}

/// Marks the caller's frame as the one by which the thread came in, unless it is in already.
#[inline(always)]
pub(crate) fn mark_entry() {
    let here = 0_u8;
    if task::phase() != Phase::Busy {
        ENTRY.set(std::ptr::from_ref(std::hint::black_box(&here)).addr());
    }
}

/// The mark, for a signal handler that puts it back.
pub(crate) fn entry() -> usize {
    ENTRY.get()
}

/// Puts a mark back.
pub(crate) fn set_entry(entry: usize) {
    ENTRY.set(entry);
}

impl Captured {
    /// Captures the innermost frames outside of the validator.
    ///
    /// # Cost
    /// About 0.3 us a frame; no allocation and no lock.
    #[inline(never)]
    pub(crate) fn now() -> Self {
        let mut captured = Self::default();
        let entry = ENTRY.get();
        // SAFETY: the function asks that no other thread traces at the same time where tracing
        // needs a lock; that is Windows' dbghelp, and there we do not capture.
        unsafe {
            #[cfg(not(windows))]
            backtrace::trace_unsynchronized(|frame| {
                if frame.sp().addr() > entry {
                    captured.frames[captured.len] = frame.ip().addr();
                    captured.len += 1;
                }
                captured.len < STACK_FRAMES
            });
        }
        captured
    }

    pub(crate) fn frames(&self) -> &[usize] {
        &self.frames[..self.len]
    }
}

/// The host's frames of `stack`, innermost first: those of Rust's library and ours are folded.
pub(crate) fn resolve(stack: &[usize]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for &address in stack {
        frames.extend(symbols(address).into_iter().filter(is_host));
    }
    frames.truncate(REPORT_FRAMES);
    frames
}

/// Where the innermost host frame of the calling thread is.
pub(crate) fn first_host_site() -> Option<Site> {
    let frames = resolve(Captured::now().frames());
    let site = frames.into_iter().find_map(|frame| frame.site)?;
    Some(Site::intern_inside(&site.file, site.line, site.column))
}

/// The function of `frames` that `site` lies in; see [`heldby_model::Site::function_in`].
pub(crate) fn function_at(frames: &[Frame], site: Site) -> Option<String> {
    site.to_model().function_in(frames)
}

/// Whether the calling thread is inside a destructor, as far as its symbols tell.
///
/// A destructor that was inlined shows only where there are line tables. That of a thread-local,
/// where a panic ends the process, is called by a pointer and by the C library, so it always shows.
pub(crate) fn inside_drop() -> bool {
    inside(|name| {
        name.contains("::drop_in_place")
            || name.ends_with("::Drop>::drop")
            || name.contains("::thread_local::destructors::")
            || (name.contains("::thread_local::native::") && name.ends_with("::destroy"))
            || matches!(name, "__call_tls_dtors" | "__GI___call_tls_dtors")
    })
}

/// Whether the calling thread is inside a function whose name is one that is looked for.
fn inside(is_one: impl Fn(&str) -> bool) -> bool {
    let mut found = false;
    backtrace::trace(|frame| {
        backtrace::resolve_frame(frame, |symbol| {
            let name = symbol.name().map(|name| format!("{name:#}"));
            found |= name.is_some_and(|name| is_one(&name));
        });
        !found
    });
    found
}

/// The functions at one address: more than one where calls were inlined.
fn symbols(address: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
        let Some(name) = symbol.name() else { return };
        let place = symbol.filename().zip(symbol.lineno());
        let site = place.map(|(file, line)| heldby_model::Site {
            file: file.display().to_string().into(),
            line,
            column: symbol.colno().unwrap_or(0),
        });
        frames.push(Frame {
            function: format!("{name:#}"),
            site,
        });
    });
    frames
}

fn is_host(frame: &Frame) -> bool {
    const FOLDED: [&str; 10] = [
        "std::",
        "core::",
        "alloc::",
        "backtrace::",
        "heldby::",
        "heldby_validator::",
        "test::",
        "__",
        "_start",
        "clone",
    ];
    let folded = |site: &heldby_model::Site| is_rust_library(&site.file) || is_ours(&site.file);
    let in_library = frame.site.as_ref().is_some_and(folded);
    let name = frame
        .function
        .trim_start_matches('<')
        .trim_start_matches('&');
    let runtime = [
        "main",
        "start_thread",
        "rust_begin_unwind",
        "_Unwind_Backtrace",
    ];
    !in_library && !FOLDED.iter().any(|prefix| name.starts_with(prefix)) && !runtime.contains(&name)
}

/// Whether a file is the engine's or the facade's, which an inlined function's name alone need not
/// tell.
fn is_ours(file: &str) -> bool {
    const ENGINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
    let in_facade = |(package, _): (&str, &str)| {
        let name = package.rsplit('/').next().unwrap_or(package);
        let version = name.strip_prefix("heldby").unwrap_or("?");
        version.is_empty() || version.starts_with("-0") || version.starts_with("-1")
    };
    file.starts_with(ENGINE) || file.rsplit_once("/src/").is_some_and(in_facade)
}

#[cfg(test)]
mod tests {
    use super::{Frame, is_host, is_ours};

    #[test]
    fn only_host_frames_are_shown() {
        let rows = [
            ("app::Router::reload", true),
            ("app::main", true),
            ("<app::Guard as core::ops::drop::Drop>::drop", true),
            ("heldby_mm::vma::lock", true),
            ("heldby::sync::mutex::Mutex<T>::lock", false),
            (
                "<heldby_validator::map::LockMap as core::ops::drop::Drop>::drop",
                false,
            ),
            ("std::thread::Builder::spawn", false),
            (
                "core::ops::function::FnOnce::call_once{{vtable.shim}}",
                false,
            ),
            ("__libc_start_main", false),
            ("main", false),
        ];
        for (function, host) in rows {
            let frame = Frame {
                function: function.to_owned(),
                site: None,
            };
            assert_eq!(is_host(&frame), host, "{function}");
        }
        let inlined = Frame {
            function: "<&dyn core::ops::Fn<()> as core::ops::FnOnce<()>>::call_once".to_owned(),
            site: "/rustc/0123/library/core/src/ops/function.rs:287:21"
                .parse()
                .ok(),
        };
        assert!(!is_host(&inlined));
    }

    #[test]
    fn our_files_are_told_from_the_hosts() {
        let engine = concat!(env!("CARGO_MANIFEST_DIR"), "/src/hooks.rs");
        let rows = [
            (engine, true),
            ("/home/me/heldby/crates/heldby/src/sync/mutex.rs", true),
            ("/home/me/registry/heldby-0.1.0/src/lib.rs", true),
            ("/home/me/registry/heldby-mm-0.1.0/src/lib.rs", false),
            ("/home/me/heldby/crates/mm/src/lib.rs", false),
            ("/home/me/app/src/main.rs", false),
            ("src/main.rs", false),
        ];
        for (file, ours) in rows {
            assert_eq!(is_ours(file), ours, "{file}");
        }
    }
}
