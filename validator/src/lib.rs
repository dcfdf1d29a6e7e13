//! The engine of Heldby: a lock event goes in, a verdict comes out.
//!
//! The way of one event:
//!
//! ```text
//! acquire(map, type, mode, site)      acquire.rs   inlined into the host
//!    chain known to this task  ------------------> push, and back
//! cold::acquire                       cold.rs      this thread's task, started if need be
//! ops::acquire                        ops.rs       chain known to any task: push, and back
//! validate::new_chain                 validate.rs  the graph lock; the rules in turn
//!    rules/wait_type, usage, nest, recursion, order
//! derived::from                       derived.rs   the host's functions, as in a sink
//! report::build                       report.rs    ids become names, nothing of ours is held
//! sink::emit                          sink.rs      tracing, stderr, the host's sinks
//! panic or abort                      ops.rs       last
//! ```
//!
//! Nothing flows back up.
//! A host does not use this crate but the facade `heldby`.

mod acquire;
mod allocator;
mod allow;
mod annotate;
mod arm_mark;
mod arms;
mod async_task;
mod awaited;
mod branch;
mod chain;
mod chain_cache;
mod class;
mod class_name;
mod class_table;
mod cold;
mod config;
mod confirm;
mod context;
mod context_kind;
mod declared;
mod deferred;
mod dependencies;
mod derived;
mod dump;
mod dump_signal;
mod event;
mod fork;
mod handle;
mod handover;
mod held;
mod held_lock;
mod helper;
pub mod hooks;
mod instance;
mod interrupted;
mod learned;
mod leftovers;
mod life;
mod limits;
mod lock_key;
mod lock_stat;
mod lock_type;
mod mailbox;
mod map;
mod meet;
mod mode;
mod nestings;
mod ops;
mod orphans;
mod own_file;
mod parked;
mod polling;
mod process;
mod record;
mod registry;
mod report;
mod rules;
mod shown;
mod signal;
mod sink;
mod site;
mod snapshot;
mod stack;
mod sync;
mod task;
mod thread;
mod two_level;
mod uncancelled;
mod usages;
mod validate;
mod validator;
mod violation;
mod waits;
mod warm;
mod watchdog;
mod word;

pub use acquire::{Acquire, Slot, acquire, acquire_as, might_lock, release, release_at, taken};
pub use annotate::{assert_none_held, lockdep_off, lockdep_on, set_order};
pub use async_task::AsyncTask;
pub use awaited::{
    Awaiting, block, bounded, permitted, resume, suspend, suspend_again, suspend_at,
};
pub use branch::Branch;
pub use class::ClassId;
pub use cold::{
    Held, assert_held, downgrade, freed, is_kept_out, lock_sync, not_stabilised, reinit,
    set_waiting, unchecked,
};
pub use config::{Config, Events, OnViolation, Profile, Stacks};
pub use context_kind::ContextKind;
pub use derived::{DerivedHold, Hold, LockId};
pub use event::{Event, blocked, reacquires, signals, waits};
pub use handle::{Asked, TaskHandle};
pub use handover::{Disowned, adopt, disown};
pub use heldby_model::config::ConfigError;
pub use heldby_model::{LockStat, Role, Stats};
pub use life::{Birth, Life, born};
pub use lock_key::{ClassPolicy, LockKey};
pub use lock_type::{LockKind, LockType, WaitType};
pub use map::LockMap;
pub use meet::introduce;
pub use mode::{Attempt, Mode};
#[cfg(unix)]
pub use process::conclude;
pub use registry::Holder;
pub use rules::pin::PinCookie;
pub use signal::{Handler, Masked, enter_handler, mask_handlers};
pub use sink::{Sink, keep_stderr};
pub use site::Site;
pub use stack::leave_out;
pub use thread::{begin, enter, inherit, live};
pub use two_level::{TwoLevel, Unstabilised, item_not_stabilised};
pub use uncancelled::Uncancelled;
pub use validator::{AlreadyInstalled, Validator};
pub use violation::{Expect, NotStabilised};
pub use warm::held;
pub use watchdog::{LongWait, Look, Watchdog};
