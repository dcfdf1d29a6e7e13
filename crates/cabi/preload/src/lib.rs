//! The pthread interposer: lock events of programs that know nothing of Heldby.
//!
//! `LD_PRELOAD=libheldby_preload.so program` puts the functions of this library before those of glibc
//! that have the same names. Each tells the engine what is about to happen and calls the real one.
//!
//! ```text
//! pthread_mutex_lock            hook.rs     the caller's address becomes an argument
//! mutex::lock                   mutex.rs    the hot path: the lock's map, acquire, the real lock
//!    no map yet  ---------------> word.rs   where it lies, and what it is called: name.rs
//! real::mutex_lock              real.rs     looked up once
//! ```
//!
//! # Invariants
//! - Nothing here or in the engine allocates by the program's `malloc`: see `memory.rs`.
//! - No function of the program is called while anything of ours is locked.
//! - What comes before the engine has started, or while it starts, goes to the real functions unseen:
//!   see `start.rs`.
//! - A process has one engine. Ours has the C ABI's functions too, and so stands before those of
//!   `libheldby_cabi.so`; beside any other engine it stands down.

#![cfg(target_os = "linux")]

// Its functions are exported with ours.
use heldby_cabi as _;

mod barrier;
mod c11;
mod caller;
mod cond;
mod exit;
mod hook;
mod line;
mod maker;
mod memory;
mod mutex;
mod name;
mod objects;
mod once;
mod path;
mod real;
mod rwlock;
mod semaphore;
mod spin;
mod spinlock;
mod start;
mod table;
mod thread;
mod types;
mod word;

#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;
