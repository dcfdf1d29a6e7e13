//! A table of pages under a tree latch: two locks, either of which keeps the bounds of a page stable.
//!
//! | to | hold |
//! | --- | --- |
//! | find a page | the tree latch, in any mode |
//! | rely on the bounds of a page | the tree latch or the page's own, in any mode |
//! | read or write what a page holds | its latch, for that |
//! | split a page | both, for writing |
//!
//! A look-up latches its page under the tree latch and then lets the tree go, so that it does not keep
//! a split of another page waiting.
//!
//! ```sh
//! cargo run -p heldby --features validate --example page_table
//! cargo run -p heldby --features validate --example page_table misuse    # reports HB0201
//! ```

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

use heldby::lockdep::{AsLockMap, LockMap};
use heldby::sync::RwLock;
use heldby::thread::{self, Builder};
use heldby::{Stabilised, TwoLevel};

/// The first key of each page, and the frame that the page is in.
type Index = BTreeMap<u64, usize>;

/// How many keys a page holds before it is split.
const FULL: usize = 8;

pub(crate) struct Page {
    tree: Arc<RwLock<Index>>,
    frame: usize,
    latch: RwLock<BTreeMap<u64, String>>,
    /// The bounds change only under both latches, so neither protects them alone as a `RwLock`
    /// protects its value: they are atomic, and stable for who holds one of the two.
    first_key: AtomicU64,
    end_key: AtomicU64,
}

impl AsLockMap for Page {
    fn as_lock_map(&self) -> &LockMap {
        self.latch.as_lock_map()
    }
}

impl TwoLevel for Page {
    type Container = RwLock<Index>;
    // An insert writes a page under no more than its own latch.
    const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = false;

    fn container(&self) -> &RwLock<Index> {
        &self.tree
    }

    fn describe(&self) -> Option<String> {
        Some(format!("page {}", self.frame))
    }
}

impl Page {
    fn new(tree: &Arc<RwLock<Index>>, frame: usize, keys: Range<u64>) -> Self {
        Self {
            tree: Arc::clone(tree),
            frame,
            latch: RwLock::named("page", BTreeMap::new()),
            first_key: AtomicU64::new(keys.start),
            end_key: AtomicU64::new(keys.end),
        }
    }

    /// The bounds, for a caller that shows its guard: nothing is left to check.
    fn keys(page: Stabilised<'_, Self>) -> Range<u64> {
        page.bounds()
    }

    /// Whether `key` belongs here, for a caller that has only the page: it is asked for its hold.
    fn covers(&self, key: u64) -> bool {
        heldby::stabilised!(self);
        self.bounds().contains(&key)
    }

    fn bounds(&self) -> Range<u64> {
        // Relaxed, both: ordered by the latch that the caller holds.
        self.first_key.load(Ordering::Relaxed)..self.end_key.load(Ordering::Relaxed)
    }
}

pub(crate) struct PageTable {
    tree: Arc<RwLock<Index>>,
    frames: Vec<Page>,
}

impl PageTable {
    pub(crate) fn new(frames: usize) -> Self {
        let tree = Arc::new(RwLock::named("tree", Index::from([(0, 0)])));
        let keys = |frame| if frame == 0 { 0..u64::MAX } else { 0..0 };
        Self {
            frames: (0..frames)
                .map(|frame| Page::new(&tree, frame, keys(frame)))
                .collect(),
            tree,
        }
    }

    /// The page for `key`; the caller holds the tree latch, as it shows by the index.
    fn page_of(&self, index: &Index, key: u64) -> &Page {
        let (_, frame) = index.range(..=key).next_back().expect("0 is a first key");
        &self.frames[*frame]
    }

    pub(crate) fn look_up(&self, key: u64) -> Option<String> {
        let tree = self.tree.read().unwrap();
        let page = self.page_of(&tree, key);
        let entries = page.latch.read().unwrap();
        drop(tree);
        // The page cannot be split any more, and the tree is free for splits of others.
        assert!(Page::keys(Stabilised::by_item(&entries, page)).contains(&key));
        entries.get(&key).cloned()
    }

    pub(crate) fn insert(&self, key: u64, value: String) {
        let tree = self.tree.read().unwrap();
        let page = self.page_of(&tree, key);
        let mut entries = page.latch.write().unwrap();
        drop(tree);
        assert!(page.covers(key));
        entries.insert(key, value);
        let is_full = entries.len() > FULL;
        drop(entries);
        if is_full {
            self.split(key);
        }
    }

    /// Moves the upper half of the page for `key` to a new page, while there are frames.
    fn split(&self, key: u64) {
        let mut tree = self.tree.write().unwrap();
        let Some(new) = self.frames.get(tree.len()) else {
            return;
        };
        let page = self.page_of(&tree, key);
        let mut entries = page.latch.write().unwrap();
        if entries.len() <= FULL {
            // Another thread was faster.
            return;
        }
        let middle = *entries.keys().nth(FULL / 2).expect("it is full");
        let upper = entries.split_off(&middle);
        // Relaxed, all: ordered by both latches, which are held for writing.
        let end = page.end_key.swap(middle, Ordering::Relaxed);
        drop(entries);
        let mut entries = new.latch.write().unwrap();
        new.first_key.store(middle, Ordering::Relaxed);
        new.end_key.store(end, Ordering::Relaxed);
        *entries = upper;
        tree.insert(middle, new.frame);
    }

    /// The bounds of all pages, in order: the tree latch alone keeps every page from being split.
    pub(crate) fn scan(&self) -> Vec<Range<u64>> {
        let tree = self.tree.read().unwrap();
        let pages = tree.values().map(|&frame| &self.frames[frame]);
        pages
            .map(|page| Page::keys(Stabilised::by_container(&tree, page)))
            .collect()
    }

    /// The mistake: the tree latch goes before the page's own is taken, so the page can be split
    /// while its bounds are looked at.
    fn covers_after_all(&self, key: u64) -> bool {
        let page = self.page_of(&self.tree.read().unwrap(), key);
        page.covers(key)
    }
}

/// Fills a table from two threads, and looks everything up again.
pub(crate) fn use_well(table: &PageTable) {
    const KEYS: u64 = 64;
    thread::scope(|scope| {
        for first in 0..2 {
            scope.spawn(move || {
                for key in (first..KEYS).step_by(2) {
                    table.insert(key, format!("value {key}"));
                }
            });
        }
    });
    let found = (0..KEYS).filter_map(|key| table.look_up(key)).count();
    let bounds = table.scan();
    assert!(bounds.is_sorted_by(|one, next| one.end == next.start));
    println!(
        "{found} keys on {} pages, the first {:?}",
        bounds.len(),
        bounds[0]
    );
}

/// Makes the mistake, while another thread holds the tree latch: a look at the latches alone would
/// not find it.
pub(crate) fn misuse(table: &PageTable) {
    let ((has_latched, wait_for_latch), (done, wait_until_done)) = (channel(), channel::<()>());
    thread::scope(|scope| {
        let backup = Builder::new().name("backup".to_owned());
        let backup = backup.spawn_scoped(scope, move || {
            let _tree = table.tree.read().unwrap();
            has_latched.send(()).expect("the other thread waits");
            // Nothing is sent: it hangs up.
            let _ = wait_until_done.recv();
        });
        backup.expect("the system has room for a thread");
        wait_for_latch.recv().expect("the backup runs");
        let guess = Builder::new().name("planner".to_owned());
        let guess = guess.spawn_scoped(scope, || table.covers_after_all(0));
        let guess = guess.expect("the system has room for a thread");
        println!("key 0 is where it was: {:?}", guess.join().ok());
        drop(done);
    });
}

fn main() {
    let table = PageTable::new(32);
    use_well(&table);
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("misuse") => misuse(&table),
        Some(other) => {
            eprintln!("failed to run `{other}`; known: `misuse`");
            std::process::exit(2);
        }
    }
}
