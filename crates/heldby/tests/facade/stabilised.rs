//! Container lock or item lock, both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

use heldby::lockdep::{
    self, AsLockMap, ClassPolicy, LockKey, LockMap, NotStabilised, Way, lock_acquire_shared,
    lock_release,
};
use heldby::model::{Code, Kind, Report};
use heldby::sync::{Mutex, RwLock};
use heldby::test::check;
use heldby::{Stabilised, Stability, TwoLevel, assert_stabilised, stability, thread};

/// A tree latch and the latches of two pages.
struct Tree {
    latch: RwLock<u8>,
    pages: [RwLock<u8>; 2],
}

/// Runs an assertion while locks are held in some way.
type While = fn(&Tree, &dyn Fn());

#[test]
fn either_lock_in_any_mode_is_enough() {
    let rows: &[(&str, While, Stability)] = &[
        ("nothing", |_, assert| assert(), Stability::Neither),
        (
            "container read",
            |tree, assert| {
                let _tree = tree.latch.read();
                assert();
            },
            Stability::ByContainer,
        ),
        (
            "container written",
            |tree, assert| {
                let _tree = tree.latch.write();
                assert();
            },
            Stability::ByContainer,
        ),
        (
            "container tried",
            |tree, assert| {
                let _tree = tree.latch.try_read();
                assert();
            },
            Stability::ByContainer,
        ),
        (
            "item read",
            |tree, assert| {
                let _page = tree.pages[0].read();
                assert();
            },
            Stability::ByItem,
        ),
        (
            "item written",
            |tree, assert| {
                let _page = tree.pages[0].write();
                assert();
            },
            Stability::ByItem,
        ),
        (
            "both",
            |tree, assert| {
                let _locks = (tree.latch.read(), tree.pages[0].read());
                assert();
            },
            Stability::ByContainer,
        ),
        (
            "container read and released under the item",
            |tree, assert| {
                let tree_read = tree.latch.read();
                let _page = tree.pages[0].read();
                drop(tree_read);
                assert();
            },
            Stability::ByItem,
        ),
        (
            "released",
            |tree, assert| {
                drop((tree.latch.read(), tree.pages[0].read()));
                assert();
            },
            Stability::Neither,
        ),
        (
            "another item",
            |tree, assert| {
                let _other = tree.pages[1].write();
                assert();
            },
            Stability::Neither,
        ),
    ];
    for &(name, run, expected) in rows {
        let tree = Tree {
            latch: RwLock::named("tree", 0),
            pages: [0, 1].map(|page| RwLock::named("page", page)),
        };
        let reports = check(|| {
            run(&tree, &|| {
                assert_eq!(stability(&tree.latch, &tree.pages[0]), expected, "{name}");
                heldby::stabilised!(tree.latch, tree.pages[0]);
            });
        });
        let codes: Vec<_> = reports.iter().map(|report| report.code).collect();
        let fails = expected == Stability::Neither;
        assert_eq!(codes, [Code::Hb0201].repeat(fails.into()), "{name}");
    }
}

/// The one report of `body`, which must make one.
#[track_caller]
fn only_report(body: impl FnOnce()) -> Report {
    let mut reports = check(body);
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports.remove(0)
}

fn ways(report: &Report) -> Vec<[&str; 2]> {
    let ways = report.ways.iter();
    ways.map(|way| {
        assert!(!way.held_by_us);
        [&*way.needed, &*way.state]
    })
    .collect()
}

#[inline(never)]
fn covers(tree: &RwLock<u8>, page: &Mutex<u8>) {
    heldby::stabilised!(*tree, page);
}

#[test]
fn the_hold_of_another_thread_is_told_and_does_not_count() {
    let tree = RwLock::named("tree", 0);
    let page = Mutex::named("page", 0);
    let report = only_report(|| {
        drop((tree.read(), page.lock()));
        let _tree = tree.read();
        thread::scope(|scope| {
            let builder = thread::Builder::new().name("stranger".into());
            builder
                .spawn_scoped(scope, || covers(&tree, &page))
                .unwrap();
        });
    });
    assert_eq!(report.kind, Kind::NotStabilised);
    assert_eq!((&*report.thread, report.locks.len()), ("stranger", 2));
    assert_eq!(report.locks, ["tree", "page"]);
    assert_eq!(
        report.title,
        "`page` not stabilised: `stranger` holds neither `tree` nor `page`"
    );
    let [read, write, item] = ways(&report)[..] else {
        panic!("{report:?}")
    };
    assert_eq!(read[0], "`tree`, read");
    assert!(read[1].starts_with("held for reading by `"), "{read:?}");
    assert_eq!(write, ["`tree`, write", "not held"]);
    assert_eq!(item, ["`page`", "not held"]);
    assert!(report.notes[0].contains("holds `tree`"), "{report:?}");
    assert!(report.site.file.ends_with("stabilised.rs"));
    let function = report.function.expect("this binary has symbols");
    assert!(function.contains("covers"), "{function}");
    assert!(report.help[0].contains(&function), "{:?}", report.help);
}

#[test]
fn it_is_told_once_for_each_place() {
    let (tree, page) = (RwLock::new(0), RwLock::new(0));
    let reports = check(|| {
        drop((tree.read(), page.read()));
        for _ in 0..10 {
            heldby::stabilised!(tree, page);
        }
        heldby::stabilised!(tree, page);
    });
    let lines: Vec<_> = reports.iter().map(|report| report.site.line).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], lines[0] + 2);
}

#[test]
fn the_arguments_are_evaluated_once() {
    let (mut trees, mut pages) = (0, 0);
    let (tree, page) = (RwLock::new(0), RwLock::new(0));
    let _tree = tree.read();
    heldby::stabilised!(
        *{
            trees += 1;
            &tree
        },
        *{
            pages += 1;
            &page
        },
    );
    assert_eq!((trees, pages), (1, 1));
}

/// Runs `body` while this thread and another one read `map`, and a third has released it for one of
/// the two.
fn while_unknown(map: &LockMap, body: &dyn Fn()) {
    let ((has_read, wait_for_read), (done, wait_until_done)) = (channel(), channel());
    lock_acquire_shared(map, 0, false);
    thread::scope(|scope| {
        scope.spawn(move || {
            lock_acquire_shared(map, 0, false);
            has_read.send(()).unwrap();
            wait_until_done.recv().unwrap();
            lock_release(map);
        });
        wait_for_read.recv().unwrap();
        scope.spawn(|| lock_release(map)).join().unwrap();
        body();
        done.send(()).unwrap();
    });
    lock_release(map);
}

/// Where a lock was released elsewhere, nobody knows who still holds it: no assertion fails.
#[test]
fn what_is_unknown_is_no_alarm() {
    let (tree, page) = (LockMap::named("tree"), LockMap::named("page"));
    let unknown = [&tree, &page].map(|unknown| {
        check(|| {
            while_unknown(unknown, &|| {
                assert_eq!(stability(&tree, &page), Stability::Unknown);
                heldby::stabilised!(tree, page);
            });
            // From here on everything is known again.
            assert_eq!(stability(&tree, &page), Stability::Neither);
        })
    });
    assert_eq!(unknown, [[], []]);
}

/// Whatever is unknown of one lock, a certain hold of the other is enough.
#[test]
fn what_is_held_for_certain_is_enough() {
    let (tree, page) = (LockMap::named("tree"), LockMap::named("page"));
    let rows = [
        (&tree, &page, Stability::ByItem),
        (&page, &tree, Stability::ByContainer),
    ];
    for (unknown, certain, expected) in rows {
        let reports = check(|| {
            while_unknown(unknown, &|| {
                lock_acquire_shared(certain, 0, true);
                assert_eq!(stability(&tree, &page), expected);
                heldby::stabilised!(tree, page);
                lock_release(certain);
            });
        });
        assert_eq!(reports, []);
    }
}

static MMAP_LOCK: LockKey = LockKey::new("stabilised::mmap_lock");
static VM_LOCK: LockKey = LockKey::with_policy("stabilised::vm_lock", ClassPolicy::Forbid);

/// The locks of an address space as `heldby-mm` has them: told by hooks, the write lock of a VMA by a
/// pair of equal sequences that ends with the mmap lock.
struct MmapLock {
    map: LockMap,
    seq: AtomicU64,
}

struct Vma<B> {
    start: u64,
    mmap_lock: Arc<MmapLock>,
    map: LockMap,
    seq: AtomicU64,
    _backing: B,
}

impl<B> AsLockMap for Vma<B> {
    fn as_lock_map(&self) -> &LockMap {
        &self.map
    }
}

impl<B> TwoLevel for Vma<B> {
    type Container = LockMap;
    const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = true;

    fn container(&self) -> &LockMap {
        &self.mmap_lock.map
    }

    fn describe(&self) -> Option<String> {
        Some(format!("VMA {:#x}", self.start))
    }
}

impl<B> Vma<B> {
    fn start_write(&self) {
        lockdep::rwsem_acquire(&self.map, 0, false);
        // Relaxed, all: one thread at a time.
        let seq = self.mmap_lock.seq.load(Ordering::Relaxed);
        self.seq.store(seq, Ordering::Relaxed);
        lockdep::rwsem_release(&self.map);
    }

    /// The assert of `heldby-mm`, in its own words.
    #[track_caller]
    fn assert_stabilised(&self) -> Stability {
        assert_stabilised(self, || NotStabilised {
            object: "VMA",
            which: format!("{:#x}", self.start),
            operation: "anon_vma_name",
            ways: vec![Way {
                needed: "VMA lock, write",
                state: format!(
                    "seq {}, mm {}",
                    self.seq.load(Ordering::Relaxed),
                    self.mmap_lock.seq.load(Ordering::Relaxed)
                ),
                held_by_us: false,
            }],
            notes: vec!["a note of its own.".into()],
            help: vec!["a help of its own.".into()],
        })
    }
}

fn vma() -> Vma<Vec<u8>> {
    Vma {
        start: 0x1000,
        mmap_lock: Arc::new(MmapLock {
            map: LockMap::with_key(&MMAP_LOCK),
            seq: AtomicU64::new(1),
        }),
        map: LockMap::with_key(&VM_LOCK),
        seq: AtomicU64::new(0),
        _backing: Vec::new(),
    }
}

#[test]
fn an_item_finds_its_container() {
    let vma = Arc::new(vma());
    let mmap = &vma.mmap_lock.map;
    let mut stable = Vec::new();
    let reports = check(|| {
        lockdep::rwsem_acquire(mmap, 0, false);
        vma.start_write();
        // The write lock leaves no hold of its own, and is covered by the container's.
        stable.push(vma.assert_stabilised());
        heldby::stabilised!(vma);
        lockdep::lock_downgrade(mmap);
        stable.push(vma.assert_stabilised());
        lockdep::rwsem_release(mmap);
        lock_acquire_shared(&vma.map, 0, true);
        stable.push(vma.assert_stabilised());
        heldby::stabilised!(*vma);
        lock_release(&vma.map);
    });
    assert_eq!(reports, []);
    let (by_container, by_item) = (Stability::ByContainer, Stability::ByItem);
    assert_eq!(stable, [by_container, by_container, by_item]);
}

#[test]
fn an_item_says_what_it_is_and_what_a_write_needs() {
    let vma = vma();
    let report = only_report(|| {
        lockdep::rwsem_acquire(&vma.mmap_lock.map, 0, false);
        vma.start_write();
        lockdep::rwsem_release(&vma.mmap_lock.map);
        heldby::stabilised!(vma);
    });
    assert!(
        report.title.starts_with("VMA 0x1000 not stabilised: "),
        "{}",
        report.title
    );
    let names = report.ways.iter().map(|way| &*way.needed);
    let expected = [
        "mmap_lock`, read",
        "mmap_lock`, write",
        "vm_lock`, read",
        "vm_lock`, write",
    ];
    let expected = expected.map(|name| format!("`stabilised::{name}"));
    assert_eq!(names.collect::<Vec<_>>(), expected);
    let rule = "locking `stabilised::vm_lock` for writing needs `stabilised::mmap_lock` for writing \
                as well.";
    assert_eq!(report.notes, [rule]);
}

#[test]
fn a_host_that_knows_better_says_it_in_its_own_words() {
    let vma = vma();
    let report = only_report(|| {
        assert_eq!(vma.assert_stabilised(), Stability::Neither);
    });
    assert_eq!(
        report.title,
        "VMA not stabilised: 0x1000 read in anon_vma_name"
    );
    assert_eq!(ways(&report), [["VMA lock, write", "seq 0, mm 1"]]);
    assert_eq!(report.notes, ["a note of its own."]);
    assert!(report.site.file.ends_with("stabilised.rs"));
}

/// A page that knows its tree.
struct Page<'t> {
    tree: &'t RwLock<u8>,
    latch: Mutex<u8>,
}

impl AsLockMap for Page<'_> {
    fn as_lock_map(&self) -> &LockMap {
        self.latch.as_lock_map()
    }
}

impl<'t> TwoLevel for Page<'t> {
    type Container = RwLock<u8>;
    const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = false;

    fn container(&self) -> &RwLock<u8> {
        self.tree
    }
}

fn pages<'t>(trees: [&'t RwLock<u8>; 2]) -> [Page<'t>; 2] {
    trees.map(|tree| Page {
        tree,
        latch: Mutex::named("page", 0),
    })
}

#[test]
fn a_proof_is_made_by_either_guard_in_any_mode() {
    let tree = RwLock::named("tree", 0);
    let [page, _] = pages([&tree, &tree]);
    let reports = check(|| {
        {
            let guard = tree.read().unwrap();
            let proof = Stabilised::by_container(&guard, &page);
            assert!(std::ptr::eq(Stabilised::into_ref(proof), &page));
        }
        {
            let guard = tree.write().unwrap();
            let proof = Stabilised::by_container(&guard, &page);
            heldby::stabilised!(*proof);
        }
        let guard = page.latch.lock().unwrap();
        let proof = Stabilised::by_item(&guard, &page);
        // Another thread may use it: the hold is this thread's, and lasts.
        thread::scope(|scope| {
            scope.spawn(move || assert_eq!(*proof.tree.read().unwrap(), 0));
        });
    });
    assert_eq!(reports, []);
}

#[test]
fn a_guard_of_another_lock_proves_nothing() {
    type Prove = fn(&Page<'_>, &Page<'_>);
    let rows: &[(Prove, &str)] = &[
        (
            |page, other| {
                let guard = other.latch.lock().unwrap();
                let _ = Stabilised::by_item(&guard, page);
            },
            "the guard given as proof is of another `page`",
        ),
        (
            |page, other| {
                let guard = other.tree.read().unwrap();
                let _ = Stabilised::by_container(&guard, page);
            },
            "the guard given as proof is of another `tree`",
        ),
        (
            |page, _| {
                let guard = page.latch.lock().unwrap();
                let _ = Stabilised::by_container(&guard, page);
            },
            "the guard given as proof is of `page`, not of `tree`",
        ),
    ];
    for (prove, expected) in rows {
        let trees = [0, 1].map(|tree| RwLock::named("tree", tree));
        let [page, other] = pages([&trees[0], &trees[1]]);
        let report = only_report(|| prove(&page, &other));
        assert_eq!(report.code, Code::Hb0201);
        assert!(report.title.ends_with(expected), "{}", report.title);
        assert!(
            report.site.file.ends_with("stabilised.rs"),
            "{}",
            report.site
        );
    }
}
