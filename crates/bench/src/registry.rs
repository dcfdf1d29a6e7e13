//! Another thread that asks who holds a lock, all the time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::ladder::Rung;
use crate::options::Options;
use crate::sections::Lines;
use crate::shapes::{Base, Shape};

/// The raw lock is measured beside the same thread.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    let asked = Arc::new(heldby::sync::Mutex::named("asked", ()));
    // Registered, and this thread has a task to be read.
    drop(asked.lock());
    let done = Arc::new(AtomicBool::new(false));
    let reader = thread::spawn({
        let (asked, done) = (Arc::clone(&asked), Arc::clone(&done));
        move || {
            // Relaxed: it only has to end some time.
            while !done.load(Ordering::Relaxed) {
                std::hint::black_box(heldby::holders(&*asked));
            }
        }
    });
    for base in [Base::StdMutex, Base::ParkingMutex] {
        for locks in [1, 2, 8] {
            let rung = Rung {
                base,
                work: format!("nest of {locks}, registry read"),
                shape: Shape::Nest,
                locks,
                goal: Some(1.25),
            };
            rung.print(options, &[], out)?;
        }
    }
    // Relaxed: see the reader.
    done.store(true, Ordering::Relaxed);
    reader.join().expect("the reader does not panic");
    Ok(())
}
