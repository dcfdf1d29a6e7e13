//! One hold of a lock, from the time it is asked for.

use std::time::Instant;

use super::counts::Key;
use crate::class::ClassId;
use crate::held::HeldLock;
use crate::mode::Mode;
use crate::site::Site;

/// A lock that a task holds or waits for.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) instance: u32,
    pub(super) class: ClassId,
    exclusive: bool,
    /// Where it was asked for.
    pub(super) site: Site,
    kind: Kind,
    asked: Instant,
    /// `None` while it is waited for.
    got: Option<Instant>,
    /// Another task was in the way.
    contended: bool,
    /// Where that one had asked, if that is known.
    pub(super) behind: Option<Site>,
}

/// How a hold came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It was asked for.
    Asked,
    /// It was given up for a wait for an event, and is taken back.
    TakenBack,
    /// Its acquisition is counted elsewhere.
    Adopted,
}

impl Hold {
    /// A hold that is asked for now, behind the claim at `behind`.
    pub(super) fn asked(lock: &HeldLock, class: ClassId, behind: Option<Site>) -> Self {
        let waits = lock.meta.is_waiting();
        Self {
            instance: lock.instance(),
            class,
            exclusive: lock.mode() == Mode::Write,
            site: lock.site,
            kind: match lock.meta.is_again() {
                true => Kind::TakenBack,
                false => Kind::Asked,
            },
            asked: Instant::now(),
            got: None,
            // Whoever tells of a lock that it took has not waited, or not to the end.
            contended: waits && behind.is_some(),
            behind: behind.filter(|_| waits),
        }
    }

    /// A hold that goes on since `now`.
    pub(super) fn adopted(lock: &HeldLock, class: ClassId, now: Instant) -> Self {
        Self {
            kind: Kind::Adopted,
            got: Some(now),
            ..Self::asked(lock, class, None)
        }
    }

    pub(super) fn got(&mut self, now: Instant) {
        self.got = Some(now);
    }

    /// It is not held, but waited for.
    pub(super) fn waits(&mut self) {
        self.got = None;
        self.contended = self.kind == Kind::Asked;
    }

    /// Its acquisition is counted elsewhere.
    pub(super) fn forget_acquisition(&mut self) {
        self.kind = Kind::Adopted;
        self.contended = false;
    }

    pub(super) fn is_taken_back(&self) -> bool {
        self.kind == Kind::TakenBack
    }

    pub(super) fn key(&self) -> Key {
        (self.class, self.exclusive)
    }

    /// When it was got, if it was.
    pub(super) fn since(&self) -> Option<Instant> {
        self.got
    }

    pub(super) fn is_acquisition(&self) -> bool {
        self.kind != Kind::Adopted
    }

    /// How long it was waited for, if another task was in the way.
    pub(super) fn waited(&self) -> Option<u64> {
        let got = self.got.filter(|_| self.contended)?;
        Some(nanoseconds(self.asked, got))
    }
}

/// The time between two others, in nanoseconds.
pub(super) fn nanoseconds(from: Instant, to: Instant) -> u64 {
    // Those of a u64 last for 584 years.
    to.saturating_duration_since(from).as_nanos() as u64
}
