//! Derived holds: what a thread holds because it holds a lock, without an event of its own.
//!
//! The write lock of a VMA ends with the mmap lock, all of them by one change of a sequence, so there
//! is no release to tell. The hold of the mmap lock covers every order, and a report shows that alone.
//! So a class can have a function that tells what its holder has derived from the hold. How it is
//! kept, and how much of it, is the host's affair; nothing is asked until there is something to
//! report.
//!
//! # Invariants
//! - It is asked by the reporting thread, of the locks that this thread holds.
//! - Nothing of ours is held meanwhile, nor is a fork kept away, and the thread's validation is off as
//!   in a [sink](crate::sink).
//! - A panic in it is swallowed, and the hold then has nothing derived.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::map::LockMap;
use crate::mode::Mode;
use crate::site::Site;
use crate::task::{Phase, PhaseGuard};

/// Tells one lock from all others that the process ever acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockId(u32);

impl LockMap {
    /// What tells the lock from all others; it has it from its first acquire on.
    #[must_use]
    pub fn id(&self) -> LockId {
        LockId(self.instance())
    }
}

/// A hold by the calling thread, as the function of a [`LockKey`](crate::LockKey) is asked for what
/// is derived from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    lock: LockId,
    mode: Mode,
}

impl Hold {
    fn of(held: &HeldLock) -> Self {
        Self {
            lock: LockId(held.instance()),
            mode: held.mode(),
        }
    }

    /// The lock that is held; a thread may hold several of one class.
    #[must_use]
    pub fn id(self) -> LockId {
        self.lock
    }

    /// Whether it is held exclusively now; a downgraded one is not.
    #[must_use]
    pub fn is_write(self) -> bool {
        self.mode == Mode::Write
    }
}

/// Something that is held because a lock is, and is released with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedHold {
    /// What it is and how it is held, for example `VMA 0x1000-0x2000 "heap" write-locked`.
    pub what: String,
    /// Where that was done.
    pub site: &'static Location<'static>,
}

/// Tells what is derived from a hold, oldest first.
pub(crate) type DerivedFn = fn(Hold) -> Vec<DerivedHold>;

/// What is derived from each of these holds; empty where nothing is.
pub(crate) fn from(holds: &[HeldLock]) -> Vec<Vec<heldby_model::DerivedHold>> {
    let function = |lock: &HeldLock| ClassId::from_word(lock.class_word()).class().derived;
    let functions = in_validator(|| holds.iter().map(function).collect::<Vec<_>>());
    let asked = holds.iter().zip(functions.unwrap_or_default());
    let asked = asked.map(|(lock, function)| match function {
        Some(function) => ask(function, Hold::of(lock)),
        None => Vec::new(),
    });
    asked.collect()
}

fn ask(function: DerivedFn, hold: Hold) -> Vec<heldby_model::DerivedHold> {
    let _lent = PhaseGuard::enter(Phase::Sink);
    // What it does wrong is not the fault of whoever took a lock.
    let told = catch_unwind(AssertUnwindSafe(|| function(hold)));
    let to_model = |derived: DerivedHold| heldby_model::DerivedHold {
        what: derived.what,
        site: Site::of(derived.site).to_model(),
    };
    told.unwrap_or_default().into_iter().map(to_model).collect()
}
