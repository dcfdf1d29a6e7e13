//! Interleaved rounds.

use std::time::{Duration, Instant};

/// Work that can be repeated and tells how long it took.
pub(crate) struct Work {
    run: Box<dyn FnMut(u32) -> Duration>,
    /// What one repetition counts for, for example lock + unlock pairs.
    units: u32,
}

/// How long a round of one side takes, about: long against the clock, short against whatever else
/// the machine does.
const ROUND: Duration = Duration::from_micros(100);

impl Work {
    /// Work of so many `units`, timed from outside.
    pub(crate) fn new(units: u32, mut run: impl FnMut(u32) + 'static) -> Self {
        Self::timed(units, move |repeat| {
            let start = Instant::now();
            run(repeat);
            start.elapsed()
        })
    }

    /// Work that takes its own time.
    pub(crate) fn timed(units: u32, run: impl FnMut(u32) -> Duration + 'static) -> Self {
        let run = Box::new(run);
        Self { run, units }
    }

    /// Does it so often, and tells how long that took.
    pub(crate) fn time(&mut self, repeat: u32) -> Duration {
        (self.run)(repeat)
    }

    /// How often to repeat it so that a round is of a good length; warms it up, too.
    fn calibrate(&mut self) -> u32 {
        let mut repeat = 1;
        loop {
            // The second is the warm one.
            (self.run)(repeat);
            let took = (self.run)(repeat);
            if took >= ROUND / 2 || repeat >= 1 << 20 {
                return repeat;
            }
            repeat *= 2;
        }
    }

    fn nanoseconds_a_unit(&mut self, repeat: u32) -> f64 {
        (self.run)(repeat).as_secs_f64() * 1e9 / (f64::from(repeat) * f64::from(self.units))
    }
}

/// Times all `sides` in turn, `rounds` times, and returns the least nanoseconds a unit of each.
pub(crate) fn interleaved(rounds: u32, sides: &mut [Work]) -> Vec<f64> {
    let repeats: Vec<_> = sides.iter_mut().map(Work::calibrate).collect();
    let mut least = vec![f64::INFINITY; sides.len()];
    for _ in 0..rounds {
        for ((side, &repeat), least) in sides.iter_mut().zip(&repeats).zip(&mut least) {
            *least = least.min(side.nanoseconds_a_unit(repeat));
        }
    }
    least
}
