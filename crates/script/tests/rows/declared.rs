//! A declared order: what leads down its layers is silent, anything else is said once.

use expect_test::{Expect, expect};
use heldby_script::{Config, Profile, Scenario, run_with};

use crate::{check, check_both, lines};

/// Checks the verdict under a declaration.
#[track_caller]
fn check_under(order: &str, text: &str, expect: Expect) {
    let scenario: Scenario = text.parse().expect("a scenario");
    let config = Config::new().order(order, "order.toml");
    let config = config.expect("a good declaration");
    let replayed = run_with(&scenario, "row", Profile::Userspace, config).expect("plain steps");
    expect.assert_eq(&lines(&replayed.findings.reports));
}

const LAYERS: &str = "layer(mutex:A) layer(mutex:B) layer(mutex:C)";

#[test]
fn only_what_leads_down_the_layers_is_declared() {
    for (steps, expected) in [
        ("w(mutex:A) w(mutex:B) w(mutex:C)", expect!["clean"]),
        ("w(mutex:A) w(mutex:C)", expect!["clean"]),
        ("w(mutex:C) w(mutex:A)", expect!["undeclared-order C A"]),
        ("w(mutex:A) w(mutex:X)", expect!["undeclared-order A X"]),
        ("w(mutex:X) w(mutex:A)", expect!["undeclared-order X A"]),
        ("w(mutex:X) w(mutex:Y)", expect!["undeclared-order X Y"]),
        ("w(mutex:X)", expect!["clean"]),
        ("w(mutex:C) t(mutex:A)", expect!["clean"]),
        ("r(rw:X) R(rw:Y)", expect!["undeclared-order X Y"]),
    ] {
        check_both(&format!("{LAYERS} {steps}"), expected);
    }
}

#[test]
fn a_dependency_is_said_once() {
    check(
        &format!(
            "{LAYERS} w(mutex:C) w(mutex:B) u(mutex:B) w(mutex:B) T2: w(mutex:C) t(mutex:X) w(mutex:B)"
        ),
        expect![[r#"
            undeclared-order C B
            undeclared-order X B"#]],
    );
}

#[test]
fn an_inversion_is_said_as_that_alone() {
    check(
        &format!("{LAYERS} w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:B) w(mutex:A)"),
        expect!["circular-dependency A B"],
    );
    // Whoever does it first in the wrong order is told of the order, and then of the cycle.
    check(
        &format!("{LAYERS} w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B) w(mutex:A) w(mutex:B)"),
        expect![[r#"
            undeclared-order B A
            circular-dependency B A"#]],
    );
}

#[test]
fn what_a_release_uncovers_is_judged_as_well() {
    let accepted = "
        format = 1
        [[layer]]
        locks = ['A']
        [[layer]]
        locks = ['B', 'C']
        [[accepted]]
        from = 'B'
        to = 'C'
        [[accepted]]
        from = 'C'
        to = 'A'
    ";
    let steps = "w(mutex:B) w(mutex:C) w(mutex:A)";
    check_under(accepted, steps, expect!["clean"]);
    check_under(
        accepted,
        &format!("{steps} u(mutex:C)"),
        expect!["undeclared-order B A"],
    );
}

#[test]
fn what_is_no_lock_has_no_layer() {
    check(
        &format!("{LAYERS} w(mutex:A) cw(cond:X,mutex:A)"),
        expect!["clean"],
    );
    check(
        &format!(
            "{LAYERS} T1: spawn(T2) w(mutex:A) u(mutex:A) T2: w(mutex:C) u(mutex:C) exit T1: w(mutex:B) join(T2)"
        ),
        expect!["clean"],
    );
    check(
        &format!("{LAYERS} w(once:O) w(mutex:A)"),
        expect!["undeclared-order O A"],
    );
}

const ACCEPTED: &str = "
    format = 1
    unlisted = 'ignore'
    [[layer]]
    locks = ['A', 'B']
    [[layer]]
    locks = ['C']
    [[accepted]]
    from = 'A'
    to = 'B'
    [[accepted]]
    from = 'B'
    to = 'A'
    [[accepted]]
    code = 'HB0001'
    locks = ['A', 'B']
    [[accepted]]
    code = 'HB0101'
    locks = ['C']
    file = 'row'
";

#[test]
fn what_is_accepted_is_silent_and_hides_nothing() {
    let inversion = "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
                     T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)";
    check_under(ACCEPTED, inversion, expect!["clean"]);
    check_under(
        ACCEPTED,
        "u(mutex:C) u(mutex:B)",
        expect!["unlock-imbalance B"],
    );
    check_under(ACCEPTED, "w(mutex:A) w(mutex:X)", expect!["clean"]);
    // A longer cycle through the accepted dependencies is another one.
    check_under(
        ACCEPTED,
        &format!(
            "{inversion} T3: w(mutex:A) w(mutex:C) u(mutex:C) u(mutex:A) w(mutex:C) w(mutex:B)"
        ),
        expect!["circular-dependency B A C"],
    );
}

#[test]
fn what_the_host_allows_is_not_said_either() {
    let scenario: Scenario = "w(mutex:B) w(mutex:A) w(mutex:X)"
        .parse()
        .expect("a scenario");
    let allow = "[[allow]]\nfrom = 'B'\nto = 'A'\nreason = 'not published yet'\n";
    let order = "format = 1\n[[layer]]\nlocks = ['A']\n[[layer]]\nlocks = ['B']\n";
    let config = Config::new()
        .allow(allow, "heldby.toml")
        .expect("a good file");
    let config = config
        .order(order, "order.toml")
        .expect("a good declaration");
    let replayed = run_with(&scenario, "row", Profile::Userspace, config).expect("plain steps");
    let found = lines(&replayed.findings.reports);
    expect!["undeclared-order A X"].assert_eq(&found);
    assert!(replayed.unused_allowances.is_empty());
}
