//! Who a task is: the block of memory serves one thread after another.

use std::sync::Arc;

use crate::sync::{AtomicU32, Mutex, Ordering, PoisonError, const_fn};

/// Number and name of a task, which change when its memory serves another thread.
pub(crate) struct Identity {
    /// Numbers tasks in the order in which they started; 0 before the first.
    number: AtomicU32,
    name: Mutex<Option<Arc<str>>>,
}

impl Identity {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                number: AtomicU32::new(0),
                name: Mutex::new(None),
            }
        }
    }

    /// The task starts as that one; before anything else of it changes.
    ///
    /// Whoever sees its name or a lock that it took then sees its number too: the name is locked, and
    /// a lock is pushed by Release stores.
    pub(crate) fn begin(&self, number: u32, name: Arc<str>) {
        // Relaxed: ordered by what comes after it.
        self.number.store(number, Ordering::Relaxed);
        self.rename(name);
    }

    /// The task is called `name` from now on.
    pub(crate) fn rename(&self, name: Arc<str>) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
    }

    /// The task is nobody's until it begins again.
    pub(crate) fn end(&self) {
        // Relaxed: who asks later finds another number, this one or the next task's.
        self.number.store(0, Ordering::Relaxed);
    }

    pub(crate) fn number(&self) -> u32 {
        // Relaxed: its own message.
        self.number.load(Ordering::Relaxed)
    }

    pub(crate) fn name(&self) -> Arc<str> {
        let name = self.name.lock().unwrap_or_else(PoisonError::into_inner);
        name.as_ref().map_or_else(|| "nobody".into(), Arc::clone)
    }

    /// What `look` finds in the stack of the task `number`, and the name of that; `None` if it ended and
    /// another one may have been looked at. For any thread.
    pub(crate) fn look_at<R>(
        &self,
        number: u32,
        look: impl FnOnce() -> R,
    ) -> Option<(Arc<str>, R)> {
        let seen = (self.name(), look());
        // Behind the lock of the name and the Acquire by which `look` sees a lock; see `begin`.
        (self.number() == number).then_some(seen)
    }
}
