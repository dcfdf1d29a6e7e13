//! Declarations of records that are made up.

use std::fmt::Write as _;
use std::fs;

use heldby_model::declared::DeclaredOrder;
use heldby_script::{Config, Profile, Scenario, run_with};
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::{Observed, check, extended};
use crate::declaration::Declaration;
use crate::diff::news::News;
use crate::record::tests::{any_record, merge};
use crate::record::{Gathered, Sorted};

/// What `heldby order` makes of records, on top of what is declared.
fn declared(known: DeclaredOrder, records: &Sorted) -> DeclaredOrder {
    let known = Declaration::new(known);
    extended(&known, &Observed::of(records, &known.beside(records)))
}

fn fresh(records: &Sorted) -> DeclaredOrder {
    declared(DeclaredOrder::default(), records)
}

fn is_news(order: DeclaredOrder, records: &Sorted) -> bool {
    let news = News::beside(&Declaration::new(order), records);
    !(news.classes.is_empty() && news.dependencies.is_empty() && news.reports.is_empty())
}

proptest! {
    #[test]
    fn nothing_is_new_beside_the_order_of_the_same_records(a in any_record(), b in any_record()) {
        check(&merge(&[a.merged(), b.merged()]));
    }

    #[test]
    fn an_order_does_not_depend_on_how_records_came_together(a in any_record(), b in any_record()) {
        let (a, b) = (a.merged(), b.merged());
        let one = fresh(&merge(&[a.clone(), b.clone()])).to_string();
        prop_assert_eq!(one, fresh(&merge(&[b, a])).to_string());
    }

    #[test]
    fn an_order_that_grows_keeps_what_it_had(a in any_record(), b in any_record()) {
        let (a, b) = (a.merged(), b.merged());
        let grown = declared(fresh(&a), &b);
        prop_assert!(!is_news(grown.clone(), &a), "{grown}");
        prop_assert!(!is_news(grown.clone(), &b), "{grown}");
        prop_assert_eq!(declared(grown.clone(), &b), grown);
    }
}

/// Sections, in each of which a thread takes a few locks in some order, and gives them back.
fn any_scenario() -> impl Strategy<Value = String> {
    let locks = ["mutex:A", "mutex:B1", "mutex:B2", "rw:C", "rw:D", "once:O"];
    let taken = subsequence(locks.to_vec(), 1..5).prop_shuffle();
    let section = (1..4_u32, taken, "[wrRt]{4}");
    proptest::collection::vec(section, 1..7).prop_map(|sections| {
        let mut text = String::new();
        for (thread, locks, steps) in sections {
            let _ = write!(text, "T{thread}:");
            for (lock, step) in locks.iter().zip(steps.chars()) {
                let step = if lock.starts_with("rw") { step } else { 'w' };
                let _ = write!(text, " {step}({lock})");
            }
            for lock in locks.iter().rev() {
                let _ = write!(text, " u({lock})");
            }
            text.push('\n');
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The engine, which knows one process alone, and the records tell a declaration alike.
    #[test]
    fn a_program_keeps_to_the_order_that_its_record_declares(text in any_scenario()) {
        let name = format!("heldby-order-kept-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("a temporary directory can be made");
        let scenario: Scenario = text.parse().expect("a scenario");
        let run = |config| run_with(&scenario, "row", Profile::Userspace, config);
        run(Config::new().record(&directory)).expect("plain steps");
        let paths = std::slice::from_ref(&directory);
        let records = Gathered::from(paths).expect("it can be listed").merged;
        fs::remove_dir_all(&directory).expect("it is there");
        let order = fresh(&records).to_string();
        let config = Config::new().order(&order, "order.toml").expect("it reads what it wrote");
        let found = run(config).expect("plain steps").findings.reports;
        prop_assert!(found.is_empty(), "{text}\n{order}\n{found:#?}");
    }
}
