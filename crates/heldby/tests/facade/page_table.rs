//! The example `page_table`: clean when it is used well, and its mistake is found.

use heldby::model::Code;
use heldby::test::check;

#[path = "../../examples/page_table.rs"]
#[expect(dead_code, reason = "the example's `main` is not called")]
mod example;

#[test]
fn used_well_it_is_clean() {
    let reports = check(|| example::use_well(&example::PageTable::new(32)));
    assert_eq!(reports, []);
}

#[test]
fn its_mistake_is_found_while_a_stranger_holds_the_tree() {
    let reports = check(|| {
        let table = example::PageTable::new(32);
        example::use_well(&table);
        example::misuse(&table);
    });
    let codes: Vec<_> = reports.iter().map(|report| report.code).collect();
    assert_eq!(codes, [Code::Hb0201]);
    let report = &reports[0];
    assert_eq!(
        report.title,
        "page 0 not stabilised: `planner` holds neither `tree` nor `page`"
    );
    let ways = report.ways.iter();
    let states: Vec<_> = ways.map(|way| [&*way.needed, &*way.state]).collect();
    assert_eq!(
        states,
        [
            ["`tree`, read", "held for reading by `backup`"],
            ["`tree`, write", "not held"],
            ["`page`, read", "not held"],
            ["`page`, write", "not held"],
        ]
    );
    assert_eq!(report.held, []);
}
