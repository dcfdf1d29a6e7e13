//! A host with a lock of its own, which it tells the validator about by the kernel's hooks.

use heldby::lockdep::{LockMap, rwsem_acquire, rwsem_acquire_read, rwsem_release};
use heldby::sync::Mutex;
use heldby::{Held, held, thread};

fn held_follows_the_hooks(map: &LockMap) {
    assert_eq!(held(map), Held::No);
    rwsem_acquire_read(map, 0, false);
    assert_eq!(held(map), Held::Read);
    rwsem_release(map);
    assert_eq!(held(map), Held::No);
    rwsem_acquire(map, 0, false);
    assert_eq!(held(map), Held::Write);
    rwsem_release(map);
    assert_eq!(held(map), Held::No);
}

fn what_another_thread_holds_is_not_ours(map: &LockMap) {
    let (locked, wait_until_locked) = std::sync::mpsc::channel();
    let (looked, wait_until_looked) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            rwsem_acquire_read(map, 0, false);
            locked.send(held(map)).unwrap();
            wait_until_looked.recv().unwrap();
            rwsem_release(map);
        });
        assert_eq!(wait_until_locked.recv().unwrap(), Held::Read);
        assert_eq!(held(map), Held::No);
        assert_eq!(heldby::holders(map).len(), 1);
        looked.send(()).unwrap();
    });
}

fn an_inversion_with_a_mutex_is_reported(map: &LockMap) {
    let table = Mutex::named("table", 0);
    rwsem_acquire_read(map, 0, false);
    drop(table.lock());
    rwsem_release(map);
    assert!(heldby::reports().is_empty());

    let guard = table.lock().unwrap();
    rwsem_acquire(map, 0, false);
    rwsem_release(map);
    drop(guard);
    let reports = heldby::reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].locks, ["own_lock", "table"]);
}

fn main() {
    let map = LockMap::named("own_lock");
    held_follows_the_hooks(&map);
    what_another_thread_holds_is_not_ours(&map);
    an_inversion_with_a_mutex_is_reported(&map);
    println!("the hooks are exact");
}
