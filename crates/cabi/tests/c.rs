//! A C program that uses the header and the static library.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The static library that this test's build made.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folders = test.ancestors().skip(1).take(2);
    let built = folders
        .map(|folder| folder.join("libheldby_cabi.a"))
        .find(|file| file.exists());
    built.expect("cargo builds the static library before the test")
}

#[test]
fn an_inversion_in_c_is_reported_with_its_lines() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abba");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let compiled = Command::new(compiler)
        .arg("-I")
        .arg(source.join("include"))
        .args(["-Wall", "-Wextra", "-Werror", "-g", "-o"])
        .arg(&program)
        .arg(source.join("tests/abba.c"))
        .arg(library())
        .args(["-lpthread", "-ldl", "-lm", "-lgcc_s"])
        .status()
        .expect("a C compiler is needed, as the README says");
    assert!(compiled.success());

    let output = Command::new(program)
        .env("HELDBY", "warn")
        .output()
        .expect("it was just built");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}");
    assert!(report.starts_with("error[HB0001]"), "{report}");
    for line in ["abba.c:33:1", "`a`", "`b`"] {
        assert!(report.contains(line), "`{line}` is missing in {report}");
    }
    assert_eq!(report.matches("error[").count(), 1, "{report}");
}
