//! Interleaved rounds.

use std::time::{Duration, Instant};

/// Times all `sides` in turn, `rounds` times, and returns the least nanoseconds a unit of work of
/// each; a side is called for `repeat` units.
pub(crate) fn interleaved<const N: usize>(
    rounds: u32,
    repeat: u32,
    mut sides: [&mut dyn FnMut(u32); N],
) -> [f64; N] {
    // Not counted: caches and branches are cold.
    sides.iter_mut().for_each(|side| side(repeat));
    let mut least = [f64::INFINITY; N];
    for _ in 0..rounds {
        for (side, least) in sides.iter_mut().zip(&mut least) {
            *least = least.min(time(repeat, side));
        }
    }
    least
}

fn time(repeat: u32, side: &mut dyn FnMut(u32)) -> f64 {
    let start = Instant::now();
    side(repeat);
    start.elapsed().as_secs_f64() * 1e9 / f64::from(repeat)
}

/// When a thread worked, or several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    since: Instant,
    until: Instant,
}

impl Span {
    pub(crate) fn since(since: Instant) -> Self {
        let until = Instant::now();
        Self { since, until }
    }

    /// From the first's begin to the last's end.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            since: self.since.min(other.since),
            until: self.until.max(other.until),
        }
    }

    pub(crate) fn length(&self) -> Duration {
        self.until - self.since
    }
}
