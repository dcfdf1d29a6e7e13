//! How long locks are waited for and held, as `/proc/lock_stat` tells it.
//!
//! Numbers of one class and mode stand together in a [`Tally`]. Tallies of threads and of processes are
//! added up, so it does not matter in which order that is done.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Mode, Site};

/// How many times something lasted, and for how long; in nanoseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Times {
    /// How many there were.
    pub count: u64,
    /// All together.
    pub total_ns: u64,
    /// The shortest; 0 if there was none.
    pub min_ns: u64,
    /// The longest; 0 if there was none.
    pub max_ns: u64,
}

impl Times {
    /// Adds one that lasted for `ns`.
    pub fn add(&mut self, ns: u64) {
        self.merge(&Self {
            count: 1,
            total_ns: ns,
            min_ns: ns,
            max_ns: ns,
        });
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.min_ns = match self.count {
            0 => other.min_ns,
            _ => self.min_ns.min(other.min_ns),
        };
        self.max_ns = self.max_ns.max(other.max_ns);
        self.total_ns = self.total_ns.saturating_add(other.total_ns);
        self.count = self.count.saturating_add(other.count);
    }

    /// The mean; 0 if there was none.
    #[must_use]
    pub fn mean_ns(&self) -> u64 {
        self.total_ns.checked_div(self.count).unwrap_or(0)
    }
}

/// Places, and how often each was met.
///
/// Whoever counts keeps only some places and puts the rest under `others`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Places {
    /// The most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Counted>,
    /// What was counted at other places.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u64,
}

/// A place, and how often it was met.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counted {
    /// Where.
    pub site: Site,
    /// How often.
    pub count: u64,
}

impl Places {
    /// The places of `counts`, each of which comes once or more often.
    #[must_use]
    pub fn of(counts: impl IntoIterator<Item = (Site, u64)>, others: u64) -> Self {
        let mut sum = BTreeMap::new();
        for (site, count) in counts {
            let known = sum.entry(site).or_insert(0_u64);
            *known = known.saturating_add(count);
        }
        let mut sites: Vec<_> = sum
            .into_iter()
            .map(|(site, count)| Counted { site, count })
            .collect();
        // Stable: of equal ones the lesser place first.
        sites.sort_by_key(|counted| Reverse(counted.count));
        Self { sites, others }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        let own = std::mem::take(self);
        let all = own.sites.into_iter().chain(other.sites.iter().cloned());
        let counts = all.map(|Counted { site, count }| (site, count));
        *self = Self::of(counts, own.others.saturating_add(other.others));
    }

    /// How often all of them were met.
    #[must_use]
    pub fn total(&self) -> u64 {
        let counts = self.sites.iter().map(|counted| counted.count);
        counts.fold(self.others, u64::saturating_add)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What was counted of the locks of a class, in one mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tally {
    /// Times that one was got, by whatever attempt.
    pub acquisitions: u64,
    /// Times that one was asked for while another thread had it, or had asked for it before, in a mode
    /// that excludes this one, and that was got in the end.
    pub contentions: u64,
    /// How long those took until the lock was got.
    pub wait: Times,
    /// From there, or from its attempt, to its release; what is still held is not counted.
    pub hold: Times,
    /// Where those asked that met a contention.
    #[serde(default)]
    pub waited_at: Places,
    /// Where the others had asked that were in their way, the one that came first.
    #[serde(default)]
    pub held_at: Places,
}

impl Tally {
    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.acquisitions = self.acquisitions.saturating_add(other.acquisitions);
        self.contentions = self.contentions.saturating_add(other.contentions);
        self.wait.merge(&other.wait);
        self.hold.merge(&other.hold);
        self.waited_at.merge(&other.waited_at);
        self.held_at.merge(&other.held_at);
    }
}

/// What statistics are sorted by, the largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatOrder {
    /// How long locks were waited for, all together.
    #[default]
    Wait,
    /// The longest wait.
    LongestWait,
    /// How long they were held, all together.
    Hold,
    /// The longest hold.
    LongestHold,
    /// How often another thread was in the way.
    Contentions,
    /// How often they were got.
    Acquisitions,
}

impl StatOrder {
    /// Sorts `stats`; equal ones by total wait, total hold and name.
    pub fn sort(self, stats: &mut [LockStat]) {
        let key = |tally: &Tally| match self {
            Self::Wait => tally.wait.total_ns,
            Self::LongestWait => tally.wait.max_ns,
            Self::Hold => tally.hold.total_ns,
            Self::LongestHold => tally.hold.max_ns,
            Self::Contentions => tally.contentions,
            Self::Acquisitions => tally.acquisitions,
        };
        let keys = |stat: &LockStat| {
            let tally = &stat.tally;
            Reverse((key(tally), tally.wait.total_ns, tally.hold.total_ns))
        };
        stats.sort_by(|one, other| {
            let names = || (&one.lock, one.mode).cmp(&(&other.lock, other.mode));
            keys(one).cmp(&keys(other)).then_with(names)
        });
    }
}

/// The tally of a class, in one mode, with what the class is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockStat {
    /// Number of the class: a [`ClassNode::id`](crate::ClassNode::id) in a snapshot.
    pub class: u32,
    /// Its name.
    pub lock: String,
    /// The type of its locks.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Where its locks are made, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Site>,
    /// How they were held: [`Mode::Write`], or [`Mode::Read`] for any shared hold.
    pub mode: Mode,
    /// What was counted.
    #[serde(flatten)]
    pub tally: Tally,
}
