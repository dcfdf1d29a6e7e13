//! The words of glibc's locks that this library uses, shown to be left alone by glibc.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::null;
use std::thread;
use std::time::{Duration, SystemTime};

unsafe extern "C" {
    fn pthread_rwlock_timedrdlock(
        lock: *mut libc::pthread_rwlock_t,
        until: *const libc::timespec,
    ) -> c_int;
    fn pthread_rwlock_timedwrlock(
        lock: *mut libc::pthread_rwlock_t,
        until: *const libc::timespec,
    ) -> c_int;
}

const PATTERN: u64 = 0x1234_5678_9ABC_DEF1;

/// A lock whose spare word has the pattern.
struct Marked<T> {
    lock: Box<T>,
    word: usize,
}

impl<T> Marked<T> {
    /// `word` is the number of the word, 8 bytes each.
    fn new(word: usize, init: impl FnOnce(*mut T) -> c_int) -> Self {
        let mut lock = Box::new(MaybeUninit::zeroed());
        assert_eq!(init(lock.as_mut_ptr()), 0);
        // SAFETY: it was initialised.
        let lock = unsafe { lock.assume_init() };
        let mut marked = Self { lock, word };
        // SAFETY: the lock is larger.
        unsafe { marked.at().cast::<u64>().add(word).write(PATTERN) };
        marked
    }

    fn at(&mut self) -> *mut T {
        &mut *self.lock
    }

    fn check(&mut self, what: &str) {
        let word = self.word;
        // SAFETY: the lock is larger.
        let found = unsafe { self.at().cast::<u64>().add(word).read() };
        assert_eq!(found, PATTERN, "{what}");
    }
}

fn soon() -> libc::timespec {
    let until = SystemTime::now() + Duration::from_millis(2);
    let since = until
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("it is past 1970");
    libc::timespec {
        tv_sec: since.as_secs() as i64,
        tv_nsec: since.subsec_nanos().into(),
    }
}

/// Takes a lock, until some time.
type Take<T> = unsafe extern "C" fn(*mut T, *const libc::timespec) -> c_int;

/// Runs `take` in another thread, which gives up.
fn contend<T: 'static>(lock: *mut T, take: Take<T>) {
    let address = lock.expose_provenance();
    let contended = thread::spawn(move || {
        // SAFETY: the lock lives until this thread is joined.
        unsafe { take(std::ptr::with_exposed_provenance_mut(address), &soon()) }
    });
    assert_eq!(contended.join().ok(), Some(libc::ETIMEDOUT));
}

#[test]
fn glibc_leaves_a_word_of_a_mutex_alone() {
    let kinds = [
        libc::PTHREAD_MUTEX_NORMAL,
        libc::PTHREAD_MUTEX_RECURSIVE,
        libc::PTHREAD_MUTEX_ERRORCHECK,
        3,
    ];
    for (kind, protocol) in kinds.iter().flat_map(|&kind| {
        [
            (kind, libc::PTHREAD_PRIO_NONE),
            (kind, libc::PTHREAD_PRIO_INHERIT),
        ]
    }) {
        let what = format!("type {kind}, protocol {protocol}");
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the attributes are initialised first.
        let mut mutex = unsafe {
            libc::pthread_mutexattr_init(attributes.as_mut_ptr());
            libc::pthread_mutexattr_settype(attributes.as_mut_ptr(), kind);
            libc::pthread_mutexattr_setprotocol(attributes.as_mut_ptr(), protocol);
            Marked::new(3, |at| libc::pthread_mutex_init(at, attributes.as_ptr()))
        };
        let mut condition = libc::PTHREAD_COND_INITIALIZER;
        let at = mutex.at();
        // SAFETY: the mutex and the condition variable are initialised, and used as they may be.
        unsafe {
            for _ in 0..3 {
                assert_eq!(libc::pthread_mutex_lock(at), 0, "{what}");
                contend(at, libc::pthread_mutex_timedlock);
                let waited = libc::pthread_cond_timedwait(&mut condition, at, &soon());
                assert_eq!(waited, libc::ETIMEDOUT, "{what}");
                assert_eq!(libc::pthread_mutex_unlock(at), 0, "{what}");
                assert_eq!(libc::pthread_mutex_trylock(at), 0, "{what}");
                assert_eq!(libc::pthread_mutex_unlock(at), 0, "{what}");
            }
            mutex.check(&what);
            assert_eq!(libc::pthread_mutex_destroy(at), 0, "{what}");
        }
        mutex.check(&what);
    }
}

#[test]
fn glibc_leaves_a_word_of_a_rwlock_alone() {
    // SAFETY: the memory is there.
    let mut lock = Marked::new(2, |at| unsafe { libc::pthread_rwlock_init(at, null()) });
    let at = lock.at();
    // SAFETY: the lock is initialised, and used as it may be.
    unsafe {
        for _ in 0..3 {
            assert_eq!(libc::pthread_rwlock_rdlock(at), 0);
            contend(at, pthread_rwlock_timedwrlock);
            assert_eq!(libc::pthread_rwlock_unlock(at), 0);
            assert_eq!(libc::pthread_rwlock_wrlock(at), 0);
            contend(at, pthread_rwlock_timedrdlock);
            assert_eq!(libc::pthread_rwlock_unlock(at), 0);
        }
        lock.check("used");
        assert_eq!(libc::pthread_rwlock_destroy(at), 0);
    }
    lock.check("destroyed");
}
