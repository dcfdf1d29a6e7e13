//! Looks at cells that are initialised.

use std::hint::black_box;
use std::io;

use heldby::sync::Mutex;

use crate::options::Options;
use crate::rounds::{Work, interleaved};
use crate::sections::Lines;
use crate::verdict::{Goal, Row};

/// A look at `cell`, which is known from the first one on.
fn looks<C: 'static>(cell: C, look: impl Fn(&C) + 'static) -> Work {
    look(&cell);
    Work::new(1, move |repeat| {
        for _ in 0..repeat {
            look(black_box(&cell));
        }
    })
}

/// The same while a lock is held.
fn looks_under_a_lock(mut looks: Work) -> Work {
    let lock = Mutex::named("around", ());
    Work::timed(1, move |repeat| {
        let _guard = lock.lock();
        looks.time(repeat)
    })
}

macro_rules! cell {
    ($name:literal, $cell:ident, $make:expr, $look:expr) => {
        (
            $name,
            || {
                use std::sync::$cell;
                looks($make, $look)
            },
            || {
                use heldby::sync::$cell;
                looks($make, $look)
            },
        )
    };
}

/// A kind of look, and what makes the work of it: std's, and ours.
type Looks = (&'static str, fn() -> Work, fn() -> Work);

const LOOKS: [Looks; 3] = [
    cell!("OnceLock::get_or_init", OnceLock, OnceLock::new(), |cell| {
        black_box(cell.get_or_init(|| 1_u64));
    }),
    cell!(
        "LazyLock deref",
        LazyLock,
        LazyLock::<u64>::new(|| 1),
        |cell| {
            black_box(**cell);
        }
    ),
    cell!("Once::call_once", Once, Once::new(), |once| once
        .call_once(|| ())),
];

/// Each look alone and under a lock, beside std's.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    for (name, std, heldby) in LOOKS {
        let work = format!("{name}, initialised");
        let mut sides = [std(), heldby(), looks_under_a_lock(heldby())];
        let times = interleaved(options.rounds(300), &mut sides);
        out.row(Row::new(&work, "raw", times[0], "ns"))?;
        let under_a_lock = format!("{work}, under a lock");
        for (work, time) in [(work, times[1]), (under_a_lock, times[2])] {
            out.row(Row::new(work, "heldby", time, "ns").goal(Goal::Value(5.0)))?;
        }
    }
    Ok(())
}
