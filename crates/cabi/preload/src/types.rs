//! What glibc's objects are to us: their parts that we read, and their types for the engine.
//!
//! glibc promises the layout, since static initialisers are compiled into programs.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use heldby_validator::{LockType, Role};

/// What a thread runs.
pub(crate) type Start = extern "C-unwind" fn(*mut c_void) -> *mut c_void;

/// What is run once.
pub(crate) type Initialiser = extern "C-unwind" fn();

/// A `pthread_spinlock_t`.
pub(crate) type Spinlock = c_int;

/// A `sem_t`.
#[repr(C)]
pub(crate) struct Semaphore {
    _opaque: [u64; 4],
}

/// A `pthread_mutex_t`, which is a `mtx_t` too.
///
/// | bytes | what |
/// | --- | --- |
/// | 4..8 | how often a recursive one is held |
/// | 16..20 | its kind; written by its initialisation and its destruction alone |
/// | 24..40 | the list of robust ones; nothing reads or writes it for others, see [`spare`](Self::spare) |
///
/// # Source
/// glibc, `sysdeps/nptl/bits/struct_mutex.h` and `sysdeps/x86/nptl/bits/struct_mutex.h`.
#[repr(C)]
pub(crate) struct Mutex {
    lock: c_int,
    count: c_uint,
    owner: c_int,
    users: c_uint,
    kind: AtomicI32,
    spins: c_int,
    spare: AtomicU64,
    list: u64,
}

/// The bits of a mutex's kind.
pub(crate) mod kind {
    use std::ffi::c_int;

    /// Where the type stands.
    pub(crate) const TYPE: c_int = 0b11;
    pub(crate) const RECURSIVE: c_int = 1;
    pub(crate) const ADAPTIVE: c_int = 3;
    pub(crate) const ROBUST: c_int = 16;
    pub(crate) const SHARED: c_int = 128;
    /// Whether hardware may elide the lock, which changes nothing for us.
    pub(crate) const ELISION: c_int = 256 | 512;
}

impl Mutex {
    #[inline(always)]
    pub(crate) fn kind(&self) -> c_int {
        // Relaxed: it does not change while the mutex is used.
        self.kind.load(Ordering::Relaxed) & !kind::ELISION
    }

    /// Whether it waits for its own holder, and is neither robust nor shared with other processes.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.kind(), 0 | kind::ADAPTIVE)
    }

    /// The word that glibc leaves alone; `None` where it needs it, or where another process would
    /// misread ours.
    pub(crate) fn spare(&self) -> Option<&AtomicU64> {
        (self.kind() & (kind::ROBUST | kind::SHARED) == 0).then_some(&self.spare)
    }

    /// As [`spare`](Self::spare), of a mutex that has it.
    #[inline(always)]
    pub(crate) fn spare_of_plain(&self) -> &AtomicU64 {
        &self.spare
    }

    /// What is in that word before it is a mutex.
    pub(crate) fn remembered(&self) -> u64 {
        // Relaxed: nothing is ordered by it.
        self.spare.load(Ordering::Relaxed)
    }

    /// How often its holder, who asks, holds it, if it is recursive.
    pub(crate) fn count(&self) -> c_uint {
        self.count
    }
}

/// A `pthread_rwlock_t`.
///
/// # Source
/// glibc, `sysdeps/nptl/bits/struct_rwlock.h` and `sysdeps/x86/nptl/bits/struct_rwlock.h`: bytes 16..24
/// are padding.
#[repr(C)]
pub(crate) struct RwLock {
    state: [c_uint; 4],
    spare: AtomicU64,
    writer: c_int,
    shared: c_int,
    reserved: [u64; 2],
    flags: c_uint,
}

impl RwLock {
    /// The word that glibc leaves alone; `None` where another process would misread ours.
    #[inline(always)]
    pub(crate) fn spare(&self) -> Option<&AtomicU64> {
        (self.shared == 0).then_some(&self.spare)
    }

    /// What is in that word before it is a lock.
    pub(crate) fn remembered(&self) -> u64 {
        // Relaxed: nothing is ordered by it.
        self.spare.load(Ordering::Relaxed)
    }

    /// Whether a reader that comes waits for a writer that waits.
    #[inline(always)]
    pub(crate) fn prefers_writers(&self) -> bool {
        const PREFER_WRITER_NONRECURSIVE: c_uint = 2;
        self.flags == PREFER_WRITER_NONRECURSIVE
    }
}

const _: () = {
    assert!(size_of::<Mutex>() <= size_of::<libc::pthread_mutex_t>());
    assert!(size_of::<RwLock>() == size_of::<libc::pthread_rwlock_t>());
    assert!(std::mem::offset_of!(Mutex, spare) == 24);
    assert!(std::mem::offset_of!(RwLock, flags) == 48);
};

/// A `pthread_cond_t`, which is a `cnd_t` too.
#[repr(C)]
pub(crate) struct Cond {
    _opaque: [u64; 6],
}

macro_rules! types {
    ($($name:ident: $make:ident, $family:literal, $short:literal $(, $role:expr)?;)*) => {
        $(
            pub(crate) static $name: LockType = LockType {
                type_name: || $short,
                ..LockType::$make::<()>($family $(, $role)?)
            };
        )*
    };
}

types! {
    MUTEX: sleeping, "pthread_mutex_t", "mutex";
    RWLOCK: sleeping, "pthread_rwlock_t", "rwlock";
    COND: event, "pthread_cond_t", "cond", Role::Condvar;
    SPIN: sleeping, "pthread_spinlock_t", "spin";
    SEMAPHORE: sleeping, "sem_t", "sem";
    BARRIER: event, "pthread_barrier_t", "barrier", Role::Condvar;
    ONCE: event, "pthread_once_t", "once", Role::Initialiser;
    THREAD: event, "thread", "thread", Role::Thread;
}
