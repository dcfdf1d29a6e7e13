//! What the threads do without the mmap write lock.

use crate::content::Content;
use crate::lookup::{
    lock_next_vma, lock_vma_under_rcu, mmap_lock_speculate_retry, mmap_lock_speculate_try_begin,
};
use crate::mmap_guard::{MmapLocked, mmap_read_lock};
use crate::model::View;
use crate::script::Reading;
use crate::sync::yield_point;
use crate::vma_guard::{VmaReadGuard, vma_start_read_locked};
use crate::vma_spec::VmFlags;
use crate::world::{Record, Space, World};

/// Looks at a read-locked VMA this often and lets it go.
fn hold(world: &World, space: &Space, guard: VmaReadGuard<'_, Content>, looks: usize) -> View {
    let first = space.seq();
    let view = world.look(&guard, guard.backing());
    for _ in 1..looks {
        yield_point();
        let again = world.look(&guard, guard.backing());
        assert_eq!(again, view, "it changes while it is read-locked");
    }
    let last = space.seq();
    assert!(
        !guard.vma().is_stale(),
        "{view:?} is unmapped while it is read-locked"
    );
    world.record(Record::Held {
        space: space.nr,
        seqs: [first, last],
        view: view.clone(),
    });
    view
}

pub(crate) fn read(world: &World, space: &Space, reading: Reading) {
    match reading {
        Reading::UnderRcu { addr, looks } => under_rcu(world, space, addr, looks),
        Reading::UnderMmapLock { addr, looks } => under_mmap_lock(world, space, addr, looks),
        Reading::SetGuard { addr } => set_guard(world, space, addr),
        Reading::Walk { token } => walk(world, space, token),
        Reading::Speculate => speculate(world, space),
    }
}

fn under_rcu(world: &World, space: &Space, addr: usize, looks: usize) {
    let seq = space.seq();
    if let Some(guard) = lock_vma_under_rcu(&space.mm, addr) {
        let view = hold(world, space, guard, looks);
        assert!(view.range.contains(&addr), "asked for {addr}, got {view:?}");
    } else if seq.is_multiple_of(2) && seq == space.seq() {
        let space = space.nr;
        world.record(Record::Missed { space, seq, addr });
    }
}

fn under_mmap_lock(world: &World, space: &Space, addr: usize, looks: usize) {
    let mmap = mmap_read_lock(&space.mm);
    world.record_snapshot(space.nr, &mmap);
    let Some(vma) = mmap.find_vma(addr) else {
        return;
    };
    let guard = vma_start_read_locked(&mmap, vma).expect("no writer is there");
    drop(mmap);
    hold(world, space, guard, looks);
}

fn set_guard(world: &World, space: &Space, addr: usize) {
    if let Some(guard) = lock_vma_under_rcu(&space.mm, addr) {
        world.set_guard(&guard, guard.backing().id());
        hold(world, space, guard, 1);
    }
}

fn walk(world: &World, space: &Space, token: Option<usize>) {
    let first = space.seq();
    let (mut met, mut from) = (Vec::<View>::new(), 0);
    let is_complete = loop {
        match lock_next_vma(&space.mm, from, &world.interrupt(token)) {
            Ok(Some(guard)) => {
                let view = hold(world, space, guard, 1);
                assert!(view.range.end > from, "{view:?} lies behind {from}");
                from = view.range.end;
                met.push(view);
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    world.record(Record::Walked {
        space: space.nr,
        seqs: [first, space.seq()],
        met,
        is_complete,
    });
}

fn speculate(world: &World, space: &Space) {
    let Some(speculation) = mmap_lock_speculate_try_begin(&space.mm) else {
        return;
    };
    let seq = space.seq();
    let tree = space.mm.tree();
    // SAFETY: the address space keeps the pool.
    let vmas = unsafe { tree.iter() };
    let seen = vmas.map(|vma| {
        let flags = vma.vm_flags().0 & !VmFlags::VM_MAYBE_GUARD.0;
        (vma.range(), flags)
    });
    let seen = seen.collect();
    if !mmap_lock_speculate_retry(&space.mm, speculation) {
        let space = space.nr;
        world.record(Record::Speculated { space, seq, seen });
    }
}
