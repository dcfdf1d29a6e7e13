//! The functions of glibc that ours stand before.
//!
//! Each is looked up when it is first called, which may be before any constructor has run. `dlsym` may
//! allocate where it finds nothing, and the program's `malloc` may lock a mutex: such a lock is looked up
//! by itself, so nothing waits here and a second look-up finds the same.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::mem;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use libc::{
    clockid_t, pthread_attr_t, pthread_condattr_t, pthread_mutexattr_t, pthread_rwlockattr_t,
    pthread_t, timespec,
};

use crate::types::{Cond, Initialiser, Mutex, RwLock, Semaphore, Spinlock, Start};

/// One of them, and nothing else, so that few cache lines have those that are called most.
struct Real<F> {
    found: AtomicPtr<c_void>,
    is: PhantomData<fn() -> F>,
}

impl<F: Copy> Real<F> {
    const fn new() -> Self {
        const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
        Self {
            found: AtomicPtr::new(null_mut()),
            is: PhantomData,
        }
    }

    /// The function called `name`, of this version where glibc has several.
    #[inline(always)]
    fn get(&self, name: &'static CStr, version: Option<&'static CStr>) -> F {
        // Relaxed: the code it points to was there before this library.
        let mut found = self.found.load(Ordering::Relaxed);
        if found.is_null() {
            found = self.look_up(name, version);
        }
        // SAFETY: `F` is a function pointer by this module's table, which tells the function's type.
        unsafe { mem::transmute_copy(&found) }
    }

    #[cold]
    #[inline(never)]
    fn look_up(&self, name: &CStr, version: Option<&CStr>) -> *mut c_void {
        let versioned = version.map_or(null_mut(), |version| {
            // SAFETY: both are C strings.
            unsafe { libc::dlvsym(libc::RTLD_NEXT, name.as_ptr(), version.as_ptr()) }
        });
        let found = match versioned.is_null() {
            // SAFETY: as above.
            true => unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) },
            false => versioned,
        };
        if found.is_null() {
            let message =
                b"heldby: this C library lacks a function that the program calls; see docs/c.md\n";
            // SAFETY: the bytes are there; nothing better can be done than to say it and stop.
            unsafe {
                libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
                libc::abort();
            }
        }
        // Relaxed: see `get`.
        self.found.store(found, Ordering::Relaxed);
        found
    }
}

/// Which `pthread_cond_*` is wanted: the one before was of another layout, and is what a plain look-up
/// can find.
#[cfg(target_arch = "x86_64")]
const NEWER: Option<&CStr> = Some(c"GLIBC_2.3.2");
#[cfg(not(target_arch = "x86_64"))]
const NEWER: Option<&CStr> = None;

macro_rules! reals {
    ($($name:ident = $symbol:literal $(of $version:ident)?: ($($argument:ident: $type:ty),*);)*) => {
        $(
            /// The real function.
            ///
            /// # Safety
            /// As the program calls it.
            #[inline(always)]
            pub(crate) unsafe fn $name($($argument: $type),*) -> c_int {
                static REAL: Real<unsafe extern "C-unwind" fn($($type),*) -> c_int> =
                    Real::new();
                // SAFETY: the caller's promise; the type is that of the function in glibc.
                unsafe { REAL.get($symbol, reals!(@version $($version)?))($($argument),*) }
            }
        )*
    };
    (@version) => {
        None
    };
    (@version $version:ident) => {
        $version
    };
}

reals! {
    mutex_init = c"pthread_mutex_init": (mutex: *mut Mutex, attributes: *const pthread_mutexattr_t);
    mutex_destroy = c"pthread_mutex_destroy": (mutex: *mut Mutex);
    mutex_lock = c"pthread_mutex_lock": (mutex: *mut Mutex);
    mutex_trylock = c"pthread_mutex_trylock": (mutex: *mut Mutex);
    mutex_timedlock = c"pthread_mutex_timedlock": (mutex: *mut Mutex, until: *const timespec);
    mutex_clocklock = c"pthread_mutex_clocklock":
        (mutex: *mut Mutex, clock: clockid_t, until: *const timespec);
    mutex_unlock = c"pthread_mutex_unlock": (mutex: *mut Mutex);
    rwlock_init = c"pthread_rwlock_init": (lock: *mut RwLock, attributes: *const pthread_rwlockattr_t);
    rwlock_destroy = c"pthread_rwlock_destroy": (lock: *mut RwLock);
    rwlock_rdlock = c"pthread_rwlock_rdlock": (lock: *mut RwLock);
    rwlock_tryrdlock = c"pthread_rwlock_tryrdlock": (lock: *mut RwLock);
    rwlock_timedrdlock = c"pthread_rwlock_timedrdlock": (lock: *mut RwLock, until: *const timespec);
    rwlock_clockrdlock = c"pthread_rwlock_clockrdlock":
        (lock: *mut RwLock, clock: clockid_t, until: *const timespec);
    rwlock_wrlock = c"pthread_rwlock_wrlock": (lock: *mut RwLock);
    rwlock_trywrlock = c"pthread_rwlock_trywrlock": (lock: *mut RwLock);
    rwlock_timedwrlock = c"pthread_rwlock_timedwrlock": (lock: *mut RwLock, until: *const timespec);
    rwlock_clockwrlock = c"pthread_rwlock_clockwrlock":
        (lock: *mut RwLock, clock: clockid_t, until: *const timespec);
    rwlock_unlock = c"pthread_rwlock_unlock": (lock: *mut RwLock);
    cond_init = c"pthread_cond_init" of NEWER: (cond: *mut Cond, attributes: *const pthread_condattr_t);
    cond_destroy = c"pthread_cond_destroy" of NEWER: (cond: *mut Cond);
    cond_wait = c"pthread_cond_wait" of NEWER: (cond: *mut Cond, mutex: *mut Mutex);
    cond_timedwait = c"pthread_cond_timedwait" of NEWER:
        (cond: *mut Cond, mutex: *mut Mutex, until: *const timespec);
    cond_clockwait = c"pthread_cond_clockwait":
        (cond: *mut Cond, mutex: *mut Mutex, clock: clockid_t, until: *const timespec);
    cond_signal = c"pthread_cond_signal" of NEWER: (cond: *mut Cond);
    cond_broadcast = c"pthread_cond_broadcast" of NEWER: (cond: *mut Cond);
    spin_init = c"pthread_spin_init": (lock: *mut Spinlock, shared: c_int);
    spin_destroy = c"pthread_spin_destroy": (lock: *mut Spinlock);
    spin_lock = c"pthread_spin_lock": (lock: *mut Spinlock);
    spin_trylock = c"pthread_spin_trylock": (lock: *mut Spinlock);
    spin_unlock = c"pthread_spin_unlock": (lock: *mut Spinlock);
    barrier_init = c"pthread_barrier_init":
        (barrier: *mut c_void, attributes: *const c_void, count: c_int);
    barrier_destroy = c"pthread_barrier_destroy": (barrier: *mut c_void);
    barrier_wait = c"pthread_barrier_wait": (barrier: *mut c_void);
    once = c"pthread_once": (once: *mut c_int, run: Initialiser);
    sem_init = c"sem_init": (semaphore: *mut Semaphore, shared: c_int, value: c_uint);
    sem_destroy = c"sem_destroy": (semaphore: *mut Semaphore);
    sem_wait = c"sem_wait": (semaphore: *mut Semaphore);
    sem_trywait = c"sem_trywait": (semaphore: *mut Semaphore);
    sem_timedwait = c"sem_timedwait": (semaphore: *mut Semaphore, until: *const timespec);
    sem_clockwait = c"sem_clockwait":
        (semaphore: *mut Semaphore, clock: clockid_t, until: *const timespec);
    sem_post = c"sem_post": (semaphore: *mut Semaphore);
    mtx_init = c"mtx_init": (mutex: *mut Mutex, kind: c_int);
    create = c"pthread_create":
        (thread: *mut pthread_t, attributes: *const pthread_attr_t, start: Start, argument: *mut c_void);
    join = c"pthread_join": (thread: pthread_t, result: *mut *mut c_void);
    tryjoin = c"pthread_tryjoin_np": (thread: pthread_t, result: *mut *mut c_void);
    timedjoin = c"pthread_timedjoin_np":
        (thread: pthread_t, result: *mut *mut c_void, until: *const timespec);
    detach = c"pthread_detach": (thread: pthread_t);
    exit_now = c"_exit": (status: c_int);
    setname = c"pthread_setname_np": (thread: pthread_t, name: *const c_char);
}
