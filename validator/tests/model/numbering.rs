//! A lock that is registered with a number, seen by another thread.

use loom::sync::Arc;
use loom::thread;

use crate::notes::Notes;
use crate::word::Word;

#[test]
fn who_sees_a_lock_sees_the_number_that_it_was_registered_with() {
    loom::model(|| {
        let lock = Arc::new((Word::new(std::ptr::null_mut()), Notes::new()));
        let seeing = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let (word, numbers) = &*lock;
                let seen = word.ids();
                assert!(seen == 0 || numbers.get((seen >> 32) as u32) == Some(7));
            })
        };
        let (word, numbers) = &*lock;
        word.register(|_| {
            numbers.set(1, 7);
            Some(1 << 32 | 3)
        });
        seeing.join().unwrap();
        assert_eq!((numbers.take(1), numbers.get(1)), (Some(7), None));
    });
}
