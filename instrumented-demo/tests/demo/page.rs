//! Runs of the pager, each in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::process::{Run, demo, run};

const CLEAN: &[&str] = &[
    " 0 pages differ",
    "fault latency   p50 ",
    "vm operations ",
    "branches        doomed reader ",
    "mmap_lock -> vm_lock",
    "0 reports",
    "verdict         clean",
];

#[test]
fn clean_in_software() {
    for args in [
        "--mib 2 --seconds 1",
        "--mib 2 --seconds 1 --lock mmap",
        "--mib 2 --seconds 1 --pagers 1 --touchers 1 --churn 0",
        "--mib 1 --seconds 0 --pagers 8 --touchers 8 --churn 8",
    ] {
        demo(&format!("page --backend software {args}")).check(0, CLEAN);
    }
}

#[test]
fn clean_with_the_validator_off() {
    // Without churn every byte is compared once; a region that is unmapped is compared as well.
    let run = demo("page --backend software --mib 2 --seconds 0 --churn 0 --no-validate");
    run.check(
        0,
        &[
            "2097152 bytes compared",
            "validator       off",
            "verdict         clean",
        ],
    );
    assert!(!run.stdout.contains("mmap_lock -> vm_lock"), "{run}");
}

/// A file of one page, and one whose last page is partial, are compared to the last byte.
#[test]
fn pages_any_regular_file() {
    let folder = tempfile_folder("files");
    for len in [1, 4096, 4097, 300_001] {
        let path = folder.join(len.to_string());
        let bytes: Vec<u8> = (0..len).map(|at: u32| (at % 251) as u8).collect();
        fs::write(&path, bytes).expect("the folder is ours");
        let path = path.to_str().expect("the folder is named in ASCII");
        let run = demo(&format!(
            "page --backend software --seconds 0 --churn 0 --file {path}"
        ));
        run.check(
            0,
            &[
                &format!("{len} bytes"),
                &format!("{len} bytes compared, 0 pages differ"),
            ],
        );
    }
    fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn pages_no_more_of_a_file_than_was_asked() {
    let folder = tempfile_folder("prefix");
    let path = folder.join("large");
    fs::write(&path, vec![7; (1 << 20) + 1]).expect("the folder is ours");
    let path = path.to_str().expect("the folder is named in ASCII");
    let run = demo(&format!(
        "page --backend software --seconds 0 --churn 0 --mib 1 --file {path}"
    ));
    run.check(
        0,
        &[
            "the first 1 MiB of `",
            "1048576 bytes compared, 0 pages differ",
        ],
    );
    fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn clean_with_userfaultfd() {
    for lock in ["vma", "mmap"] {
        let run = demo(&format!(
            "page --backend uffd --mib 2 --seconds 1 --lock {lock}"
        ));
        if is_refused(&run) {
            println!("skipped: needs userfaultfd");
            return;
        }
        run.check(0, CLEAN);
        run.check(0, &["backend uffd"]);
    }
}

/// With room for no more than the input's own descriptor the kernel refuses a userfaultfd.
#[cfg(target_os = "linux")]
#[test]
fn refused_userfaultfd_falls_back_loudly_or_not_at_all() {
    let page = |backend: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n 4 && exec \"$0\" \"$@\""]);
        shell.arg(env!("CARGO_BIN_EXE_instrumented-demo"));
        shell.args(["page", "--mib", "1", "--seconds", "0", "--backend", backend]);
        run(shell, &[])
    };
    let cause = "userfaultfd: ";
    page("auto").check(
        0,
        &[
            "WARNING: faults are made in SOFTWARE",
            cause,
            "backend software",
        ],
    );
    page("uffd").check(
        2,
        &["the backend `uffd` is refused", cause, "--backend software"],
    );
}

fn is_refused(run: &Run) -> bool {
    run.code == Some(2) && run.stderr.contains("the backend `uffd` is refused")
}

fn tempfile_folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("demo-{name}"));
    fs::create_dir_all(&folder).expect("cargo's folder for temporary files is writable");
    folder
}

/// Without churn nobody takes another's memory over, so that branch is missing.
#[test]
fn a_branch_that_was_asked_for_and_not_taken_is_named() {
    let run = demo("page --backend software --mib 1 --seconds 0 --churn 0 --branches");
    run.check(
        1,
        &[
            "owner mismatch after recycling 0",
            "NOT clean; never taken: ",
        ],
    );
}

/// The generated input has no name, so that a run that is killed cannot leave it behind.
#[cfg(unix)]
#[test]
fn a_killed_run_leaves_nothing_behind() {
    let folder = tempfile_folder("killed");
    let mut command = Command::new(env!("CARGO_BIN_EXE_instrumented-demo"));
    command.args(["page", "--mib", "1", "--seconds", "60"]);
    command.env("TMPDIR", &folder).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the demo was built");
    let stdout = child.stdout.take().expect("it is piped");
    // It announces itself once all is made that it needs.
    let announced = BufReader::new(stdout).lines().next();
    child.kill().expect("it is our child");
    child.wait().expect("it is our child");
    assert!(matches!(announced, Some(Ok(_))), "{announced:?}");
    let left: Vec<_> = fs::read_dir(&folder).expect("it is ours").collect();
    assert!(left.is_empty(), "{left:?}");
    fs::remove_dir_all(folder).expect("the folder is ours");
}
