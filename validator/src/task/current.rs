//! The thread-local word that the hot path reads: the task of the calling thread.
//!
//! In a program the compiler reads a thread-local with an instruction or two; in a library it calls
//! `__tls_get_addr`, which costs 1 ns where all is at hand, and in a program that does much else between two
//! locks five more cache lines. A library that is loaded with the program can read it as the program does,
//! by the model that is called *initial-exec*. There is no stable way to ask the compiler for it, so that is
//! done by hand.
//!
//! # Source
//! Drepper, ELF Handling For Thread-Local Storage, 4.3; for AArch64 its own ABI, "ELF for the Arm 64-bit
//! Architecture".

#[cfg(not(all(feature = "initial-exec", target_os = "linux", target_env = "gnu")))]
mod word {
    use std::cell::Cell;

    use crate::task::{EMPTY, Task};

    thread_local! {
        static CURRENT: Cell<&'static Task> = const { Cell::new(&EMPTY) };
    }

    #[inline(always)]
    pub(crate) fn get() -> &'static Task {
        CURRENT.get()
    }

    #[inline(always)]
    pub(crate) fn set(task: &'static Task) {
        CURRENT.set(task);
    }

    pub(crate) fn address() -> usize {
        CURRENT.with(|current| std::ptr::from_ref(current).addr())
    }
}

#[cfg(all(feature = "initial-exec", target_os = "linux", target_env = "gnu"))]
mod word {
    use std::arch::{asm, global_asm};

    use crate::task::{EMPTY, Task};

    // What each thread has at first is the address of `EMPTY`.
    global_asm!(
        ".pushsection .tdata.heldby_current, \"awT\", %progbits",
        ".balign 8",
        ".globl heldby_current",
        ".hidden heldby_current",
        ".type heldby_current, %object",
        ".size heldby_current, 8",
        "heldby_current:",
        ".quad {empty}",
        ".popsection",
        empty = sym EMPTY,
    );

    /// Where the word of the calling thread lies.
    #[inline(always)]
    pub(crate) fn address() -> usize {
        let address: usize;
        // SAFETY: it reads where the linker has put the word behind the thread's own address, which on x86-64
        // stands at `fs:0`. No thread moves.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            asm!(
                "mov {at}, qword ptr fs:[0]",
                "add {at}, qword ptr [rip + heldby_current@GOTTPOFF]",
                at = out(reg) address,
                options(pure, readonly, nostack),
            );
        }
        // SAFETY: as above; here the thread's own address is in a register.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            asm!(
                "mrs {at}, tpidr_el0",
                "adrp {offset}, :gottprel:heldby_current",
                "ldr {offset}, [{offset}, :gottprel_lo12:heldby_current]",
                "add {at}, {at}, {offset}",
                at = out(reg) address,
                offset = out(reg) _,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        address
    }

    #[inline(always)]
    pub(crate) fn get() -> &'static Task {
        let word = std::ptr::with_exposed_provenance::<&'static Task>(address());
        // SAFETY: the word is the thread's own, and in it is never anything but a task.
        unsafe { word.read() }
    }

    #[inline(always)]
    pub(crate) fn set(task: &'static Task) {
        let word = std::ptr::with_exposed_provenance_mut::<&'static Task>(address());
        // SAFETY: the word is the thread's own.
        unsafe { word.write(task) }
    }
}

pub(crate) use word::{address, get, set};
