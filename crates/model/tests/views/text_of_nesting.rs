//! The text where a lock is taken under a lock of its own class.

use expect_test::{Expect, expect};
use heldby_model::render::{TextOptions, text};
use heldby_model::{Certainty, Code, Report};

use crate::reports::{Read, Write, class, dependency, of_cycle, report};

#[track_caller]
fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&text(report, TextOptions::default()));
}

/// Two locks of one class, nested once; no order of theirs is known.
#[test]
fn nested_in_no_known_order() {
    let mut report = report(Code::Hb0003);
    report.certainty = Certainty::Possible;
    report.cycle[0].from_instance = Some(3);
    report.cycle[0].to_instance = Some(8);
    report.classes[0].instances = 20;
    report.title.clear();
    report.notes.clear();
    report.help.clear();
    report.advise();
    check(
        &report,
        expect![[r#"
            error[HB0003]: possible deadlock: two locks of class `cache` are nested in no known order
              --> src/cache.rs:31:30, in Cache::evict, thread `main`

              `main` wants    `cache #8`   src/cache.rs:31
              while holding   `cache #3`   src/cache.rs:14

              How it can hang:

                    `main`                              another thread
                    ------                              --------------
                1   lock(cache #3)   src/cache.rs:14
                2                                       lock(cache #8)
                3   lock(cache #8)   src/cache.rs:31                      blocked by 2
                4                                       lock(cache #3)    blocked by 1

              The dependency:

                1   cache #3 (lock) -> cache #8 (lock)   new, this acquire
                      held       cache #3   src/cache.rs:14   Cache::get
                      acquired   cache #8   src/cache.rs:31   Cache::evict
                                            src/net.rs:140    net::worker

              note: a thread that nests two locks of `cache` the other way round can meet this one; both hang.
              note: `cache` is a std::sync::Mutex made at src/cache.rs:9 (20 instances, #3 and #8 here: any two
                    can meet).
              help: take locks of class `cache` in one order in Cache::evict and everywhere else, such as by
                    address or index.
              help: if an order is kept, say so: a level by `lock_nested`, a held lock that keeps all others out
                    by `lock_nest_lock`, a number by the policy `ByOrder`.

              Held by `main`: 1. `cache` (lock) src/cache.rs:14
        "#]],
    );
}

/// Neither the engine nor the report knows which locks of the class they were.
#[test]
fn nested_without_instances() {
    let use_of = |line: &'static str| ("page", Read, line, "Page::copy");
    let only = dependency("main", use_of("src/page.rs:4:9"), use_of("src/page.rs:5:9"));
    let mut report = of_cycle(Code::Hb0003, vec![only]);
    report.cycle[0].to_mode = Write;
    report.advise();
    check(
        &report,
        expect![[r#"
            error[HB0003]: possible deadlock: two locks of class `page` are nested in no known order
              --> src/page.rs:5:9, in Page::copy, thread `main`

              `main` wants    `page` for writing   src/page.rs:5
              while holding   `page` for reading   src/page.rs:4

              How it can hang:

                    `main`                                 another thread
                    ------                                 --------------
                1   read(one page)        src/page.rs:4
                2                                          read(another page)
                3   write(another page)   src/page.rs:5                          blocked by 2
                4                                          write(one page)       blocked by 1

              The dependency:

                1   page (read) -> page (write)   new, this acquire
                      held       page   src/page.rs:4    Page::copy
                      acquired   page   src/page.rs:5    Page::copy
                                        src/net.rs:140   net::worker

              note: a thread that nests two locks of `page` the other way round can meet this one; both hang.
              help: take locks of class `page` in one order in Page::copy and everywhere else, such as by
                    address or index.
              help: if an order is kept, say so: a level by `lock_nested`, a held lock that keeps all others out
                    by `lock_nest_lock`, a number by the policy `ByOrder`.

              Held by `main`: 1. `page` (read) src/page.rs:4
        "#]],
    );
}

/// Only reads, of two locks of one class: each needs a writer to be kept waiting.
#[test]
fn reads_nested_in_no_known_order() {
    let use_of = |line: &'static str| ("page", Read, line, "Page::copy");
    let mut only = dependency("main", use_of("src/page.rs:4:9"), use_of("src/page.rs:5:9"));
    only.from_instance = Some(1);
    only.to_instance = Some(2);
    let mut report = of_cycle(Code::Hb0003, vec![only]);
    report.advise();
    check(
        &report,
        expect![[r#"
            error[HB0003]: possible deadlock: two locks of class `page` are nested in no known order
              --> src/page.rs:5:9, in Page::copy, thread `main`

              `main` wants    `page #2` for reading   src/page.rs:5
              while holding   `page #1` for reading   src/page.rs:4

              How it can hang:

                1   `main`           read(page #1)    src/page.rs:4
                2   another thread   read(page #2)
                3   a writer         write(page #2)                   blocked by 2
                4   another writer   write(page #1)                   blocked by 1
                5   `main`           read(page #2)    src/page.rs:5   blocked by 3
                6   another thread   read(page #1)                    blocked by 4

              The dependency:

                1   page #1 (read) -> page #2 (read)   new, this acquire
                      held       page #1   src/page.rs:4    Page::copy
                      acquired   page #2   src/page.rs:5    Page::copy
                                           src/net.rs:140   net::worker

              note: a thread that nests two locks of `page` the other way round can meet this one; both hang.
              help: take locks of class `page` in one order in Page::copy and everywhere else, such as by
                    address or index.
              help: if an order is kept, say so: a level by `lock_nested`, a held lock that keeps all others out
                    by `lock_nest_lock`, a number by the policy `ByOrder`.

              Held by `main`: 1. `page` (read) src/page.rs:4
        "#]],
    );
}

/// Three locks of one class in a ring: only their instances tell who waits for whom.
#[test]
fn ring_of_instances() {
    let ring = [(1, 2), (3, 1), (2, 3)].map(|(held, wanted)| {
        let thread = format!("diner-{held}");
        let place = format!("src/dine.rs:{}:9", 10 + held);
        let mut dependency = dependency(
            &thread,
            ("fork", Write, &place, "dine"),
            ("fork", Write, &place, "dine"),
        );
        dependency.from_instance = Some(held);
        dependency.to_instance = Some(wanted);
        dependency
    });
    let mut report = of_cycle(Code::Hb0003, ring.to_vec());
    report.classes = vec![class("fork", "std::sync::Mutex<()>", "src/dine.rs:3:9", 3)];
    report.advise();
    check(
        &report,
        expect![[r#"
            error[HB0003]: possible deadlock: locks of class `fork` are nested in opposite orders
              --> src/dine.rs:12:9, in dine, thread `diner-2`

              `diner-2` wants   `fork #3`   src/dine.rs:12
              while holding     `fork #2`   src/dine.rs:12
              but dependencies 1 and 2 below lead from `fork #3` to `fork #2`.

              How it can hang:

                    `diner-1`        `diner-3`        `diner-2`
                    ---------        ---------        ---------
                1   lock(fork #1)
                2                    lock(fork #3)
                3                                     lock(fork #2)
                4   lock(fork #2)                                      blocked by 3
                5                    lock(fork #1)                     blocked by 1
                6                                     lock(fork #3)    blocked by 2

              The cycle, oldest dependency first:

                1   fork #1 (lock) -> fork #2 (lock)   first seen 2.1 s ago, thread `diner-1`
                      held       fork #1   src/dine.rs:11   dine
                      acquired   fork #2   src/dine.rs:11   dine
                2   fork #3 (lock) -> fork #1 (lock)   first seen 2.1 s ago, thread `diner-3`
                      held       fork #3   src/dine.rs:13   dine
                      acquired   fork #1   src/dine.rs:13   dine
                3   fork #2 (lock) -> fork #3 (lock)   new, this acquire
                      held       fork #2   src/dine.rs:12   dine
                      acquired   fork #3   src/dine.rs:12   dine

              note: nothing hung in this run. All 3 dependencies were seen, so some run can hang.
              note: `fork` is a std::sync::Mutex made at src/dine.rs:3 (3 instances, #1, #2 and #3 here: any two
                    can meet).
              help: take locks of class `fork` in one order in dine and everywhere else, such as by address or
                    index.
              help: if an order is kept, say so: a level by `lock_nested`, a held lock that keeps all others out
                    by `lock_nest_lock`, a number by the policy `ByOrder`.

              Held by `diner-2`: 1. `fork` (lock) src/dine.rs:12
        "#]],
    );
}

/// A read under a read of the same lock hangs through a writer between the two.
#[test]
fn read_again() {
    let mut only = dependency(
        "main",
        ("config", Read, "src/config.rs:8:20", "Config::get"),
        ("config", Read, "src/config.rs:20:20", "Config::default_for"),
    );
    only.queued_writer = true;
    let mut report = of_cycle(Code::Hb0003, vec![only]);
    report.advise();
    check(
        &report,
        expect![[r#"
        error[HB0003]: possible deadlock: `config` is read again by the thread that reads it
          --> src/config.rs:20:20, in Config::default_for, thread `main`

          `main` wants    `config` for reading   src/config.rs:20
          while holding   `config` for reading   src/config.rs:8

          How it can hang:

                `main`                             a writer
                ------                             --------
            1   read(config)   src/config.rs:8
            2                                      write(config)    blocked by 1
            3   read(config)   src/config.rs:20                     blocked by 2

          The dependency:

            1   config (read) -> config (read)   new, this acquire
                  held       config   src/config.rs:8    Config::get
                  acquired   config   src/config.rs:20   Config::default_for
                                      src/net.rs:140     net::worker

          note: `config` is only read, and it still counts: the second read waits behind any writer that
                came after the first.
          help: let Config::default_for use the `config` guard taken at src/config.rs:8, passed as an
                argument, or drop that guard before src/config.rs:20.

          Held by `main`: 1. `config` (read) src/config.rs:8
    "#]],
    );
}
