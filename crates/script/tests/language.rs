//! The language: what is read, what is refused and where, and that writing is reading's inverse.

#[path = "language/any_text.rs"]
mod any_text;

use expect_test::{Expect, expect};
use heldby_model::Mode;
use heldby_script::{
    Acquire, Attempt, ContextStep, LockType, MAX_SUBCLASS, Op, Operand, Policy, Position, Scenario,
    Step,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

#[track_caller]
fn reads(text: &str, expect: Expect) {
    let scenario: Scenario = text.parse().expect("a scenario");
    expect.assert_eq(&format!("{scenario:#}"));
}

/// Checks that none of `texts` is a scenario; expects one error a line.
#[track_caller]
fn refused(texts: &[&str], expect: Expect) {
    let error = |text: &&str| text.parse::<Scenario>().expect_err(text).to_string();
    expect.assert_eq(&texts.iter().map(error).collect::<Vec<_>>().join("\n"));
}

#[test]
fn threads_and_blanks() {
    reads("", expect![""]);
    reads("T2:", expect![""]);
    reads(
        "w(mutex:A) u(mutex:A)",
        expect!["T1: w(mutex:A) u(mutex:A)"],
    );
    reads(
        "T2: w(mutex:A)\n\n  u(mutex:A) # done\nmain: r(rw:B2)\tT2: exit",
        expect![[r#"
            T2: w(mutex:A) u(mutex:A)
            main: r(rw:B2)
            T2: exit"#]],
    );
    reads("#only a comment", expect![""]);
    reads("w(mutex:A)#no blank needed", expect!["T1: w(mutex:A)"]);
    reads(
        "w(mutex:A)\r\nu(mutex:A)\r\n",
        expect!["T1: w(mutex:A) u(mutex:A)"],
    );
}

#[test]
fn operands_and_options() {
    reads("w(mutex:A07)", expect!["T1: w(mutex:A7)"]);
    reads("w(map:fs_reclaim)", expect!["T1: w(map:fs_reclaim)"]);
    reads(
        "R(rcu:rcu_bh) R(rcu_bh:_)",
        expect!["T1: R(rcu:rcu_bh) R(rcu_bh:_)"],
    );
    reads(
        "w(spin:Y1,nest=spin:X1,sub=2) t(ww:A,sub=0)",
        expect!["T1: w(spin:Y1,sub=2,nest=spin:X1) t(ww:A)"],
    );
    reads(
        "hirq+nothread hirq- cw(cond:C,mutex:A) give(mutex:A,T2) class(mutex:A,B)",
        expect!["T1: hirq+nothread hirq- cw(cond:C,mutex:A) give(mutex:A,T2) class(mutex:A,B)"],
    );
    reads(
        "w(amutex:A) r(arw:B) w(sem:S) arm+(left) arm- arm_end unmarked+ await unmarked-",
        expect![
            "T1: w(amutex:A) r(arw:B) w(sem:S) arm+(left) arm- arm_end unmarked+ await unmarked-"
        ],
    );
}

#[test]
fn unknown_words_are_refused_with_the_known_ones() {
    refused(
        &[
            "w(mutex:A)\n  T2: x(mutex:A)",
            "w(mutexx:A)",
            "w(mutex:A,subclass=1)",
            "w(mutex:A,sub)",
            "policy(mutex:A,never)",
            "w(\u{1b}[31m:A)",
        ],
        expect![[r#"
            line 2, column 7: unknown step `x`; known: w r R t tr tR t_fail timed u dg sync might give cw cn send recv init free policy class forget layer hirq+ hirq+nothread hirq- sirq+ sirq- hoff hon soff son held held_r held_w nheld pin unpin await arm+ arm- arm_end unmarked+ unmarked- spawn join exit
            line 1, column 3: unknown type `mutexx`; known: mutex spin raw rw rwsem rtm ww local rcu rcu_bh rcu_sched once cond chan map amutex arw sem
            line 1, column 11: unknown option `subclass=1`; known: sub=N nest=TYPE:NAME
            line 1, column 11: unknown option `sub`; known: sub=N nest=TYPE:NAME
            line 1, column 16: unknown policy `never`; known: forbid by_instance by_order nestable novalidate notrack
            line 1, column 3: unknown type `\u{1b}[31m`; known: mutex spin raw rw rwsem rtm ww local rcu rcu_bh rcu_sched once cond chan map amutex arw sem"#]],
    );
}

#[test]
fn broken_words_are_refused_at_their_place() {
    refused(
        &[
            "w(mutex:A",
            "w(mutex:A, sub=1)",
            "w(mutex:A)u(mutex:A)",
            "w",
            "w()",
            "u(mutex:A,mutex:B)",
            "u(mutex:A,sub=1)",
            "exit()",
            "cw(mutex:A,mutex:B)",
            "send(cond:C)",
            "spawn()",
            "spawn(2)",
            "arm+",
            "arm+(-)",
        ],
        expect![[r#"
            line 1, column 2: `(` is not closed in this word; a step holds no blanks
            line 1, column 2: `(` is not closed in this word; a step holds no blanks
            line 1, column 11: expected a blank after `)`, found `u(mutex:A)`
            line 1, column 1: expected `w(mutex:A)`, found 0 operands
            line 1, column 3: expected an operand `type:name`, found nothing; types: mutex spin raw rw rwsem rtm ww local rcu rcu_bh rcu_sched once cond chan map amutex arw sem
            line 1, column 3: expected `u(mutex:A)`, found 2 operands
            line 1, column 3: expected `u(mutex:A)`, found 2 operands
            line 1, column 6: expected `exit`, found 1 operand
            line 1, column 4: expected an operand of type `cond`, found one of type `mutex`
            line 1, column 6: expected an operand of type `chan`, found one of type `cond`
            line 1, column 7: expected a thread such as `T1`, found nothing
            line 1, column 7: expected a thread such as `T1`, found `2`
            line 1, column 1: expected `arm+(left)`, found 0 operands
            line 1, column 6: expected an arm such as `left`, found `-`"#]],
    );
}

#[test]
fn broken_operands_are_refused_at_their_place() {
    refused(
        &[
            "w(A)",
            "w(mutex:)",
            "w(mutex:1)",
            "w(mutex:A-b)",
            "w(mutex:A1b)",
            "w(mutex:é)",
            "w(mutex:A4294967295) w(mutex:A4294967296)",
            "w(mutex:A,sub=8)",
            "w(mutex:A,sub=+1)",
            "w(mutex:A,sub=)",
            "w(mutex:A,sub=1,sub=1)",
            "w(mutex:A,nest=B)",
        ],
        expect![[r#"
            line 1, column 3: expected an operand `type:name`, found `A`; types: mutex spin raw rw rwsem rtm ww local rcu rcu_bh rcu_sched once cond chan map amutex arw sem
            line 1, column 9: expected a class name of letters and `_`, found nothing
            line 1, column 9: expected a class name of letters and `_`, found nothing
            line 1, column 10: expected a class name of letters and `_`, found `-b`
            line 1, column 10: expected an instance number up to 4294967295, found `1b`
            line 1, column 9: expected a class name of letters and `_`, found `é`
            line 1, column 31: expected an instance number up to 4294967295, found `4294967296`
            line 1, column 15: expected a subclass from 0 to 7, found `8`
            line 1, column 15: expected a subclass from 0 to 7, found `+1`
            line 1, column 15: expected a subclass from 0 to 7, found nothing
            line 1, column 17: option `sub` is given twice
            line 1, column 16: expected an operand `type:name`, found `B`; types: mutex spin raw rw rwsem rtm ww local rcu rcu_bh rcu_sched once cond chan map amutex arw sem"#]],
    );
}

#[test]
fn broken_threads_are_refused_at_their_place() {
    refused(
        &["T1:w(mutex:A)", "mutex:A", ": w(mutex:A)", "1T: w(mutex:A)"],
        expect![[r#"
            line 1, column 4: expected a blank after the thread `T1` or a step before the operand, found `w(mutex:A)`
            line 1, column 7: expected a blank after the thread `mutex` or a step before the operand, found `A`
            line 1, column 1: expected a thread such as `T1`, found nothing
            line 1, column 1: expected a thread such as `T1`, found `1T`"#]],
    );
}

/// Mostly one of two: a scenario whose steps have nothing to do with each other runs without saying
/// anything.
fn class() -> impl Strategy<Value = String> {
    prop_oneof![2 => "[AB]", 1 => "[A-Za-z_]{1,4}"]
}

fn thread() -> impl Strategy<Value = String> {
    prop_oneof![2 => "T[12]", 1 => "[A-Za-z][A-Za-z0-9_]{0,3}"]
}

fn instance() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![2 => Just(None), 1 => (0..3_u32).prop_map(Some), 1 => any::<Option<u32>>()]
}

fn operand_of(lock_type: impl Strategy<Value = LockType>) -> impl Strategy<Value = Operand> {
    (lock_type, class(), instance()).prop_map(|(lock_type, class, instance)| Operand {
        lock_type,
        class,
        instance,
    })
}

fn operand() -> impl Strategy<Value = Operand> {
    operand_of(select(LockType::ALL))
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let mode = || select(&[Mode::Write, Mode::Read, Mode::Recursive][..]);
    prop_oneof![
        mode().prop_map(Attempt::Block),
        mode().prop_map(Attempt::Try),
        select(&[Attempt::Timed, Attempt::Sync, Attempt::Might][..]),
    ]
}

fn acquire() -> impl Strategy<Value = Op> {
    (
        attempt(),
        operand(),
        0..=MAX_SUBCLASS,
        proptest::option::of(operand()),
    )
        .prop_map(|(attempt, lock, subclass, nest)| {
            Op::Acquire(Acquire {
                attempt,
                lock,
                subclass,
                nest,
            })
        })
}

fn step_on_a_lock() -> impl Strategy<Value = Op> {
    let ops: &'static [fn(Operand) -> Op] = &[
        Op::TryFailed,
        Op::Release,
        Op::Downgrade,
        Op::Init,
        Op::Free,
        Op::ForgetOrder,
        Op::Layer,
        Op::AssertHeld,
        Op::AssertHeldRead,
        Op::AssertHeldWrite,
        Op::AssertNotHeld,
        Op::Pin,
        Op::Unpin,
    ];
    (any::<Index>(), operand()).prop_map(|(which, lock)| which.get(ops)(lock))
}

fn plain_step() -> impl Strategy<Value = Op> {
    select(vec![
        Op::Await,
        Op::SuspendArm,
        Op::EndArm,
        Op::EnterUnmarked,
        Op::LeaveUnmarked,
        Op::Exit,
        Op::Context(ContextStep::EnterHard),
        Op::Context(ContextStep::EnterHardUnthreaded),
        Op::Context(ContextStep::LeaveHard),
        Op::Context(ContextStep::EnterSoft),
        Op::Context(ContextStep::LeaveSoft),
        Op::Context(ContextStep::MaskHard),
        Op::Context(ContextStep::UnmaskHard),
        Op::Context(ContextStep::MaskSoft),
        Op::Context(ContextStep::UnmaskSoft),
    ])
}

fn op() -> impl Strategy<Value = Op> {
    let cond = || operand_of(Just(LockType::Cond));
    let channel = || operand_of(Just(LockType::Chan));
    prop_oneof![
        4 => acquire(),
        4 => step_on_a_lock(),
        2 => plain_step(),
        1 => (operand(), thread()).prop_map(|(lock, thread)| Op::Give(lock, thread)),
        1 => (cond(), operand()).prop_map(|(cond, lock)| Op::CondWait { cond, lock }),
        1 => cond().prop_map(Op::CondNotify),
        1 => channel().prop_map(Op::Send),
        1 => channel().prop_map(Op::Receive),
        1 => (operand(), select(Policy::ALL)).prop_map(|(lock, to)| Op::SetPolicy(lock, to)),
        1 => (operand(), class()).prop_map(|(lock, class)| Op::SetClass(lock, class)),
        1 => thread().prop_map(Op::Spawn),
        1 => thread().prop_map(Op::Join),
        1 => thread().prop_map(Op::EnterArm),
    ]
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let step = (thread(), op()).prop_map(|(thread, op)| Step {
        thread,
        op,
        at: Position::START,
    });
    proptest::collection::vec(step, 0..12).prop_map(|steps| Scenario { steps })
}

/// Replaces the character at `place` by `by`, and doubles or drops what is behind it.
fn mutated(text: &str, place: Index, by: char, tail: u8) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (head, rest) = characters.split_at(place.index(characters.len() + 1));
    let rest = rest.get(1..).unwrap_or(&[]);
    let mut text: String = head.iter().collect();
    text.push(by);
    (0..tail % 3).for_each(|_| text.extend(rest));
    text
}

/// A failure is a row to write, not a file to keep.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn written_scenarios_read_back(scenario in scenario()) {
        any_text::reads_back(&scenario);
    }

    #[test]
    fn written_scenarios_run(scenario in scenario()) {
        any_text::check(&scenario.to_string());
    }

    #[test]
    fn any_text_is_refused_inside_itself_or_runs(text in any::<String>()) {
        any_text::check(&text);
    }

    #[test]
    fn any_near_scenario_is_refused_inside_itself_or_runs(
        scenario in scenario(),
        place in any::<Index>(),
        by in prop_oneof![select("(),:=# \n1A-+".chars().collect::<Vec<_>>()), any::<char>()],
        tail in any::<u8>(),
    ) {
        any_text::check(&mutated(&format!("{scenario:#}"), place, by, tail));
    }
}
