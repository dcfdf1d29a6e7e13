//! The program and its libraries, as they lie in memory.

mod symbols;

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use symbols::{NAMES, Variable, is_maker, is_template, variable_at};

use crate::spin::Spin;

/// A range of addresses, to be asked for on every use of some functions; empty at first.
struct Range {
    from: AtomicUsize,
    to: AtomicUsize,
}

impl Range {
    const fn empty() -> Self {
        Self {
            from: AtomicUsize::new(0),
            to: AtomicUsize::new(0),
        }
    }

    fn has(&self, address: usize) -> bool {
        // Relaxed, both: written before there are threads.
        (self.from.load(Ordering::Relaxed)..self.to.load(Ordering::Relaxed)).contains(&address)
    }
}

/// The libraries that call for others, so that what they call tells nothing: the C and C++ ones, ours.
static RUNTIMES: [(&str, Range); 4] = [
    ("libc.so.6", Range::empty()),
    ("libstdc++.so.6", Range::empty()),
    ("libc++.so.1", Range::empty()),
    ("libheldby_preload.so", Range::empty()),
];

/// Looks where the runtime libraries lie.
pub(crate) fn look() {
    each(|object| {
        for (name, range) in &RUNTIMES {
            if *name == object.file() {
                range.from.store(object.from, Ordering::Relaxed);
                range.to.store(object.to, Ordering::Relaxed);
                heldby_validator::leave_out(object.from..object.to);
            }
        }
        Search::GoesOn
    });
}

/// Whether an address lies in a library that calls for others.
pub(crate) fn is_runtime(address: usize) -> bool {
    RUNTIMES.iter().any(|(_, range)| range.has(address))
}

/// The C ABI as a library: all that it exports we export, and come first, so its engine is never asked.
const C_ABI: &str = "libheldby_cabi.so";

/// Whether the program uses a C++ library.
pub(crate) fn has_cpp() -> bool {
    // Relaxed: written before there are threads.
    let is_there = |(name, range): &(&str, Range)| {
        name.starts_with("libstdc++") && range.to.load(Ordering::Relaxed) > 0
    };
    RUNTIMES.iter().any(is_there)
}

/// Whether the program, or a library beside this one, has an engine of its own that is asked, by the note
/// that each carries.
pub(crate) fn has_another_engine() -> bool {
    let mut found = false;
    each(|object| {
        let is_asked = !is_runtime(object.from) && !object.file().starts_with(C_ABI);
        found |= is_asked && object.has_note(b"heldby\0\0");
        Search::GoesOn
    });
    found
}

/// A program or library in memory.
pub(crate) struct Object<'a> {
    /// Empty for the program.
    pub(crate) path: &'a str,
    /// What is added to the addresses in the file.
    pub(crate) base: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
    headers: &'a [libc::Elf64_Phdr],
}

impl Object<'_> {
    /// The name of its file.
    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether a note of the owner `name`, filled up to words of 4 bytes, is among its notes.
    fn has_note(&self, name: &[u8]) -> bool {
        const HEADER: usize = 12;
        let mut notes = (self.headers.iter()).filter(|header| header.p_type == libc::PT_NOTE);
        notes.any(|header| {
            let (from, bytes) = (self.base + header.p_vaddr as usize, header.p_memsz as usize);
            // SAFETY: a header tells what of the file is in memory.
            let notes: &[u8] = unsafe {
                std::slice::from_raw_parts(std::ptr::with_exposed_provenance(from), bytes)
            };
            let mut places = notes.windows(HEADER + name.len()).step_by(4);
            places.any(|note| &note[HEADER..] == name)
        })
    }
}

/// Whether a search goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    GoesOn,
    Ends,
}

/// Held by whoever asks the dynamic linker or the unwinder: a child of a fork must not find their locks
/// taken by a thread that it does not have.
pub(crate) static LINKER: Spin<()> = Spin::new(());

thread_local! {
    /// This thread asks one of them.
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `run`, which asks the dynamic linker or the unwinder.
///
/// These lock too: the unwinder has a `pthread_once` of its own. See [`is_asked`].
pub(crate) fn ask(run: impl FnOnce()) {
    LINKER.with(|()| {
        ASKS.set(true);
        run();
        ASKS.set(false);
    });
}

/// Whether the calling thread is in [`ask`], so that what it locks is not the program's.
pub(crate) fn is_asked() -> bool {
    ASKS.get()
}

/// Shows all of them to `visit`, which asks for none itself.
///
/// It does not use `dladdr`, which waits for whoever loads a library: for its constructors, which may wait
/// for a lock of the calling thread.
pub(crate) fn each<F: FnMut(Object<'_>) -> Search>(mut visit: F) {
    unsafe extern "C" fn show<F: FnMut(Object<'_>) -> Search>(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        visit: *mut c_void,
    ) -> c_int {
        // SAFETY: `dl_iterate_phdr` lends an entry, and hands on what it was given.
        let (info, visit) = unsafe { (&*info, &mut *visit.cast::<F>()) };
        // SAFETY: the entry tells where its headers are, and how many.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
        let loaded = headers
            .iter()
            .filter(|header| header.p_type == libc::PT_LOAD);
        let base = info.dlpi_addr as usize;
        let from = loaded.clone().map(|header| header.p_vaddr as usize).min();
        let to = loaded
            .map(|header| (header.p_vaddr + header.p_memsz) as usize)
            .max();
        let path = match info.dlpi_name.is_null() {
            true => c"",
            // SAFETY: a name that is not null is a C string.
            false => unsafe { CStr::from_ptr(info.dlpi_name) },
        };
        let object = Object {
            headers,
            path: path.to_str().unwrap_or(""),
            base,
            from: base.wrapping_add(from.unwrap_or(0)),
            to: base.wrapping_add(to.unwrap_or(0)),
        };
        c_int::from(visit(object) == Search::Ends)
    }
    ask(|| {
        // SAFETY: `show` takes what is handed on for what it is.
        unsafe { libc::dl_iterate_phdr(Some(show::<F>), (&raw mut visit).cast()) };
    });
}
