//! What came of the holds of a task, or of several.

use std::time::Instant;

use heldby_model::{LockStat, Mode, Places, Tally, Times};
use rustc_hash::FxHashMap;

use super::hold::{Hold, nanoseconds};
use crate::class::ClassId;
use crate::limits::STAT_SITES;
use crate::site::Site;

/// A class, and whether its locks were held exclusively.
pub(super) type Key = (ClassId, bool);

/// Counters for each class, apart for exclusive holds and shared ones.
#[derive(Debug, Default)]
pub(super) struct Counts(FxHashMap<Key, Counters>);

/// What came of some holds of one class in one mode; some 500 bytes that can be copied, so that others
/// read them without an allocation in between.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    acquisitions: u64,
    contentions: u64,
    wait: Times,
    hold: Times,
    waited_at: Sites,
    held_at: Sites,
}

/// Some places with how often each was met, and how often others were.
#[derive(Clone, Copy, Debug, Default)]
struct Sites {
    met: [Option<(Site, u64)>; STAT_SITES],
    others: u64,
}

impl Counts {
    /// Makes room for a hold, so that [`add`](Self::add) allocates nothing.
    pub(super) fn prepare(&mut self, key: Key) {
        self.0.entry(key).or_default();
    }

    /// Counts a hold that lasted until `ended`, or of which no end is known; nothing of one that was
    /// not got. There must be room for it.
    pub(super) fn add(&mut self, hold: &Hold, ended: Option<Instant>) {
        if let Some(counters) = self.0.get_mut(&hold.key()) {
            counters.add(hold, ended);
        }
    }

    pub(super) fn merge(&mut self, counted: impl IntoIterator<Item = (Key, Counters)>) {
        for (key, counters) in counted {
            self.0.entry(key).or_default().merge(&counters);
        }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (Key, Counters)> + '_ {
        self.0.iter().map(|(&key, &counters)| (key, counters))
    }

    /// The same as plain data, the classes by their numbers, exclusive holds first; without what was only
    /// made room for.
    pub(super) fn told(&self) -> Vec<LockStat> {
        let mut all: Vec<_> = self.iter().collect();
        all.retain(|(_, counters)| counters.acquisitions > 0 || counters.hold.count > 0);
        all.sort_unstable_by_key(|&((class, exclusive), _)| (class, !exclusive));
        let told = |((id, exclusive), counters): (Key, Counters)| {
            let class = id.class();
            LockStat {
                class: id.0,
                lock: class.name.clone(),
                type_name: class.lock_type.family.to_owned(),
                made_at: class.made_at.map(Site::to_model),
                mode: if exclusive { Mode::Write } else { Mode::Read },
                tally: counters.told(),
            }
        };
        all.into_iter().map(told).collect()
    }
}

impl Counters {
    /// What a hold comes to that is not over.
    pub(super) fn so_far(hold: &Hold) -> Self {
        let mut counters = Self::default();
        counters.add(hold, None);
        counters
    }

    fn add(&mut self, hold: &Hold, ended: Option<Instant>) {
        let Some(got) = hold.since() else { return };
        self.acquisitions += u64::from(hold.is_acquisition());
        if let Some(waited) = hold.waited() {
            self.contentions += 1;
            self.wait.add(waited);
            self.waited_at.add(hold.site, 1);
            let behind = hold.behind.into_iter();
            behind.for_each(|site| self.held_at.add(site, 1));
        }
        if let Some(ended) = ended {
            self.hold.add(nanoseconds(got, ended));
        }
    }

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
        let fits = |place: &&mut Option<(Site, u64)>| place.is_none_or(|(met, _)| met == site);
        match self.met.iter_mut().find(fits) {
            Some(place) => *place = Some((site, place.map_or(0, |(_, met)| met) + count)),
            None => self.others += count,
        }
    }

    fn merge(&mut self, other: &Self) {
        let met = other.met.iter().flatten();
        met.for_each(|&(site, count)| self.add(site, count));
        self.others += other.others;
    }

    fn told(&self) -> Places {
        let met = self.met.iter().flatten();
        let met = met.map(|&(site, count)| (site.to_model(), count));
        Places::of(met, self.others)
    }
}
