//! Unit tests of files that `tests/model` compiles as well; they are not declared there, so that they
//! are no part of it.

mod refcnt;
#[cfg(feature = "per-vma-lock")]
mod vma_lock;
