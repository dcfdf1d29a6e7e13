//! What a lock and its release cost, in nanoseconds: alone, and with others at work on their own locks.
//!
//! ```sh
//! cargo run --release -p heldby --features validate --example lock_cost
//! HELDBY_STAT=1 cargo run --release -p heldby --features validate --example lock_cost
//! ```

use std::hint::black_box;
use std::time::Instant;

use heldby::sync::Mutex;
use heldby::thread;

const ROUNDS: u32 = 200_000;
const PASSES: usize = 10;

/// The shortest of some passes over a lock of its own.
fn nanoseconds() -> f64 {
    let lock = Mutex::new(0);
    let pass = || {
        let begin = Instant::now();
        (0..ROUNDS).for_each(|_| *black_box(&lock).lock().unwrap() += 1);
        begin.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
    };
    (0..PASSES).map(|_| pass()).fold(f64::INFINITY, f64::min)
}

fn main() {
    for threads in [1, 2] {
        let slowest = thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(nanoseconds)).collect();
            let each = running.into_iter().map(|thread| thread.join().unwrap());
            each.fold(0.0, f64::max)
        });
        println!("{threads} threads: {slowest:.1} ns for a lock and its release");
    }
}
