//! The scenario language: lock events as text, run on a validator.
//!
//! A scenario is a list of steps, one step a word: `T1: w(mutex:A) w(mutex:B) u(mutex:B)`.
//! It is the form in which a verdict is asked for without threads, real locks or luck: every table
//! test, every row of the conformance file and `heldby replay` speak it.
//!
//! The way of a scenario:
//!
//! ```text
//! text -> word   words and their positions; comments and blanks end here
//!      -> parse  words become steps; whatever is not known is refused with its position
//!      -> Scenario { steps }  plain data, which Display turns back into text
//!      -> run    steps become events of a validator; what it cannot judge yet is refused
//!      -> Findings
//! ```
//!
//! A scenario only feeds events.
//! A thread that asks for a lock which another one holds goes on as if it had got it later: nothing
//! here waits, so a scenario that would hang is as good as any other.
//! The end of a scenario is silent about held locks; only the step `exit` checks.

mod classes;
mod error;
mod lock_type;
mod parse;
mod run;
mod scenario;
mod steps;
mod support;
mod threads;
mod word;

pub use heldby_validator::{Config, ConfigError, Events, Profile};

pub use error::ParseError;
pub use lock_type::LockType;
pub use run::{Replayed, run, run_with};
pub use scenario::{
    Acquire, Attempt, ContextStep, DEFAULT_THREAD, MAX_SUBCLASS, Op, Operand, Policy, Scenario,
    Step,
};
pub use support::Unsupported;
pub use word::Position;
