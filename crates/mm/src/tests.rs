//! Unit tests of files that `tests/model` compiles as well; they are not declared there, so that they
//! are no part of it.

mod refcnt;
mod vma_lock;
