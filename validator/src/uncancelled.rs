//! Cancelled threads: one that `pthread_cancel` was told of ends where it opens, reads or writes a file.
//!
//! A host does not expect that of a lock, and the validator's own locks would stay taken for ever. So it is
//! put off until the host itself comes to such a place.

#[cfg(all(feature = "cancelled-threads", target_os = "linux"))]
use std::ffi::c_int;
use std::marker::PhantomData;

/// The calling thread does not end by being cancelled, until this is dropped.
#[derive(Debug)]
pub struct Uncancelled {
    #[cfg(all(feature = "cancelled-threads", target_os = "linux"))]
    before: c_int,
    _not_send: PhantomData<*const ()>,
}

#[cfg(all(feature = "cancelled-threads", target_os = "linux"))]
mod state {
    use std::ffi::c_int;

    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
    }

    /// What glibc and musl call `PTHREAD_CANCEL_DISABLE`.
    pub(super) const OFF: c_int = 1;

    pub(super) fn replace(state: c_int) -> c_int {
        let mut before = 0;
        // SAFETY: a state that there is, and a place for the one before. It is a change of the thread's own
        // word, which a signal handler may make as well.
        unsafe { pthread_setcancelstate(state, &mut before) };
        before
    }
}

impl Uncancelled {
    /// Begins it. Such times may lie in one another.
    ///
    /// # Cost
    /// A few nanoseconds, and as many at its end; nothing without the feature `cancelled-threads`.
    #[must_use = "it lasts until it is dropped"]
    pub fn begin() -> Self {
        Self {
            #[cfg(all(feature = "cancelled-threads", target_os = "linux"))]
            before: state::replace(state::OFF),
            _not_send: PhantomData,
        }
    }
}

#[cfg(all(feature = "cancelled-threads", target_os = "linux"))]
impl Drop for Uncancelled {
    fn drop(&mut self) {
        state::replace(self.before);
    }
}
