//! The program and its libraries, as they lie in memory.

mod symbols;

use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use symbols::{NAMES, name_of};

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
        let file = object.path.rsplit('/').next().unwrap_or(object.path);
        for (name, range) in &RUNTIMES {
            if *name == file {
                range.from.store(object.from, Ordering::Relaxed);
                range.to.store(object.to, Ordering::Relaxed);
            }
        }
        Search::GoesOn
    });
}

/// Whether an address lies in a library that calls for others.
pub(crate) fn is_runtime(address: usize) -> bool {
    RUNTIMES.iter().any(|(_, range)| range.has(address))
}

/// Whether the program, or a library beside this one, has an engine of its own.
pub(crate) fn has_another_engine() -> bool {
    const ENGINE: &CStr = c"heldby_engine_v1";
    // SAFETY: the name is a C string.
    let (first, next) = unsafe {
        (
            libc::dlsym(libc::RTLD_DEFAULT, ENGINE.as_ptr()),
            libc::dlsym(libc::RTLD_NEXT, ENGINE.as_ptr()),
        )
    };
    !next.is_null() || !is_runtime(first.addr())
}

/// A program or library in memory.
pub(crate) struct Object<'a> {
    /// Empty for the program.
    pub(crate) path: &'a str,
    /// What is added to the addresses in the file.
    pub(crate) base: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
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
            path: path.to_str().unwrap_or(""),
            base,
            from: base.wrapping_add(from.unwrap_or(0)),
            to: base.wrapping_add(to.unwrap_or(0)),
        };
        c_int::from(visit(object) == Search::Ends)
    }
    LINKER.with(|()| {
        // SAFETY: `show` takes what is handed on for what it is.
        unsafe { libc::dl_iterate_phdr(Some(show::<F>), (&raw mut visit).cast()) };
    });
}
