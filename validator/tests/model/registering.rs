//! A lock that two threads acquire for the first time, or that one of them gives a key.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering, fence};
use loom::thread;

use crate::word::{KEYED, Keyed, Registered, Word};

/// A lock map, and what others are to know when they see its word.
struct Lock {
    word: Word,
    told: AtomicU32,
}

fn origin(tag: usize) -> *mut () {
    std::ptr::without_provenance_mut(0b1000 | tag)
}

impl Lock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            word: Word::new(origin(0)),
            told: AtomicU32::new(0),
        })
    }

    /// Tells something, before the word changes.
    fn tell(&self) {
        self.told.store(1, Ordering::Relaxed);
    }

    /// Asks whether it was told, after the word was loaded.
    fn is_told(&self) -> bool {
        fence(Ordering::Acquire);
        self.told.load(Ordering::Relaxed) == 1
    }
}

#[test]
fn two_first_acquires_agree() {
    loom::model(|| {
        let lock = Lock::new();
        let other = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || lock.word.register(|_| Some(5)).unwrap())
        };
        let pair = [
            lock.word.register(|_| Some(3)).unwrap(),
            other.join().unwrap(),
        ];
        let ids = lock.word.ids();
        let (first, second) = (Registered::Now(ids), Registered::Before(ids));
        assert!(pair == [first, second] || pair == [second, first]);
        assert!(ids == if pair[0] == first { 3 } else { 5 });
    });
}

#[test]
fn a_key_that_comes_meanwhile_is_followed_or_late() {
    loom::model(|| {
        let lock = Lock::new();
        let keying = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || lock.word.set_key(origin(KEYED)))
        };
        let named = |word: *mut ()| Some(if word == origin(KEYED) { 5 } else { 3 });
        let registered = lock.word.register(named).unwrap();
        let ids = match keying.join().unwrap() {
            Keyed::Yes => 5,
            Keyed::TooLate => 3,
        };
        assert_eq!((registered, lock.word.ids()), (Registered::Now(ids), ids));
    });
}

#[test]
fn a_key_is_whole_where_its_address_is_seen() {
    loom::model(|| {
        let lock = Lock::new();
        let registering = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                lock.word.register(|word| {
                    let followed = lock.told.load(Ordering::Relaxed) == 1;
                    assert!(followed || word != origin(KEYED));
                    Some(3)
                });
            })
        };
        lock.tell();
        lock.word.set_key(origin(KEYED));
        registering.join().unwrap();
    });
}

#[test]
fn who_sees_ids_sees_what_was_told_before() {
    loom::model(|| {
        let lock = Lock::new();
        let seeing = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || assert!(lock.word.ids() & 1 == 0 || lock.is_told()))
        };
        lock.word.register(|_| {
            lock.tell();
            Some(3)
        });
        seeing.join().unwrap();
    });
}

#[test]
fn who_is_late_sees_what_the_first_one_told() {
    loom::model(|| {
        let lock = Lock::new();
        let late = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || match lock.word.register(|_| Some(5)).unwrap() {
                Registered::Now(ids) => assert_eq!(ids, 5),
                Registered::Before(_) => assert!(lock.is_told()),
            })
        };
        lock.word.register(|_| {
            lock.tell();
            Some(3)
        });
        late.join().unwrap();
    });
}

#[test]
fn who_sees_ids_change_sees_what_was_told_before() {
    loom::model(|| {
        let lock = Lock::new();
        lock.word.register(|_| Some(3)).unwrap();
        let seeing = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || assert!(lock.word.ids() == 3 || lock.is_told()))
        };
        lock.tell();
        lock.word.set_ids(5);
        seeing.join().unwrap();
    });
}
