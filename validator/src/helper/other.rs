//! Systems that deliver no signals to threads.

pub(super) struct Blocked;

impl Blocked {
    pub(super) fn new() -> Self {
        Self
    }
}
