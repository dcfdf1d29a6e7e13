//! Two threads at a time, each with a nest of its own.

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::locks::Lock;
use crate::rounds::Work;

/// The slower thread counts.
pub(crate) fn work<L: Lock>() -> Work {
    let mine = [L::make(0), L::make(1)];
    let theirs = [L::make(2), L::make(3)];
    // How many threads are ready for the round.
    let ready = Arc::new(AtomicU32::new(0));
    let (ask, asked) = mpsc::channel();
    let (answer, answered) = mpsc::channel();
    let of_other = Arc::clone(&ready);
    // Ends when the work is dropped; asleep between its rounds, so that it is in nobody's way.
    thread::spawn(move || {
        for repeat in asked {
            let took = together(&theirs, repeat, &of_other);
            if answer.send(took).is_err() {
                return;
            }
        }
    });
    Work::timed(2, move |repeat| {
        // Relaxed: the channel orders it.
        ready.store(0, Ordering::Relaxed);
        ask.send(repeat).expect("the thread waits for it");
        let took = together(&mine, repeat, &ready);
        took.max(answered.recv().expect("the thread answers"))
    })
}

fn together<L: Lock>(locks: &[L; 2], repeat: u32, ready: &AtomicU32) -> Duration {
    // Relaxed, both: nothing but the start is told by it.
    ready.fetch_add(1, Ordering::Relaxed);
    while ready.load(Ordering::Relaxed) < 2 {
        spin_loop();
    }
    let start = Instant::now();
    for _ in 0..repeat {
        let [outer, inner] = black_box(locks);
        let _outer = outer.acquire();
        let _inner = inner.acquire();
    }
    start.elapsed()
}
