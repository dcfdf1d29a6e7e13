//! What was counted, read while it is being counted.

use heldby_model::LockStat;

use super::Books;
use super::counts::{Counters, Counts, Key};
use crate::registry;
use crate::task::Task;
use crate::validator::Validator;

/// What was counted so far, by all tasks of the validator, the classes by their numbers; nothing if it
/// keeps no statistics. Inside the validator.
pub(crate) fn told(validator: &Validator) -> Vec<LockStat> {
    let Some(statistics) = &validator.statistics else {
        return Vec::new();
    };
    let ended = statistics.ended();
    let mut all = Counts::default();
    all.merge(ended.iter());
    for task in registry::of(validator) {
        all.merge(copied(validator, task));
    }
    drop(ended);
    all.told()
}

/// What the books of a task say, copied without an allocation while they are locked.
fn copied(validator: &Validator, task: &Task) -> Vec<(Key, Counters)> {
    let mut copy = Vec::new();
    loop {
        let books = task.books();
        // Asked of locked books: who opens them for another validator belongs to that by then.
        let Some(Books { holds, counts }) = books.as_ref().filter(|_| task.belongs_to(validator))
        else {
            return copy;
        };
        let needed = holds.len() + counts.iter().len();
        if copy.capacity() >= needed {
            copy.extend(counts.iter());
            let open = holds.iter();
            copy.extend(open.map(|hold| (hold.key(), Counters::so_far(hold))));
            return copy;
        }
        drop(books);
        copy.reserve(needed);
    }
}

#[cfg(test)]
mod tests {
    use super::copied;
    use crate::class::ClassId;
    use crate::config::Config;
    use crate::held::HeldLock;
    use crate::lock_stat::asks;
    use crate::lock_type::LockType;
    use crate::map::LockMap;
    use crate::mode::{Attempt, Meta, Mode};
    use crate::site::Site;
    use crate::task::Task;
    use crate::validator::Validator;

    static LOCK: LockType = LockType::sleeping::<Task>("test::Lock");

    #[test]
    fn a_task_that_went_to_another_validator_is_not_read() {
        let counts = || Validator::new(Config::new().stderr(false).statistics(true));
        let (before, now) = (counts(), counts());
        let task = Task::start(&now, None);
        let lock = LockMap::of_class(ClassId::named("lock", &LOCK));
        let lock = HeldLock {
            ids: lock.ids(),
            key: 0,
            site: Site::intern("a.rs", 1, 1),
            meta: Meta::held(Mode::Write, Attempt::Block),
        };
        assert!(asks(task, &lock));
        assert!(copied(&before, task).is_empty());
        assert!(!copied(&now, task).is_empty());
        drop(task.end());
    }
}
