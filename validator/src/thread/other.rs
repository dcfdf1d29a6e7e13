//! Ends a thread's task among its thread-locals: a guard in one that goes later is told as forgotten.

use std::cell::Cell;

use crate::task::Task;

/// Ends the task when it is dropped.
struct AtEnd {
    task: Cell<Option<&'static Task>>,
}

thread_local! {
    static AT_END: AtEnd = const { AtEnd { task: Cell::new(None) } };
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        // The process ends with its first thread, which std calls so, and takes its locks with it.
        let of_process = |task: &&'static Task| task.name().as_ref() == "main";
        if let Some(task) = self.task.get().filter(|task| !of_process(task)) {
            super::end(task);
        }
    }
}

/// Whether a task of this thread would be ended.
pub(super) fn can_arm() -> bool {
    AT_END.try_with(|end| end.task.get().is_none()) == Ok(true)
}

/// Has `task` ended with this thread.
pub(super) fn arm(task: &'static Task) {
    AT_END.with(|end| end.task.set(Some(task)));
}
