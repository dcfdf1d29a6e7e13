//! The project's `Cargo.lock`, which cargo writes anew for a patched tree.
//!
//! It is kept beside the build before, and put back after. Who is killed between the two leaves it
//! there, and the next run puts it back first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The file, and where it is kept.
#[derive(Debug)]
pub(super) struct Lockfile {
    own: PathBuf,
    kept: PathBuf,
}

/// A lock file that is kept until it is put back.
#[derive(Debug)]
#[must_use = "put it back"]
pub(super) struct Kept(Lockfile);

/// What is kept of a project that had none.
const NONE: &[u8] = b"";

impl Lockfile {
    pub(super) fn of(workspace: &Path, target: &Path) -> Self {
        Self {
            own: workspace.join("Cargo.lock"),
            kept: target.join("heldby-patch/Cargo.lock.kept"),
        }
    }

    /// Keeps it, and has an interrupt end cargo alone.
    pub(super) fn keep(self) -> Result<Kept, Failure> {
        let own = match fs::read(&self.own) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(NONE.to_vec()),
            own => own,
        };
        own.and_then(|own| fs::write(&self.kept, own))
            .map_err(|error| self.failure(error))?;
        outlive_interrupts();
        Ok(Kept(self))
    }

    /// Puts back what is kept, if anything is.
    pub(super) fn restore(&self) -> Result<(), Failure> {
        let kept = match fs::read(&self.kept) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            kept => kept,
        };
        let put_back = |kept: Vec<u8>| match kept.as_slice() {
            NONE => fs::remove_file(&self.own).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
            kept => fs::write(&self.own, kept),
        };
        kept.and_then(put_back)
            .and_then(|()| fs::remove_file(&self.kept))
            .map_err(|error| self.failure(error))
    }

    fn failure(&self, error: io::Error) -> Failure {
        Failure::Output {
            output: self.own.display().to_string(),
            error,
        }
    }
}

impl Kept {
    /// Has the project's file again what is kept, which stays kept.
    pub(super) fn undo(&self) -> Result<(), Failure> {
        let Lockfile { own, kept } = &self.0;
        fs::copy(kept, own)
            .map(drop)
            .map_err(|error| self.0.failure(error))
    }

    pub(super) fn put_back(self) -> Result<(), Failure> {
        // `Drop` would do it, and tell nobody of a failure.
        self.0.restore()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // After `put_back` there is nothing left to do.
        let _ = self.0.restore();
    }
}

/// An interrupt from a terminal goes to cargo as well, which ends; what is kept is then put back.
#[cfg(unix)]
fn outlive_interrupts() {
    extern "C" fn ignore(_: libc::c_int) {}
    let handler = ignore as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the handler does nothing. A program that is started has the default again.
    unsafe { libc::signal(libc::SIGINT, handler) };
}

#[cfg(not(unix))]
fn outlive_interrupts() {}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::Lockfile;

    struct Project(PathBuf);

    impl Project {
        fn new(name: &str) -> Self {
            let root =
                std::env::temp_dir().join(format!("heldby-lock-{}-{name}", std::process::id()));
            fs::create_dir_all(root.join("target/heldby-patch")).expect("a folder");
            Self(root)
        }

        fn lockfile(&self) -> Lockfile {
            Lockfile::of(&self.0, &self.0.join("target"))
        }

        fn own(&self) -> Option<String> {
            fs::read_to_string(self.0.join("Cargo.lock")).ok()
        }
    }

    impl Drop for Project {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_was_there_comes_back() {
        for before in [None, Some("version = 4\n")] {
            let project = Project::new(if before.is_some() { "some" } else { "none" });
            if let Some(before) = before {
                fs::write(project.0.join("Cargo.lock"), before).expect("a file");
            }
            let kept = project.lockfile().keep().expect("it can be kept");
            for undone in [true, false] {
                fs::write(project.0.join("Cargo.lock"), "patched").expect("a file");
                if undone {
                    kept.undo().expect("it can be undone");
                    assert_eq!(project.own().as_deref(), before.or(Some("")));
                }
            }
            kept.put_back().expect("it can be put back");
            assert_eq!(project.own().as_deref(), before);
            project
                .lockfile()
                .restore()
                .expect("nothing is kept any more");
            assert_eq!(project.own().as_deref(), before);
        }
    }

    #[test]
    fn the_next_run_puts_back_what_a_killed_one_left() {
        let project = Project::new("killed");
        fs::write(project.0.join("Cargo.lock"), "before").expect("a file");
        std::mem::forget(project.lockfile().keep().expect("it can be kept"));
        fs::write(project.0.join("Cargo.lock"), "patched").expect("a file");
        project.lockfile().restore().expect("it can be put back");
        assert_eq!(project.own().as_deref(), Some("before"));
    }
}
