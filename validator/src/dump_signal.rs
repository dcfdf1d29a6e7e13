//! A signal that asks for what all threads hold.

#[cfg_attr(unix, path = "dump_signal/unix.rs")]
#[cfg_attr(not(unix), path = "dump_signal/other.rs")]
mod system;

pub(crate) use system::{install, parse};
