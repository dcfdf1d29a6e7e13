//! The text of one report of every code.

use expect_test::{Expect, expect};
use heldby_model::render::{TextOptions, text};
use heldby_model::{Code, Report};

use crate::reports::report;

#[track_caller]
fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&text(report, TextOptions::default()));
}

#[test]
fn inversion() {
    check(
        &report(Code::Hb0001),
        expect![[r#"
            error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
              --> src/reload.rs:89:37, in Router::reload, thread `reloader`

              `reloader` wants   `routes` for writing   src/reload.rs:89
              while holding      `session`              src/reload.rs:88
              but `net-3` once took `session` while holding `routes` for reading (dependency 1 below).

              How it can hang:

                    `net-3`                            `reloader`
                    -------                            ----------
                1   read(routes)    src/reply.rs:61
                2                                      lock(session)   src/reload.rs:88
                3   lock(session)   src/reply.rs:62                                        blocked by 2
                4                                      write(routes)   src/reload.rs:89    blocked by 1

              The cycle, oldest dependency first:

                1   routes (read) -> session (lock)    first seen 2.1 s ago, thread `net-3`
                      held       routes    src/reply.rs:61    Router::send_reply
                      acquired   session   src/reply.rs:62    Router::send_reply
                                           src/net.rs:140     net::worker
                2   session (lock) -> routes (write)   new, this acquire
                      held       session   src/reload.rs:88   Router::reload
                      acquired   routes    src/reload.rs:89   Router::reload
                                           src/main.rs:31     main::{closure#1}

              note: dependency 1 only reads `routes`, and it still counts: a held read blocks the write in 2.
              note: nothing hung in this run. Both orders were seen, so some run can hang.
              note: `routes` is a std::sync::RwLock made at src/router.rs:18 (1 instance).
              note: `session` is a std::sync::Mutex made at src/session.rs:9 (64 instances, #12 each time).
              help: take `routes` before `session` in Router::reload, as Router::send_reply does, or drop the
                    `session` guard before src/reload.rs:89.

              Held by `reloader`: 1. `session` (lock) src/reload.rs:88
        "#]],
    );
}

#[test]
fn longer_cycle() {
    check(
        &report(Code::Hb0002),
        expect![[r#"
            error[HB0002]: possible deadlock: `account`, `ledger` and `vault` form a lock cycle
              --> src/bank.rs:61:9, in bank::vault_to_account, thread `guard`

              `guard` wants   `account`   src/bank.rs:61
              while holding   `vault`     src/bank.rs:60
              but dependencies 1 and 2 below lead from `account` to `vault`.

              How it can hang:

                    `auditor`       `teller`         `guard`
                    ---------       --------         -------
                1   lock(ledger)
                2                   lock(account)
                3                                    lock(vault)
                4   lock(vault)                                       blocked by 3
                5                   lock(ledger)                      blocked by 1
                6                                    lock(account)    blocked by 2

              The cycle, oldest dependency first:

                1   ledger (lock) -> vault (lock)     first seen 2.1 s ago, thread `auditor`
                      held       ledger    src/bank.rs:40   bank::ledger_to_vault
                      acquired   vault     src/bank.rs:41   bank::ledger_to_vault
                2   account (lock) -> ledger (lock)   first seen 2.1 s ago, thread `teller`
                      held       account   src/bank.rs:20   bank::account_to_ledger
                      acquired   ledger    src/bank.rs:21   bank::account_to_ledger
                3   vault (lock) -> account (lock)    new, this acquire
                      held       vault     src/bank.rs:60   bank::vault_to_account
                      acquired   account   src/bank.rs:61   bank::vault_to_account

              note: nothing hung in this run. All 3 dependencies were seen, so some run can hang.
              note: `account` is a std::sync::Mutex made at src/bank.rs:7 (900 instances: any two can meet).
              note: `vault` is a parking_lot::Mutex made in a library, .../src/index/safe-1.2.0/src/vault.rs:7
                    (1 instance); its order is this program's all the same.
              help: take `account` before `vault` in bank::vault_to_account, as bank::account_to_ledger and
                    bank::ledger_to_vault do, or drop the `vault` guard before src/bank.rs:61.

              Held by `guard`: 1. `vault` (lock) src/bank.rs:60
        "#]],
    );
}

#[test]
fn recursion() {
    check(
        &report(Code::Hb0003),
        expect![[r#"
        error[HB0003]: deadlock: `cache` is taken again by the thread that holds it
          --> src/cache.rs:31:30, in Cache::evict, thread `main`

          `main` wants    `cache`   src/cache.rs:31
          while holding   `cache`   src/cache.rs:14

          How it hangs:

                `main`
                ------
            1   lock(cache)   src/cache.rs:14
            2   lock(cache)   src/cache.rs:31    blocked by 1

          The dependency:

            1   cache (lock) -> cache (lock)   new, this acquire
                  held       cache   src/cache.rs:14   Cache::get
                  acquired   cache   src/cache.rs:31   Cache::evict
                                     src/net.rs:140    net::worker

          note: the thread waits for itself: no other thread can let it go on.
          note: `cache` is a std::sync::Mutex made at src/cache.rs:9 (1 instance).
          help: let Cache::evict use the `cache` guard taken at src/cache.rs:14, passed as an argument, or
                drop that guard before src/cache.rs:31.

          Held by `main`: 1. `cache` (lock) src/cache.rs:14
    "#]],
    );
}

#[test]
fn queued_writer() {
    check(
        &report(Code::Hb0004),
        expect![[r#"
            error[HB0004]: possible deadlock: `table` and `log` form a cycle via a queued writer
              --> src/log.rs:52:25, in Log::flush, thread `flusher`

              `flusher` wants   `table` for reading   src/log.rs:52
              while holding     `log`                 src/log.rs:50
              but `indexer` once took `log` while holding `table` for reading (dependency 1 below).

              How it can hang:

                    `indexer`                        `flusher`                      a writer
                    ---------                        ---------                      --------
                1   read(table)   src/index.rs:10
                2                                    lock(log)     src/log.rs:50
                3                                                                   write(table)    blocked by 1
                4   lock(log)     src/index.rs:14                                                   blocked by 2
                5                                    read(table)   src/log.rs:52                    blocked by 3

              The cycle, oldest dependency first:

                1   table (read) -> log (lock)   first seen 2.1 s ago, thread `indexer`
                      held       table   src/index.rs:10   Index::build
                      acquired   log     src/index.rs:14   Index::build
                                         src/net.rs:140    net::worker
                2   log (lock) -> table (read)   new, this acquire
                      held       log     src/log.rs:50     Log::flush
                      acquired   table   src/log.rs:52     Log::flush
                                         src/net.rs:140    net::worker

              note: `table` is only read, and it still counts: a writer that waits for the read in 1 keeps the
                    read in 2 waiting.
              note: nothing hung in this run. Both orders were seen, so some run can hang.
              note: `table` is a std::sync::RwLock made at src/table.rs:5 (1 instance).
              help: take `table` before `log` in Log::flush, as Index::build does, or drop the `log` guard
                    before src/log.rs:52.

              Held by `flusher`: 1. `log` (lock) src/log.rs:50
        "#]],
    );
}

#[test]
fn join_under_what_the_thread_takes() {
    check(
        &report(Code::Hb0005),
        expect![[r#"
        error[HB0005]: possible deadlock: the join of `worker` and `jobs` wait for each other
          --> src/pool.rs:82:20, in Pool::stop, thread `main`

          `main` joins    `worker`   src/pool.rs:82
          while holding   `jobs`     src/pool.rs:80
          but `worker-1` once took `jobs` in the life of `worker` (dependency 1 below).

          How it can hang:

                `worker-1`                      `main`
                ----------                      ------
            1   run(worker)   src/pool.rs:24
            2                                   lock(jobs)     src/pool.rs:80
            3   lock(jobs)    src/pool.rs:51                                     blocked by 2
            4                                   join(worker)   src/pool.rs:82    blocked by 1

          The cycle, oldest dependency first:

            1   worker (run) -> jobs (lock)    first seen 2.1 s ago, thread `worker-1`
                  began      worker   src/pool.rs:24   Pool::start
                  acquired   jobs     src/pool.rs:51   Pool::work
                                      src/net.rs:140   net::worker
            2   jobs (lock) -> worker (join)   new, this acquire
                  held       jobs     src/pool.rs:80   Pool::stop
                  joined     worker   src/pool.rs:82   Pool::stop
                                      src/net.rs:140   net::worker

          note: whoever joins `worker` waits for all that it still takes, `jobs` in 1 too.
          note: nothing hung in this run. Both orders were seen, so some run can hang.
          note: `jobs` is a std::sync::Mutex made at src/pool.rs:12 (1 instance).
          note: `worker` is a thread made at src/pool.rs:24 (8 instances: any two can meet).
          help: drop the `jobs` guard before src/pool.rs:82.

          Held by `main`: 1. `jobs` (lock) src/pool.rs:80
    "#]],
    );
}

#[test]
fn lock_not_held() {
    check(
        &report(Code::Hb0101),
        expect![[r#"
            error[HB0101]: `queue` is released by `worker-2`, which does not hold it
              --> src/queue.rs:77:9, in Queue::push, thread `worker-2`

              note: at this point `worker-2` holds `stats` and `config`.
              help: release `queue` once for each acquire, in the thread that made it; look for a second
                    release, or for a guard that went to another thread.

              Held by `worker-2`:
                1. `stats` (lock)    src/queue.rs:70
                2. `config` (read)   src/queue.rs:72
        "#]],
    );
}

#[test]
fn held_lock_freed() {
    check(
        &report(Code::Hb0102),
        expect![[r#"
        error[HB0102]: `queue` is freed or initialised again while it is held
          --> src/queue.rs:90:5, thread `worker-2`

          note: `worker-2` took it at src/queue.rs:84.
          help: release `queue`, taken at src/queue.rs:84, before its memory is freed or used again; an
                owner that outlives every guard sees to that.

          Held by `worker-2`: 1. `queue` (lock) src/queue.rs:84
    "#]],
    );
}

#[test]
fn held_at_exit() {
    check(
        &report(Code::Hb0103),
        expect![[r#"
        error[HB0103]: `worker-2` ends while it holds `queue` and `stats`
          --> src/main.rs:20:5, thread `worker-2`

          note: a lock whose holder is gone stays held, unless a thread-local still drops its guard.
          help: release `queue`, taken at src/queue.rs:84, before the thread ends; a leaked guard
                (mem::forget, a cycle of Rc) keeps its lock held.

          Held by `worker-2`:
            1. `queue` (lock)   src/queue.rs:84
            2. `stats` (lock)   src/queue.rs:86
    "#]],
    );
}

#[test]
fn nest_lock_not_held() {
    check(
        &report(Code::Hb0104),
        expect![[r#"
        error[HB0104]: `node` is taken under the nest lock `tree`, which is not held
          --> src/tree.rs:51:14, in Tree::rotate, thread `worker-2`

          note: at this point `worker-2` holds `node`.
          note: locks of class `node` may be nested in any order only while `tree` keeps all others out.
          help: take `tree` before Tree::rotate, and keep it until all locks of class `node` are released;
                or name the lock that does order them.

          Held by `worker-2`: 1. `node` (lock) src/tree.rs:50
    "#]],
    );
}

#[test]
fn pinned() {
    check(
        &report(Code::Hb0105),
        expect![[r#"
        error[HB0105]: `queue` is released by `worker-2` while it is pinned
          --> src/queue.rs:61:9, in Queue::refill, thread `worker-2`

          note: at this point `worker-2` holds `queue`.
          help: unpin `queue` before it is released, or do not release it in Queue::refill: whoever pinned
                it counts on what it protects to stay as it is.

          Held by `worker-2`: 1. `queue` (lock) src/queue.rs:50
    "#]],
    );
}

#[test]
fn not_stabilised() {
    check(
        &report(Code::Hb0201),
        expect![[r#"
        error[HB0201]: VMA not stabilised: 0x7f31c0000000-0x7f31c0021000 "heap" read in anon_vma_name
          --> src/mm/name.rs:42:9, in anon_vma_name, thread `worker-2`

          needed, one of     state now                                         held by us
          mmap lock, read    held for reading by `worker-5`                    no
          mmap lock, write   not held                                          no
          VMA lock, read     vm_refcnt 2: attached, 1 reader, not us           no
          VMA lock, write    not write-locked (seq 41, mm 44; unlocked read)   no

          note: someone holds the mmap lock, but not this thread: it can go away at any time. Without the
                validator this assert would have passed.
          help: find the VMA with lock_vma_under_rcu(mm, addr), or hold mmap_read_lock(mm), before
                anon_vma_name.

          Held by `worker-2`: nothing
    "#]],
    );
}

#[test]
fn assertion() {
    check(
        &report(Code::Hb0202),
        expect![[r#"
        error[HB0202]: assertion failed: `routes` must be held for writing
          --> src/router.rs:120:9, in Router::rebuild, thread `worker-2`

          note: `worker-2` has held it for reading since src/router.rs:101.
          help: take `routes` for writing at src/router.rs:101.

          Held by `worker-2`: 1. `routes` (read) src/router.rs:101
    "#]],
    );
}

#[test]
fn wait_context() {
    check(
        &report(Code::Hb0301),
        expect![[r#"
        error[HB0301]: `pool` may sleep, and is taken under `ring`, where sleeping is forbidden
          --> src/ring.rs:33:18, in Ring::drain, thread `worker-2`

          `worker-2` wants   `pool`   src/ring.rs:33
          while holding      `ring`   src/ring.rs:30

          note: nothing slept in this run, and it still counts: it does when another thread holds `pool`.
          help: take `pool` before `ring` in Ring::drain, or make `ring` a lock that may sleep.

          Held by `worker-2`: 1. `ring` (lock) src/ring.rs:30
    "#]],
    );
}

#[test]
fn undeclared() {
    check(
        &report(Code::Hb0401),
        expect![[r#"
            error[HB0401]: undeclared order: `routes` is taken while `session` is held
              --> src/reload.rs:89:37, in Router::reload, thread `reloader`

              `reloader` wants   `routes`    src/reload.rs:89
              while holding      `session`   src/reload.rs:88

              The dependency:

                1   session (lock) -> routes (lock)   new, this acquire
                      held       session   src/reload.rs:88   Router::reload
                      acquired   routes    src/reload.rs:89   Router::reload
                                           src/net.rs:140     net::worker

              help: take `routes` before `session` in Router::reload, or not while it is held; if this order is
                    meant, declare it: run `heldby order` on a record of this run.

              Held by `reloader`: 1. `session` (lock) src/reload.rs:88
        "#]],
    );
}

#[test]
fn orphaned() {
    check(
        &report(Code::Hb0501),
        expect![[r#"
        error[HB0501]: deadlock: a forked child waits for `queue`
          --> src/child.rs:12:20, in child::main, thread `worker-2`

          note: a fork takes one thread along: nobody is here who could release it.
          help: call exec at once in the child; or fork before other threads start, or hold `queue` over the
                fork (pthread_atfork), so that the child can release it.

          Held by `worker-2`: nothing
    "#]],
    );
}
