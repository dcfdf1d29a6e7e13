//! A chain that is forgotten while a task recalls it.

use loom::sync::Arc;
use loom::thread;

use crate::chain::{ChainCache, ChainTable, SEED, extend};
use crate::mode::Mode;

/// The shared table and one task's own cache.
struct Chains {
    table: ChainTable,
    own: ChainCache,
}

#[test]
fn a_forgotten_chain_is_known_to_nobody() {
    loom::model(|| {
        let chains = Arc::new(Chains {
            table: ChainTable::new(),
            own: ChainCache::new(),
        });
        let key = extend(SEED, 1, Mode::Write);
        chains.table.insert(key);
        let task = {
            let chains = Arc::clone(&chains);
            thread::spawn(move || {
                chains.table.recall(&chains.own, key);
            })
        };
        chains.table.forget(std::iter::once(&chains.own));
        task.join().unwrap();
        assert!(!chains.own.knows(key), "a stale chain stays known");
        assert!(!chains.table.recall(&chains.own, key));
    });
}

#[test]
fn what_is_validated_since_stays_known() {
    loom::model(|| {
        let chains = Arc::new(Chains {
            table: ChainTable::new(),
            own: ChainCache::new(),
        });
        let key = extend(SEED, 1, Mode::Write);
        chains.table.forget(std::iter::once(&chains.own));
        let validating = {
            let chains = Arc::clone(&chains);
            thread::spawn(move || chains.table.insert(key))
        };
        if chains.table.recall(&chains.own, key) {
            assert!(chains.own.knows(key));
        }
        validating.join().unwrap();
        assert!(chains.table.recall(&chains.own, key));
    });
}
