//! The lock-free pieces under a model checker: every interleaving, with the memory order of the C11
//! model.
//!
//! The engine's own files are compiled here once more, against loom's atomics and with tiny limits:
//! three inline entries, so that the fourth lock already goes to a spill block.
//! Where a model would take minutes, the number of preemptions is bounded.
//!
//! What needs no model: all that a validator has learned is plain data under the graph lock, so the
//! compiler keeps two threads out of the graph, the violations that were said and the stacks that
//! were interned. The known chains are beside it, and are inserted and forgotten with the graph lock
//! in hand. That two threads get one report is tried with real ones, in `tests/engine/races.rs`.
//! The registry, the classes and the sites are tables of locked parts; a stand-in is locked as a whole.
//! The gate that keeps forks away is a lock of the library.
//!
//! Each of these, done to them, makes the named tests fail:
//!
//! | rule that is removed | test, among others |
//! | --- | --- |
//! | Release of `state` in `push_inline` | `holding::a_reader_sees_whole_entries` |
//! | Release of a field in `Entry::store` | `holding::a_reader_sees_whole_entries` |
//! | Release of `meta` in it | `interrupting::a_change_stays_one_under_a_handler` |
//! | the reader's fence in `try_snapshot` | `holding::a_reader_sees_whole_entries` |
//! | the reader's second look at `state` | `holding::a_reader_sees_whole_entries` |
//! | the reader's Acquire in its first look | `holding::a_reader_sees_whole_entries` |
//! | Release of `state` in `pop` | `holding::what_is_below_a_popped_entry_is_whole` |
//! | Release of `state` in `push` | `holding::a_spilled_entry_is_whole` |
//! | Release of the last `state` in `change` | `holding::a_change_in_the_middle_is_whole` |
//! | the `WRITING` bit in `change`, or the look at it | `holding::a_change_in_the_middle_is_whole`, `holding::a_known_release_in_the_middle_is_whole` |
//! | the `WRITING` bit that `change` finds and keeps | `interrupting::a_change_stays_one_under_a_handler` |
//! | the fields that a handler puts back | `interrupting::a_handler_puts_back_what_it_interrupts` |
//! | `state` put back before them | `interrupting::a_handler_finds_whole_entries` |
//! | Release of `state` in `begin` or `end` of `Interrupted` | `interrupting::what_a_handler_found_stays_whole` |
//! | what a handler adds to `state` | `interrupting::runs_are_told_apart` |
//! | bits of their own for a handler inside another | `interrupting::runs_are_told_apart` |
//! | either fence of `recall` and `forget` | `forgetting::a_forgotten_chain_is_known_to_nobody`, `forgetting::a_chain_that_makes_room_is_forgotten_as_well`, `forgetting::a_chain_in_a_cache_that_grows_is_forgotten_as_well` |
//! | Release or Acquire of the places in `grow` and `clear` | `forgetting::a_chain_in_a_cache_that_grows_is_forgotten_as_well` |
//! | the second look at the generation in `recall` | `forgetting::a_forgotten_chain_is_known_to_nobody` |
//! | the table emptied before the generation grows | `forgetting::a_forgotten_chain_is_known_to_nobody` |
//! | Release or Acquire of the generation | `forgetting::a_forgotten_chain_is_known_to_nobody` |
//! | the tasks asked for after it grows | `forgetting::a_task_that_starts_meanwhile_knows_nothing_forgotten` |
//! | the second look at the number in `look_at` | `pooling::a_hold_is_told_of_its_own_thread` |
//! | the number told before the name | `pooling::a_name_is_told_of_its_own_thread` |
//! | either fence of `send` and `settle` | `posting::who_has_post_knows_no_chain` |
//! | the flag raised before the cache is emptied | `posting::who_has_post_knows_no_chain` |
//! | the flag raised when the box is locked, not before | `posting::no_post_is_lost_while_the_box_is_emptied` |
//! | the flag left raised while there is post | `posting::no_post_is_lost_while_the_box_is_emptied` |
//! | the stack changed before the flag is taken down | `posting::what_was_posted_is_never_held` |
//! | the stack changed with the box locked | `posting::what_was_posted_is_never_held` |
//! | the stack read with the box locked | `posting::a_hold_that_was_not_posted_is_always_held` |
//! | the box locked in `moving`, or by the reader | `posting::a_hold_that_is_parked_and_put_back_is_held_once` |
//! | the reader's look at `has_moved` behind the stack | `posting::a_hold_that_is_parked_and_put_back_is_held_once` |
//! | Release of the flag in `take_next` | `posting::what_was_posted_is_never_held` |
//! | the post of an unknown hold kept until that is gone | `posting::whose_hold_it_was_stays_unknown` |
//! | the exchange in `Word` | `registering::two_first_acquires_agree` |
//! | the second look of `register` or `set_key` | `registering::a_key_that_comes_meanwhile_is_followed_or_late` |
//! | Release of the exchange | `registering::who_sees_ids_sees_what_was_told_before` |
//! | Release in `set_ids` | `registering::who_sees_ids_change_sees_what_was_told_before` |
//! | Acquire in `origin` | `registering::a_key_is_whole_where_its_address_is_seen` |
//! | the fence of `Met::look`, or `is_empty` behind it | `meeting::who_holds_a_lock_of_the_allocator_knows_it` |
//! | the `fetch_add` of `Met::add` | `meeting::what_two_threads_meet_at_once_is_kept` |
//! | the fence of `Notes::get` | `numbering::who_sees_a_lock_sees_the_number_that_it_was_registered_with` |
//! | the exchange in `take` of a handler's slot | `deferring::a_slot_belongs_to_one_task` |
//! | Acquire of that, or Release in `give_back` | `deferring::a_slot_belongs_to_one_task` |

mod deferring;
mod forgetting;
mod holding;
mod interrupting;
mod meeting;
mod numbering;
mod pooling;
mod posting;
mod registering;
mod sync;
mod task;

#[path = "../../src/chain.rs"]
mod chain;
#[path = "../../src/chain_cache.rs"]
#[expect(dead_code, reason = "the model nests no class in itself")]
mod chain_cache;
#[path = "../../src/held.rs"]
#[expect(dead_code, reason = "the model uses part of the stack")]
mod held;
#[path = "../../src/held_lock.rs"]
#[expect(dead_code, reason = "the model asks a lock for its number alone")]
mod held_lock;
#[path = "../../src/task/identity.rs"]
mod identity;
#[path = "../../src/interrupted.rs"]
#[expect(dead_code, reason = "no handler of the model hangs")]
mod interrupted;
#[path = "../../src/mailbox.rs"]
#[expect(dead_code, reason = "no task of the model ends")]
mod mailbox;
#[path = "../../src/allocator/met.rs"]
mod met;
#[path = "../../src/mode.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the model uses one mode, and exports nothing"
)]
mod mode;
#[path = "../../src/instance/notes.rs"]
mod notes;
#[path = "../../src/parked.rs"]
#[expect(dead_code, reason = "no task of the model has branches")]
mod parked;
#[path = "../../src/deferred/slot.rs"]
mod slot;
#[path = "../../src/word.rs"]
#[expect(dead_code, reason = "the model makes no lock")]
mod word;

/// What a chain is validated by.
mod learned {
    pub(crate) struct Learned {
        pub(crate) rules: u32,
    }
}

/// What becomes visible when a lock goes is not the model's.
mod ops {
    use super::held::HeldLock;
    use super::task::Task;

    pub(crate) fn uncover(_task: &'static Task, _depth: usize, _gone: &HeldLock) {}
}

/// No task has arms.
mod arm_mark {
    use super::task::Task;

    pub(crate) fn take_parked(task: &Task, instance: u32) -> Option<crate::held::HeldLock> {
        task.parked.take_newest(instance)
    }
}

/// No task ends.
mod leftovers {
    use super::task::Task;

    pub(crate) fn release(_task: &Task, _instance: u32) {}
}

/// Nothing is counted.
mod lock_stat {
    use super::task::Task;

    pub(crate) fn lost_meanwhile(_task: &Task, _instance: u32) {}
}

mod rules {
    /// Nothing is pinned.
    pub(crate) mod pin {
        use crate::held::HeldLock;
        use crate::task::Task;

        pub(crate) fn forget(_task: &Task, _lock: &HeldLock) {}
    }
}

/// Nobody forks, and no thread is where it may not enter the validator.
mod cold {
    pub(crate) fn in_validator<R>(run: impl FnOnce() -> R) -> Option<R> {
        Some(run())
    }

    pub(crate) struct Inside;

    impl Inside {
        pub(crate) fn enter() -> Self {
            Self
        }
    }
}

mod limits {
    pub(crate) const ALLOCATOR_CLASSES: usize = 2;
    pub(crate) const DEFERRED_ENTRIES: usize = 1;
    pub(crate) const INLINE_HELD: usize = 3;
    pub(crate) const NOTE_SHARDS: usize = 1;
    pub(crate) const SPILL_BLOCKS: usize = 1;
    pub(crate) const SHARED_CHAINS: usize = 2;
    pub(crate) const TASK_CHAINS: usize = 2;
    pub(crate) const TASK_CHAINS_GROWTH: usize = 2;
    pub(crate) const MAX_TASK_CHAINS: usize = 4;
}

/// A site is a number here.
mod site {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Site(pub(crate) *mut ());

    impl Site {
        pub(crate) fn into_raw(self) -> *mut () {
            self.0
        }

        pub(crate) unsafe fn from_raw(raw: *mut ()) -> Self {
            Self(raw)
        }
    }
}
