//! The types an operand can have.

use std::fmt;

/// The type of an operand's lock.
///
/// The type fixes the wait type, and with the name it makes the class: the same name under another
/// type is another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LockType {
    /// A lock that sleeps.
    Mutex,
    /// A lock that spins; may sleep on a real-time system.
    Spin,
    /// A lock that spins everywhere.
    Raw,
    /// A reader-writer lock that spins.
    Rw,
    /// A reader-writer lock that sleeps.
    Rwsem,
    /// A mutex with priority inheritance.
    Rtm,
    /// A wound-wait mutex.
    Ww,
    /// A lock that belongs to one CPU.
    Local,
    /// A read-copy-update section; the name tells which flavour.
    Rcu,
    /// A read-copy-update section that masks soft interrupts.
    RcuBh,
    /// A read-copy-update section that forbids preemption.
    RcuSched,
    /// A cell that is initialised once.
    Once,
    /// A condition variable.
    Cond,
    /// A channel.
    Chan,
    /// A bare lock map.
    Map,
    /// A mutex for which tasks wait.
    Amutex,
    /// A reader-writer lock for which tasks wait.
    Arw,
    /// A semaphore: its permits are held, and order nothing.
    Sem,
}

impl LockType {
    /// Every type there is, in the order in which they are listed to a user.
    pub const ALL: &[Self] = &[
        Self::Mutex,
        Self::Spin,
        Self::Raw,
        Self::Rw,
        Self::Rwsem,
        Self::Rtm,
        Self::Ww,
        Self::Local,
        Self::Rcu,
        Self::RcuBh,
        Self::RcuSched,
        Self::Once,
        Self::Cond,
        Self::Chan,
        Self::Map,
        Self::Amutex,
        Self::Arw,
        Self::Sem,
    ];

    /// The type as it is written in an operand.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mutex => "mutex",
            Self::Spin => "spin",
            Self::Raw => "raw",
            Self::Rw => "rw",
            Self::Rwsem => "rwsem",
            Self::Rtm => "rtm",
            Self::Ww => "ww",
            Self::Local => "local",
            Self::Rcu => "rcu",
            Self::RcuBh => "rcu_bh",
            Self::RcuSched => "rcu_sched",
            Self::Once => "once",
            Self::Cond => "cond",
            Self::Chan => "chan",
            Self::Map => "map",
            Self::Amutex => "amutex",
            Self::Arw => "arw",
            Self::Sem => "sem",
        }
    }
}

impl fmt::Display for LockType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
