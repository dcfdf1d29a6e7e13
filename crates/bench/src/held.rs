//! Ownership queries.

use std::hint::black_box;
use std::io;

use heldby::sync::Mutex;

use crate::options::Options;
use crate::rounds::{Work, interleaved};
use crate::sections::Lines;
use crate::verdict::{Goal, Row};

/// `held` under eight locks.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    for (what, asked) in [("newest", 7), ("oldest", 0), ("not held", 8)] {
        let locks: Vec<_> = (0..9)
            .map(|class| Mutex::named(&format!("mutex {class}"), class))
            .collect();
        // Registered, since a lock that was never acquired is told apart at once.
        drop(locks[8].lock());
        let work = Work::new(1, move |repeat| {
            let mut guards: Vec<_> = locks[..8].iter().map(|lock| lock.lock()).collect();
            for _ in 0..repeat {
                black_box(heldby::held(black_box(&locks[asked])));
            }
            while guards.pop().is_some() {}
        });
        let time = interleaved(options.rounds(300), &mut [work])[0];
        let work = format!("held(&lock) under 8 locks, {what}");
        out.row(Row::new(work, "heldby", time, "ns").goal(Goal::Value(8.0)))?;
    }
    Ok(())
}
