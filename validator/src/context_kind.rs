//! Kinds of interrupt-like contexts, and sets of them.

use std::fmt;

use once_cell::race::OnceBox;

use crate::cold::Inside;
use crate::limits::CONTEXTS;
use crate::lock_type::WaitType;

/// A kind of contexts that interrupt a thread: a lock that is taken in one must not be held where
/// one can arrive.
///
/// Kinds are independent of each other, but that a masked [`HARD`](Self::HARD) one keeps
/// [`SOFT`](Self::SOFT) ones off as well.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextKind(u8);

/// A kind that a host named.
#[derive(Debug)]
struct Named {
    name: Box<str>,
    wait_type: WaitType,
}

/// The kinds that have a constant.
const BUILT_IN: usize = 3;

static NAMED: [OnceBox<Named>; CONTEXTS - BUILT_IN] =
    [const { OnceBox::new() }; CONTEXTS - BUILT_IN];

impl ContextKind {
    /// A hard interrupt, as the kernel knows it.
    pub const HARD: Self = Self(0);
    /// A soft interrupt, as the kernel knows it.
    pub const SOFT: Self = Self(1);
    /// A signal handler. Its locks may sleep.
    pub const SIGNAL: Self = Self(2);

    /// The kind called `name`, made when it is new; `wait_type` is what its locks may need.
    ///
    /// `None` past the number of kinds that there can be.
    #[must_use]
    pub fn named(name: &str, wait_type: WaitType) -> Option<Self> {
        let _inside = Inside::enter();
        let known = |slot: &OnceBox<Named>| {
            let made = slot.get_or_init(|| {
                Box::new(Named {
                    name: name.into(),
                    wait_type,
                })
            });
            *made.name == *name
        };
        let slot = NAMED.iter().position(known)?;
        Some(Self((BUILT_IN + slot) as u8))
    }

    /// What it is called in a report, for example `signal handler`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HARD => "hard interrupt",
            Self::SOFT => "soft interrupt",
            Self::SIGNAL => "signal handler",
            _ => self.named_data().map_or("context", |named| &named.name),
        }
    }

    /// What its locks may need.
    pub(crate) fn wait_type(self, threaded: bool) -> WaitType {
        match self {
            Self::HARD if !threaded => WaitType::Spin,
            Self::HARD | Self::SOFT => WaitType::Config,
            Self::SIGNAL => WaitType::Task,
            _ => self
                .named_data()
                .map_or(WaitType::Task, |named| named.wait_type),
        }
    }

    fn named_data(self) -> Option<&'static Named> {
        NAMED.get(usize::from(self.0) - BUILT_IN)?.get()
    }

    /// The set of this kind.
    pub(crate) const fn alone(self) -> Contexts {
        Contexts(1 << self.0)
    }

    /// What cannot arrive while it is masked, or runs.
    pub(crate) fn keeps_off(self) -> Contexts {
        match self {
            Self::HARD => self.alone().with(Self::SOFT.alone()),
            _ => self.alone(),
        }
    }

    pub(crate) fn number(self) -> u8 {
        self.0
    }

    pub(crate) fn of_number(number: u8) -> Self {
        Self(number)
    }
}

impl fmt::Debug for ContextKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContextKind({})", self.name())
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contexts(u8);

const _: () = assert!(CONTEXTS == u8::BITS as usize);

impl Contexts {
    pub(crate) const ALL: Self = Self(u8::MAX);

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn of_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub(crate) const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub(crate) fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn contains(self, kind: ContextKind) -> bool {
        self.0 & kind.alone().0 != 0
    }

    /// Its kinds, in the order of their numbers.
    pub(crate) fn iter(self) -> impl Iterator<Item = ContextKind> {
        (0..CONTEXTS as u8)
            .map(ContextKind)
            .filter(move |&kind| self.contains(kind))
    }
}
