//! Runs `heldby` in a directory of its own, and shows what it said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use expect_test::Expect;

/// A directory of its own for each test, gone with it.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.0.join(name), content).expect("a file");
        self
    }

    pub(crate) fn heldby(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heldby"));
        command
            .current_dir(&self.0)
            .args(arguments)
            // Whether the library was built is no matter of these tests.
            .env("HELDBY_PRELOAD", "")
            .stdin(Stdio::null());
        command
    }

    /// Runs it; checks exit code, standard output and standard error.
    #[track_caller]
    pub(crate) fn check(&self, arguments: &[&str], expect: Expect) {
        expect.assert_eq(&shown(
            &self.heldby(arguments).output().expect("heldby runs"),
        ));
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn shown(output: &Output) -> String {
    let part = |name: &str, bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<_> = text.lines().map(str::trim_end).collect();
        if lines.is_empty() {
            String::new()
        } else {
            format!("\n{name}: {}", lines.join("\n"))
        }
    };
    let code = output
        .status
        .code()
        .map_or("signal".to_owned(), |code| code.to_string());
    format!(
        "exit {code}{}{}",
        part("out", &output.stdout),
        part("err", &output.stderr)
    )
}
