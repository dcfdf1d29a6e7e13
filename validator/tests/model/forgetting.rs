//! A chain that is forgotten while a task recalls it.

use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::chain::{ChainTable, SEED, extend};
use crate::chain_cache::ChainCache;
use crate::learned::Learned;
use crate::mode::Mode;

/// The shared table, one task's own cache, and the tasks that are registered.
struct Chains {
    table: ChainTable,
    own: Arc<ChainCache>,
    graph: Mutex<Learned>,
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
            graph: Mutex::new(Learned { rules: 0 }),
            registry: Mutex::new(Vec::new()),
        })
    }

    /// The task starts.
    fn start(&self) {
        self.registry.lock().unwrap().push(Arc::clone(&self.own));
    }

    /// Validates the chain, and tells by which rules.
    fn validate(&self) -> u32 {
        let graph = self.graph.lock().unwrap();
        self.table.insert(known(), &graph);
        graph.rules
    }

    fn recall(&self) -> bool {
        self.table.recall(&self.own, known())
    }

    /// The rules change.
    fn forget(&self) {
        let mut graph = self.graph.lock().unwrap();
        graph.rules += 1;
        self.table.forget(|| self.registry.lock().unwrap().clone());
    }
}

#[test]
fn a_forgotten_chain_is_known_to_nobody() {
    loom::model(|| {
        let chains = Chains::new();
        chains.validate();
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

/// Forgets all chains while a task recalls the known one, which is in the way of another in its cache;
/// `prepare` gets the cache and that one.
fn forget_beside_a_crowd(prepare: fn(&ChainCache, u64)) {
    // Equal where places are told apart, so it has the same place in any cache of the model's.
    let other = (3..)
        .map(|class| extend(SEED, class, Mode::Write))
        .find(|key| (key ^ known()) >> 32 & 3 == 0)
        .unwrap();
    loom::model(move || {
        let chains = Chains::new();
        chains.validate();
        prepare(&chains.own, other);
        chains.start();
        let task = {
            let chains = Arc::clone(&chains);
            thread::spawn(move || {
                chains.recall();
            })
        };
        chains.forget();
        task.join().unwrap();
        for key in [known(), other] {
            assert!(!chains.own.knows(key), "a stale chain stays known");
        }
    });
}

#[test]
fn a_chain_that_makes_room_is_forgotten_as_well() {
    forget_beside_a_crowd(|own, other| {
        // Grown as far as it can, so that one moves.
        own.learn(known());
        own.learn(other);
        own.clear();
        own.learn(other);
    });
}

#[test]
fn a_chain_in_a_cache_that_grows_is_forgotten_as_well() {
    forget_beside_a_crowd(|own, other| own.learn(other));
}

#[test]
fn a_task_that_starts_meanwhile_knows_nothing_forgotten() {
    loom::model(|| {
        let chains = Chains::new();
        chains.validate();
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
            thread::spawn(move || chains.validate())
        };
        if chains.recall() {
            assert!(chains.own.knows(known()));
        }
        validating.join().unwrap();
        assert!(chains.recall());
    });
}

#[test]
fn what_is_known_was_validated_by_the_rules_of_now() {
    loom::model(|| {
        let chains = Chains::new();
        let validating = {
            let chains = Arc::clone(&chains);
            thread::spawn(move || chains.validate())
        };
        chains.forget();
        let rules = validating.join().unwrap();
        assert!(!chains.table.contains(known()) || rules == 1);
    });
}
