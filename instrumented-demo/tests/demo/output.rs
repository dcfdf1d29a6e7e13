//! An output that takes nothing: a full disk is a failure, a reader that left is none.

use std::process::{Command, Output, Stdio};

const PAGE: &str = "page --seconds 0 --mib 1 --backend software";

fn demo_into(args: &str, stdout: impl Into<Stdio>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_instrumented-demo"));
    command.args(args.split_whitespace()).stdout(stdout);
    command.output().expect("the demo was built")
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_2() {
    for args in [PAGE, "bug --list"] {
        let full = std::fs::File::create("/dev/full").expect("Linux has it");
        let output = demo_into(args, full);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "`{args}`: {stderr}");
        let complaint = "error: failed to write to standard output: No space left on device";
        let last = stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(complaint), "`{args}`: {stderr}");
        assert!(!stderr.contains("panicked"), "`{args}`: {stderr}");
    }
}

#[test]
fn a_closed_pipe_keeps_the_exit_code() {
    for (args, code) in [(PAGE, 0), ("bug --list", 0), ("bug abba", 1)] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = demo_into(args, writer);
        assert_eq!(output.status.code(), Some(code), "`{args}`: {output:?}");
    }
}
