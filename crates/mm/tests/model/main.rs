//! The protocol under a model checker: every interleaving of two or three threads, with the memory
//! order of the C11 model.
//!
//! The files of the protocol are compiled here once more, against loom's atomics, mutexes and
//! condition variables, with room for fourteen readers. `space` is what the models share.
//! Every rule of the protocol can be removed by `HELDBY_PLANTED`; `rules` tells which test fails
//! then. `docs/design/mm-proof.md` tells what is proved by that and what is not; `ci/loom.sh` runs it
//! all.

mod detach;
mod lockdep;
mod looks;
mod planted;
mod readers;
#[rustfmt::skip]
mod rules;
mod space;
mod sync;
mod waits;

/// Nothing is remembered for reports, since nothing is reported.
mod derived {
    pub(crate) fn of(_: ()) {}
}

#[path = "../../src/branches.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the model counts and does not look"
)]
mod branches;
#[path = "../../src/exclude_readers.rs"]
mod exclude_readers;
#[path = "../../src/interrupt.rs"]
#[expect(dead_code, unreachable_pub, reason = "the model knows no deadlines")]
mod interrupt;
#[path = "../../src/mmap_lock.rs"]
#[expect(dead_code, reason = "the model uses part of the mmap lock")]
mod mmap_lock;
#[path = "../../src/refcnt.rs"]
#[expect(unreachable_pub, reason = "the model exports nothing")]
mod refcnt;
#[path = "../../src/vma_lock.rs"]
#[expect(dead_code, reason = "the model knows no asserts")]
mod vma_lock;
#[path = "../../src/wait.rs"]
mod wait;
