//! Reports of interrupt-like contexts, and their text.

use expect_test::{Expect, expect};
use heldby_model::render::{TextOptions, text};
use heldby_model::{Certainty, Code, Interruption, LockUse, Report};

use crate::reports::{Read, Use, Write, bare, class, dependency, frame, report, site};

/// How a lock was used by `thread`.
fn lock_use(thread: &str, (lock, mode, place, function): Use<'_>) -> LockUse {
    LockUse {
        lock: lock.to_owned(),
        mode,
        instance: None,
        site: site(place),
        function: Some(function.to_owned()),
        unmasked_site: None,
        thread: thread.to_owned(),
        age_ms: Some(2_140),
        stack: vec![frame(function, place)],
    }
}

fn of_interruption(code: Code, locks: &[&str], inside: LockUse, mut outside: LockUse) -> Report {
    outside.age_ms = None;
    let mut report = bare(code, Certainty::Possible, locks, "src/lib.rs:1:1");
    report.thread = outside.thread.clone();
    report.site = outside.site.clone();
    report.function = outside.function.clone();
    report.context = Some("signal handler".to_owned());
    report.interruption = Some(Interruption { inside, outside });
    report
}

pub(crate) fn inconsistent_usage() -> Report {
    let mut inside = lock_use(
        "main",
        ("totals", Read, "src/usr1.rs:21:18", "print_totals"),
    );
    let mut outside = lock_use("net-3", ("totals", Write, "src/net.rs:70:20", "net::count"));
    (inside.instance, outside.instance) = (Some(4), Some(9));
    let mut report = of_interruption(Code::Hb0302, &["totals"], inside, outside);
    let totals = class("totals", "std::sync::RwLock<Totals>", "src/net.rs:9:30", 12);
    report.classes = vec![totals];
    report
}

pub(crate) fn irq_inversion() -> Report {
    let inside = lock_use(
        "main",
        ("reports", Write, "src/usr1.rs:30:18", "print_totals"),
    );
    let mut outside = lock_use("net-3", ("totals", Write, "src/net.rs:70:20", "net::count"));
    outside.unmasked_site = Some(site("src/net.rs:74:5"));
    let mut report = of_interruption(Code::Hb0303, &["reports", "totals"], inside, outside);
    report.cycle = vec![dependency(
        "printer",
        ("reports", Write, "src/print.rs:12:9", "print::all"),
        ("totals", Write, "src/print.rs:15:9", "print::all"),
    )];
    report
}

#[track_caller]
fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&text(report, TextOptions::default()));
}

#[test]
fn text_of_inconsistent_usage() {
    check(
        &report(Code::Hb0302),
        expect![[r#"
        error[HB0302]: possible deadlock: a signal handler takes `totals`, and can interrupt who holds it
          --> src/net.rs:70:20, in net::count, thread `net-3`

          `main` takes in a signal handler   `totals` for reading   src/usr1.rs:21   print_totals
          `net-3` holds outside              `totals` for writing   src/net.rs:70    net::count

          How it can hang:

                `net-3`                          signal handler on `net-3`
                -------                          -------------------------
            1   write(totals)   src/net.rs:70
            2                                    read(totals)   src/usr1.rs:21    blocked by 1

          note: the signal handler runs on the thread that it interrupts, which goes on only after it.
          note: nothing hung in this run. Both uses were seen, so some run can hang.
          note: `totals` is a std::sync::RwLock made at src/net.rs:9 (12 instances: any two can meet).
          help: mask signal handlers before `totals` is taken at src/net.rs:70, and until it is released; or
                let print_totals only note what is to be done, and take `totals` later.
          help: if these are never the same `totals`, say so: give them classes of their own (`named`,
                `lock_class!`).

          Held by `net-3`: nothing
    "#]],
    );
}

#[test]
fn text_of_irq_inversion() {
    check(
        &report(Code::Hb0303),
        expect![[r#"
        error[HB0303]: possible deadlock: a signal handler takes `reports`, and can interrupt `totals`
          --> src/net.rs:70:20, in net::count, thread `net-3`

          `main` takes in a signal handler   `reports`   src/usr1.rs:30   print_totals
          `net-3` holds outside              `totals`    src/net.rs:70    net::count
          and lets signal handlers in                    src/net.rs:74

          How it can hang:

                `net-3`         `printer`        signal handler on `net-3`
                -------         ---------        -------------------------
            1   lock(totals)
            2                   lock(reports)
            3                                    lock(reports)                blocked by 2
            4                   lock(totals)                                  blocked by 1

          What leads from the one to the other:

            1   reports (lock) -> totals (lock)   first seen 2.1 s ago, thread `printer`
                  held       reports   src/print.rs:12   print::all
                  acquired   totals    src/print.rs:15   print::all
                                       src/net.rs:140    net::worker

          note: the signal handler runs on the thread that it interrupts, which goes on only after it.
          note: nothing hung in this run. Both uses were seen, so some run can hang.
          help: release `totals` before signal handlers are let in at src/net.rs:74; or let print_totals
                only note what is to be done, and take `reports` later.

          Held by `net-3`: nothing
    "#]],
    );
}

#[test]
fn text_of_sleeping_in_a_context() {
    let mut report = report(Code::Hb0301);
    (report.title, report.notes, report.help) = Default::default();
    report.locks.truncate(1);
    report.held.clear();
    report.context = Some("hard interrupt".to_owned());
    report.advise();
    check(
        &report,
        expect![[r#"
        error[HB0301]: `pool` may sleep, and is taken in a hard interrupt, where sleeping is forbidden
          --> src/ring.rs:33:18, in Ring::drain, thread `worker-2`

          `worker-2` wants   `pool`   src/ring.rs:33

          note: nothing slept in this run, and it still counts: it does when another thread holds `pool`.
          help: let Ring::drain only note what is to be done, and take `pool` later, outside of this
                context.

          Held by `worker-2`: nothing
    "#]],
    );
}
