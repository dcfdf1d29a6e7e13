//! Captured stacks: addresses while the program runs, names only for a report; with each the `tracing`
//! span that the thread was in.

mod host;

use std::cell::Cell;
use std::ops::Range;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backtrace::SymbolName;
use heldby_graph::ShardedMap;
use heldby_model::Frame;
use rustc_hash::FxHashMap;

use crate::limits::{REPORT_FRAMES, STACK_FRAMES};
use crate::site::{Site, is_library};
use crate::task::{self, Phase, PhaseGuard};
use host::is_host;

/// A stack that is kept, counted from 1; 0 if none was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StackId(u32);

/// The number of a span, 0 for none, and the return addresses, innermost first.
type Words = [usize];

/// A stack that is kept; equal ones share their memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    words: Arc<Words>,
    span: Option<&'static str>,
}

impl Stack {
    /// The host's frames, innermost first.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        resolve(&self.words[1..])
    }

    /// The name of the `tracing` span that the thread was in.
    pub(crate) fn span(&self) -> Option<&'static str> {
        self.span
    }
}

/// All stacks that are kept.
#[derive(Debug, Default)]
pub(crate) struct StackTable {
    ids: ShardedMap<Arc<Words>, StackId>,
    stacks: Vec<Stack>,
    /// The numbers of spans, counted from 1.
    spans: FxHashMap<&'static str, usize>,
}

impl StackTable {
    /// Keeps what was captured; nothing is kept of nothing.
    pub(crate) fn intern(&mut self, captured: &Captured) -> StackId {
        if captured.len == 0 && captured.span.is_none() {
            return StackId::default();
        }
        let number = captured.span.map_or(0, |span| self.span_number(span));
        let mut words = [0; STACK_FRAMES + 1];
        words[0] = number;
        words[1..=captured.len].copy_from_slice(captured.frames());
        let words = &words[..=captured.len];
        if let Some(&known) = self.ids.get(words) {
            return known;
        }
        let words: Arc<Words> = words.into();
        self.stacks.push(Stack {
            words: Arc::clone(&words),
            span: captured.span,
        });
        let id = StackId(self.stacks.len() as u32);
        self.ids.insert(words, id);
        id
    }

    fn span_number(&mut self, span: &'static str) -> usize {
        let next = self.spans.len() + 1;
        *self.spans.entry(span).or_insert(next)
    }

    /// The stack, if one was captured.
    pub(crate) fn get(&self, StackId(number): StackId) -> Option<Stack> {
        let index = (number as usize).checked_sub(1)?;
        self.stacks.get(index).cloned()
    }

    /// How many are kept, equal ones once.
    pub(crate) fn len(&self) -> usize {
        self.stacks.len()
    }
}

/// Where the calling thread is: its frames and its span.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    frames: [usize; STACK_FRAMES],
    len: usize,
    span: Option<&'static str>,
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

/// Libraries in which no frame is the host's.
static LEFT_OUT: [[AtomicUsize; 2]; 4] = [const { [const { AtomicUsize::new(0) }; 2] }; 4];

/// Tells that the library at these addresses has none of the host's frames, such as the C library, or one
/// that the engine is part of. Up to four can be told; more are looked at as before.
///
/// Finding out by names costs the reading of its debug information, in every process.
pub fn leave_out(library: Range<usize>) {
    // Relaxed, all: before there are threads, and nothing is ordered by it.
    let is_free = |range: &&[AtomicUsize; 2]| range[1].load(Ordering::Relaxed) == 0;
    if let Some([from, to]) = LEFT_OUT.iter().find(is_free) {
        from.store(library.start, Ordering::Relaxed);
        to.store(library.end, Ordering::Relaxed);
    }
}

fn is_left_out(address: usize) -> bool {
    LEFT_OUT.iter().any(|range| {
        // Relaxed: as above.
        let [from, to] = [0, 1].map(|end: usize| range[end].load(Ordering::Relaxed));
        (from..to).contains(&address)
    })
}

/// Shows the return addresses of the frames outside of the validator and of what is left out, innermost
/// first, each with the address at which its frame begins, as long as `goes_on`.
#[inline(always)]
pub(crate) fn walk(mut goes_on: impl FnMut(usize, usize) -> bool) {
    let entry = ENTRY.get();
    // SAFETY: the function asks that no other thread traces at the same time where tracing needs a lock;
    // that is Windows' dbghelp, and there we do not trace.
    unsafe {
        #[cfg(not(windows))]
        backtrace::trace_unsynchronized(|frame| {
            let (address, begins) = (frame.ip().addr(), frame.sp().addr());
            begins <= entry || is_left_out(address) || goes_on(address, begins)
        });
    }
}

impl Captured {
    /// Captures the innermost frames outside of the validator, and the span, which is given since it is
    /// asked for outside as well.
    ///
    /// # Cost
    /// About 0.3 us a frame; no allocation and no lock.
    #[inline(never)]
    pub(crate) fn now(span: Option<&'static str>) -> Self {
        let mut captured = Self::of_span(span);
        walk(|address, _| {
            captured.frames[captured.len] = address;
            captured.len += 1;
            captured.len < STACK_FRAMES
        });
        captured
    }

    /// The span without frames.
    pub(crate) fn of_span(span: Option<&'static str>) -> Self {
        Self {
            span,
            ..Self::default()
        }
    }

    fn frames(&self) -> &[usize] {
        &self.frames[..self.len]
    }
}

/// The name of the `tracing` span that the calling thread is in.
///
/// It asks the host's subscriber as a sink is called, see [`crate::sink`]: outside of the validator, where
/// forks may come, and so that a subscriber never waits for a lock of ours that its own thread holds.
/// It may be the subscriber itself that takes a lock; there is no span then.
///
/// # Cost
/// A few nanoseconds without a subscriber, and that of its `current_span` with one.
pub(crate) fn span_now() -> Option<&'static str> {
    let ask = || {
        tracing::dispatcher::get_default(|subscriber| {
            let span = subscriber.current_span();
            span.metadata().map(|metadata| metadata.name())
        })
    };
    let entry = entry();
    let _lent = PhaseGuard::enter(Phase::Sink);
    // What a subscriber does wrong is not the fault of who takes a lock.
    let span = catch_unwind(ask).ok().flatten();
    // A lock that it took has marked its own.
    set_entry(entry);
    span
}

/// The host's frames of these addresses, innermost first: those of Rust's and C++'s libraries, of crates that
/// wrap locks or calls, and ours are folded.
fn resolve(addresses: &[usize]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for &address in addresses {
        frames.extend(symbols(address).into_iter().filter(is_host));
    }
    frames.truncate(REPORT_FRAMES);
    frames
}

/// Where the innermost host frame of the calling thread is.
///
/// # Cost
/// A look at the symbols of each frame up to that one: between a lock and the future that awaits it there
/// can be dozens, of combinators and of an unoptimised library.
pub(crate) fn first_host_site() -> Option<Site> {
    const FRAMES: usize = 128;
    let (mut site, mut frames) = (None, 0);
    walk(|address, _| {
        frames += 1;
        let host = symbols(address).into_iter().filter(is_host);
        let mut sites = host.filter_map(|frame| frame.site);
        site = sites.find(|site| !is_library(&site.file));
        site.is_none() && frames < FRAMES
    });
    let site = site?;
    Some(Site::intern_inside(&site.file, site.line, site.column))
}

/// Where the call that returns to `address` is, innermost first: more than one place where calls were
/// inlined. Nothing without line tables.
pub(crate) fn sites(address: usize) -> Vec<heldby_model::Site> {
    let frames = symbols(address).into_iter();
    frames.filter_map(|frame| frame.site).collect()
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
            let name = symbol.name().map(|name| demangled(&name));
            found |= name.is_some_and(|name| is_one(&name));
        });
        !found
    });
    found
}

/// The functions at one address: more than one where calls were inlined.
pub(crate) fn symbols(address: usize) -> Vec<Frame> {
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
            function: readable(demangled(&name)),
            site,
        });
    });
    frames
}

/// The name as its language has it. That of a function of C could be taken for a type: `f` for `float`.
fn demangled(name: &SymbolName<'_>) -> String {
    let bytes = name.as_bytes();
    let is_mangled = |prefix: &str| bytes.starts_with(prefix.as_bytes());
    // The last two with the underscore that macOS puts before every name.
    match ["_Z", "_R", "__Z", "__R"].into_iter().any(is_mangled) {
        true => format!("{name:#}"),
        false => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A name that a reader can do with: where debug information is line tables alone, an inlined function has
/// no path, and one that has no name of its own has none at all.
fn readable(name: String) -> String {
    let kinds = [
        ("{async_fn", "an async fn"),
        ("{async_block", "an async block"),
        ("{async_closure", "an async closure"),
        ("{closure", "a closure"),
    ];
    let kind = kinds.iter().find(|(prefix, _)| name.starts_with(prefix));
    kind.map_or(name, |&(_, kind)| kind.to_owned())
}
