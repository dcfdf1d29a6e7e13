//! What came of the holds of a task, or of several.

use std::time::Instant;

use heldby_model::{LockStat, Mode, Places, Tally, Times};
use rustc_hash::FxHashMap;

use super::hold::{Hold, nanoseconds};
use crate::class::ClassId;
use crate::limits::STAT_SITES;
use crate::site::Site;

/// Counters for each class, apart for exclusive holds and shared ones.
#[derive(Debug, Default)]
pub(super) struct Counts(FxHashMap<(ClassId, bool), Counters>);

#[derive(Debug, Default)]
struct Counters {
    acquisitions: u64,
    contentions: u64,
    wait: Times,
    hold: Times,
    waited_at: Sites,
    held_at: Sites,
}

/// Some places with how often each was met, and how often others were.
#[derive(Debug, Default)]
struct Sites {
    met: Vec<(Site, u64)>,
    others: u64,
}

impl Counts {
    /// Counts a hold that lasted until `ended`, or of which no end is known; nothing of one that was
    /// not got.
    pub(super) fn add(&mut self, hold: &Hold, ended: Option<Instant>) {
        let Some(got) = hold.since() else { return };
        let counters = self.0.entry((hold.class, hold.exclusive)).or_default();
        counters.acquisitions += u64::from(hold.is_acquisition());
        if let Some(waited) = hold.waited() {
            counters.contentions += 1;
            counters.wait.add(waited);
            counters.waited_at.add(hold.site, 1);
            hold.behind
                .into_iter()
                .for_each(|site| counters.held_at.add(site, 1));
        }
        if let Some(ended) = ended {
            counters.hold.add(nanoseconds(got, ended));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (key, counters) in &other.0 {
            self.0.entry(*key).or_default().merge(counters);
        }
    }

    /// The same as plain data, the classes by their numbers, exclusive holds first.
    pub(super) fn told(&self) -> Vec<LockStat> {
        let mut keys: Vec<_> = self.0.keys().copied().collect();
        keys.sort_unstable_by_key(|&(class, exclusive)| (class, !exclusive));
        let told = |key: (ClassId, bool)| {
            let (class, exclusive) = (key.0.class(), key.1);
            LockStat {
                class: key.0.0,
                lock: class.name.clone(),
                type_name: class.lock_type.family.to_owned(),
                made_at: class.made_at.map(Site::to_model),
                mode: if exclusive { Mode::Write } else { Mode::Read },
                tally: self.0[&key].told(),
            }
        };
        keys.into_iter().map(told).collect()
    }
}

impl Counters {
    fn merge(&mut self, other: &Self) {
        self.acquisitions += other.acquisitions;
        self.contentions += other.contentions;
        self.wait.merge(&other.wait);
        self.hold.merge(&other.hold);
        self.waited_at.merge(&other.waited_at);
        self.held_at.merge(&other.held_at);
    }

    fn told(&self) -> Tally {
        Tally {
            acquisitions: self.acquisitions,
            contentions: self.contentions,
            wait: self.wait,
            hold: self.hold,
            waited_at: self.waited_at.told(),
            held_at: self.held_at.told(),
        }
    }
}

impl Sites {
    fn add(&mut self, site: Site, count: u64) {
        match self.met.iter().position(|(met, _)| *met == site) {
            Some(at) => self.met[at].1 += count,
            None if self.met.len() < STAT_SITES => self.met.push((site, count)),
            None => self.others += count,
        }
    }

    fn merge(&mut self, other: &Self) {
        other
            .met
            .iter()
            .for_each(|&(site, count)| self.add(site, count));
        self.others += other.others;
    }

    fn told(&self) -> Places {
        let met = self.met.iter();
        Places::of(
            met.map(|&(site, count)| (site.to_model(), count)),
            self.others,
        )
    }
}
