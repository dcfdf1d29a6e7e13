//! What is neither a plain lock nor a cell: notifications, messages, threads, and the locks of
//! `parking_lot` that std has no kind of.

use std::hint::black_box;
use std::io;

use crate::options::Options;
use crate::rounds::{Work, interleaved};
use crate::sections::Lines;
use crate::verdict::Row;

/// Does `act` on `subject`, whose orders are known from the first time on.
fn acts<S: 'static>(mut subject: S, act: impl Fn(&mut S) + 'static) -> Work {
    act(&mut subject);
    Work::new(1, move |repeat| {
        for _ in 0..repeat {
            act(black_box(&mut subject));
        }
    })
}

/// The same for the type of `$raw` and the one of `$ours`, as `$of`.
macro_rules! other {
    ($name:literal, $raw:path, $ours:path, $of:ident => $make:expr, $act:expr) => {
        (
            $name,
            || {
                use $raw as $of;
                acts($make, $act)
            },
            || {
                use $ours as $of;
                acts($make, $act)
            },
        )
    };
}

/// A kind of act, and what makes the work of it: the raw one, and ours.
type Acts = (&'static str, fn() -> Work, fn() -> Work);

const ACTS: [Acts; 8] = [
    other!(
        "Condvar::notify_one, nobody waits", std::sync, heldby::sync,
        of => of::Condvar::new(), |condvar| condvar.notify_one()
    ),
    other!(
        "sync_channel, a message through it", std::sync, heldby::sync,
        of => of::mpsc::sync_channel(1), |(sender, receiver)| {
            let _ = sender.send(1_u64);
            black_box(receiver.recv().ok());
        }
    ),
    other!(
        "channel, a message through it", std::sync, heldby::sync,
        of => of::mpsc::channel(), |(sender, receiver)| {
            let _ = sender.send(1_u64);
            black_box(receiver.recv().ok());
        }
    ),
    other!(
        "thread, spawn and join", std::thread, heldby::thread,
        of => (), |()| drop(black_box(of::spawn(|| ()).join()))
    ),
    other!(
        "parking_lot Condvar::notify_one, nobody waits", parking_lot, heldby::parking_lot,
        of => of::Condvar::new(), |condvar| {
            black_box(condvar.notify_one());
        }
    ),
    other!(
        "parking_lot Once::call_once, done", parking_lot, heldby::parking_lot,
        of => of::Once::new(), |once| once.call_once(|| ())
    ),
    other!(
        "parking_lot ReentrantMutex, locked twice", parking_lot, heldby::parking_lot,
        of => of::ReentrantMutex::new(0_u64), |lock| drop((lock.lock(), lock.lock()))
    ),
    other!(
        "parking_lot RwLock, upgradable read", parking_lot, heldby::parking_lot,
        of => of::RwLock::new(0_u64), |lock| drop(lock.upgradable_read())
    ),
];

/// Each act beside that of the type it stands in for.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    for (work, raw, heldby) in ACTS {
        let times = interleaved(options.rounds(300), &mut [raw(), heldby()]);
        out.row(Row::new(work, "raw", times[0], "ns"))?;
        let mut row = Row::new(work, "heldby", times[1], "ns");
        row.ratio = Some(times[1] / times[0]);
        out.row(row)?;
    }
    Ok(())
}
