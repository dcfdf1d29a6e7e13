//! Bad input: exit code 2, one clear message that names the value and what is known.

use crate::process::demo;

#[test]
fn bad_input_exits_with_2_and_says_why() {
    let rows: &[(&str, &[&str])] = &[
        (
            "page --backend kernel",
            &["'kernel'", "--backend", "auto, uffd, software"],
        ),
        ("page --lock rcu", &["'rcu'", "--lock", "vma, mmap"]),
        ("page --pagers 0", &["'0'", "--pagers", "1..=256"]),
        ("page --mib 0", &["'0'", "--mib", "1..=65536"]),
        ("page --seconds -1", &["-1"]),
        (
            "page --plant nothing",
            &["'nothing'", "--plant", "abba", "held-at-exit"],
        ),
        (
            "page --plant abba --no-validate",
            &["--plant", "--no-validate"],
        ),
        ("page --frobnicate", &["--frobnicate"]),
        (
            "page --file /no/such/file",
            &["cannot read `/no/such/file`", "No such file"],
        ),
        ("page --file /", &["cannot page `/`", "not a regular file"]),
        (
            "bug nothing",
            &["'nothing'", "abba", "vma-then-mmap", "held-at-exit"],
        ),
        ("bug", &["NAME"]),
        ("fly", &["'fly'"]),
    ];
    for (args, texts) in rows {
        let run = demo(args);
        run.check(2, texts);
        assert!(run.stdout.is_empty(), "`{args}` prints on stdout:\n{run}");
        assert!(!run.stderr.contains("panicked"), "`{args}` panics:\n{run}");
    }
}

#[test]
fn an_empty_file_is_refused() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty");
    std::fs::write(&path, "").expect("cargo's folder for temporary files is writable");
    let path = path.to_str().expect("the folder is named in ASCII");
    demo(&format!("page --file {path}")).check(2, &["cannot page", "it is empty"]);
}
