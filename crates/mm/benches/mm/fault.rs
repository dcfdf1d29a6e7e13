//! Fault handling under VMA read locks, beside the same under the mmap lock alone.
//!
//! Throughput is that of faults back to back. Their latency would hide the waits, since a pager that
//! waits raises no fault meanwhile: it waits once in a write section, and serves hundreds between two.
//! So latency is that of faults which come at their own pace.
//!
//! The best round would be one in which the scheduler kept the churner from its work. So all rounds are
//! added up in which it held the mmap lock for about half the time.

use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::arena::{Arena, FaultLock, PAGE, any_page};
use crate::churner::{self, Churned};
use crate::options::Options;
use crate::rounds::Span;

const ROUNDS: u32 = 200;

/// How long a round of one side lasts.
const SPAN: Duration = Duration::from_millis(10);

/// For which share of the time the churner holds the mmap lock in a round that counts.
const HALF: Range<f64> = 0.4..0.6;

/// When a pager's next fault comes.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// At once.
    BackToBack,
    /// Some time after the last one was served.
    Later(Duration),
}

const LATER: Pace = Pace::Later(Duration::from_micros(100));

/// Whether somebody changes the address space meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Churn {
    None,
    Half,
}

impl fmt::Display for Churn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Half => "half",
        })
    }
}

pub(crate) fn print(options: &Options, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "faults back to back: thousands a second, rounds that count"
    )?;
    head(out, "faults", "")?;
    table(options, out, Pace::BackToBack)?;
    writeln!(
        out,
        "\nfaults at their own pace: latency in nanoseconds, rounds that count, ratio of the p99s"
    )?;
    head(out, "p50", "p99")?;
    table(options, out, LATER)
}

fn head(out: &mut impl Write, first: &str, second: &str) -> io::Result<()> {
    writeln!(
        out,
        "{:14} | {:>22} | {:>22} |\n{:>7} {:>6} | {first:>7} {second:>8} {:>5} | {first:>7} {second:>8} {:>5} | ratio",
        "", "under VMA read locks", "under the mmap lock", "pagers", "churn", "of", "of"
    )
}

fn table(options: &Options, out: &mut impl Write, pace: Pace) -> io::Result<()> {
    for churn in [Churn::None, Churn::Half] {
        for &pagers in &options.pagers {
            let [vma, mmap] = compare(options, pagers, churn, pace);
            writeln!(
                out,
                "{pagers:>7} {churn:>6} | {} | {} | {:>6.4}",
                vma.columns(pace),
                mmap.columns(pace),
                vma.ratio(&mmap, pace)
            )?;
        }
    }
    Ok(())
}

/// Measures both locks in turn.
fn compare(options: &Options, pagers: usize, churn: Churn, pace: Pace) -> [Side; 2] {
    let arena = Arena::new();
    let mut sides = [Side::new(), Side::new()];
    for _ in 0..options.rounds(ROUNDS) {
        for (side, lock) in sides.iter_mut().zip([FaultLock::Vma, FaultLock::Mmap]) {
            let load = Load {
                arena: &arena,
                lock,
                pagers,
                churn,
                pace,
            };
            side.add(&load.run());
        }
    }
    sides
}

/// All rounds of one side that count.
struct Side {
    rounds: u32,
    time: Duration,
    /// Nanoseconds.
    latency: Histogram<u64>,
}

impl Side {
    fn new() -> Self {
        Self {
            rounds: 0,
            time: Duration::ZERO,
            latency: no_latency(),
        }
    }

    fn add(&mut self, round: &Round) {
        let held = round.held.map(|held| held.div_duration_f64(round.time));
        if held.is_some_and(|held| !HALF.contains(&held)) {
            return;
        }
        self.rounds += 1;
        self.time += round.time;
        let added = self.latency.add(&round.latency);
        added.expect("both have the same bounds");
    }

    /// Faults in a second.
    fn rate(&self) -> f64 {
        self.latency.len() as f64 / self.time.as_secs_f64()
    }

    fn quantile(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64
    }
}

/// What is shown of a side, and compared: its throughput or its latency.
impl Side {
    fn columns(&self, pace: Pace) -> String {
        let [first, second] = match pace {
            Pace::BackToBack => [format!("{:.0}", self.rate() / 1e3), String::new()],
            Pace::Later(_) => [0.5, 0.99].map(|q| format!("{:.0}", self.quantile(q))),
        };
        format!("{first:>7} {second:>8} {:>5}", self.rounds)
    }

    fn ratio(&self, other: &Self, pace: Pace) -> f64 {
        match pace {
            Pace::BackToBack => self.rate() / other.rate(),
            Pace::Later(_) => self.quantile(0.99) / other.quantile(0.99),
        }
    }
}

/// What a round has shown.
struct Round {
    time: Duration,
    latency: Histogram<u64>,
    /// For how long the churner held the mmap write lock, if there was one.
    held: Option<Duration>,
}

/// A histogram of nanoseconds, up to a minute.
fn no_latency() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 2).expect("the bounds are far enough apart")
}

/// Threads at work on one arena.
struct Load<'a> {
    arena: &'a Arena,
    lock: FaultLock,
    pagers: usize,
    churn: Churn,
    pace: Pace,
}

impl Load<'_> {
    fn run(&self) -> Round {
        let stop = AtomicBool::new(false);
        let churners = usize::from(self.churn == Churn::Half);
        let start = Barrier::new(self.pagers + churners + 1);
        thread::scope(|scope| {
            let begin = |seed| {
                let (start, stop) = (&start, &stop);
                scope.spawn(move || {
                    start.wait();
                    self.page(seed, stop)
                })
            };
            let pagers: Vec<_> = (1..=self.pagers as u64).map(begin).collect();
            let churner = (churners > 0).then(|| {
                scope.spawn(|| {
                    start.wait();
                    churner::run(self.arena, &stop)
                })
            });
            start.wait();
            // How long a round lasts; the pagers work meanwhile.
            thread::sleep(SPAN);
            // Relaxed: it is only a wish.
            stop.store(true, Ordering::Relaxed);
            let churned = churner.map(|churner| churner.join().expect("a churner does not panic"));
            pagers
                .into_iter()
                .map(|pager| pager.join().expect("a pager does not panic"))
                .reduce(Paged::with)
                .expect("there is a pager")
                .beside(churned)
        })
    }

    /// Serves faults on pages at random.
    fn page(&self, seed: u64, stop: &AtomicBool) -> Paged {
        let mut page = [0; PAGE];
        let mut dice = seed;
        let mut latency = no_latency();
        let since = Instant::now();
        // Relaxed: as above.
        while !stop.load(Ordering::Relaxed) {
            if let Pace::Later(pause) = self.pace {
                // The pace of the faults is what is measured here.
                thread::sleep(pause);
            }
            let raised = Instant::now();
            self.arena.serve(self.lock, any_page(&mut dice), &mut page);
            latency.saturating_record(raised.elapsed().as_nanos() as u64);
        }
        let span = Span::since(since);
        Paged { span, latency }
    }
}

/// What pagers have done.
struct Paged {
    span: Span,
    latency: Histogram<u64>,
}

impl Paged {
    fn with(mut self, other: Self) -> Self {
        let added = self.latency.add(other.latency);
        added.expect("both have the same bounds");
        let span = self.span.with(other.span);
        Self { span, ..self }
    }

    fn beside(self, churned: Option<Churned>) -> Round {
        let churner = churned.as_ref().map(|churned| churned.span);
        let span = churner.map_or(self.span, |churner| churner.with(self.span));
        Round {
            time: span.length(),
            latency: self.latency,
            held: churned.map(|churned| churned.held),
        }
    }
}
