//! Interrupt-like contexts: usage states and wait types.
//!
//! Spin locks stand for every mode here: nothing else may be taken in a hard context in both
//! profiles.

use expect_test::expect;
use heldby_script::Profile;

use crate::{check, check_both, check_kernel, verdict};

/// How a lock is asked for.
const MODES: [&str; 3] = ["w", "r", "R"];

/// The steps of a kind of contexts: enter, leave, mask, unmask.
const KINDS: [[&str; 4]; 2] = [
    ["hirq+", "hirq-", "hoff", "hon"],
    ["sirq+", "sirq-", "soff", "son"],
];

/// Checks a scenario, in which `IN OUT OFF ON` enter, leave, mask and unmask, for both kinds.
#[track_caller]
fn check_kinds(scenario: &str, profile: Profile, expected: &str) {
    for [enter, leave, mask, unmask] in KINDS {
        let word = |word| match word {
            "IN" => enter,
            "OUT" => leave,
            "OFF" => mask,
            "ON" => unmask,
            step => step,
        };
        let steps: Vec<_> = scenario.split_whitespace().map(word).collect();
        let text = steps.join(" ");
        assert_eq!(verdict(&text, profile), expected, "{profile:?}: {text}");
    }
}

const PROFILES: [Profile; 2] = [Profile::Kernel, Profile::Userspace];

#[test]
fn one_lock_inside_and_outside() {
    for inside in MODES {
        for outside in MODES {
            let inside_use = format!("T1: IN {inside}(spin:A) u(spin:A) OUT");
            let outside_uses = [
                format!("T2: {outside}(spin:A) u(spin:A)"),
                format!("T2: t{}(spin:A) u(spin:A)", outside.replace('w', "")),
                format!("T2: OFF {outside}(spin:A) ON u(spin:A)"),
            ];
            let expected = match (inside, outside) {
                ("w", _) | (_, "w") => "inconsistent-usage A",
                _ => "clean",
            };
            for outside_use in outside_uses {
                for profile in PROFILES {
                    let there = format!("{inside_use} {outside_use}");
                    check_kinds(&there, profile, expected);
                    let back = format!("{outside_use} {inside_use}");
                    check_kinds(&back, profile, expected);
                }
            }
        }
    }
}

#[test]
fn what_is_no_use() {
    for mode in MODES {
        let inside = format!("T1: IN {mode}(spin:A) u(spin:A) OUT");
        let tried = format!("T1: IN t{}(spin:A) u(spin:A) OUT", mode.replace('w', ""));
        let masked = format!("T2: OFF {mode}(spin:A) u(spin:A) ON");
        let outside = format!("T2: {mode}(spin:A) u(spin:A)");
        let sync = "T2: sync(spin:A)";
        let unchecked = "T2: policy(spin:A,novalidate)";
        for profile in PROFILES {
            check_kinds(&format!("{inside} {masked}"), profile, "clean");
            check_kinds(&format!("{masked} {inside}"), profile, "clean");
            check_kinds(&format!("{tried} {outside}"), profile, "clean");
            check_kinds(&format!("{outside} {tried}"), profile, "clean");
            check_kinds(&format!("{inside} {sync}"), profile, "clean");
            check_kinds(&format!("{sync} {inside}"), profile, "clean");
            check_kinds(&format!("{unchecked} {outside} {inside}"), profile, "clean");
        }
    }
}

#[test]
fn what_is_never_held() {
    check_both(
        "T1: hirq+ w(spin:A) u(spin:A) hirq-  T2: might(spin:A)",
        expect!["inconsistent-usage A"],
    );
    // It waits all the same, and answers for no hold.
    check_both(
        "T1: hirq+ sync(spin:A) hirq-  T2: w(spin:A) u(spin:A)",
        expect!["inconsistent-usage A"],
    );
    check_both(
        "T1: hirq+ w(spin:A) u(spin:A) hirq-  T2: sync(spin:A) w(spin:A) u(spin:A)",
        expect!["inconsistent-usage A"],
    );
}

/// Whether the table of paths says that a dependency `A -> B` joins the two uses.
fn joins(inside: &str, [hold, want]: [&str; 2], outside: &str, profile: Profile) -> bool {
    let begins = hold == "w" || inside == "w";
    let ends = match (want, profile) {
        ("w", _) | ("r", Profile::Kernel) => true,
        // A fair read waits for a reader only behind a writer, and there is none.
        _ => outside == "w",
    };
    begins && ends
}

#[test]
fn a_path_from_inside_to_outside() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for hold in MODES {
        for want in MODES {
            for inside in MODES {
                for outside in MODES {
                    let parts = [
                        format!("T1: IN {inside}(spin:A) u(spin:A) OUT"),
                        format!("T2: OFF {hold}(spin:A) {want}(spin:B) u(spin:B) u(spin:A) ON"),
                        format!("T3: {outside}(spin:B) u(spin:B)"),
                    ];
                    for (order, profile) in orders.iter().flat_map(|o| PROFILES.map(|p| (o, p))) {
                        let text = order.map(|part| parts[part].as_str()).join(" ");
                        let expected = match joins(inside, [hold, want], outside, profile) {
                            true => "irq-inversion A B",
                            false => "clean",
                        };
                        check_kinds(&text, profile, expected);
                    }
                }
            }
        }
    }
}

#[test]
fn a_longer_path() {
    let path = "T2: hoff w(spin:A) w(spin:B) u(spin:B) u(spin:A) w(spin:B) w(spin:C) u(spin:C) u(spin:B) hon";
    check_both(
        &format!("T1: hirq+ w(spin:A) u(spin:A) hirq- {path} T3: w(spin:C)"),
        expect!["irq-inversion A B C"],
    );
    check_both(
        &format!("T1: hirq+ w(spin:C) u(spin:C) hirq- {path} T3: w(spin:A)"),
        expect!["clean"],
    );
}

#[test]
fn a_weak_way_does_not_hide_a_strong_one() {
    // `B` is reached first by a recursive read, from which a shared hold leads nowhere.
    let ways = "T2: hoff w(spin:A) R(spin:B) u(spin:B) u(spin:A)";
    let long = "w(spin:A) w(spin:C) u(spin:C) u(spin:A) w(spin:C) w(spin:B) u(spin:B) u(spin:C)";
    let on = "R(spin:B) w(spin:D) u(spin:D) u(spin:B) hon";
    let uses = "T3: w(spin:D) u(spin:D) T1: hirq+ w(spin:A) u(spin:A) hirq-";
    check_both(
        &format!("{ways} {long} {on} {uses}"),
        expect!["irq-inversion A C B D"],
    );
    check_both(
        &format!("T2: hoff {long} {on} {uses}"),
        expect!["irq-inversion A C B D"],
    );
    check_both(&format!("{ways} {on} {uses}"), expect!["clean"]);
}

#[test]
fn hard_and_soft_are_independent() {
    check_both(
        "T1: sirq+ w(spin:A) u(spin:A) sirq-  T2: soff w(spin:A) u(spin:A) son",
        expect!["clean"],
    );
    check_both(
        "T1: sirq+ w(spin:A) u(spin:A) sirq-  T2: hoff w(spin:A) u(spin:A) hon",
        expect!["clean"],
    );
    // A masked hard interrupt keeps soft ones off, but not the other way round.
    check_both(
        "T1: hirq+ w(spin:A) u(spin:A) hirq-  T2: soff w(spin:A) u(spin:A) son",
        expect!["inconsistent-usage A"],
    );
    // A soft interrupt can be interrupted by a hard one.
    check_both(
        "T1: hirq+ w(spin:A) u(spin:A) hirq-  T2: sirq+ w(spin:A) u(spin:A) sirq-",
        expect!["inconsistent-usage A"],
    );
    // One inside the other: the lock is used in both.
    check_both(
        "T1: sirq+ hirq+ w(spin:A) u(spin:A) hirq- sirq-  T2: soff w(spin:A) u(spin:A) son",
        expect!["inconsistent-usage A"],
    );
}

#[test]
fn masks_change_while_locks_are_held() {
    let inside = "T1: hirq+ w(spin:A) u(spin:A) hirq-";
    let rows = [
        (
            "T2: hoff w(spin:B) w(spin:A) u(spin:B) u(spin:A) hon",
            false,
        ),
        ("T2: hoff w(spin:A) hoff u(spin:A) hon", false),
        ("T2: hoff w(spin:A) son soff u(spin:A) hon", false),
        ("T2: hoff w(spin:B) w(spin:A) hon u(spin:A)", true),
        ("T2: w(spin:B) hoff w(spin:A) u(spin:B) hon u(spin:A)", true),
        ("T2: soff hoff w(spin:A) hon u(spin:A) son", true),
        ("T2: hoff hoff w(spin:A) hon u(spin:A)", true),
        ("T2: hoff w(spin:A) u(spin:A) hon w(spin:A)", true),
        // A known chain is known in its own context alone.
        (
            "T2: hoff w(spin:A) u(spin:A) w(spin:A) u(spin:A) hon w(spin:A)",
            true,
        ),
        // Hidden by the leaving of a context, with the mask that was made in it.
        ("T2: sirq+ hoff sirq- w(spin:A)", true),
    ];
    for (outside, reports) in rows {
        let text = format!("{inside} {outside}");
        let found = verdict(&text, Profile::Kernel);
        assert_eq!(
            found.starts_with("inconsistent-usage A"),
            reports,
            "{text}: {found}"
        );
        assert_eq!(found == "clean", !reports, "{text}: {found}");
    }
}

#[test]
fn a_context_is_no_part_of_what_it_interrupts() {
    // No order across the boundary; that the mask lied is not for this rule to say.
    check_both(
        "T1: hoff w(spin:A) hirq+ w(spin:B) u(spin:B) hirq- u(spin:A) hon
         T2: hoff w(spin:B) w(spin:A) u(spin:A) u(spin:B) hon",
        expect!["clean"],
    );
    check_both(
        "T1: hoff hirq+ w(spin:A) w(spin:B) u(spin:B) u(spin:A) hirq- hon
         T2: hoff w(spin:B) w(spin:A) u(spin:A) u(spin:B) hon",
        expect!["circular-dependency A B"],
    );
    check_both(
        "w(spin:A) hirq+ u(spin:A) hirq- u(spin:A)",
        expect!["unlock-imbalance A"],
    );
    check_both(
        "w(spin:A) hirq+ held(spin:A) hirq- u(spin:A) exit",
        expect!["clean"],
    );
    check_both("hoff w(spin:A) u(spin:A) hirq+ exit", expect!["clean"]);
    check_both(
        "hoff w(spin:A1) hirq+ w(spin:A1)",
        expect!["recursive-locking A"],
    );
}

#[test]
fn one_report_tells_of_what_follows_from_it() {
    check_both(
        "T1: hirq+ w(spin:A) u(spin:A) hirq-
         T2: w(spin:A) w(spin:B) u(spin:B) u(spin:A) w(spin:B)",
        expect!["inconsistent-usage A"],
    );
    check_both(
        "T1: hirq+ w(spin:A) u(spin:A) hirq-
         T2: hoff w(spin:A) w(spin:B) w(spin:C) hon",
        expect!["inconsistent-usage A"],
    );
    // Another pair is another report, and a repeat is none.
    check_both(
        "T1: hirq+ w(spin:A) u(spin:A) hirq-
         T2: hoff w(spin:A) w(spin:B) w(spin:C) u(spin:C) u(spin:B) u(spin:A) hon
         T3: w(spin:B) u(spin:B) w(spin:C) u(spin:C) w(spin:B) u(spin:B)
         T1: hirq+ w(spin:A) u(spin:A) hirq-",
        expect![[r#"
            irq-inversion A B
            irq-inversion A B C"#]],
    );
}

#[test]
fn local_locks_are_passed_over() {
    let to_local = "hoff w(spin:A) w(local:L) u(local:L) u(spin:A) hon";
    let inside = "T2: hirq+ w(spin:A) u(spin:A) hirq-";
    check_both(
        &format!("T1: w(local:L) u(local:L) {inside} T1: {to_local}"),
        expect!["clean"],
    );
    check_both(
        &format!("T1: w(local:L) w(spin:B) u(spin:B) u(local:L) {inside} T1: {to_local}"),
        expect!["clean"],
    );
    check_both(
        &format!("T1: w(spin:L) w(spin:B) u(spin:B) u(spin:L) {inside} T1: {to_local}")
            .replace("local", "spin"),
        expect!["irq-inversion A L"],
    );
    // A local lock itself is held by what is interrupted.
    check_both(
        "T1: w(local:L) u(local:L) hirq+ w(local:L) u(local:L) hirq-",
        expect!["inconsistent-usage L"],
    );
}

#[test]
fn fair_readers_wait_for_a_reader_behind_a_writer() {
    let readers = "T1: hirq+ r(spin:A) u(spin:A) hirq-  T2: r(spin:A) u(spin:A)";
    let writer = "T3: hoff w(spin:A) u(spin:A) hon";
    check_both(readers, expect!["clean"]);
    for text in [format!("{readers} {writer}"), format!("{writer} {readers}")] {
        check(&text, expect!["inconsistent-usage A"]);
        check_kernel(&text, expect!["clean"]);
    }
    let recursive = readers.replace("hirq+ r(", "hirq+ R(");
    check_both(&format!("{recursive} {writer}"), expect!["clean"]);
    // Inside of a path as well.
    let path = "T1: hirq+ w(spin:A) u(spin:A) hirq-
        T2: hoff w(spin:A) r(spin:B) u(spin:B) u(spin:A) hon  T3: r(spin:B) u(spin:B)";
    check_kernel(path, expect!["irq-inversion A B"]);
    check(path, expect!["clean"]);
    let with_writer = format!("{path} T4: hoff w(spin:B) u(spin:B) hon");
    check(&with_writer, expect!["irq-inversion A B"]);
}

#[test]
fn wait_types_of_contexts() {
    check_both("hirq+ w(mutex:A)", expect!["invalid-wait-context A"]);
    check_both("sirq+ w(mutex:A)", expect!["invalid-wait-context A"]);
    check_both("hirq+ w(spin:A)", expect!["clean"]);
    check_both("hirq+nothread w(spin:A)", expect!["invalid-wait-context A"]);
    check_both("hirq+nothread w(raw:A)", expect!["clean"]);
    check_both("hirq+ t(mutex:A)", expect!["clean"]);
    // Only what was taken in the same context counts.
    check_both("w(raw:A) hirq+ w(spin:B)", expect!["clean"]);
    check_both(
        "hirq+ w(raw:A) w(spin:B)",
        expect!["invalid-wait-context B A"],
    );
    check_both(
        "sirq+ w(spin:A) u(spin:A) sirq- w(mutex:B)",
        expect!["clean"],
    );
}
