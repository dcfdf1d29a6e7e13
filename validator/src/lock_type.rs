//! Lock types: what all locks of one Rust type share.

use heldby_model::Role;

/// How much a lock sleeps: the order of lockdep's wait types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitType {
    /// Not checked.
    Unchecked,
    /// Never waits.
    Free,
    /// Spins, even where spin locks sleep.
    Spin,
    /// Spins, or sleeps where spin locks do.
    Config,
    /// Sleeps.
    Sleep,
    /// The context of a plain task.
    Task,
}

/// What a lock is to the rules of interrupt-like contexts.
///
/// # Source
/// Linux `enum lockdep_lock_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockKind {
    /// A lock that any thread may wait for.
    Normal,
    /// One for each processor or thread, so that what waits for one elsewhere does not wait for
    /// what is interrupted here: no path of dependencies leads through it to a context.
    Local,
    /// No lock, but a section that allows its inner wait type whatever is held around it.
    WaitOverride,
}

/// What all locks of one type share.
#[derive(Debug)]
pub struct LockType {
    /// What it is called, for example `std::sync::Mutex`.
    pub family: &'static str,
    /// The full type with its payload; part of the class.
    pub type_name: fn() -> &'static str,
    /// The context that it needs.
    pub outer: WaitType,
    /// The context that it makes while it is held.
    pub inner: WaitType,
    /// Whether it is a lock, or what else it is. What is no lock is never a gate: nothing keeps two
    /// threads apart by holding it.
    pub role: Role,
    /// What it is to interrupt-like contexts.
    pub kind: LockKind,
    /// Whether a report of an acquire may end in a panic. Not where the code of the lock would then
    /// take it for held.
    pub unwinds: bool,
    /// Whether it is waited for by a future, which suspends its task and leaves the thread to others.
    pub awaited: bool,
    /// Tells whether the calling thread polls a task of the executor whose tasks wait for it, if there is one.
    /// Such a task that is no [`AsyncTask`](crate::AsyncTask) cannot be told from others on its thread.
    pub in_task: Option<fn() -> bool>,
}

impl LockType {
    /// Something of the type `T`, called `family`, that is no lock; its wait type is not checked.
    #[must_use]
    pub const fn event<T: ?Sized>(family: &'static str, role: Role) -> Self {
        Self {
            family,
            type_name: std::any::type_name::<T>,
            outer: WaitType::Unchecked,
            inner: WaitType::Unchecked,
            role,
            kind: LockKind::Normal,
            unwinds: true,
            awaited: false,
            in_task: None,
        }
    }

    /// A sleeping lock of the type `T`, called `family`.
    #[must_use]
    pub const fn sleeping<T: ?Sized>(family: &'static str) -> Self {
        Self {
            family,
            type_name: std::any::type_name::<T>,
            outer: WaitType::Sleep,
            inner: WaitType::Sleep,
            role: Role::Lock,
            kind: LockKind::Normal,
            unwinds: true,
            awaited: false,
            in_task: None,
        }
    }

    /// What waits for it is a future; see [`awaited`](Self::awaited).
    #[must_use]
    pub const fn by_await(self) -> Self {
        Self {
            awaited: true,
            ..self
        }
    }

    /// Those that wait for it are tasks of the executor that tells `in_task`; see [`in_task`](Self::in_task).
    #[must_use]
    pub const fn by_tasks(self, in_task: fn() -> bool) -> Self {
        Self {
            in_task: Some(in_task),
            ..self.by_await()
        }
    }
}
