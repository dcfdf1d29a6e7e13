//! Threads of our own, which run only where a variable asks for them.
//!
//! Nothing of them is checked, and none of the host's signal handlers runs on them. They do not keep
//! the process, which ends with its main thread, and a forked child has none of them.

#[cfg_attr(unix, path = "helper/unix.rs")]
#[cfg_attr(not(unix), path = "helper/other.rs")]
mod signals;

use std::io;
use std::thread::{Builder, JoinHandle};

use signals::Blocked;

use crate::task::{self, Phase};

/// Starts a thread that runs `run`.
pub(crate) fn start(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    // A thread begins with the signals blocked that its maker has blocked.
    let _blocked = Blocked::new();
    Builder::new().name(name.to_owned()).spawn(|| {
        task::set_phase(Phase::Off);
        run();
    })
}
