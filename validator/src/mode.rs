//! How a lock is asked for.

use heldby_graph::{Hold, Want};

/// How a lock is, or is asked to be, held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Mode {
    /// Exclusive.
    Write = 0,
    /// Shared and fair: queues behind a waiting writer.
    Read = 1,
    /// Shared and recursive: never queues behind a waiting writer.
    Recursive = 2,
}

impl Mode {
    pub(crate) fn hold(self) -> Hold {
        match self {
            Self::Write => Hold::Exclusive,
            Self::Read | Self::Recursive => Hold::Shared,
        }
    }

    pub(crate) fn want(self) -> Want {
        match self {
            Self::Write => Want::Write,
            Self::Read => Want::Read,
            Self::Recursive => Want::Recursive,
        }
    }

    /// The mode of a number that it was cast to.
    pub(crate) fn of_number(number: u8) -> Self {
        match number {
            0 => Self::Write,
            1 => Self::Read,
            _ => Self::Recursive,
        }
    }

    pub(crate) fn to_model(self) -> heldby_model::Mode {
        match self {
            Self::Write => heldby_model::Mode::Write,
            Self::Read => heldby_model::Mode::Read,
            Self::Recursive => heldby_model::Mode::Recursive,
        }
    }
}

/// Whether an acquire may wait for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Attempt {
    /// It waits until it has the lock.
    Block = 0,
    /// It never waits; only a taken one is told.
    Try = 1,
    /// It waits for a bounded time; only a taken one is told.
    Timed = 2,
    /// It waits until it has the lock back, which it gave up to wait for an event.
    Again = 3,
    /// It waits for all who hold the lock, and then holds nothing: released at once.
    Sync = 4,
}

/// What a held entry says besides lock and place.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0-1 | [`Mode`] |
/// | 2-3 | [`Attempt`], where `Again` and `Sync` stand as `Block` |
/// | 4 | still waiting: `acquired` has not been told yet |
/// | 5 | nested: a nest lock ordered it, so no order to it is kept from what was taken under that |
/// | 6 | unchecked: nothing was checked when it was taken, and no order is kept from it |
/// | 7 | hidden: it orders what is taken above it, but is no lock that the task holds |
/// | 8 | taken back at the end of a wait for an event, which gave it up |
/// | 9 | never held, only waited for |
/// | 10 | waited for by a future, which may give up |
///
/// Only the owner of the stack writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta(pub(crate) u32);

impl Meta {
    const WAITING: u32 = 1 << 4;
    const NESTED: u32 = 1 << 5;
    const UNCHECKED: u32 = 1 << 6;
    const HIDDEN: u32 = 1 << 7;
    const AGAIN: u32 = 1 << 8;
    const SYNC: u32 = 1 << 9;
    const AWAITED: u32 = 1 << 10;

    #[inline(always)]
    pub(crate) const fn waiting(mode: Mode) -> Self {
        Self(mode as u32 | Self::WAITING)
    }

    #[inline(always)]
    pub(crate) const fn held(mode: Mode, attempt: Attempt) -> Self {
        Self(mode as u32 | (attempt as u32) << 2)
    }

    pub(crate) fn mode(self) -> Mode {
        match self.0 & 3 {
            0 => Mode::Write,
            1 => Mode::Read,
            _ => Mode::Recursive,
        }
    }

    pub(crate) fn attempt(self) -> Attempt {
        match (self.0 >> 2) & 3 {
            0 => Attempt::Block,
            1 => Attempt::Try,
            _ => Attempt::Timed,
        }
    }

    pub(crate) fn is_waiting(self) -> bool {
        self.0 & Self::WAITING != 0
    }

    /// Whether it is a hold in a mode that was waited for, and nothing more.
    pub(crate) fn is_plain(self) -> bool {
        self.0 & !0b11 == 0
    }

    /// Whether it is a hold in a mode, however that was got, and nothing more.
    pub(crate) fn is_hold(self) -> bool {
        self.0 & !0b1111 == 0
    }

    /// Held exclusively, however it was got, and known to the host.
    #[inline(always)]
    pub(crate) fn is_exclusive_hold(self) -> bool {
        self.0 & (0b11 | Self::WAITING | Self::HIDDEN) == Mode::Write as u32
    }

    pub(crate) fn is_nested(self) -> bool {
        self.0 & Self::NESTED != 0
    }

    pub(crate) fn is_checked(self) -> bool {
        self.0 & Self::UNCHECKED == 0
    }

    /// Whether every order from what is below it was checked when it was taken.
    pub(crate) fn is_ordered(self) -> bool {
        self.attempt() == Attempt::Block && self.is_checked() && !self.is_nested()
    }

    /// As one that was tried: no order from what is below it is taken to be known by it.
    pub(crate) fn implying_nothing(self) -> Self {
        Self(self.0 & !(3 << 2) | (Attempt::Try as u32) << 2)
    }

    pub(crate) fn nested(self) -> Self {
        Self(self.0 | Self::NESTED)
    }

    pub(crate) fn not_nested(self) -> Self {
        Self(self.0 & !Self::NESTED)
    }

    pub(crate) fn unchecked(self) -> Self {
        Self(self.0 | Self::UNCHECKED)
    }

    /// Of a mark, which no rule takes for a lock.
    pub(crate) const fn mark() -> Self {
        Self(Self::hidden().0 | (Attempt::Try as u32) << 2)
    }

    /// Held exclusively, and hidden.
    pub(crate) const fn hidden() -> Self {
        Self(Mode::Write as u32 | Self::HIDDEN)
    }

    pub(crate) fn is_hidden(self) -> bool {
        self.0 & Self::HIDDEN != 0
    }

    /// Waited for, to be held again.
    pub(crate) const fn again(mode: Mode) -> Self {
        Self(mode as u32 | Self::WAITING | Self::AGAIN)
    }

    /// Waited for, and never held.
    pub(crate) const fn sync(mode: Mode) -> Self {
        Self(mode as u32 | Self::WAITING | Self::SYNC)
    }

    /// Waited for by a future.
    pub(crate) const fn awaited(mode: Mode, attempt: Attempt) -> Self {
        Self(Self::held(mode, attempt).0 | Self::WAITING | Self::AWAITED)
    }

    pub(crate) fn is_awaited(self) -> bool {
        self.0 & Self::AWAITED != 0
    }

    pub(crate) fn is_sync(self) -> bool {
        self.0 & Self::SYNC != 0
    }

    pub(crate) fn is_again(self) -> bool {
        self.0 & Self::AGAIN != 0
    }

    pub(crate) fn with_mode(self, mode: Mode) -> Self {
        Self(self.0 & !3 | mode as u32)
    }

    pub(crate) fn with_waiting(self, waiting: bool) -> Self {
        Self(self.0 & !Self::WAITING | if waiting { Self::WAITING } else { 0 })
    }
}
