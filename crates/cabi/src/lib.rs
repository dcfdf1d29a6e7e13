//! The C ABI of Heldby: lock events of C and C++ hosts.
//!
//! ```text
//! heldby_acquire(&map, HELDBY_WRITE)   include/heldby.h   the macro adds __FILE__ and __LINE__
//! heldby_lock_acquire(..)              acquire.rs
//!    place::of(file, line)             place.rs           a site of the engine, from this thread's cache
//!    lock::named(lock)                 lock.rs            the engine's map; a foreign one gets its class here
//!    boundary::run(..)                 boundary.rs        the engine; nothing unwinds out of it
//! ```
//!
//! The header is made from these files by cbindgen, and a test holds it equal: what stands above an
//! exported function is what its C caller reads.
//! Nothing is asked of a null lock, so a host may leave one out.

mod acquire;
mod boundary;
mod class;
mod held;
mod install;
mod lock;
mod lock_type;
mod look;
mod place;
mod sink;
mod stabilised;
mod text;
mod thread;

pub use acquire::*;
pub use class::*;
pub use held::*;
pub use install::*;
pub use lock::*;
pub use lock_type::*;
pub use look::*;
pub use sink::*;
pub use stabilised::*;
pub use thread::*;
