//! The bench prints every row; its figures are judged by nobody.

use std::process::Command;

/// Works, and how many rows begin so.
const ROWS: [(&str, usize); 19] = [
    ("std Mutex, nest of ", 22),
    ("parking_lot Mutex, nest of ", 22),
    ("std RwLock read, nest of ", 16),
    ("parking_lot RwLock read, nest of ", 16),
    ("std Mutex, innermost of ", 6),
    ("std RwLock read, innermost of ", 6),
    ("std Mutex, random pairs of ", 6),
    ("parking_lot Mutex, random pairs of ", 6),
    ("std Mutex, two threads", 2),
    ("std Mutex, 2 of one class", 2),
    ("std Mutex, 8 of one class", 2),
    ("parking_lot Mutex, hand over hand", 2),
    ("held(&lock) under 8 locks", 3),
    ("OnceLock::get_or_init, initialised", 3),
    ("new dependency", 34),
    ("memory: ", 3),
    ("10000 classes, 650 dependencies: ", 6),
    ("10000 classes, 650 fair reads: ", 6),
    ("store, an operation", 4),
];

#[test]
fn every_row_prints() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let json = directory.join("bench.json");
    let output = Command::new(env!("CARGO_BIN_EXE_heldby-bench"))
        .arg("--quick")
        .arg("--json")
        .arg(&json)
        .arg("--svg")
        .arg(directory)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    for (work, count) in ROWS {
        let rows = text.lines().filter(|line| line.starts_with(work));
        assert_eq!(rows.count(), count, "rows of `{work}` in\n{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("goals met: "));

    let rows = std::fs::read_to_string(&json).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    assert_eq!(rows.len(), text.lines().count() - 3);
    assert!(rows.iter().all(|row| row["value"].is_number()));
    for plot in ["nests.svg", "new-dependency.svg", "visited.svg"] {
        let plot = std::fs::read_to_string(directory.join(plot)).unwrap();
        assert!(
            plot.starts_with("<svg") && plot.contains("<polyline"),
            "{plot}"
        );
    }
}

#[test]
fn a_wrong_option_is_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_heldby-bench"))
        .arg("--loud")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.starts_with("error: `--loud` is unknown\n\nusage: "),
        "{errors}"
    );
}
