//! The tally: what was counted while the threads ran, and how long faults took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use heldby::sync::Mutex;

use crate::lease::recover;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Counts one.
    pub(crate) fn one(&self) {
        self.many(1);
    }

    /// Counts `n`.
    pub(crate) fn many(&self, n: u64) {
        // Relaxed: a statistic, nothing is ordered by it.
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub(crate) fn get(&self) -> u64 {
        // Relaxed: a statistic, nothing is ordered by it.
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Faults that pagers took from the queue.
    pub(crate) faults: Count,
    /// Of these, served with the page of zeros.
    pub(crate) holes: Count,
    /// Pages that were there already (EEXIST).
    pub(crate) already_there: Count,
    /// Installations that had to be asked for again (EAGAIN).
    pub(crate) again: Count,
    /// Faults that found the VMA's lock refused and were served under the mmap lock.
    pub(crate) fallbacks: Count,
    /// Faults that had been served together with another one of the same page.
    pub(crate) stale: Count,
    /// Pages dropped, so that they fault again.
    pub(crate) evictions: Count,
    /// Mappings, unmappings, changes of protection and of names, and listings.
    pub(crate) maps: Count,
    pub(crate) unmaps: Count,
    pub(crate) protects: Count,
    pub(crate) renames: Count,
    pub(crate) listings: Count,
    /// VMAs split and merged, and pages guarded.
    pub(crate) splits: Count,
    pub(crate) merges: Count,
    pub(crate) guards: Count,
    /// Walks of the maps reader from end to end.
    pub(crate) walks: Count,
    /// Copies of the address space, and those that were interrupted.
    pub(crate) forks: Count,
    pub(crate) interrupted_forks: Count,
    /// VMAs that the neighbour has mapped anew.
    pub(crate) neighbour: Count,
    latency: Mutex<Latency>,
}

impl Tally {
    /// Makes a tally of nothing.
    pub(crate) fn new() -> Self {
        Self {
            faults: Count::default(),
            holes: Count::default(),
            already_there: Count::default(),
            again: Count::default(),
            fallbacks: Count::default(),
            stale: Count::default(),
            evictions: Count::default(),
            maps: Count::default(),
            unmaps: Count::default(),
            protects: Count::default(),
            renames: Count::default(),
            listings: Count::default(),
            splits: Count::default(),
            merges: Count::default(),
            guards: Count::default(),
            walks: Count::default(),
            forks: Count::default(),
            interrupted_forks: Count::default(),
            neighbour: Count::default(),
            latency: Mutex::named("latency", Latency::new()),
        }
    }

    /// All operations on the address space.
    pub(crate) fn vm_operations(&self) -> u64 {
        let kinds = [
            &self.maps,
            &self.unmaps,
            &self.protects,
            &self.renames,
            &self.listings,
            &self.splits,
            &self.merges,
            &self.guards,
            &self.walks,
            &self.forks,
        ];
        kinds.into_iter().map(Count::get).sum()
    }

    /// Adds what one toucher has measured.
    pub(crate) fn add_latency(&self, latency: &Latency) {
        recover(self.latency.lock()).add(latency);
    }

    /// What all touchers that have ended measured.
    pub(crate) fn quantiles(&self) -> Quantiles {
        recover(self.latency.lock()).quantiles()
    }
}

/// How long touches waited for a pager.
#[derive(Debug)]
pub(crate) struct Latency(Histogram<u64>);

/// A latency at which half, and 99 of 100, waited no longer; and the longest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantiles {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Latency {
    /// Makes a histogram of nanoseconds, up to a minute, with three significant digits.
    pub(crate) fn new() -> Self {
        let bounds = Histogram::new_with_bounds(1, 60_000_000_000, 3);
        Self(bounds.expect("the bounds are far enough apart"))
    }

    /// Records one wait.
    pub(crate) fn record(&mut self, waited: Duration) {
        self.0
            .saturating_record(u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX));
    }

    fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds");
    }

    fn quantiles(&self) -> Quantiles {
        Quantiles {
            p50: Duration::from_nanos(self.0.value_at_quantile(0.5)),
            p99: Duration::from_nanos(self.0.value_at_quantile(0.99)),
            max: Duration::from_nanos(self.0.max()),
        }
    }
}
