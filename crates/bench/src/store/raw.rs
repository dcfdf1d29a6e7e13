//! The host over std.

use std::{sync, thread};

#[path = "host.rs"]
pub(crate) mod host;
