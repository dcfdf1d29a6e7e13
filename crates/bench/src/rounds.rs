//! Interleaved rounds.

use std::time::Instant;

/// Rounds of each side.
const ROUNDS: u32 = 200;

/// Times `first` and `second` in turn and returns the least nanoseconds a call of each, each call
/// being `repeat` units of work.
pub(crate) fn interleaved(
    repeat: u32,
    mut first: impl FnMut(u32),
    mut second: impl FnMut(u32),
) -> (f64, f64) {
    first(repeat);
    second(repeat);
    let mut least = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        least.0 = least.0.min(time(repeat, &mut first));
        least.1 = least.1.min(time(repeat, &mut second));
    }
    least
}

fn time(repeat: u32, work: &mut impl FnMut(u32)) -> f64 {
    let start = Instant::now();
    work(repeat);
    start.elapsed().as_secs_f64() * 1e9 / f64::from(repeat)
}
