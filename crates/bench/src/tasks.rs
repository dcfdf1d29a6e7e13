//! Async tasks: tokio's locks and tasks, raw and validated.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use heldby::task::{branch, instrument};
use tokio::runtime::{Builder, Runtime};

use crate::options::Options;
use crate::rounds::{Work, interleaved};
use crate::sections::Lines;
use crate::verdict::{Goal, Row};

fn runtime() -> Runtime {
    let made = Builder::new_current_thread().build();
    made.expect("a runtime of one thread is made")
}

/// Awaits `$act` on `$of` again and again, in a task of `$wrap`.
macro_rules! awaits {
    ($sync:path, $wrap:expr, $make:expr, $act:expr) => {{
        use $sync as sync;
        let runtime = runtime();
        let locks = Arc::new($make);
        let work = Work::new(1, move |repeat| {
            let locks = Arc::clone(&locks);
            runtime.block_on($wrap(async move {
                let act = $act;
                for _ in 0..repeat {
                    act(black_box(&*locks)).await;
                }
            }));
        });
        let _: Option<sync::Mutex<()>> = None;
        work
    }};
}

/// The same by tokio's types and by ours.
macro_rules! both {
    ($name:literal, $goal:expr, $of:ident => $make:expr, $act:expr) => {
        (
            $name,
            $goal,
            || {
                use tokio::sync as $of;
                awaits!(tokio::sync, |task| task, $make, $act)
            },
            || {
                use heldby::tokio::sync as $of;
                awaits!(heldby::tokio::sync, instrument, $make, $act)
            },
        )
    };
}

/// What is awaited, its goal, and what makes the work of it: the raw one, and ours.
type Awaited = (&'static str, Option<f64>, fn() -> Work, fn() -> Work);

const AWAITED: [Awaited; 5] = [
    both!("tokio Mutex, nobody waits", Some(1.25),
        of => of::Mutex::new(0_u64), async |lock: &of::Mutex<u64>| *lock.lock().await += 1),
    both!("tokio Mutex, two nested", Some(1.25),
    of => [of::Mutex::new(0_u64), of::Mutex::new(0_u64)],
    async |[outer, inner]: &[of::Mutex<u64>; 2]| {
        let outer = outer.lock().await;
        *inner.lock().await += *outer;
    }),
    both!("tokio RwLock, read", None,
    of => of::RwLock::new(0_u64), async |lock: &of::RwLock<u64>| {
        black_box(*lock.read().await);
    }),
    both!("tokio RwLock, write", None,
        of => of::RwLock::new(0_u64), async |lock: &of::RwLock<u64>| *lock.write().await += 1),
    both!("tokio Semaphore, a permit", None,
    of => of::Semaphore::new(4), async |semaphore: &of::Semaphore| {
        drop(black_box(semaphore.acquire().await));
    }),
];

/// Polls what never ends, `wrap`ped.
fn polls<F: Future + 'static>(make: impl Fn() -> F + 'static) -> Work {
    let mut task = Box::pin(make());
    Work::new(1, move |repeat| {
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..repeat {
            let polled = black_box(&mut task).as_mut().poll(&mut cx);
            assert!(polled.is_pending());
        }
    })
}

/// A future that never ends.
fn endless() -> impl Future<Output = ()> {
    poll_fn(|_| black_box(Poll::Pending))
}

/// One that holds a lock meanwhile.
async fn holding() {
    let lock = heldby::tokio::sync::Mutex::new(0_u64);
    let _guard = lock.lock().await;
    endless().await;
}

/// What a poll costs besides that of the future, at most.
const POLL: f64 = 20.0;

fn print_polls(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    let raw = || polls(endless);
    type Kind = (&'static str, fn() -> Work);
    let kinds: [Kind; 3] = [
        ("a poll of a task, over the raw one", || {
            polls(|| instrument(endless()))
        }),
        (
            "a poll of a task that holds a lock, over the raw one",
            || polls(|| instrument(holding())),
        ),
        ("a poll of a branch, over the raw one", || {
            polls(|| branch(endless()))
        }),
    ];
    for (work, ours) in kinds {
        let times = interleaved(options.rounds(300), &mut [raw(), ours()]);
        let row = Row::new(work, "heldby", times[1] - times[0], "ns");
        out.row(row.goal(Goal::Value(POLL)))?;
    }
    Ok(())
}

fn print_spawns(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    let work = "task, spawn and join";
    let (raw, ours) = (runtime(), runtime());
    let sides = &mut [
        Work::new(1, move |repeat| {
            raw.block_on(async {
                for _ in 0..repeat {
                    drop(black_box(tokio::spawn(async {}).await));
                }
            });
        }),
        Work::new(1, move |repeat| {
            ours.block_on(async {
                for _ in 0..repeat {
                    drop(black_box(heldby::tokio::spawn(async {}).await));
                }
            });
        }),
    ];
    let times = interleaved(options.rounds(300), sides);
    out.row(Row::new(work, "raw", times[0], "ns"))?;
    let mut row = Row::new(work, "heldby", times[1], "ns");
    row.ratio = Some(times[1] / times[0]);
    out.row(row)
}

/// Each beside tokio's own.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    for (work, goal, raw, ours) in AWAITED {
        let times = interleaved(options.rounds(300), &mut [raw(), ours()]);
        out.row(Row::new(work, "raw", times[0], "ns"))?;
        let mut row = Row::new(work, "heldby", times[1], "ns");
        row.ratio = Some(times[1] / times[0]);
        row.goal = goal.map(Goal::Ratio);
        out.row(row)?;
    }
    print_polls(options, out)?;
    print_spawns(options, out)
}
