//! Async tasks and what they wait for, when validation is off.

#[derive(Debug)]
pub(crate) struct AsyncTask;

impl AsyncTask {
    #[inline(always)]
    pub(crate) fn new(_name: Option<&str>) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn poll<R>(
        &mut self,
        poll: impl FnOnce() -> R,
        _is_suspended: impl FnOnce(&R) -> bool,
    ) -> R {
        poll()
    }
}

#[derive(Debug)]
pub(crate) struct Branch;

impl Branch {
    #[inline(always)]
    pub(crate) fn new(_address: Option<usize>) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn poll<R>(
        &mut self,
        poll: impl FnOnce() -> R,
        _is_suspended: impl FnOnce(&R) -> bool,
    ) -> R {
        poll()
    }
}
