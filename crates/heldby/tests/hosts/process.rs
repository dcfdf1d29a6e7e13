//! Runs a host and tells how it ended.

use std::env;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// The variable that makes this binary a host.
pub(crate) const HOST: &str = "TEST_HOST";

/// A host: what it is called, and what it does.
pub(crate) type Host = (&'static str, fn());

/// A host that runs longer hangs.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(60);

/// How a host ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What a host can end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    Abort,
}

/// The command that runs a host with these variables and no other of ours.
pub(crate) fn command(host: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().expect("this binary has a path"));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("HELDBY") {
            command.env_remove(name);
        }
    }
    command
        .env_remove("RUST_BACKTRACE")
        .env(HOST, host)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Runs a host to its end.
#[track_caller]
pub(crate) fn run(host: &str, variables: &[(&str, &str)]) -> Ended {
    let mut child = command(host, variables).spawn().expect("the host starts");
    // A pipe ends when the host and all that it forked have ended.
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let texts = (stdout.recv_timeout(WATCHDOG), stderr.recv_timeout(WATCHDOG));
    let (Ok(stdout), Ok(stderr)) = texts else {
        kill(&mut child);
        panic!("`{host}` hangs: {texts:?}");
    };
    let status = child.wait().expect("a child can be waited for");
    Ended {
        status,
        stdout,
        stderr,
    }
}

/// What a pipe brings until it ends.
pub(crate) fn read(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut text).expect("a pipe can be read");
        }
        sender.send(String::from_utf8_lossy(&text).into_owned())
    });
    receiver
}

/// Kills the host, and what it forked where that is possible.
pub(crate) fn kill(child: &mut Child) {
    #[cfg(unix)]
    // SAFETY: the host leads a process group of its own, which holds only what it forked.
    unsafe {
        libc::kill(-child.id().cast_signed(), libc::SIGKILL);
    }
    child.kill().expect("a child can be killed");
    child.wait().expect("a child can be waited for");
}

impl Ended {
    /// Compares how the host ended.
    #[track_caller]
    pub(crate) fn ends(&self, end: End) -> &Self {
        let found = match self.status.code() {
            Some(code) => Some(End::Code(code)),
            None => aborted(self.status).then_some(End::Abort),
        };
        assert_eq!(found, Some(end), "{self}");
        self
    }

    /// Compares what it wrote to stdout, so that it is known to have gone on to its end.
    #[track_caller]
    pub(crate) fn prints(&self, text: &str) -> &Self {
        assert_eq!(self.stdout, text, "{self}");
        self
    }

    /// Counts reports by their codes, in order.
    #[track_caller]
    pub(crate) fn reports(&self, codes: &[&str]) -> &Self {
        let found: Vec<_> = self
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("error[")?.split_once(']'))
            .map(|(code, _)| code)
            .collect();
        assert_eq!(found, codes, "{self}");
        self
    }

    /// Looks for each text on stderr.
    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in\n{self}");
        }
        self
    }

    /// Compares the lines on stderr that are our own and no report.
    #[track_caller]
    pub(crate) fn complains(&self, beginnings: &[&str]) -> &Self {
        let lines: Vec<_> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("heldby: "))
            .collect();
        let same = lines.len() == beginnings.len()
            && lines
                .iter()
                .zip(beginnings)
                .all(|(line, text)| line.contains(text));
        assert!(same, "{lines:#?} are not {beginnings:#?}\n{self}");
        self
    }

    /// Checks that stderr is empty.
    #[track_caller]
    pub(crate) fn is_silent(&self) -> &Self {
        assert_eq!(self.stderr, "");
        self
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            status,
            stdout,
            stderr,
        } = self;
        write!(f, "{status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

#[cfg(unix)]
fn aborted(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(libc::SIGABRT)
}

#[cfg(not(unix))]
fn aborted(_status: ExitStatus) -> bool {
    true
}
