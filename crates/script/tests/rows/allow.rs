//! What a host allows: it silences what it names, and serves every later cycle.

use expect_test::{Expect, expect};
use heldby_script::{Config, Profile, Scenario, run_with};

use crate::lines;

/// Checks the verdict under the entries, and which of them were not needed.
#[track_caller]
fn check(allowed: &str, text: &str, expect: Expect) {
    let scenario: Scenario = text.parse().expect("a scenario");
    let config = Config::new()
        .allow(allowed, "heldby.toml")
        .expect("a good file");
    let replayed = run_with(&scenario, "row", Profile::Userspace, config).expect("plain steps");
    let unused = replayed.unused_allowances.iter();
    let unused: String = unused.map(|entry| format!("\nunused: {entry}")).collect();
    expect.assert_eq(&(lines(&replayed.findings.reports) + &unused));
}

const A_BEFORE_B: &str = "[[allow]]\nfrom = 'A'\nto = 'B'\nreason = 'B is not published yet'\n";

/// A then B, and then the other way round.
const INVERSION: &str = "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
                         T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)";
const REVERSED: &str = "T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)
                        T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)";

#[test]
fn an_inversion_is_silent_whichever_order_comes_first() {
    check(A_BEFORE_B, INVERSION, expect!["clean"]);
    check(A_BEFORE_B, REVERSED, expect!["clean"]);
    check(
        "[[allow]]\nfrom = 'B*'\nto = '?'\nreason = 'the same, from the other end'\n",
        INVERSION,
        expect!["clean"],
    );
}

#[test]
fn what_is_not_named_is_reported() {
    check(
        "[[allow]]\nfrom = 'A'\nto = 'C'\nreason = 'another pair'\n",
        INVERSION,
        expect![[r#"
            circular-dependency A B
            unused: `A -> C` (heldby.toml:1)"#]],
    );
}

#[test]
fn an_allowed_dependency_serves_later_cycles() {
    check(
        A_BEFORE_B,
        &format!(
            "{INVERSION} T3: w(mutex:B) w(mutex:C) u(mutex:C) u(mutex:B) w(mutex:C) w(mutex:A)"
        ),
        expect!["circular-dependency A B C"],
    );
    // It closes a short cycle, which is allowed, and a longer one, which is not.
    check(
        A_BEFORE_B,
        "T1: w(mutex:B) w(mutex:A) u(mutex:A) w(mutex:C) u(mutex:C) u(mutex:B)
         T2: w(mutex:C) w(mutex:A) u(mutex:A) u(mutex:C)
         T3: w(mutex:A) w(mutex:B)",
        expect!["circular-dependency B C A"],
    );
}

#[test]
fn a_cycle_of_several_locks_is_named_whole() {
    let ring = "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
                T2: w(mutex:B) w(mutex:C) u(mutex:C) u(mutex:B)
                T3: w(mutex:C) w(mutex:A)";
    let entry = |locks: &str| format!("[[allow]]\ncycle = {locks}\nreason = 'never at once'\n");
    check(&entry("['B', 'C', 'A']"), ring, expect!["clean"]);
    check(
        &entry("['C', 'B', 'A']"),
        ring,
        expect![[r#"
        circular-dependency A B C
        unused: the cycle `C -> B -> A` (heldby.toml:1)"#]],
    );
    check(
        A_BEFORE_B,
        ring,
        expect![[r#"
        circular-dependency A B C
        unused: `A -> B` (heldby.toml:1)"#]],
    );
}

#[test]
fn locks_of_one_class_and_other_codes() {
    let same_class = "T1: w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1)
                      T2: w(mutex:A2) w(mutex:A1)";
    check(
        "[[allow]]\nfrom = 'A'\nto = 'A'\nreason = 'sorted by key'\n",
        same_class,
        expect!["clean"],
    );
    check(
        "[[allow]]\ncode = 'HB0101'\nlock = 'A'\nreason = 'another thread took it'\n",
        "u(mutex:A) u(mutex:B)",
        expect!["unlock-imbalance B"],
    );
}

#[test]
fn policies_by_name() {
    let nested = "w(mutex:A1) w(mutex:A2)";
    check(
        "[[class]]\nname = 'A'\npolicy = 'forbid'\nreason = 'one at a time'\n",
        nested,
        expect!["recursive-locking A"],
    );
    check(
        "[[class]]\nname = 'A'\npolicy = 'nestable'\nreason = 'any order'\n",
        "T1: w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1)  T2: w(mutex:A2) w(mutex:A1)",
        expect!["clean"],
    );
    check(
        "[[class]]\nname = 'A'\npolicy = 'notrack'\nreason = 'seen elsewhere'\n",
        "u(mutex:A) w(mutex:A) exit",
        expect!["clean"],
    );
    check(
        "[[class]]\nname = 'no_such_class'\npolicy = 'notrack'\nreason = 'gone'\n",
        nested,
        expect![[r#"
            clean
            unused: the policy of `no_such_class` (heldby.toml:1)"#]],
    );
}
