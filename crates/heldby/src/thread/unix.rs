//! What Unix has of threads besides.

use std::os::unix::thread::{JoinHandleExt, RawPthread};

use super::JoinHandle;

impl<T> JoinHandleExt for JoinHandle<T> {
    fn as_pthread_t(&self) -> RawPthread {
        self.inner.as_pthread_t()
    }

    /// The end of the thread is then waited for, if at all, by a join that is no event.
    fn into_pthread_t(self) -> RawPthread {
        self.inner.into_pthread_t()
    }
}
