//! Fault handling under VMA read locks, beside the same under the mmap lock alone.
//!
//! Both sides run in turn, as pairs of rounds. The best round would be the one in which the scheduler
//! gave the churner no chance; so the pairs in which other programs took least of the machine count,
//! and of these the median.

use std::fmt;
use std::io::{self, Write};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::arena::{Arena, FAULTED, FaultLock, PAGE, REGION_PAGES, Served};
use crate::churner;
use crate::machine::Ticks;
use crate::options::Options;

/// Pairs of rounds.
const PAIRS: u32 = 15;

/// Pairs that count.
const COUNTED: usize = 5;

/// How long a round of one side lasts.
const SPAN: Duration = Duration::from_millis(100);
const QUICK_SPAN: Duration = Duration::from_millis(5);

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
        "faults under VMA read locks, and under the mmap lock alone: thousands a second, latency in ns,\n\
         share of the time for which the churner held the mmap lock, share of the machine of others"
    )?;
    writeln!(
        out,
        "{:>6} {:>5} | {:>6} {:>6} {:>7} {:>5} | {:>6} {:>6} {:>7} {:>5} | {:>6} {:>9} | {:>6}",
        "pagers",
        "churn",
        "vma",
        "p50",
        "p99",
        "held",
        "mmap",
        "p50",
        "p99",
        "held",
        "ratio",
        "p99 ratio",
        "others"
    )?;
    for churn in [Churn::None, Churn::Half] {
        for &pagers in &options.pagers {
            let pairs = quietest(measure(options, pagers, churn));
            writeln!(out, "{pagers:>6} {churn:>5} | {}", Summary(&pairs))?;
        }
    }
    Ok(())
}

/// A round of each side, one after the other.
struct Pair {
    vma: Figures,
    mmap: Figures,
    /// The share of the machine that other programs took.
    others: f64,
}

/// What a round has shown.
#[derive(Clone, Copy, Debug)]
struct Figures {
    /// Faults in a second.
    rate: f64,
    /// Nanoseconds from one fault of a pager to its next.
    p50: f64,
    p99: f64,
    /// The share of the time for which the churner held the mmap write lock.
    held: f64,
}

fn measure(options: &Options, pagers: usize, churn: Churn) -> Vec<Pair> {
    let span = if options.quick { QUICK_SPAN } else { SPAN };
    let arena = Arena::new();
    let run = |lock| {
        let load = Load {
            arena: &arena,
            lock,
            pagers,
            churn,
        };
        load.run(span)
    };
    let pair = |_| {
        let before = Ticks::now();
        let (vma, mmap) = (run(FaultLock::Vma), run(FaultLock::Mmap));
        let ticks = before.zip(Ticks::now());
        let others = ticks.map(|(before, after)| after.taken_by_others_since(&before));
        Pair {
            vma,
            mmap,
            others: others.unwrap_or(f64::NAN),
        }
    };
    (0..options.rounds(PAIRS)).map(pair).collect()
}

fn quietest(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort_by(|a, b| a.others.total_cmp(&b.others));
    pairs.truncate(COUNTED);
    pairs
}

/// A row of the table.
struct Summary<'a>(&'a [Pair]);

impl Summary<'_> {
    fn median(&self, figure: impl Fn(&Pair) -> f64) -> f64 {
        let mut values: Vec<_> = self.0.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn side(&self, f: &mut fmt::Formatter<'_>, side: impl Fn(&Pair) -> Figures) -> fmt::Result {
        write!(
            f,
            "{:>6.0} {:>6.0} {:>7.0} {:>4.0}% | ",
            self.median(|pair| side(pair).rate) / 1e3,
            self.median(|pair| side(pair).p50),
            self.median(|pair| side(pair).p99),
            self.median(|pair| side(pair).held) * 1e2,
        )
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.side(f, |pair| pair.vma)?;
        self.side(f, |pair| pair.mmap)?;
        write!(
            f,
            "{:>6.2} {:>9.2} | {:>5.0}%",
            self.median(|pair| pair.vma.rate / pair.mmap.rate),
            self.median(|pair| pair.vma.p99 / pair.mmap.p99),
            self.median(|pair| pair.others) * 1e2,
        )
    }
}

/// Threads at work on one arena.
struct Load<'a> {
    arena: &'a Arena,
    lock: FaultLock,
    pagers: usize,
    churn: Churn,
}

impl Load<'_> {
    fn run(&self, span: Duration) -> Figures {
        let stop = AtomicBool::new(false);
        let churners = usize::from(self.churn == Churn::Half);
        let start = Barrier::new(self.pagers + churners + 1);
        thread::scope(|scope| {
            let pagers: Vec<_> = (0..self.pagers)
                .map(|seed| {
                    let (start, stop) = (&start, &stop);
                    scope.spawn(move || {
                        start.wait();
                        self.page(seed as u64, stop)
                    })
                })
                .collect();
            let churner = (self.churn == Churn::Half).then(|| {
                scope.spawn(|| {
                    start.wait();
                    churner::run(self.arena, &stop)
                })
            });
            start.wait();
            let started = Instant::now();
            thread::sleep(span);
            // Relaxed: it is only a wish.
            stop.store(true, Ordering::Relaxed);
            let pagers = pagers
                .into_iter()
                .map(|pager| pager.join().expect("a pager does not panic"))
                .reduce(Pager::join)
                .expect("there is a pager");
            let elapsed = started.elapsed().as_secs_f64();
            let held = churner.map(|churner| churner.join().expect("the churner does not panic"));
            let faults = pagers.latency.len() as f64;
            Figures {
                rate: faults / elapsed,
                p50: pagers.latency.value_at_quantile(0.5) as f64,
                p99: pagers.latency.value_at_quantile(0.99) as f64,
                held: held.unwrap_or_default().as_secs_f64() / elapsed,
            }
        })
    }

    /// Serves fault after fault, on pages at random.
    fn page(&self, seed: u64, stop: &AtomicBool) -> Pager {
        let mut pager = Pager::new();
        let mut page = [0; PAGE];
        let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut last = Instant::now();
        // Relaxed: as above.
        while !stop.load(Ordering::Relaxed) {
            // Marsaglia, "Xorshift RNGs", 2003.
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let offset = dice as usize % (FAULTED * REGION_PAGES) * PAGE;
            let served = self
                .arena
                .serve(self.lock, Arena::start(0) + offset, &mut page);
            let now = Instant::now();
            pager.count(served, now - last);
            last = now;
        }
        pager
    }
}

/// What pagers have counted.
struct Pager {
    latency: Histogram<u64>,
    fell_back: u64,
}

impl Pager {
    fn new() -> Self {
        let bounds = Histogram::new_with_bounds(1, 60_000_000_000, 2);
        Self {
            latency: bounds.expect("the bounds are far enough apart"),
            fell_back: 0,
        }
    }

    fn count(&mut self, served: Served, latency: Duration) {
        self.latency.saturating_record(latency.as_nanos() as u64);
        self.fell_back += u64::from(served == Served::FellBack);
    }

    fn join(mut self, other: Self) -> Self {
        self.latency
            .add(other.latency)
            .expect("both have the same bounds");
        self.fell_back += other.fell_back;
        self
    }
}
