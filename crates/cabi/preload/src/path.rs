//! The one function of libc that allocates for the engine: `realpath`, by which debug information beside a file
//! is looked for. It would take the locks of the program's `malloc`, under which it may have been called.
//!
//! What is linked into this library finds these instead; nobody else does, as they are hidden.

use std::arch::global_asm;
use std::ffi::{c_char, c_int, c_void};
use std::io::Write as _;
use std::mem;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::hook::go_to;
use crate::spin::Spin;

/// Puts `to` before a function of libc, for this library alone.
macro_rules! for_us {
    ($name:literal, $to:path) => {
        global_asm!(
            concat!(".pushsection .text.heldby_", $name, ", \"ax\", %progbits"),
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ", %function"),
            concat!($name, ":"),
            go_to!(),
            ".popsection",
            to = sym $to,
        );
    };
}

for_us!("realpath", realpath);
for_us!("free", free);

const BYTES: usize = libc::PATH_MAX as usize;

/// A path from [`realpath`] until it is given to [`free`].
pub(crate) static FOUND: Spin<[u8; BYTES]> = Spin::new([0; BYTES]);

/// As libc's where `room` is null, which std passes.
unsafe extern "C" fn realpath(path: *const c_char, _room: *mut c_char) -> *mut c_char {
    // SAFETY: the caller promises a C string.
    let file = unsafe { libc::open(path, libc::O_PATH | libc::O_CLOEXEC) };
    if file < 0 {
        return null_mut();
    }
    let found = FOUND.take();
    // SAFETY: the buffer is ours until it is given back.
    let is_read = read_path(file, unsafe { &mut *found });
    // SAFETY: it was opened above. Closing does not change `errno` where it succeeds.
    unsafe { libc::close(file) };
    match is_read {
        true => found.cast(),
        false => {
            FOUND.give();
            null_mut()
        }
    }
}

/// Reads the path of an open file, which the kernel knows without links; false if that fails.
fn read_path(file: c_int, path: &mut [u8; BYTES]) -> bool {
    let mut link = [0; 32];
    // A slice has room for it, and formatting a number allocates nothing.
    if write!(&mut link[..], "/proc/thread-self/fd/{file}\0").is_err() {
        return false;
    }
    // SAFETY: a C string, and a buffer of so many bytes.
    let read = unsafe { libc::readlink(link.as_ptr().cast(), path.as_mut_ptr().cast(), BYTES) };
    let end = usize::try_from(read).ok().filter(|end| *end < BYTES);
    end.map(|end| path[end] = 0).is_some()
}

/// As libc's. What is not of [`realpath`] came from the program's `malloc`.
unsafe extern "C" fn free(block: *mut c_void) {
    type Free = unsafe extern "C" fn(*mut c_void);
    static REAL: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    if FOUND.is_at(block.cast_const()) {
        return FOUND.give();
    }
    // Relaxed, both: the code it points to was there before this library.
    let mut real = REAL.load(Ordering::Relaxed);
    if real.is_null() {
        // SAFETY: a C string.
        real = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"free".as_ptr()) };
        REAL.store(real, Ordering::Relaxed);
    }
    // SAFETY: every program on glibc has this function, of that type; the block is what the caller says.
    unsafe { mem::transmute::<*mut c_void, Free>(real)(block) }
}
