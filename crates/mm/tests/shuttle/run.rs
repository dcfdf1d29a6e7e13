//! One run of a script, from the first address space to the last drop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use shuttle::thread;

use crate::branches::Branch;
use crate::judge::Judge;
use crate::mmap_guard::{MmapLocked, mmap_read_lock};
use crate::refcnt::RefCnt;
use crate::script::{Manner, Script, Space, Step};
use crate::world::{self, World};
use crate::writer::{make_child, write};
use crate::{reader, sync};

/// How often all runs took each rare branch.
pub(crate) static TAKEN: [AtomicU64; Branch::ALL.len()] =
    [const { AtomicU64::new(0) }; Branch::ALL.len()];

pub(crate) fn run(script: &Script) {
    let world = World::new(script.spaces.len());
    for (space, changes) in world.spaces.iter().zip(&script.spaces) {
        let manner = Manner {
            token: None,
            downgrade: false,
            late: false,
        };
        write(&world, space, changes, manner);
    }
    thread::scope(|scope| {
        for steps in &script.threads {
            let world = &world;
            scope.spawn(move || follow(world, steps));
        }
    });
    check_end(world);
}

/// One thread: the children are its own, and go at its end.
fn follow(world: &World, steps: &[Step]) {
    let mut children = Vec::new();
    for step in steps {
        take(world, &mut children, step);
    }
}

fn take(world: &World, children: &mut Vec<world::Space>, step: &Step) {
    let find = |space: Space| match space {
        Space::Shared(nr) => Some(&world.spaces[nr]),
        Space::Child => children.last(),
    };
    match *step {
        Step::Cancel { token } => world.tokens[token].cancel(),
        Step::DropChild => drop(children.pop()),
        Step::Fork { space, token } => {
            let child = find(space).and_then(|space| make_child(world, space, token));
            children.extend(child);
        }
        Step::Write {
            space,
            ref changes,
            manner,
        } => {
            if let Some(space) = find(space) {
                write(world, space, changes, manner);
            }
        }
        Step::Read { space, reading } => {
            if let Some(space) = find(space) {
                reader::read(world, space, reading);
            }
        }
    }
}

/// Everything is as the model says, everything is released, and everything goes.
fn check_end(world: World) {
    let history = std::mem::take(&mut *world.history());
    let judge = Judge::replay(&history);
    history.iter().for_each(|record| judge.check(record));
    let mut mapped = 0;
    for space in &world.spaces {
        let mmap = mmap_read_lock(&space.mm);
        let views = world.views(&mmap);
        let last = judge.last(space.nr);
        assert!(
            last.values().eq(&views),
            "in the end: {views:?}, not {last:?}"
        );
        for vma in mmap.vmas() {
            assert_eq!(vma.vm_refcnt(), RefCnt::ATTACHED, "in the end");
            assert!(vma.lock.map().is_free(), "a VMA lock is held in the end");
        }
        mapped += views.len();
        drop(mmap);
        let mmap_lock = space.mm.mmap_lock();
        assert!(mmap_lock.map().is_free(), "an mmap lock is held in the end");
        assert_eq!(sync::Arc::strong_count(mmap_lock), 1, "in the end");
    }
    let World {
        pool,
        spaces,
        ledger,
        ..
    } = world;
    let slots = |used| format!("VmaPool {{ vmas: {used}, ");
    let text = format!("{pool:?}");
    assert!(text.starts_with(&slots(mapped)), "{text}, not {mapped}");
    drop(spaces);
    for &branch in Branch::ALL {
        TAKEN[branch as usize].fetch_add(pool.branches().get(branch), Relaxed);
    }
    let text = format!("{pool:?}");
    assert!(text.starts_with(&slots(0)), "{text}, not 0");
    assert_eq!(Arc::strong_count(&pool), 1, "an address space is left");
    ledger.check_dropped();
}
