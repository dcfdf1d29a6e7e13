//! A chain that is forgotten while a task recalls it.

use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::chain::{ChainCache, ChainTable, SEED, extend};
use crate::mode::Mode;

/// The shared table, one task's own cache, and the tasks that are registered.
struct Chains {
    table: ChainTable,
    own: Arc<ChainCache>,
    /// The engine's is a table of locked parts; what is told of one task passes through one lock.
    registry: Mutex<Vec<Arc<ChainCache>>>,
}

fn known() -> u64 {
    extend(SEED, 1, Mode::Write)
}

impl Chains {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            table: ChainTable::new(),
            own: Arc::new(ChainCache::new()),
            registry: Mutex::new(Vec::new()),
        })
    }

    /// The task starts.
    fn start(&self) {
        self.registry.lock().unwrap().push(Arc::clone(&self.own));
    }

    fn recall(&self) -> bool {
        self.table.recall(&self.own, known())
    }

    fn forget(&self) {
        self.table.forget(|| self.registry.lock().unwrap().clone());
    }
}

#[test]
fn a_forgotten_chain_is_known_to_nobody() {
    loom::model(|| {
        let chains = Chains::new();
        chains.table.insert(known());
        chains.start();
        let task = {
            let chains = Arc::clone(&chains);
            thread::spawn(move || {
                chains.recall();
            })
        };
        chains.forget();
        task.join().unwrap();
        assert!(!chains.own.knows(known()), "a stale chain stays known");
        assert!(!chains.recall());
    });
}

#[test]
fn a_task_that_starts_meanwhile_knows_nothing_forgotten() {
    loom::model(|| {
        let chains = Chains::new();
        chains.table.insert(known());
        let task = {
            let chains = Arc::clone(&chains);
            thread::spawn(move || {
                chains.start();
                chains.recall();
            })
        };
        chains.forget();
        task.join().unwrap();
        assert!(!chains.own.knows(known()), "a stale chain stays known");
    });
}

#[test]
fn what_is_validated_since_stays_known() {
    loom::model(|| {
        let chains = Chains::new();
        chains.start();
        chains.forget();
        let validating = {
            let chains = Arc::clone(&chains);
            thread::spawn(move || chains.table.insert(known()))
        };
        if chains.recall() {
            assert!(chains.own.knows(known()));
        }
        validating.join().unwrap();
        assert!(chains.recall());
    });
}
