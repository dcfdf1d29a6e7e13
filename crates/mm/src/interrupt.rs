//! What ends a wait early: in place of the kernel's fatal signal, a token that another thread
//! cancels, or a moment in time.

use std::fmt;
use std::time::{Duration, Instant};

use crate::mmap_lock::MmapLock;
use crate::planted::{planted, unless_planted};
use crate::sync::{Arc, AtomicU32, Mutex, MutexGuard, Ordering, PoisonError};

/// Cancels the interruptible waits of other threads, for good.
///
/// # Orderings
/// A waiter enlists and then looks at the flag; [`cancel`](Self::cancel) sets the flag and then
/// looks at the list. Both look at the list under its mutex, so one of them sees the other.
#[derive(Default)]
pub struct CancelToken {
    cancelled: AtomicU32,
    /// The mmap locks whose writer waits for readers and can be cancelled by this token.
    waiting: Mutex<Vec<Arc<MmapLock>>>,
}

impl CancelToken {
    /// Makes a token that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every wait that this token can interrupt, now and from now on.
    ///
    /// # Cost
    /// One mutex, and one wake-up for each waiting writer. A thread that waits for the mmap lock
    /// itself notices within 10 ms.
    pub fn cancel(&self) {
        if planted("cancel-wakes-first") {
            self.wake_waiting();
        }
        // Release: partner of `is_cancelled`; what the canceller did before is seen by the waiter.
        let order = unless_planted("relaxed-cancel", Ordering::Release);
        self.cancelled.store(1, order);
        if !planted("cancel-wakes-nobody") && !planted("cancel-wakes-first") {
            self.wake_waiting();
        }
    }

    fn wake_waiting(&self) {
        for mmap_lock in self.waiting().iter() {
            mmap_lock.writer_wait().wake();
        }
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        // Acquire: partner of the store in `cancel`.
        self.cancelled.load(Ordering::Acquire) == 1
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Arc<MmapLock>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut token = f.debug_struct("CancelToken");
        token.field("cancelled", &self.is_cancelled()).finish()
    }
}

/// What may interrupt a wait: a token, a deadline, both, or nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interrupt<'a> {
    token: Option<&'a CancelToken>,
    deadline: Option<Instant>,
}

impl<'a> Interrupt<'a> {
    /// Nothing interrupts the wait.
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// The wait ends when `token` is cancelled.
    #[must_use]
    pub fn by(token: &'a CancelToken) -> Self {
        Self {
            token: Some(token),
            deadline: None,
        }
    }

    /// The wait ends at `deadline`.
    #[must_use]
    pub fn at(deadline: Instant) -> Self {
        Self::never().or_at(deadline)
    }

    /// The wait ends at `deadline` as well.
    #[must_use]
    pub fn or_at(self, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..self
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether the wait is to end now.
    pub(crate) fn is_due(&self) -> bool {
        let is_late = |deadline| Instant::now() >= deadline;
        self.token.is_some_and(CancelToken::is_cancelled) || self.deadline.is_some_and(is_late)
    }

    /// Waits by `attempt`, which waits no longer than it is told and says whether it succeeded.
    pub(crate) fn wait_by(&self, attempt: impl Fn(Duration) -> bool) -> Result<(), Interrupted> {
        const SLICE: Duration = Duration::from_millis(10);
        loop {
            let until_deadline = self
                .deadline
                .map(|at| at.saturating_duration_since(Instant::now()));
            if attempt(SLICE.min(until_deadline.unwrap_or(SLICE))) {
                return Ok(());
            }
            if self.is_due() {
                return Err(Interrupted);
            }
        }
    }

    /// Lets the token wake the writer of this mmap lock, until the answer is dropped.
    pub(crate) fn enlist<'t>(&'t self, mmap_lock: &'t Arc<MmapLock>) -> Enlisted<'t> {
        if let Some(token) = self.token {
            token.waiting().push(Arc::clone(mmap_lock));
        }
        Enlisted {
            token: self.token,
            mmap_lock,
        }
    }
}

/// An entry in the list of a token.
pub(crate) struct Enlisted<'t> {
    token: Option<&'t CancelToken>,
    mmap_lock: &'t Arc<MmapLock>,
}

impl Drop for Enlisted<'_> {
    fn drop(&mut self) {
        let Some(token) = self.token else { return };
        let mut waiting = token.waiting();
        let is_own = |entry: &Arc<MmapLock>| Arc::ptr_eq(entry, self.mmap_lock);
        if let Some(own) = waiting.iter().position(is_own) {
            waiting.swap_remove(own);
        }
    }
}

/// A wait that was interrupted; nothing was acquired (`-EINTR`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wait for the lock: interrupted")
    }
}

impl std::error::Error for Interrupted {}
