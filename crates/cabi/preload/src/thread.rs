//! Threads: who makes and who joins them.
//!
//! A thread begins before it runs anything of the program's, so that its first event, which may be a lock
//! of the program's `malloc`, finds all that it needs.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicU32, Ordering};

use heldby_validator::{Birth, Life, born};
use libc::{pthread_attr_t, pthread_t, timespec};

use crate::hook::hooks;
use crate::spin::Spin;
use crate::types::{Start, THREAD};
use crate::word::site;
use crate::{caller, real, start};

hooks! {
    pthread_create(4) => create;
    pthread_join(2) => join;
    pthread_tryjoin_np(2) => try_join;
    pthread_timedjoin_np(3) => timed_join;
    pthread_detach(1) => detach;
    pthread_setname_np(2) => set_name;
}

/// The lives of threads that may be joined.
pub(crate) static LIVES: Spin<BTreeMap<pthread_t, Life>> = Spin::new(BTreeMap::new());

/// What a thread is to do.
struct Work {
    birth: Birth,
    start: Start,
    argument: *mut c_void,
}

pub(crate) unsafe extern "C" fn create(
    thread: *mut pthread_t,
    attributes: *const pthread_attr_t,
    start: Start,
    argument: *mut c_void,
    from: usize,
) -> c_int {
    let born = match start::is_started() {
        true => born(&THREAD, site(caller::of_program(from))),
        // A thread of the engine's own, or one that comes before it.
        false => None,
    };
    let Some((life, birth)) = born else {
        // SAFETY: as the program calls it.
        return unsafe { real::create(thread, attributes, start, argument) };
    };
    let work = Box::into_raw(Box::new(Work {
        birth,
        start,
        argument,
    }));
    // SAFETY: as the program calls it; the thread takes the box.
    let result = unsafe { real::create(thread, attributes, run, work.cast()) };
    match result {
        // SAFETY: the real function has written which thread it made.
        0 if !is_detached(attributes) => keep(unsafe { *thread }, life),
        0 => {}
        // SAFETY: no thread was made that has the box.
        _ => drop(unsafe { Box::from_raw(work) }),
    }
    result
}

fn keep(thread: pthread_t, life: Life) {
    let before = LIVES.with(|lives| lives.insert(thread, life));
    // It may ask the engine, so outside.
    drop(before);
}

fn is_detached(attributes: *const pthread_attr_t) -> bool {
    let mut state = libc::PTHREAD_CREATE_JOINABLE;
    if !attributes.is_null() {
        // SAFETY: attributes that are not null are the program's; the state is written here.
        unsafe { pthread_attr_getdetachstate(attributes, &mut state) };
    }
    state == libc::PTHREAD_CREATE_DETACHED
}

unsafe extern "C" {
    fn pthread_attr_getdetachstate(attributes: *const pthread_attr_t, state: *mut c_int) -> c_int;
}

/// The new thread. Nothing here is to be dropped when the program's function runs, which may end by
/// `pthread_exit`.
extern "C-unwind" fn run(work: *mut c_void) -> *mut c_void {
    let (start, argument) = begin(work.cast());
    start(argument)
}

fn begin(work: *mut Work) -> (Start, *mut c_void) {
    static MADE: AtomicU32 = AtomicU32::new(1);
    // SAFETY: the box is this thread's from now on.
    let work = unsafe { Box::from_raw(work) };
    let Work {
        birth,
        start,
        argument,
    } = *work;
    heldby_validator::live(None, Some(birth), || ());
    // Relaxed: a counter, nothing is ordered by it.
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    heldby_validator::begin(&format!("thread-{number}"));
    (start, argument)
}

pub(crate) unsafe extern "C-unwind" fn join(
    thread: pthread_t,
    result: *mut *mut c_void,
    from: usize,
) -> c_int {
    let life = LIVES.with(|lives| lives.remove(&thread));
    if let Some(life) = &life {
        life.join(site(caller::of_program(from)));
    }
    let life = life.map(std::mem::ManuallyDrop::new);
    // SAFETY: as the program calls it.
    let joined = unsafe { real::join(thread, result) };
    ended(thread, life.map(std::mem::ManuallyDrop::into_inner), joined);
    joined
}

unsafe extern "C-unwind" fn try_join(
    thread: pthread_t,
    result: *mut *mut c_void,
    _from: usize,
) -> c_int {
    // SAFETY: as the program calls it.
    let joined = unsafe { real::tryjoin(thread, result) };
    ended_in_time(thread, joined);
    joined
}

unsafe extern "C-unwind" fn timed_join(
    thread: pthread_t,
    result: *mut *mut c_void,
    until: *const timespec,
    _from: usize,
) -> c_int {
    // SAFETY: as the program calls it.
    let joined = unsafe { real::timedjoin(thread, result, until) };
    ended_in_time(thread, joined);
    joined
}

/// A join that did not wait for ever has waited for nothing that could close a cycle.
fn ended_in_time(thread: pthread_t, joined: c_int) {
    if joined == 0 {
        let life = LIVES.with(|lives| lives.remove(&thread));
        ended(thread, life, joined);
    }
}

/// A join of `thread` has ended so; if in vain, another may come.
fn ended(thread: pthread_t, life: Option<Life>, joined: c_int) {
    match life {
        Some(life) if joined == 0 => life.joined(),
        Some(life) => keep(thread, life),
        None => {}
    }
}

pub(crate) unsafe extern "C" fn detach(thread: pthread_t, _from: usize) -> c_int {
    drop(LIVES.with(|lives| lives.remove(&thread)));
    // SAFETY: as the program calls it.
    unsafe { real::detach(thread) }
}

unsafe extern "C" fn set_name(thread: pthread_t, name: *const c_char, _from: usize) -> c_int {
    // SAFETY: as the program calls it.
    let result = unsafe { real::setname(thread, name) };
    // SAFETY: it has no preconditions.
    let own = unsafe { libc::pthread_self() } == thread;
    if result == 0 && own && start::is_started() {
        // SAFETY: the real function has taken it for a name.
        let name = unsafe { CStr::from_ptr(name) };
        heldby_validator::begin(&name.to_string_lossy());
    }
    result
}
