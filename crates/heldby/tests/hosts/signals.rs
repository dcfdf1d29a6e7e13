//! Real signals: what a handler locks, and what it must not disturb.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use heldby::sync::{Mutex, RwLock};
use heldby::{Held, held, holders, signal, thread};

use crate::Test;
use crate::process::{End, Host, run};

static CAUGHT: Mutex<u32> = Mutex::with_class(&CAUGHT_CLASS, 0);
static TOTAL: Mutex<u32> = Mutex::with_class(&TOTAL_CLASS, 0);
heldby::lock_class!(CAUGHT_CLASS, "caught");
heldby::lock_class!(TOTAL_CLASS, "total");

/// Calls `handler` at each signal of this number.
pub(crate) fn catch(number: libc::c_int, handler: extern "C" fn(libc::c_int)) {
    // SAFETY: all zeros are a valid action, without flags and with an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the action lives until the call returns, and its handler for ever.
    let set = unsafe { libc::sigaction(number, &action, std::ptr::null_mut()) };
    assert_eq!(set, 0);
}

pub(crate) fn raise(number: libc::c_int) {
    // SAFETY: the signal has a handler.
    assert_eq!(unsafe { libc::raise(number) }, 0);
}

/// Signals of one number, blocked on this thread and told to be.
struct Blocked {
    _masked: signal::Masked,
    _blocked: ReallyBlocked,
}

struct ReallyBlocked(libc::c_int);

fn block(number: libc::c_int) -> Blocked {
    set_mask(libc::SIG_BLOCK, number);
    let _blocked = ReallyBlocked(number);
    Blocked {
        _masked: signal::masked(),
        _blocked,
    }
}

impl Drop for ReallyBlocked {
    fn drop(&mut self) {
        set_mask(libc::SIG_UNBLOCK, self.0);
    }
}

pub(crate) fn set_mask(how: libc::c_int, number: libc::c_int) {
    // SAFETY: all zeros are storage for a set, which `sigemptyset` then makes one.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set lives until each call returns.
    let done = unsafe {
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, number);
        libc::pthread_sigmask(how, &set, std::ptr::null_mut())
    };
    assert_eq!(done, 0);
}

extern "C" fn count(_: libc::c_int) {
    let _handler = signal::enter();
    *CAUGHT.lock().unwrap() += 1;
}

fn caught_unmasked() -> u32 {
    *CAUGHT.lock().unwrap()
}

fn caught_masked() -> u32 {
    let _blocked = block(libc::SIGUSR1);
    caught_unmasked()
}

/// The handler's lock is taken outside by `look`.
fn handle(look: fn() -> u32) {
    catch(libc::SIGUSR1, count);
    assert_eq!(look(), 0);
    raise(libc::SIGUSR1);
    raise(libc::SIGUSR1);
    // What was found of the handler is told now.
    drop(TOTAL.lock());
    assert_eq!(look(), 2);
    assert_eq!(held(&CAUGHT), Held::No);
    print!("handled");
}

fn host_unmasked() {
    handle(caught_unmasked);
}

fn host_masked() {
    handle(caught_masked);
}

/// The handler interrupts the holder of what it takes.
fn host_interrupted_holder() {
    catch(libc::SIGUSR1, count);
    let _caught = CAUGHT.lock().unwrap();
    raise(libc::SIGUSR1);
}

extern "C" fn count_and_add(_: libc::c_int) {
    let _handler = signal::enter();
    let caught = CAUGHT.lock().unwrap();
    *TOTAL.lock().unwrap() += *caught;
}

/// The order of the handler's locks is one with that of all others.
fn host_order_in_handler() {
    catch(libc::SIGUSR1, count_and_add);
    {
        let _blocked = block(libc::SIGUSR1);
        let _total = TOTAL.lock().unwrap();
        drop(CAUGHT.lock());
    }
    raise(libc::SIGUSR1);
    drop(Mutex::new(0).lock());
    print!("handled");
}

/// What a handler takes is not held after it, and what it could not see is not missed.
fn host_unseen() {
    static NEVER_TAKEN: Mutex<u8> = Mutex::new(0);

    extern "C" fn take(_: libc::c_int) {
        let _handler = signal::enter();
        drop(NEVER_TAKEN.lock());
    }

    catch(libc::SIGUSR1, take);
    // This thread has no task yet.
    raise(libc::SIGUSR1);
    drop(TOTAL.lock());
    // Now it has, but the lock has never been taken.
    raise(libc::SIGUSR1);
    drop(NEVER_TAKEN.lock());
    // Now it has.
    raise(libc::SIGUSR1);
    drop(TOTAL.lock());
    print!("handled");
}

const HANDLED: u32 = 4_000;

static HANDLERS: AtomicU32 = AtomicU32::new(0);

extern "C" fn tick(_: libc::c_int) {
    let _handler = signal::enter();
    *CAUGHT.lock().unwrap() += 1;
    // Relaxed: a counter, nothing is ordered by it.
    HANDLERS.fetch_add(1, Ordering::Relaxed);
}

fn set_timer(microseconds: libc::suseconds_t) {
    let interval = libc::timeval {
        tv_sec: 0,
        tv_usec: microseconds,
    };
    let timer = libc::itimerval {
        it_interval: interval,
        it_value: interval,
    };
    // SAFETY: the timer lives until the call returns.
    let set = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) };
    assert_eq!(set, 0);
}

/// Stops whoever looks, in a panic as well.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        // Relaxed: nothing is ordered by it.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A timer interrupts a thread wherever it is: on the hot path, in the validator, in the allocator.
fn host_timer() {
    catch(libc::SIGALRM, tick);
    let tables: Vec<_> = (0..8)
        .map(|number| RwLock::named(format!("table {number}").as_str(), vec![0_u8; 16]))
        .collect();
    let blocked = block(libc::SIGALRM);
    drop(CAUGHT.try_lock());
    drop(blocked);
    let stop = AtomicBool::new(false);
    let looks = thread::scope(|scope| {
        // Every thread but this one has the signal blocked.
        let blocked = block(libc::SIGALRM);
        let looker = scope.spawn(|| {
            let mut looks = 0_u64;
            // Relaxed: nothing is ordered by it.
            while !stop.load(Ordering::Relaxed) {
                let holders = holders(&tables[0]);
                assert!(holders.iter().all(|holder| holder.thread == "main"));
                looks += 1;
            }
            looks
        });
        drop(blocked);
        let stopping = StopAtEnd(&stop);
        set_timer(60);
        churn(&tables);
        set_timer(0);
        drop(stopping);
        looker.join().unwrap()
    });
    let caught = {
        let _blocked = block(libc::SIGALRM);
        *CAUGHT.lock().unwrap()
    };
    assert_eq!(caught, HANDLERS.load(Ordering::Relaxed));
    assert!(caught >= HANDLED && looks > 0);
    assert!(tables.iter().all(|table| held(table) == Held::No));
    assert!(heldby::reports().is_empty());
    print!("handled");
}

/// Takes two tables in their order, again and again, by chains that are new for a while, with
/// allocations in between.
fn churn(tables: &[RwLock<Vec<u8>>]) {
    let mut round = 0_usize;
    // Relaxed: nothing is ordered by it.
    while HANDLERS.load(Ordering::Relaxed) < HANDLED {
        round += 1;
        let (outer, inner) = (round % 8, round / 8 % 8);
        let mut first = tables[outer].write().unwrap();
        *first = vec![0; 16 + round % 64];
        if inner > outer {
            let second = tables[inner].read().unwrap();
            assert!(!second.is_empty());
            assert_eq!(held(&tables[outer]), Held::Write);
            drop(first);
            assert_eq!(held(&tables[inner]), Held::Read);
        } else {
            drop(first);
        }
        if round.is_multiple_of(64) {
            // A class of its own each time, so that the validator has work to do.
            let fresh = Mutex::named(format!("fresh {}", round / 64 % 512).as_str(), 0);
            let _guard = fresh.lock().unwrap();
            drop(tables[outer].read());
        }
        if round.is_multiple_of(16) {
            let _blocked = block(libc::SIGALRM);
            drop(CAUGHT.lock());
        }
    }
}

pub(crate) const HOSTS: &[Host] = &[
    ("unmasked", host_unmasked),
    ("masked", host_masked),
    ("interrupted holder", host_interrupted_holder),
    ("order in a handler", host_order_in_handler),
    ("unseen", host_unseen),
    ("timer", host_timer),
];

pub(crate) const TESTS: &[Test] = &[
    ("a_lock_of_a_handler_is_held_unmasked", || {
        run("unmasked", &[("HELDBY", "warn")])
            .ends(End::Code(0))
            .prints("handled")
            .reports(&["HB0302"])
            .says(&[
                "possible deadlock: a signal handler takes `caught`, and can interrupt who holds it",
                "mask signal handlers before `caught` is taken at",
            ]);
    }),
    ("a_lock_of_a_handler_is_held_masked", || {
        run("masked", &[("HELDBY", "warn")])
            .ends(End::Code(0))
            .prints("handled")
            .reports(&[]);
    }),
    ("a_handler_waits_for_whom_it_interrupts", || {
        run("interrupted holder", &[("HELDBY", "abort")])
            .ends(End::Abort)
            .reports(&["HB0302"])
            .says(&["]: deadlock: a signal handler takes `caught`"]);
    }),
    ("an_order_in_a_handler_counts", || {
        run("order in a handler", &[("HELDBY", "warn")])
            .ends(End::Code(0))
            .prints("handled")
            .reports(&["HB0001"]);
    }),
    ("what_a_handler_cannot_tell_is_told_later", || {
        run("unseen", &[("HELDBY", "warn")])
            .ends(End::Code(0))
            .prints("handled")
            .reports(&["HB0302"]);
    }),
    ("a_timer_interrupts_everything", || {
        for stacks in ["edges", "all"] {
            run("timer", &[("HELDBY", "warn"), ("HELDBY_STACKS", stacks)])
                .ends(End::Code(0))
                .prints("handled")
                .reports(&[]);
        }
    }),
];
