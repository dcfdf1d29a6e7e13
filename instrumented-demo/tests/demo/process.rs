//! Runs the demo in a process of its own, with a time limit.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Far longer than any run here takes; only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(120);

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the demo with `args`, separated by blanks.
pub(crate) fn demo(args: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_instrumented-demo"));
    command.args(args.split_whitespace());
    run(command, &[])
}

/// Runs `command` with no other variables of the validator than `variables`.
pub(crate) fn run(mut command: Command, variables: &[(&str, &str)]) -> Run {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"HELDBY") {
            command.env_remove(name);
        }
    }
    command
        .env_remove("RUST_BACKTRACE")
        .envs(variables.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    collect(command.spawn().expect("the demo was built"))
}

fn collect(mut child: Child) -> Run {
    let stdout = read_all(child.stdout.take().expect("it is piped"));
    let stderr = read_all(child.stderr.take().expect("it is piped"));
    let Ok(stdout) = stdout.recv_timeout(LIMIT) else {
        child.kill().expect("it is our child");
        panic!(
            "the demo hangs; its stderr:\n{}",
            stderr.recv().unwrap_or_default()
        );
    };
    let stderr = stderr.recv_timeout(LIMIT).expect("stderr ends with stdout");
    Run {
        code: child.wait().expect("it is our child").code(),
        stdout,
        stderr,
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text)
            .expect("the demo writes UTF-8");
        // Nobody listens any more when the limit is over.
        let _ = tell.send(text);
    });
    told
}

impl Run {
    /// Asserts the exit code and that each of `texts` stands in what was printed.
    #[track_caller]
    pub(crate) fn check(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self}");
        for text in texts {
            let found = self.stdout.contains(text) || self.stderr.contains(text);
            assert!(found, "`{text}` is missing in:\n{self}");
        }
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            code,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "exit code {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
    }
}
