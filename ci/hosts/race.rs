//! Two threads write one word, and nothing orders them: what ThreadSanitizer has to report before its
//! silence about anything else counts.

use std::cell::UnsafeCell;
use std::thread;

struct Word(UnsafeCell<u32>);

// SAFETY: none; this is the race.
unsafe impl Sync for Word {}

static WORD: Word = Word(UnsafeCell::new(0));

fn write() {
    // SAFETY: none, as above.
    unsafe { *WORD.0.get() += 1 };
}

fn main() {
    thread::scope(|scope| {
        scope.spawn(write);
        scope.spawn(write);
    });
}
