//! A violation: ids, places and addresses, cheap to make while the graph is locked.
//!
//! Names come in `report.rs`, when nothing is held any more.

use std::sync::Arc;
use std::time::Instant;

use heldby_graph::Kind;
use heldby_model::declared::Standing;
use heldby_model::{Certainty, Code, Way};

use crate::arms::Doubt;
use crate::async_task::Leaf;
use crate::class::ClassId;
use crate::context_kind::ContextKind;
use crate::held::HeldLock;
use crate::mode::Mode;
use crate::ops::Where;
use crate::orphans::Orphan;
use crate::site::Site;
use crate::stack::Stack;

/// How a dependency was first seen.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) from_mode: Mode,
    pub(crate) to_mode: Mode,
    /// Instance numbers; 0 is unknown.
    pub(crate) from_instance: u32,
    pub(crate) to_instance: u32,
    pub(crate) held_site: Site,
    pub(crate) acquired_site: Site,
    pub(crate) held_stack: Option<Stack>,
    pub(crate) acquired_stack: Option<Stack>,
    pub(crate) thread: Arc<str>,
    /// Instance number of the life of the thread that did it; 0 if it has none.
    pub(crate) life: u32,
    /// The lock was taken back at the end of a wait, which gave it up.
    pub(crate) after_wait: bool,
    /// Why it may be none; never of one that is in the graph.
    pub(crate) doubt: Option<Doubt>,
    pub(crate) seen: Instant,
}

/// One dependency of a cycle.
#[derive(Clone, Debug)]
pub(crate) struct CycleStep {
    pub(crate) from: ClassId,
    pub(crate) to: ClassId,
    pub(crate) kind: Kind,
    pub(crate) queued_writer: bool,
    pub(crate) dependency: Dependency,
}

/// What is wrong.
#[derive(Clone, Debug)]
pub(crate) enum Wrong {
    /// These dependencies form a cycle, the closing one last.
    Cycle(Vec<CycleStep>),
    /// The lock itself, or one of its class, is held.
    Recursion(CycleStep),
    /// The declared order does not have this dependency.
    Undeclared(Box<Undeclared>),
    /// A lock of the class is held that has the first number, and the wanted one has the second.
    AgainstOrder(CycleStep, [u64; 2]),
    /// This does not allow to sleep.
    WaitContext(Narrowed),
    /// It is taken in an interrupt-like context, and leads to one that is held outside.
    Interruption(Box<Interruption>),
    /// The lock of this name is to order it, and is not held.
    NestLockNotHeld(String),
    /// The thread does not hold it as this needs it.
    ///
    /// A lock that was never acquired has no class yet; what it can be called stands here.
    Imbalance(Act, Option<String>),
    /// A pin was not kept, or never was.
    Pin(PinMisuse, Option<String>),
    /// It is held while its memory goes.
    Freed,
    /// These are held by a thread that ends.
    ExitWithHeldLock(Vec<HeldLock>),
    /// These are held where the thread must hold nothing.
    HeldAtCheck(Vec<HeldLock>),
    /// The thread should hold it so, or not at all.
    ///
    /// A lock that was never acquired has no class yet; what it can be called stands here.
    Assertion(Expect, Option<String>),
    /// The thread should be there, with respect to contexts of this kind.
    Where(ContextKind, Where),
    /// This hold was left by a thread that a fork did not take along.
    Orphaned(Orphan),
    /// It is held where its task suspends.
    Suspension(Suspension),
    /// An object is not stable.
    NotStabilised(NotStabilised),
    /// An item is not stable that either of two locks would keep so.
    ItemNotStabilised(Box<ItemNotStabilised>),
}

/// How a task came to suspend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspension {
    /// Where the task was spawned.
    pub(crate) spawned: Site,
    /// What it waits for, where that is known.
    pub(crate) leaf: Option<Leaf>,
}

/// A dependency that the declared order does not have.
#[derive(Clone, Debug)]
pub(crate) struct Undeclared {
    pub(crate) step: CycleStep,
    pub(crate) standing: Standing,
    /// What the order is called.
    pub(crate) order: String,
}

/// What was done to a lock that the thread does not hold so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Release,
    Downgrade,
    /// It is held, but shared already.
    DowngradeShared,
    SetClass,
}

/// How a pin was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinMisuse {
    /// The hold was released; it had been pinned here.
    Released(Site),
    /// The lock is not held when it is pinned.
    PinNotHeld,
    /// The lock is not held when it is unpinned.
    UnpinNotHeld,
    /// No pin of the hold gave this cookie, or it was given back before.
    WrongCookie,
}

/// A lock that a context takes leads to one that it can interrupt.
#[derive(Clone, Debug)]
pub(crate) struct Interruption {
    pub(crate) kind: ContextKind,
    /// How the lock is taken in the context.
    pub(crate) inside: Use,
    /// How the other is held outside of it; the same lock if the path is empty.
    pub(crate) outside: Use,
    /// The dependencies from the one to the other.
    pub(crate) path: Vec<CycleStep>,
}

/// How a lock was first used in a context, or outside of one.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) class: ClassId,
    pub(crate) mode: Mode,
    /// Instance number; 0 is unknown.
    pub(crate) instance: u32,
    /// Where it was acquired.
    pub(crate) site: Site,
    /// Where contexts were let in while it was held, if they were masked before.
    pub(crate) unmasked: Option<Site>,
    pub(crate) stack: Option<Stack>,
    pub(crate) thread: Arc<str>,
    pub(crate) seen: Instant,
}

/// What does not allow a task to sleep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Narrowed {
    /// A lock that it holds.
    Held(HeldLock),
    /// The context that it is in.
    Context(ContextKind),
}

/// Which hold an assertion expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The lock is held, in any mode.
    Any,
    /// The lock is held shared.
    Read,
    /// The lock is held exclusively.
    Write,
    /// The lock is not held.
    Nothing,
}

/// An object that none of its locks keeps stable.
#[derive(Clone, Debug)]
pub struct NotStabilised {
    /// What it is, for example `VMA`.
    pub object: &'static str,
    /// Which one.
    pub which: String,
    /// The operation that needed it stable.
    pub operation: &'static str,
    /// All ways that would have been enough.
    pub ways: Vec<Way>,
    /// What pre-empts the objections.
    pub notes: Vec<String>,
    /// What to change.
    pub help: Vec<String>,
}

/// An item that neither its container's lock nor its own keeps stable.
#[derive(Clone, Debug)]
pub(crate) struct ItemNotStabilised {
    pub(crate) container: Level,
    pub(crate) item: Level,
    /// What the item is called; `None` for the name of its lock.
    pub(crate) which: Option<String>,
    /// Whether whoever locks the item for writing holds the container for writing.
    pub(crate) item_write_implies_container_write: bool,
    /// The guard that was to prove it is of the first lock, and not of the second.
    pub(crate) wrong_guard: Option<[Level; 2]>,
}

/// A lock of a container or of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) name: String,
    /// `None` for a lock that was never acquired.
    pub(crate) class: Option<ClassId>,
    /// Instance number; 0 is unknown.
    pub(crate) instance: u32,
}

/// What was asked for when it went wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub(crate) class: ClassId,
    pub(crate) mode: Mode,
}

/// One violation.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) code: Code,
    pub(crate) certainty: Certainty,
    pub(crate) wrong: Wrong,
    /// The lock that it is about, if it is about one.
    pub(crate) subject: Option<Subject>,
    /// Where; `None` for a guard that was dropped, whose place the stack tells.
    pub(crate) site: Option<Site>,
    pub(crate) stack: Option<Stack>,
    /// When; a dependency that was seen at this very moment is the new one.
    pub(crate) at: Instant,
    /// It was not said before. One that was is not said again, but what is wrong now still stops
    /// the thread.
    pub(crate) new: bool,
}
