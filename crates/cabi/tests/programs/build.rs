//! Builds a program with the system's compiler, strictly.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A language, in the oldest version that the header is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    C99,
    Cpp11,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::C99, Self::Cpp11];

    fn of(source: &str) -> Self {
        match source.ends_with(".cpp") {
            true => Self::Cpp11,
            false => Self::C99,
        }
    }

    /// The compiler, with what every source is compiled with.
    fn compiler(self) -> Command {
        let (variable, usual, name, standard) = match self {
            Self::C99 => ("CC", "cc", "c", "c99"),
            Self::Cpp11 => ("CXX", "c++", "c++", "c++11"),
        };
        let mut compiler = Command::new(env::var(variable).unwrap_or_else(|_| usual.to_owned()));
        compiler
            .args(["-x", name, &format!("-std={standard}")])
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-I"])
            .arg(here().join("include"));
        compiler
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The library that this test's build made: static for C, shared for C++, so that both are used.
fn library(language: Language) -> PathBuf {
    let name = match language {
        Language::C99 => "libheldby_cabi.a",
        Language::Cpp11 => "libheldby_cabi.so",
    };
    let test = env::current_exe().expect("a test has a path");
    let folders = test.ancestors().skip(1).take(2);
    let built = folders
        .map(|folder| folder.join(name))
        .find(|file| file.exists());
    built.expect("cargo builds the libraries before the test")
}

/// A file that goes with its value.
#[derive(Debug)]
pub(crate) struct Built(PathBuf);

impl Built {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        // A program that did not compile is no file.
        let _ = fs::remove_file(&self.0);
    }
}

/// A name that no other program has, since tests run at the same time.
fn unused(stem: &str) -> Built {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // Relaxed: a counter.
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Built(scratch().join(format!("{stem}-{}-{number}", std::process::id())))
}

/// How a compiler ended; `None` if there is none of its language.
fn status(mut compiler: Command) -> Option<bool> {
    match compiler.status() {
        Ok(status) => Some(status.success()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{compiler:?} does not start: {error}"),
    }
}

/// Whether a source that is nothing but the header compiles, with something defined; `None` without a
/// compiler.
pub(crate) fn is_accepted(language: Language, define: &str) -> Option<bool> {
    let source = unused("header");
    fs::write(source.path(), "#include <heldby.h>\n#include <heldby.h>\n")
        .expect("it can be written");
    let mut compiler = language.compiler();
    compiler
        .args(["-fsyntax-only", "-D", define])
        .arg(source.path());
    status(compiler)
}

/// Whether a program is one that asks the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    On,
    Off,
}

/// Builds one of the programs beside this file; `None` without a compiler.
#[track_caller]
pub(crate) fn compile(source: &str, build: Build) -> Option<Built> {
    let program = unused(source);
    let language = Language::of(source);
    let mut compiler = language.compiler();
    compiler
        .arg(here().join("tests/programs").join(source))
        .args(["-x", "none", "-o"])
        .arg(program.path());
    match build {
        Build::On => compiler
            .arg(library(language))
            .args(["-ldl", "-lm", "-lgcc_s"]),
        Build::Off => compiler.arg("-DHELDBY_OFF"),
    };
    compiler.arg("-lpthread");
    let compiled = status(compiler)?;
    assert!(compiled, "{source} does not compile");
    Some(program)
}
