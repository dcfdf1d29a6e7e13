//! The program that is steered, with all processes that it starts.
//!
//! On Unix they are a process group, so that all of them can be ended; signals that would end us are
//! handed on to them.

#[cfg_attr(unix, path = "group/unix.rs")]
#[cfg_attr(not(unix), path = "group/other.rs")]
mod system;

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program that hangs may take to end by itself, and again when it is asked to.
const GRACE: Duration = Duration::from_secs(1);

/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// A program at work.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    ByItself(ExitStatus),
    ByUs,
}

impl Group {
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let child = system::start(command)?;
        Ok(Self { child })
    }

    /// How the program ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends the program unless it ends by itself, and whatever it left running.
    pub(super) fn end(&mut self) -> Ended {
        let ended = self.ends_in_time();
        if ended.is_none() {
            system::ask_to_end(&self.child);
            let _asked = self.ends_in_time();
        }
        system::kill(&mut self.child);
        // It was killed; that it cannot be waited for changes nothing.
        let _ = self.child.wait();
        ended.map_or(Ended::ByUs, Ended::ByItself)
    }

    fn ends_in_time(&mut self) -> Option<ExitStatus> {
        let started = Instant::now();
        while started.elapsed() < GRACE {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            // Time is all that there is to wait for.
            thread::sleep(LOOK);
        }
        None
    }
}
