//! A host that is spoken to while it runs, and that may never end by itself.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use crate::process::{Ended, WATCHDOG, command, kill, read};

/// A host at work, until it is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    lines: Receiver<String>,
    stderr: String,
    ended: bool,
}

impl Running {
    /// Starts a host with these variables; it can read stdin until [`end`](Self::end).
    #[track_caller]
    pub(crate) fn start(host: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = command(host, variables);
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .expect("the host starts");
        let (sender, lines) = mpsc::channel();
        let stderr = child.stderr.take().expect("stderr is a pipe");
        thread::spawn(move || {
            let lines = BufReader::new(stderr).lines().map_while(Result::ok);
            lines.map_while(|line| sender.send(line).ok()).count()
        });
        Self {
            stdout: read(child.stdout.take()),
            child,
            lines,
            stderr: String::new(),
            ended: false,
        }
    }

    /// Reads stderr up to a line that holds `text`, and returns all that was read since the last one.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        self.wait_for_all(&[text])
    }

    /// Reads stderr until there was a line for each text, and returns all that was read for that.
    #[track_caller]
    pub(crate) fn wait_for_all(&mut self, texts: &[&str]) -> String {
        let mut read = String::new();
        let mut missing = texts.to_vec();
        while !missing.is_empty() {
            let Ok(line) = self.lines.recv_timeout(WATCHDOG) else {
                panic!("no {missing:?} in\n{}{read}", self.stderr);
            };
            missing.retain(|text| !line.contains(text));
            read += &format!("{line}\n");
        }
        self.stderr += &read;
        read
    }

    /// Writes a line to the host's stdin.
    pub(crate) fn tell(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is a pipe");
        writeln!(stdin, "{line}").expect("the host reads");
    }

    /// Sends the host a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, number: i32) {
        // SAFETY: the child was not waited for, so its number is its own.
        let sent = unsafe { libc::kill(self.child.id().cast_signed(), number) };
        assert_eq!(sent, 0);
    }

    /// Closes stdin and tells how the host ended, which it does by itself.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let Ok(stdout) = self.stdout.recv_timeout(WATCHDOG) else {
            panic!("it hangs:\n{}", self.stderr);
        };
        let mut stderr = std::mem::take(&mut self.stderr);
        stderr.extend(self.lines.iter().map(|line| line + "\n"));
        let status = self.child.wait().expect("a child can be waited for");
        self.ended = true;
        Ended {
            status,
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            kill(&mut self.child);
        }
    }
}
