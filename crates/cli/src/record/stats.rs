//! What all processes counted of their locks.

use std::collections::BTreeMap;

use heldby_model::{LockStat, Mode, Tally};

use super::merged::Sorted;

impl Sorted {
    /// The statistics of all processes added up, in the order of the classes.
    pub(crate) fn lock_stats(&self) -> Vec<LockStat> {
        let mut sums: BTreeMap<(usize, Mode), Tally> = BTreeMap::new();
        for (&(class, mode, _), tally) in &self.stats {
            sums.entry((class, mode)).or_default().merge(tally);
        }
        let sums = sums.into_iter();
        sums.map(|((class, mode), tally)| self.lock_stat(class, mode, tally))
            .collect()
    }

    fn lock_stat(&self, class: usize, mode: Mode, tally: Tally) -> LockStat {
        let known = self.lock_class(class);
        LockStat {
            class: class as u32,
            lock: known.name,
            type_name: known.type_name,
            made_at: known.made_at,
            mode,
            tally,
        }
    }
}
