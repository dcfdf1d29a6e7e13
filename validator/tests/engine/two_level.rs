//! Container lock or item lock: what is said when neither is held.

use expect_test::{Expect, expect};
use heldby_model::render::{TextOptions, text};
use heldby_model::{Code, Report};
use heldby_validator::{
    Acquire, LockMap, LockType, Mode, Site, TaskHandle, TwoLevel, Unstabilised, Validator,
};

use crate::rig::quiet;

static TREE: LockType = LockType::sleeping::<Table>("std::sync::RwLock");
static PAGE: LockType = LockType::sleeping::<Table>("std::sync::Mutex");

/// A tree latch of the class `tree` and two pages of the class `page`, with who uses them.
struct Table {
    validator: std::sync::Arc<Validator>,
    tree: LockMap,
    pages: [LockMap; 2],
    us: TaskHandle,
    others: [TaskHandle; 2],
}

impl Table {
    fn new() -> Self {
        let validator = Validator::new(quiet());
        let task = |name| validator.task(name);
        Self {
            tree: LockMap::named("tree"),
            pages: ["page", "page"].map(LockMap::named),
            us: task("scanner"),
            others: ["reader-1", "reader-2"].map(task),
            validator,
        }
    }

    fn acquire(&self, task: &TaskHandle, map: &LockMap, mode: Mode) {
        let lock_type = if std::ptr::eq(map, &self.tree) {
            &TREE
        } else {
            &PAGE
        };
        task.acquire(map, Acquire::new(lock_type, mode, site(30)));
    }

    /// Acquires and releases every lock once, so that its type is known.
    fn acquire_all(&self) {
        for map in [&self.tree, &self.pages[0], &self.pages[1]] {
            self.acquire(&self.us, map, Mode::Write);
            self.us.release(map, site(31));
        }
    }

    fn page(&self, number: usize) -> TwoLevel<'_> {
        TwoLevel {
            container: &self.tree,
            item: &self.pages[number],
            which: None,
            item_write_implies_container_write: false,
        }
    }

    fn complain(&self, what: TwoLevel<'_>, why: Unstabilised<'_>) -> Report {
        self.us.item_not_stabilised(what, why, site(42));
        let reports = self.validator.reports();
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].code, Code::Hb0201);
        reports[0].clone()
    }
}

fn site(line: u32) -> Site {
    Site::intern("src/table.rs", line, 9)
}

#[track_caller]
fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&text(report, TextOptions::default()));
}

#[test]
fn all_ways_stand_in_one_table() {
    let table = Table::new();
    table.acquire_all();
    for reader in &table.others {
        table.acquire(reader, &table.tree, Mode::Read);
    }
    let what = TwoLevel {
        which: Some("page 7".to_owned()),
        item_write_implies_container_write: true,
        ..table.page(0)
    };
    check(
        &table.complain(what, Unstabilised::NeitherHeld),
        expect![[r#"
            error[HB0201]: page 7 not stabilised: `scanner` holds neither `tree` nor `page`
              --> src/table.rs:42:9, thread `scanner`

              needed, one of   state now                                   held by us
              `tree`, read     held for reading by `reader-1` and 1 more   no
              `tree`, write    not held                                    no
              `page`           not held                                    no

              note: `reader-1` holds `tree`, which does not help `scanner`: that hold can end at any time. A
                    look at the lock's state alone would have passed this.
              note: locking `page` for writing needs `tree` for writing as well.
              help: take `tree` or `page`, in any mode, before src/table.rs:42, and keep it until after.
              help: code that is given a `Stabilised` needs no check: the compiler asks for the guard.

              Held by `scanner`: nothing
        "#]],
    );
}

#[test]
fn nobody_holds_anything() {
    let table = Table::new();
    check(
        &table.complain(table.page(0), Unstabilised::NeitherHeld),
        expect![[r#"
            error[HB0201]: `page` not stabilised: `scanner` holds neither `tree` nor `page`
              --> src/table.rs:42:9, thread `scanner`

              needed, one of        state now        held by us
              `tree`, in any mode   never acquired   no
              `page`, in any mode   never acquired   no

              help: take `tree` or `page`, in any mode, before src/table.rs:42, and keep it until after.
              help: code that is given a `Stabilised` needs no check: the compiler asks for the guard.

              Held by `scanner`: nothing
        "#]],
    );
}

#[test]
fn another_page_does_not_help() {
    let table = Table::new();
    table.acquire_all();
    table.acquire(&table.us, &table.pages[1], Mode::Write);
    table.acquire(&table.others[0], &table.pages[0], Mode::Write);
    check(
        &table.complain(table.page(0), Unstabilised::NeitherHeld),
        expect![[r#"
            error[HB0201]: `page` not stabilised: `scanner` holds neither `tree` nor `page`
              --> src/table.rs:42:9, thread `scanner`

              needed, one of   state now            held by us
              `tree`, read     not held             no
              `tree`, write    not held             no
              `page`           held by `reader-1`   no

              note: `reader-1` holds `page`, which does not help `scanner`: that hold can end at any time. A
                    look at the lock's state alone would have passed this.
              note: the `page` that `scanner` took at src/table.rs:30 is another one.
              help: take `tree` or `page`, in any mode, before src/table.rs:42, and keep it until after.
              help: code that is given a `Stabilised` needs no check: the compiler asks for the guard.

              Held by `scanner`: 1. `page` (lock) src/table.rs:30
        "#]],
    );
}

#[test]
fn a_guard_of_another_page_is_no_proof() {
    let table = Table::new();
    table.acquire_all();
    table.acquire(&table.us, &table.pages[1], Mode::Write);
    let why = Unstabilised::WrongGuard {
        given: &table.pages[1],
        wanted: &table.pages[0],
    };
    check(
        &table.complain(table.page(0), why),
        expect![[r#"
            error[HB0201]: `page` not stabilised: the guard given as proof is of another `page`
              --> src/table.rs:42:9, thread `scanner`

              needed, one of   state now   held by us
              `tree`, read     not held    no
              `tree`, write    not held    no
              `page`           not held    no

              note: the `page` that `scanner` took at src/table.rs:30 is another one.
              help: prove it by the guard of this very `page`, or of the `tree` that it is in.

              Held by `scanner`: 1. `page` (lock) src/table.rs:30
        "#]],
    );
}

#[test]
fn a_guard_of_another_class_is_no_proof() {
    let table = Table::new();
    table.acquire_all();
    table.acquire(&table.us, &table.pages[0], Mode::Write);
    let why = Unstabilised::WrongGuard {
        given: &table.pages[0],
        wanted: &table.tree,
    };
    check(
        &table.complain(table.page(0), why),
        expect![[r#"
            error[HB0201]: `page` not stabilised: the guard given as proof is of `page`, not of `tree`
              --> src/table.rs:42:9, thread `scanner`

              needed, one of   state now           held by us
              `tree`, read     not held            no
              `tree`, write    not held            no
              `page`           held by `scanner`   yes

              help: prove it by the guard of this very `page`, or of the `tree` that it is in.

              Held by `scanner`: 1. `page` (lock) src/table.rs:30
        "#]],
    );
}
