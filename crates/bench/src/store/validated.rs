//! The host over Heldby.

use heldby::{sync, thread};

#[path = "host.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "the host is written once, and measured over both kinds of locks"
)]
pub(crate) mod host;
