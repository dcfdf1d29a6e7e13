//! Programs in C and C++ that use the header and the library, each in a process of its own.
//!
//! A row tells all that a program says: its own lines, and each report's first line with its place.

mod programs {
    pub(super) mod build;
    pub(super) mod run;
}

use expect_test::{Expect, expect};
use programs::build::{Build, Language, compile, is_accepted};
use programs::run::run;

#[track_caller]
fn check(source: &str, variables: &[(&str, &str)], expect: Expect) {
    match compile(source, Build::On) {
        Some(program) => expect.assert_eq(&run(program.path(), variables)),
        None => println!("skipped: {source} needs a compiler of its language"),
    }
}

const WARN: &[(&str, &str)] = &[("HELDBY", "warn")];

#[test]
fn the_header_is_accepted_without_a_warning() {
    for language in Language::ALL {
        for define in ["HELDBY_KERNEL_NAMES", "HELDBY_OFF", "NOTHING_OF_OURS"] {
            match is_accepted(language, define) {
                Some(accepted) => assert!(accepted, "{language:?} {define}"),
                None => println!("skipped: needs a compiler of {language:?}"),
            }
        }
    }
}

#[test]
fn an_inversion_is_reported_with_its_lines() {
    check(
        "abba.c",
        WARN,
        expect![[r#"
            error[HB0001]: possible deadlock: `a` and `b` are locked in opposite orders
                at abba.c:33, in main, thread `main`
        "#]],
    );
}

#[test]
fn each_way_to_take_a_lock_counts_as_what_it_is() {
    check(
        "modes.c",
        WARN,
        expect![[r#"
            recursive readers in both orders
            fair readers in both orders, and then a writer
            error[HB0004]: possible deadlock: `b` and `a` form a cycle via a queued writer
                at modes.c:41, in main, thread `main`
            a try and a timed attempt in the other order
            what is taken after a try
            error[HB0001]: possible deadlock: `a` and `c` are locked in opposite orders
                at modes.c:11, in in_order, thread `main`
            two of one class in both orders
            error[HB0001]: possible deadlock: `a` and `a` are locked in opposite orders
                at modes.c:11, in in_order, thread `main`
            in a subclass
            under a nest lock, and under one that is not held
            error[HB0104]: `a` is taken under the nest lock `b`, which is not held
                at modes.c:79, in main, thread `main`
            downgraded
            held 1
            might lock, in the other order
            error[HB0001]: possible deadlock: `b` and `c` are locked in opposite orders
                at modes.c:91, in main, thread `main`
            held 0
            a wait for who holds it, by who does
            error[HB0003]: deadlock: `c` is taken for writing by the thread that holds it for recursive reading
                at modes.c:97, in main, thread `main`
            given up for a wait, under another lock
            error[HB0005]: possible deadlock: `b` and `c` are locked in opposite orders by a wait
                at modes.c:105, in main, thread `main`
            contended, and got
            held 0, then 2
        "#]],
    );
}

#[test]
fn asserts_judge_by_what_the_thread_itself_holds() {
    check(
        "asserts.c",
        WARN,
        expect![[r#"
            held as they should be
            none of them
            error[HB0202]: assertion failed: `mmap_lock` must be held
                at asserts.c:42, in main, thread `main`
            error[HB0201]: `vma` not stabilised: `main` holds neither `mmap_lock` nor `vma`
                at asserts.c:44, in main, thread `main`
            error[HB0201]: heap not stabilised: `main` holds neither `mmap_lock` nor `vma`
                at asserts.c:45, in main, thread `main`
            error[HB0202]: assertion failed: `main` must hold no lock
                at asserts.c:46, in main, thread `main`
            error[HB0202]: assertion failed: `other` must be held for reading
                at asserts.c:47, in main, thread `main`
            error[HB0202]: assertion failed: `other` must not be held
                at asserts.c:48, in main, thread `main`
            the main thread holds both, this one does not
            error[HB0202]: assertion failed: `mmap_lock` must be held
                at asserts.c:14, in look, thread `unnamed-1`
            error[HB0201]: `vma` not stabilised: `unnamed-1` holds neither `mmap_lock` nor `vma`
                at asserts.c:15, in look, thread `unnamed-1`
            not while this thread is not checked
            released twice
            error[HB0101]: `mmap_lock` is released by `main`, which does not hold it
                at asserts.c:65, in main, thread `main`
        "#]],
    );
}

#[test]
fn locks_are_called_and_judged_by_their_class() {
    check(
        "names.c",
        WARN,
        expect![[r#"
            static ones of one class
            error[HB0001]: possible deadlock: `routes` and `routes` are locked in opposite orders
                at names.c:23, in both, thread `main`
            one that forbids what the other one may do
            error[HB0003]: possible deadlock: two locks of class `once` are nested in no known order
                at names.c:23, in both, thread `main`
            without a name
            error[HB0001]: possible deadlock: `lock@....c:44` and `lock@....c:45` are locked in opposite orders
                at names.c:23, in both, thread `main`
            by a number
            error[HB0003]: possible deadlock: two locks of class `page` are nested against their order
                at names.c:23, in both, thread `main`
            a lock that sleeps under one that spins
            error[HB0301]: `lock@names.c:45` may sleep, and is taken under `spin`, where sleeping is forbidden
                at names.c:23, in both, thread `main`
            a name that is not UTF-8, in memory that is used again
            error[HB0202]: assertion failed: `caf�` must be held
                at names.c:64, in main, thread `main`
            error[HB0202]: assertion failed: `gone` must be held
                at names.c:67, in main, thread `main`
            destroyed while held, and used again
            error[HB0102]: `gone` is freed or initialised again while it is held
                at names.c:71, in main, thread `main`
        "#]],
    );
}

#[test]
fn nothing_is_asked_of_a_null_lock() {
    check(
        "null.c",
        WARN,
        expect![[r#"
            null
            held -1
            policy -1
            policy -1
            dump -1
            dump -1
            never initialised
            held 0
            error[HB0202]: assertion failed: `a lock never acquired` must be held
                at null.c:43, in main, thread `main`
            error[HB0101]: `a lock never acquired` is released by `main`, which does not hold it
                at null.c:44, in main, thread `main`
            numbers that nobody knows
            held 2
            places in one buffer, and nowhere
            error[HB0101]: `lock@numbers.c:1` is released by `main`, which does not hold it
                at one.c:7, thread `main`
            error[HB0101]: `lock@numbers.c:1` is released by `main`, which does not hold it
                at tne.c:7, thread `main`
            error[HB0101]: `lock@numbers.c:1` is released by `main`, which does not hold it
                at <unknown>:7, thread `main`
        "#]],
    );
}

#[test]
fn the_kernel_names_mean_what_they_mean_there() {
    check(
        "kernel_names.c",
        WARN,
        expect![[r#"
            a write, and a fault
            that waits for the mmap lock
            error[HB0001]: possible deadlock: `mmap_lock` and `vm_lock` are locked in opposite orders
                at kernel_names.c:31, in main, thread `main`
            and one that sleeps under a page table lock
            error[HB0301]: `vm_lock/1` may sleep, and is taken under `ptl`, where sleeping is forbidden
                at kernel_names.c:37, in main, thread `main`
            asserts
            held 0
            error[HB0202]: assertion failed: `ptl` must be held
                at kernel_names.c:43, in main, thread `main`
            error[HB0202]: assertion failed: `vm_lock` must be held for writing
                at kernel_names.c:46, in main, thread `main`
        "#]],
    );
}

#[test]
fn a_thread_that_ends_with_a_lock_is_told_by_its_name() {
    check(
        "threads.c",
        WARN,
        expect![[r#"
            threads that come first at once
            a thread that gives back what it took
            and one that does not
            error[HB0103]: `net-3` ends while it holds `session`
                at threads.c:32, thread `net-3`
            it is gone
        "#]],
    );
}

#[test]
fn a_lock_guard_in_cpp_works_around_a_validated_mutex() {
    check(
        "guard.cpp",
        WARN,
        expect![[r#"
            a reply
            one in two steps
            a reload, which fails
            error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
                at guard.cpp:19, in Mutex::lock(), thread `main`
            caught: no file
            released, so not held
            error[HB0202]: assertion failed: `session` must be held
                at guard.cpp:37, in Mutex::assert_held() const, thread `main`
        "#]],
    );
}

#[test]
fn a_sink_gets_every_report() {
    check(
        "sink.c",
        &[],
        expect![[r#"
        installed 0
        first: now HB0202 assertion-failed sink.c:38
        assertion failed: `a` must be held
        text 0, json 0, thread main
        first: possible HB0001 circular-dependency sink.c:46
        possible deadlock: `a` and `b` are locked in opposite orders
        text 0, json 0, thread main
        second: possible HB0001 circular-dependency sink.c:46
        possible deadlock: `a` and `b` are locked in opposite orders
        text 0, json 0, thread main
        again -1
        first 2, second 1, all 2
    "#]],
    );
}

#[test]
fn threads_that_really_wait_for_each_other_are_told() {
    check(
        "deadlock.c",
        &[("HELDBY_WATCHDOG_MS", "50")],
        expect![[r#"
        reported: HB0502, now
    "#]],
    );
}

#[test]
fn the_lock_of_an_allocator_passes_through_and_others_do_not() {
    check(
        "allocator.c",
        WARN,
        expect![[r#"
        error[HB0001]: possible deadlock: `a` and `b` are locked in opposite orders
            at allocator.c:75, in main, thread `main`
        done
    "#]],
    );
}

#[test]
fn a_gate_is_none_once_its_class_has_a_second_lock() {
    check(
        "gates.c",
        WARN,
        expect![[r#"
        under one gate
        under another one
        error[HB0001]: possible deadlock: `first` and `second` are locked in opposite orders
            at gates.c:11, in nested, thread `main`
    "#]],
    );
}

#[test]
fn a_gate_that_is_none_is_acted_on() {
    check(
        "gates.c",
        &[("HELDBY", "panic")],
        expect![[r#"
        under one gate
        under another one
        error[HB0001]: possible deadlock: `first` and `second` are locked in opposite orders
            at gates.c:11, in nested, thread `main`
        ends with signal: 6 (SIGABRT)
    "#]],
    );
}

#[test]
fn nothing_unwinds_through_c() {
    check(
        "abba.c",
        &[("HELDBY", "panic")],
        expect![[r#"
            error[HB0001]: possible deadlock: `a` and `b` are locked in opposite orders
                at abba.c:33, in main, thread `main`
            heldby: locks held by thread `main`, oldest first:
            ends with signal: 6 (SIGABRT)
        "#]],
    );
    check(
        "guard.cpp",
        &[("HELDBY", "panic")],
        expect![[r#"
            a reply
            one in two steps
            a reload, which fails
            error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
                at guard.cpp:19, in Mutex::lock(), thread `main`
            heldby: locks held by thread `main`, oldest first:
            ends with signal: 6 (SIGABRT)
        "#]],
    );
}

#[test]
fn nothing_is_said_where_it_is_off() {
    let off = &[("HELDBY", "off")];
    check(
        "asserts.c",
        off,
        expect![[r#"
        held as they should be
        none of them
        the main thread holds both, this one does not
        not while this thread is not checked
        released twice
    "#]],
    );
    check(
        "guard.cpp",
        off,
        expect![[r#"
        a reply
        one in two steps
        a reload, which fails
        caught: no file
        released, so not held
    "#]],
    );
    check(
        "null.c",
        off,
        expect![[r#"
        null
        held -1
        policy -1
        policy -1
        dump -1
        dump -1
        never initialised
        held -1
        numbers that nobody knows
        held -1
        places in one buffer, and nowhere
    "#]],
    );
    check(
        "threads.c",
        off,
        expect![[r#"
            threads that come first at once
            a thread that gives back what it took
            and one that does not
            it is gone
            ends with exit status: 255
        "#]],
    );
}

/// Its numbers are for `docs/c-abi.md`.
#[test]
fn what_measures_the_cost_runs() {
    check("cost.c", WARN, expect![[""]]);
}

#[test]
fn with_heldby_off_nothing_is_linked_and_nothing_is_said() {
    for (source, status) in [
        ("asserts.c", "ok"),
        ("guard.cpp", "ok"),
        ("kernel_names.c", "ok"),
        ("modes.c", "ok"),
        ("names.c", "ok"),
        ("null.c", "ok"),
        ("sink.c", "ok"),
        // What it is asked last is what the thread holds: unknown.
        ("threads.c", "ends with exit status: 255"),
    ] {
        let Some(program) = compile(source, Build::Off) else {
            println!("skipped: {source} needs a compiler of its language");
            continue;
        };
        let said = run(program.path(), &[]);
        assert!(!said.contains("error["), "{source}: {said}");
        let end = said.lines().last().filter(|line| line.starts_with("ends"));
        assert_eq!(end.unwrap_or("ok"), status, "{source}: {said}");
    }
}
