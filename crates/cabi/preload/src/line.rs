//! Cache lines.

use std::arch::asm;

/// Begins to get the cache line of a lock that is about to be taken, in order to write to it.
///
/// What we keep of a lock stands beside its state. Where another core took the lock last, a plain read of
/// ours would get the line in order to read, and the lock's own write would then have to get it once more.
///
/// # Source
/// `PREFETCHW`, which every 64-bit processor knows that Windows 8.1 runs on; the compiler's own hint for it
/// gives a prefetch for reading unless the program is compiled for such processors alone.
#[inline(always)]
pub(crate) fn will_write<T>(lock: *const T) {
    // SAFETY: a hint, of any address; it changes nothing that a program can see.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!("prefetchw [{}]", in(reg) lock, options(nostack, preserves_flags));
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!("prfm pstl1keep, [{}]", in(reg) lock, options(nostack, preserves_flags));
    }
}
