//! One report of every code, as an engine would fill it in, and the parts to make others.

use heldby_model::{
    Certainty, Code, Dependency, DependencyKind, DerivedHold, Frame, HeldLock, LockClass, Mode,
    Report, Role, Site, Wanted, Way,
};

use crate::{deadlocks, interruptions, tasks};

pub(crate) use heldby_model::Mode::{Read, Write};

/// A lock as some code uses it: its name, the mode, where, in which function.
pub(crate) type Use<'a> = (&'a str, Mode, &'a str, &'a str);

pub(crate) fn site(text: &str) -> Site {
    text.parse().expect("a site of a test")
}

pub(crate) fn frame(function: &str, place: &str) -> Frame {
    Frame {
        function: function.to_owned(),
        site: Some(site(place)),
    }
}

/// What `thread` did: it asked for `to` while it held `from`.
pub(crate) fn dependency(thread: &str, from: Use<'_>, to: Use<'_>) -> Dependency {
    let kind = match (from.1, to.1) {
        (Mode::Write, Mode::Write) => DependencyKind::EW,
        (Mode::Write, Mode::Read) => DependencyKind::Er,
        (Mode::Write, Mode::Recursive) => DependencyKind::ER,
        (_, Mode::Write) => DependencyKind::SW,
        (_, Mode::Read) => DependencyKind::Sr,
        (_, Mode::Recursive) => DependencyKind::SR,
    };
    Dependency {
        from: from.0.to_owned(),
        to: to.0.to_owned(),
        kind,
        from_mode: from.1,
        to_mode: to.1,
        from_instance: None,
        to_instance: None,
        held_site: site(from.2),
        acquired_site: site(to.2),
        held_function: Some(from.3.to_owned()),
        acquired_function: Some(to.3.to_owned()),
        thread: thread.to_owned(),
        span: None,
        age_ms: Some(2_140),
        queued_writer: false,
        after_wait: false,
        doubt: None,
        ended_before: false,
        held_stack: Vec::new(),
        acquired_stack: vec![
            frame(
                "heldby::sync::Mutex<T>::lock",
                "crates/heldby/src/sync/mutex.rs:80:9",
            ),
            frame(to.3, to.2),
            frame("net::worker", "src/net.rs:140:17"),
        ],
    }
}

pub(crate) fn class(name: &str, type_name: &str, made_at: &str, instances: u64) -> LockClass {
    LockClass {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        role: Role::Lock,
        made_at: Some(site(made_at)),
        instances,
    }
}

pub(crate) fn held(lock: &str, mode: Mode, place: &str) -> HeldLock {
    HeldLock {
        lock: lock.to_owned(),
        mode,
        site: site(place),
        derived: Vec::new(),
        stack: vec![frame("Router::reload", place)],
    }
}

/// The hold of an mmap lock under which `count` VMAs were write-locked.
pub(crate) fn mmap_lock(count: usize) -> HeldLock {
    let vma = |index: usize| DerivedHold {
        what: format!(
            "VMA {:#x}-{:#x} \"heap\" write-locked",
            index << 12,
            (index + 1) << 12
        ),
        site: site(&format!("src/map.rs:{}:14", 80 + index)),
    };
    HeldLock {
        derived: (1..=count).map(vma).collect(),
        ..held("mmap_lock", Write, "src/map.rs:71:20")
    }
}

/// A report that tells nothing but who and where; not advised yet.
pub(crate) fn bare(code: Code, certainty: Certainty, locks: &[&str], place: &str) -> Report {
    Report {
        code,
        kind: code.kind(),
        certainty,
        title: String::new(),
        locks: locks.iter().map(|&lock| lock.to_owned()).collect(),
        thread: "worker-2".to_owned(),
        site: site(place),
        function: None,
        wanted: None,
        context: None,
        interruption: None,
        suspension: None,
        cycle: Vec::new(),
        gates: Vec::new(),
        held: Vec::new(),
        threads: Vec::new(),
        classes: Vec::new(),
        ways: Vec::new(),
        notes: Vec::new(),
        help: Vec::new(),
        stack: Vec::new(),
        record: None,
    }
}

/// A report of a cycle, told by its dependencies alone; not advised yet.
pub(crate) fn of_cycle(code: Code, mut cycle: Vec<Dependency>) -> Report {
    let closing = cycle.last_mut().expect("a cycle of a test");
    closing.age_ms = None;
    let closing = closing.clone();
    let mut locks: Vec<&str> = cycle
        .iter()
        .map(|dependency| dependency.from.as_str())
        .collect();
    locks.dedup();
    let mut report = bare(code, Certainty::Possible, &locks, "src/lib.rs:1:1");
    report.thread = closing.thread;
    report.site = closing.acquired_site;
    report.function = closing.acquired_function;
    report.wanted = Some(Wanted {
        lock: closing.to,
        mode: closing.to_mode,
    });
    report.held = vec![HeldLock {
        lock: closing.from,
        mode: closing.from_mode,
        site: closing.held_site,
        derived: Vec::new(),
        stack: Vec::new(),
    }];
    report.cycle = cycle;
    report
}

/// The report of a code, advised.
pub(crate) fn report(code: Code) -> Report {
    let mut report = match code {
        Code::Hb0001 => inversion(),
        Code::Hb0002 => longer_cycle(),
        Code::Hb0003 => recursion(),
        Code::Hb0004 => queued_writer(),
        Code::Hb0005 => join(),
        Code::Hb0101 => not_held(),
        Code::Hb0102 => freed(),
        Code::Hb0103 => held_at_exit(),
        Code::Hb0104 => nest_lock_not_held(),
        Code::Hb0105 => pinned(),
        Code::Hb0201 => not_stabilised(),
        Code::Hb0202 => assertion(),
        Code::Hb0301 => wait_context(),
        Code::Hb0302 => interruptions::inconsistent_usage(),
        Code::Hb0303 => interruptions::irq_inversion(),
        Code::Hb0304 => tasks::suspension(),
        Code::Hb0401 => undeclared(),
        Code::Hb0501 => orphaned(),
        Code::Hb0502 => deadlocks::of_two(),
    };
    report.advise();
    report
}

fn inversion() -> Report {
    let reply = "Router::send_reply";
    let reload = "Router::reload";
    let mut older = dependency(
        "net-3",
        ("routes", Read, "src/reply.rs:61:34", reply),
        ("session", Write, "src/reply.rs:62:36", reply),
    );
    older.to_instance = Some(12);
    let mut closing = dependency(
        "reloader",
        ("session", Write, "src/reload.rs:88:36", reload),
        ("routes", Write, "src/reload.rs:89:37", reload),
    );
    closing.from_instance = Some(12);
    closing.acquired_stack[2] = frame("main::{closure#1}", "src/main.rs:31:9");
    let mut report = of_cycle(Code::Hb0001, vec![older, closing]);
    report.stack = report.cycle[1].acquired_stack.clone();
    report.classes = vec![
        class(
            "routes",
            "std::sync::RwLock<Routes>",
            "src/router.rs:18:21",
            1,
        ),
        class(
            "session",
            "std::sync::Mutex<Session>",
            "src/session.rs:9:16",
            64,
        ),
    ];
    report
}

fn longer_cycle() -> Report {
    let step = |thread, from, to, line: u32| {
        let (first, second) = (
            format!("src/bank.rs:{line}:9"),
            format!("src/bank.rs:{}:9", line + 1),
        );
        let function = format!("bank::{from}_to_{to}");
        dependency(
            thread,
            (from, Write, &first, &function),
            (to, Write, &second, &function),
        )
    };
    // By age; along the cycle, the second comes first.
    let cycle = vec![
        step("auditor", "ledger", "vault", 40),
        step("teller", "account", "ledger", 20),
        step("guard", "vault", "account", 60),
    ];
    let mut report = of_cycle(Code::Hb0002, cycle);
    report.locks = ["account", "ledger", "vault"].map(str::to_owned).to_vec();
    report.classes = vec![
        class("account", "std::sync::Mutex<u64>", "src/bank.rs:7:18", 900),
        class(
            "vault",
            "parking_lot::Mutex<()>",
            "/home/user/.cargo/registry/src/index/safe-1.2.0/src/vault.rs:7:18",
            1,
        ),
    ];
    report
}

fn recursion() -> Report {
    let only = dependency(
        "main",
        ("cache", Write, "src/cache.rs:14:30", "Cache::get"),
        ("cache", Write, "src/cache.rs:31:30", "Cache::evict"),
    );
    let mut report = of_cycle(Code::Hb0003, vec![only]);
    report.certainty = Certainty::Now;
    report.classes = vec![class(
        "cache",
        "std::sync::Mutex<Lru>",
        "src/cache.rs:9:20",
        1,
    )];
    report
}

fn queued_writer() -> Report {
    let older = dependency(
        "indexer",
        ("table", Read, "src/index.rs:10:20", "Index::build"),
        ("log", Write, "src/index.rs:14:20", "Index::build"),
    );
    let mut closing = dependency(
        "flusher",
        ("log", Write, "src/log.rs:50:18", "Log::flush"),
        ("table", Read, "src/log.rs:52:25", "Log::flush"),
    );
    closing.queued_writer = true;
    let mut report = of_cycle(Code::Hb0004, vec![older, closing]);
    report.classes = vec![class(
        "table",
        "std::sync::RwLock<Table>",
        "src/table.rs:5:12",
        1,
    )];
    report
}

fn join() -> Report {
    let work = "Pool::work";
    let older = dependency(
        "worker-1",
        ("worker", Write, "src/pool.rs:24:9", "Pool::start"),
        ("jobs", Write, "src/pool.rs:51:30", work),
    );
    let closing = dependency(
        "main",
        ("jobs", Write, "src/pool.rs:80:31", "Pool::stop"),
        ("worker", Write, "src/pool.rs:82:20", "Pool::stop"),
    );
    let mut report = of_cycle(Code::Hb0005, vec![older, closing]);
    report.classes = vec![
        class("jobs", "std::sync::Mutex<Jobs>", "src/pool.rs:12:15", 1),
        LockClass {
            role: Role::Thread,
            ..class("worker", "thread", "src/pool.rs:24:9", 8)
        },
    ];
    report
}

fn not_held() -> Report {
    let mut report = bare(
        Code::Hb0101,
        Certainty::Now,
        &["queue"],
        "src/queue.rs:77:9",
    );
    report.function = Some("Queue::push".to_owned());
    report.held = vec![
        held("stats", Write, "src/queue.rs:70:30"),
        held("config", Read, "src/queue.rs:72:31"),
    ];
    report
}

fn freed() -> Report {
    let mut report = bare(
        Code::Hb0102,
        Certainty::Now,
        &["queue"],
        "src/queue.rs:90:5",
    );
    report.held = vec![held("queue", Write, "src/queue.rs:84:30")];
    report
}

fn held_at_exit() -> Report {
    let mut report = bare(
        Code::Hb0103,
        Certainty::Now,
        &["queue", "stats"],
        "src/main.rs:20:5",
    );
    report.held = vec![
        held("queue", Write, "src/queue.rs:84:30"),
        held("stats", Write, "src/queue.rs:86:30"),
    ];
    report
}

fn undeclared() -> Report {
    let only = dependency(
        "reloader",
        ("session", Write, "src/reload.rs:88:36", "Router::reload"),
        ("routes", Write, "src/reload.rs:89:37", "Router::reload"),
    );
    let mut report = of_cycle(Code::Hb0401, vec![only]);
    report.locks = vec!["session".to_owned(), "routes".to_owned()];
    report
}

fn orphaned() -> Report {
    let mut report = bare(
        Code::Hb0501,
        Certainty::Now,
        &["queue"],
        "src/child.rs:12:20",
    );
    report.function = Some("child::main".to_owned());
    report.wanted = Some(Wanted {
        lock: "queue".to_owned(),
        mode: Write,
    });
    report
}

fn nest_lock_not_held() -> Report {
    let mut report = bare(
        Code::Hb0104,
        Certainty::Now,
        &["node", "tree"],
        "src/tree.rs:51:14",
    );
    report.function = Some("Tree::rotate".to_owned());
    report.held = vec![held("node", Write, "src/tree.rs:50:14")];
    report
}

fn pinned() -> Report {
    let mut report = bare(
        Code::Hb0105,
        Certainty::Now,
        &["queue"],
        "src/queue.rs:61:9",
    );
    report.function = Some("Queue::refill".to_owned());
    report.held = vec![held("queue", Write, "src/queue.rs:50:14")];
    report
}

fn not_stabilised() -> Report {
    let way = |needed: &str, state: &str| Way {
        needed: needed.to_owned(),
        state: state.to_owned(),
        held_by_us: false,
    };
    let place = "src/mm/name.rs:42:9";
    let mut report = bare(
        Code::Hb0201,
        Certainty::Now,
        &["vm_lock", "mmap_lock"],
        place,
    );
    report.title =
        "VMA not stabilised: 0x7f31c0000000-0x7f31c0021000 \"heap\" read in anon_vma_name"
            .to_owned();
    report.function = Some("anon_vma_name".to_owned());
    report.ways = vec![
        way("mmap lock, read", "held for reading by `worker-5`"),
        way("mmap lock, write", "not held"),
        way("VMA lock, read", "vm_refcnt 2: attached, 1 reader, not us"),
        way(
            "VMA lock, write",
            "not write-locked (seq 41, mm 44; unlocked read)",
        ),
    ];
    report.notes = vec![
        "someone holds the mmap lock, but not this thread: it can go away at any time. Without \
         the validator this assert would have passed."
            .to_owned(),
    ];
    report.help = vec![
        "find the VMA with lock_vma_under_rcu(mm, addr), or hold mmap_read_lock(mm), before \
         anon_vma_name."
            .to_owned(),
    ];
    report
}

fn assertion() -> Report {
    let mut report = bare(
        Code::Hb0202,
        Certainty::Now,
        &["routes"],
        "src/router.rs:120:9",
    );
    report.function = Some("Router::rebuild".to_owned());
    report.wanted = Some(Wanted {
        lock: "routes".to_owned(),
        mode: Write,
    });
    report.held = vec![held("routes", Read, "src/router.rs:101:32")];
    report
}

fn wait_context() -> Report {
    let mut report = bare(
        Code::Hb0301,
        Certainty::Now,
        &["pool", "ring"],
        "src/ring.rs:33:18",
    );
    report.function = Some("Ring::drain".to_owned());
    report.wanted = Some(Wanted {
        lock: "pool".to_owned(),
        mode: Write,
    });
    report.held = vec![held("ring", Write, "src/ring.rs:30:18")];
    report
}
