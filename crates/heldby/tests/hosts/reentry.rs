//! Sinks, subscribers and signal handlers that take locks, call back, or fail.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use heldby::model::Report;
use heldby::sync::{Mutex, MutexGuard, RwLock};
use heldby::{held, thread};
use tracing::span;

use crate::Test;
use crate::process::{End, Host, run};

/// Held shared, as a lock that is held exclusively would keep the orders under it apart.
static OUTER: RwLock<u8> = RwLock::new(0);
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
static INDEX: Mutex<usize> = Mutex::new(0);

/// Takes two new locks in opposite orders.
fn invert() {
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    drop((a.lock(), b.lock()));
    drop((b.lock(), a.lock()));
}

/// The same from far below.
fn invert_below(depth: u32) {
    match depth {
        0 => invert(),
        _ => invert_below(depth - 1),
    }
}

/// Takes the same two locks in opposite orders each time.
fn invert_known() {
    static LOCKS: [Mutex<u8>; 2] = [Mutex::new(0), Mutex::new(0)];
    drop((LOCKS[0].lock(), LOCKS[1].lock()));
    drop((LOCKS[1].lock(), LOCKS[0].lock()));
}

/// Does in a sink what a test is about.
#[derive(Debug)]
struct Calls(fn(&Report));

impl heldby::Sink for Calls {
    fn report(&self, report: &Report) {
        self.0(report);
    }
}

thread_local! {
    static KEPT: RefCell<Option<MutexGuard<'static, usize>>> = const { RefCell::new(None) };
}

/// Takes nested locks, in both orders, and keeps one of them beyond the report.
fn log(report: &Report) {
    {
        let mut log = LOG.lock().unwrap();
        let index = INDEX.lock().unwrap();
        log.push(format!("{} {}", report.code, *index));
    }
    let mut index = INDEX.lock().unwrap();
    let log = LOG.lock().unwrap();
    *index = log.len();
    KEPT.set(Some(index));
}

fn host_sink_locks() {
    heldby::add_sink(Calls(log));
    let _outer = OUTER.read();
    invert();
    drop(KEPT.take());
    let logged = LOG.lock().unwrap().join(", ");
    print!("{logged} {:?}", held(&OUTER));
}

fn host_sink_calls_back() {
    heldby::add_sink(Calls(|_| {
        let asked = (
            heldby::reports().len(),
            heldby::pending().len(),
            !heldby::graph().dependencies.is_empty(),
            heldby::stats().reports,
            heldby::holders(&OUTER).len(),
            held(&OUTER),
        );
        print!("{asked:?} ");
        static ADDED: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: nothing is ordered by it.
        if ADDED.fetch_add(1, Ordering::Relaxed) == 0 {
            heldby::add_sink(Calls(|_| print!("added ")));
        }
        // A check of its own, and a thread of its own.
        let checked = heldby::test::check(invert).len();
        let spawned = thread::spawn(|| drop((LOG.lock(), INDEX.lock()))).join();
        print!("{checked} {} ", spawned.is_ok());
    }));
    let _outer = OUTER.read();
    invert();
    print!("{:?}", held(&OUTER));
}

fn host_sink_panics() {
    heldby::add_sink(Calls(|_| {
        let _log = LOG.lock();
        panic!("of the sink");
    }));
    let _outer = OUTER.read();
    invert();
    print!("{:?} {:?} went on", held(&OUTER), held(&LOG));
}

fn host_sink_waits_for_its_thread() {
    heldby::add_sink(Calls(|_| *OUTER.write().unwrap() = 1));
    let outer = OUTER.read().unwrap();
    invert();
    print!("{} {:?} went on", *outer, held(&OUTER));
}

/// The same where the thread unwinds already.
fn host_sink_waits_in_a_drop() {
    struct Inverts;
    impl Drop for Inverts {
        fn drop(&mut self) {
            invert();
            print!("dropped");
        }
    }
    heldby::add_sink(Calls(|_| *OUTER.write().unwrap() = 1));
    let _outer = OUTER.read().unwrap();
    let _inverts = Inverts;
    panic!("of the host");
}

/// A subscriber with locks of its own, which emits events where it handles one.
struct Subscriber {
    seen: Mutex<Vec<String>>,
    spans: RwLock<u64>,
}

impl tracing::Subscriber for Subscriber {
    fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
        *self.spans.write().unwrap() < 1_000
    }

    fn new_span(&self, _attributes: &span::Attributes<'_>) -> span::Id {
        let mut spans = self.spans.write().unwrap();
        *spans += 1;
        span::Id::from_u64(*spans)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let target = event.metadata().target();
        if target != "subscriber" {
            tracing::info!(target: "subscriber", "from within");
        }
        let _spans = self.spans.read().unwrap();
        self.seen.lock().unwrap().push(target.to_owned());
        invert_known();
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}

    /// Asked for at each new chain, those in the subscriber itself as well.
    fn current_span(&self) -> tracing_core::span::Current {
        let _spans = self.spans.write().unwrap();
        tracing_core::span::Current::none()
    }
}

fn host_subscriber_locks() {
    let subscriber = Arc::new(Subscriber {
        seen: Mutex::new(Vec::new()),
        spans: RwLock::new(0),
    });
    tracing::subscriber::set_global_default(Arc::clone(&subscriber)).unwrap();
    let _span = tracing::info_span!("of the host").entered();
    let _outer = OUTER.read();
    invert_below(8);
    // In the host itself the subscriber's locks are checked as any.
    tracing::info!(target: "host", "from the host");
    let seen = subscriber.seen.lock().unwrap().join(" ");
    let reports = heldby::reports();
    // As many frames as a report carries: none was taken up by ours.
    let is_told = reports[0].stack.len() == 8;
    print!("{seen} {:?} {} {is_told}", held(&OUTER), reports.len());
}

/// A subscriber that keeps a thread in it until the process was forked.
#[cfg(unix)]
mod forking {
    use std::sync::atomic::{AtomicBool, Ordering};

    use heldby::sync::Mutex;
    use tracing::span;
    use tracing_core::span::Current;

    /// Some thread is asked for its span, and the fork is over.
    static ASKED: AtomicBool = AtomicBool::new(false);
    static FORKED: AtomicBool = AtomicBool::new(false);

    struct Subscriber;

    impl tracing::Subscriber for Subscriber {
        fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _attributes: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

        fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

        fn event(&self, _event: &tracing::Event<'_>) {}

        fn enter(&self, _span: &span::Id) {}

        fn exit(&self, _span: &span::Id) {}

        fn current_span(&self) -> Current {
            ASKED.store(true, Ordering::SeqCst);
            until(&FORKED);
            Current::none()
        }
    }

    fn until(flag: &AtomicBool) {
        while !flag.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }

    pub(super) fn host() {
        tracing::subscriber::set_global_default(Subscriber).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| drop((Mutex::new(0).lock(), Mutex::new(0).lock())));
            until(&ASKED);
            // SAFETY: the child leaves at once.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                // SAFETY: it ends this process.
                unsafe { libc::_exit(0) };
            }
            FORKED.store(true, Ordering::SeqCst);
            // SAFETY: `pid` is a child of this process.
            unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        });
        print!("forked");
    }
}

/// Handlers that come at any time, in the hooks as well.
#[cfg(unix)]
mod signals {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use heldby::sync::Mutex;
    use heldby::{Held, held, signal};

    /// Locks of the host; a new set of them is a new chain.
    static LOCKS: [Mutex<u8>; 11] = [const { Mutex::with_class(&CLASSES[0], 0) }; 11];
    static CLASSES: [heldby::lockdep::LockKey; 1] = [heldby::lockdep::LockKey::new("host's")];
    static HANDLERS: [Mutex<u8>; 2] = [const { Mutex::with_class(&HANDLERS_CLASS, 0) }; 2];
    heldby::lock_class!(HANDLERS_CLASS, "handler's");
    /// How often the handler ran, and how many sets of locks the host has taken.
    static HANDLED: AtomicUsize = AtomicUsize::new(0);
    static NESTED: AtomicUsize = AtomicUsize::new(0);
    const SIGNALS: usize = 2_000;

    extern "C" fn handle(_signal: libc::c_int) {
        let _handler = signal::enter();
        let _outer = HANDLERS[0].lock();
        drop(HANDLERS[1].try_lock());
        let _inner = HANDLERS[1].lock();
        // Relaxed: nothing is ordered by it.
        HANDLED.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a set of the locks, in one order, and releases them in another.
    fn nest(set: usize) {
        let mut guards: [_; 11] =
            std::array::from_fn(|at| (set & 1 << at != 0).then(|| LOCKS[at].lock().unwrap()));
        guards.iter_mut().for_each(|guard| drop(guard.take()));
        // Relaxed: nothing is ordered by it.
        NESTED.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn host() {
        // The first time that a handler's chain is validated it allocates, which a handler must not
        // do at any time.
        handle(0);
        let address = handle as extern "C" fn(libc::c_int);
        // SAFETY: the handler only takes locks that this thread takes nowhere else.
        unsafe { libc::signal(libc::SIGUSR1, address as usize) };
        // SAFETY: tells which thread this is.
        let thread = unsafe { libc::pthread_self() };
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for signal in 0..SIGNALS {
                    // Each comes only after the host got on, since signals that follow each other
                    // at once would let it do nothing else; and each time at another point.
                    let nested = NESTED.load(Ordering::Relaxed);
                    while NESTED.load(Ordering::Relaxed) == nested {
                        std::thread::yield_now();
                    }
                    (0..signal % 97 * 16).for_each(|_| std::hint::spin_loop());
                    // SAFETY: that thread waits for this one, so it is alive.
                    unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
                }
                // Relaxed: nothing is ordered by it.
                stop.store(true, Ordering::Relaxed);
            });
            while !stop.load(Ordering::Relaxed) {
                (1..1 << LOCKS.len()).for_each(nest);
            }
        });
        assert!(HANDLED.load(Ordering::Relaxed) > SIGNALS / 2);
        let free = LOCKS
            .iter()
            .chain(&HANDLERS)
            .all(|lock| held(lock) == Held::No);
        print!("{free} went on");
    }
}

pub(crate) const HOSTS: &[Host] = &[
    ("sink_locks", host_sink_locks),
    ("sink_calls_back", host_sink_calls_back),
    ("sink_panics", host_sink_panics),
    ("sink_waits_for_its_thread", host_sink_waits_for_its_thread),
    ("sink_waits_in_a_drop", host_sink_waits_in_a_drop),
    ("subscriber_locks", host_subscriber_locks),
    #[cfg(unix)]
    ("forks_while_asked_for_a_span", forking::host),
    #[cfg(unix)]
    ("signals", signals::host),
];

pub(crate) const TESTS: &[Test] = &[
    ("a_sink_may_take_locks", || {
        let ended = run("sink_locks", &[("HELDBY", "warn")]);
        ended
            .ends(End::Code(0))
            .prints("HB0001 0 Read")
            .reports(&["HB0001"]);
    }),
    ("a_sink_may_call_back", || {
        let ended = run("sink_calls_back", &[("HELDBY", "warn")]);
        ended.ends(End::Code(0)).reports(&["HB0001"]);
        ended.prints("(1, 0, true, 1, 1, Unknown) 1 true Read");
    }),
    ("a_sink_may_panic", || {
        let ended = run("sink_panics", &[("HELDBY", "warn")]);
        ended
            .ends(End::Code(0))
            .prints("Read No went on")
            .reports(&["HB0001"])
            .says(&["of the sink"]);
    }),
    ("a_sink_does_not_wait_for_its_own_thread", || {
        let ended = run("sink_waits_for_its_thread", &[("HELDBY", "warn")]);
        ended
            .ends(End::Code(0))
            .prints("0 Read went on")
            .reports(&["HB0001"]);
        ended.says(&["a sink takes the lock at ", "reentry.rs:"]);
        let unwinds = run("sink_waits_in_a_drop", &[("HELDBY", "warn")]);
        unwinds
            .ends(End::Code(101))
            .prints("dropped")
            .reports(&["HB0001"]);
    }),
    ("a_subscriber_may_take_locks_and_emit", || {
        let ended = run("subscriber_locks", &[("HELDBY", "warn")]);
        ended.ends(End::Code(0)).reports(&["HB0001"; 2]);
        ended.prints("subscriber heldby subscriber subscriber host Read 2 true");
        // It is reported itself, and wants in the event of that report what it holds.
        ended.says(&["a sink takes the lock at "]);
    }),
    #[cfg(unix)]
    ("a_fork_waits_for_no_subscriber", || {
        let ended = run("forks_while_asked_for_a_span", &[("HELDBY", "warn")]);
        ended.ends(End::Code(0)).prints("forked").is_silent();
    }),
    #[cfg(unix)]
    ("a_signal_may_come_in_a_hook", || {
        let ended = run("signals", &[("HELDBY", "warn")]);
        ended.ends(End::Code(0)).prints("true went on").is_silent();
    }),
];
