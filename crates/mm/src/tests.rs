//! Unit tests of files that `tests/model` compiles as well; they are not declared there, so that they
//! are no part of it.

#[cfg(all(feature = "per-vma-lock", feature = "validate", debug_assertions))]
mod detach;
mod refcnt;
#[cfg(feature = "per-vma-lock")]
mod vma_lock;
