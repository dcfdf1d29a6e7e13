//! What the threads do under the mmap write lock.

use crate::content::Content;
use crate::fork::fork;
use crate::interrupt::Interrupt;
use crate::mmap_guard::{
    MmapLocked, MmapWriteGuard, mmap_read_lock, mmap_write_lock, mmap_write_lock_killable,
};
use crate::mmap_write::vma_start_write_killable;
use crate::model::Outcome;
use crate::pool::DetachedVma;
use crate::script::{Change, Manner};
use crate::vma_spec::VmaSpec;
use crate::world::{Record, Space, World};

/// One write section, unless it is interrupted before it begins.
pub(crate) fn write(world: &World, space: &Space, changes: &[Change], manner: Manner) {
    let interrupt = world.interrupt(manner.token);
    let mut mmap = if manner.token.is_none() {
        mmap_write_lock(&space.mm)
    } else {
        match mmap_write_lock_killable(&space.mm, &interrupt) {
            Ok(mmap) => mmap,
            Err(_) => return,
        }
    };
    let seq = space.seq();
    let mut removed = Vec::new();
    let changes = changes.iter().map(|change| {
        let outcome = perform(world, &mut mmap, change, &interrupt, &mut removed);
        (change.clone(), outcome)
    });
    let changes = changes.collect();
    let space_nr = space.nr;
    world.record(Record::Section {
        space: space_nr,
        seq,
        changes,
    });
    if !manner.late {
        removed.clear();
    }
    if manner.downgrade {
        world.record_snapshot(space_nr, &mmap.downgrade());
    } else {
        drop(mmap);
    }
    drop(removed);
}

fn perform<'mm>(
    world: &World,
    mmap: &mut MmapWriteGuard<'mm, Content>,
    change: &Change,
    interrupt: &Interrupt<'_>,
    removed: &mut Vec<DetachedVma<'mm, Content>>,
) -> Outcome {
    if let Change::Insert { range, flags, name } = change {
        let content = world.ledger.make(0);
        let id = content.id();
        let spec = VmaSpec {
            range: range.clone(),
            flags: *flags,
            name: name.map(Into::into),
            backing: content,
        };
        return mmap
            .insert(spec)
            .map_or(Outcome::Taken, |_| Outcome::Done(id));
    }
    let Some(vma) = mmap.vma_lookup(change.addr()) else {
        return Outcome::NoVma;
    };
    let range = vma.range();
    let Ok(mut locked) = vma_start_write_killable(mmap, vma, interrupt) else {
        return Outcome::Interrupted;
    };
    let mut id = locked.backing_mut().id();
    match *change {
        Change::Insert { .. } => unreachable!("it has no VMA yet"),
        Change::SetFlags { flags, .. } => locked.set_flags(flags),
        Change::SetName { name, .. } => locked.set_name(name),
        Change::SetValue { value, .. } => locked.backing_mut().write(value),
        Change::Shrink { end, .. } if end <= range.start => return Outcome::NoVma,
        Change::Shrink { end, .. } => locked.shrink(end),
        Change::Remove { .. } => removed.push(mmap.vma_mark_detached(vma)),
        Change::Remap { .. } => {
            let detached = mmap.vma_mark_detached(vma);
            let attached = mmap.vma_mark_attached(detached);
            attached.expect("its addresses are free");
        }
        Change::Split { at } if at == range.start => return Outcome::NoVma,
        Change::Split { at } => {
            mmap.split(vma, at, |lower| {
                let upper = world.copy(lower);
                id = upper.id();
                upper
            });
        }
        Change::MergeNext { .. } => {
            let join = |lower: &mut Content, upper: Content| {
                world.join(lower, &upper);
                lower.write(lower.read() + upper.read());
            };
            if !mmap.merge_next(vma, join) {
                return Outcome::Alone;
            }
        }
    }
    Outcome::Done(id)
}

/// Makes a child of `space`, unless it is interrupted.
pub(crate) fn make_child(world: &World, space: &Space, token: Option<usize>) -> Option<Space> {
    let mut seq = None;
    let copy = |content: &mut Content| {
        seq = Some(space.seq());
        world.copy(content)
    };
    let child = fork(&space.mm, &world.interrupt(token), copy).ok()?;
    let child = world.space(child);
    world.record(Record::Forked {
        child: child.nr,
        parent: space.nr,
        seq,
        views: world.views(&mmap_read_lock(&child.mm)),
    });
    Some(child)
}
