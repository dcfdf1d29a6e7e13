//! The functions that stand before glibc's.
//!
//! Each hands the address that it returns to, which is where the program is, as one more argument and
//! goes on in a function of ours. Nothing is on the stack then but what the program put there.

/// The register of the first argument behind so many.
#[cfg(target_arch = "x86_64")]
macro_rules! caller_to {
    (1) => {
        "mov rsi, [rsp]"
    };
    (2) => {
        "mov rdx, [rsp]"
    };
    (3) => {
        "mov rcx, [rsp]"
    };
    (4) => {
        "mov r8, [rsp]"
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! caller_to {
    (1) => {
        "mov x1, x30"
    };
    (2) => {
        "mov x2, x30"
    };
    (3) => {
        "mov x3, x30"
    };
    (4) => {
        "mov x4, x30"
    };
}

#[cfg(target_arch = "x86_64")]
macro_rules! go_to {
    () => {
        "jmp {to}"
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! go_to {
    () => {
        "b {to}"
    };
}

/// Puts `to` before the function of glibc called `name`, which has so many arguments.
macro_rules! hooks {
    ($($name:ident($arguments:tt) => $to:path;)*) => {
        $(
            const _: () = {
                #[unsafe(export_name = stringify!($name))]
                #[unsafe(naked)]
                unsafe extern "C" fn hook() {
                    core::arch::naked_asm!(
                        $crate::hook::caller_to!($arguments),
                        $crate::hook::go_to!(),
                        to = sym $to,
                    )
                }
            };
        )*
    };
}

pub(crate) use {caller_to, go_to, hooks};
