//! Declared orders as text: what is read, what is refused and where, and that writing is reading's
//! inverse.

use expect_test::{Expect, expect};
use heldby_model::Code;
use heldby_model::declared::{Accepted, DeclaredLock, DeclaredOrder, Known, Unlisted};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn named(name: &str) -> DeclaredLock {
    DeclaredLock::Named {
        name: name.to_owned(),
        type_name: None,
    }
}

fn made(number: u32, line: u32) -> DeclaredLock {
    DeclaredLock::Made {
        file: "src/net.rs".to_owned(),
        type_name: "std::sync::Mutex".to_owned(),
        number,
        line,
    }
}

#[test]
fn a_declaration_has_a_line_for_each_lock() {
    let cache = DeclaredLock::Named {
        name: "cache \"old\"".to_owned(),
        type_name: Some("std::sync::RwLock".to_owned()),
    };
    let order = DeclaredOrder {
        unlisted: Unlisted::Ignore,
        layers: vec![vec![named("routes"), cache], vec![made(1, 10), made(2, 14)]],
        accepted: vec![
            Accepted {
                what: Known::Dependency {
                    from: made(2, 14),
                    to: named("routes"),
                },
                reason: None,
            },
            Accepted {
                what: Known::Report {
                    code: Code::Hb0001,
                    locks: vec![named("routes"), made(2, 14)],
                    file: None,
                },
                reason: Some("never at once".to_owned()),
            },
            Accepted {
                what: Known::Report {
                    code: Code::Hb0101,
                    locks: vec![named("routes")],
                    file: Some("src/net.rs".to_owned()),
                },
                reason: None,
            },
        ],
    };
    expect![[r##"
        # The lock order of this program, outermost layer first: while a lock of one layer is held, locks of
        # the layers below it may be taken. Made by `heldby order`; see `heldby explain HB0401`.

        format = 1
        # What a dependency of a lock comes to that stands nowhere here: "report" or "ignore".
        unlisted = "ignore"

        [[layer]]
        locks = [
            "routes",
            { name = "cache \"old\"", type = "std::sync::RwLock" },
        ]

        [[layer]]
        locks = [
            { file = "src/net.rs", type = "std::sync::Mutex", number = 1, line = 10 },
            { file = "src/net.rs", type = "std::sync::Mutex", number = 2, line = 14 },
        ]

        # Taken against the layers, and accepted.

        [[accepted]]
        from = { file = "src/net.rs", type = "std::sync::Mutex", number = 2 }
        to = "routes"

        # Reports that are known, and accepted.

        [[accepted]]
        code = "HB0001"
        locks = ["routes", { file = "src/net.rs", type = "std::sync::Mutex", number = 2 }]
        reason = "never at once"

        [[accepted]]
        code = "HB0101"
        locks = ["routes"]
        file = "src/net.rs"
    "##]].assert_eq(&order.to_string());
}

#[track_caller]
fn refused(rows: &[&str], expect: Expect) {
    let error = |row: &&str| {
        let error = DeclaredOrder::read(row, "order.toml").expect_err(row);
        format!("{error}\n")
    };
    expect.assert_eq(&rows.iter().map(error).collect::<String>());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    refused(
        &[
            "",
            "format = 2",
            "format = 1\nunlisted = 'maybe'",
            "format = 1\nlayers = []",
            "format = 1\n[[layer]]\nlocks = ['a']\n[[layer]]\nlocks = ['b',\n  'a']",
            "format = 1\n[[layer]]\nlocks = [1]",
            "format = 1\n[[layer]]\nlocks = [{ file = 'src/x.rs' }]",
            "format = 1\n[[layer]]\nlocks = [{ nmae = 'x' }]",
            "format = 1\n[[layer]",
            "format = 1\n[[accepted]]\nfrom = 'a'",
            "format = 1\n[[accepted]]\ncode = 'HB0001'",
            "format = 1\n[[accepted]]\ncode = 'HB9'\nlocks = []",
            "format = 1\n[[accepted]]\nfrom = 'a'\nto = 'b'\nfile = 'src/x.rs'",
        ],
        expect![[r#"
            order.toml:1:1: missing field `format`
            order.toml:1:10: format `2` is unknown; known: `1`
            order.toml:2:12: unknown value `maybe`; known: report, ignore
            order.toml:2:1: unknown field `layers`, expected one of `format`, `unlisted`, `layer`, `accepted`
            order.toml:6:3: the lock stands in a layer already
            order.toml:3:10: invalid type: integer `1`, expected the name of a lock, or a table
            order.toml:3:10: a lock is a name, or a table of `name` and `type`, or one of `file`, `type`, `number` and `line`
            order.toml:3:12: unknown field `nmae`, expected one of `name`, `type`, `file`, `number`, `line`
            order.toml:2:9: unclosed array table, expected `]`
            order.toml:2:1: an entry is either `from` and `to`, or `code` and `locks`
            order.toml:2:1: an entry is either `from` and `to`, or `code` and `locks`
            order.toml:2:1: unknown code `HB9`; known: HB0001, HB0002, HB0003, HB0004, HB0005, HB0101, HB0102, HB0103, HB0104, HB0105, HB0201, HB0202, HB0301, HB0302, HB0303, HB0304, HB0401, HB0501, HB0502
            order.toml:2:1: an entry is either `from` and `to`, or `code` and `locks`
        "#]],
    );
}

fn any_lock() -> impl Strategy<Value = DeclaredLock> {
    let text = || {
        prop_oneof![
            select(vec!["routes", "b\\c", "ü \"q\"", ""]),
            Just("x\n\t\u{7f}\u{85}")
        ]
    };
    let named = (text(), option::of(text())).prop_map(|(name, type_name)| DeclaredLock::Named {
        name: name.to_owned(),
        type_name: type_name.map(str::to_owned),
    });
    let made = (text(), text(), 1..9_u32, 0..99_u32).prop_map(|(file, type_name, number, line)| {
        DeclaredLock::Made {
            file: file.to_owned(),
            type_name: type_name.to_owned(),
            number,
            line,
        }
    });
    prop_oneof![named, made]
}

fn any_accepted() -> impl Strategy<Value = Accepted> {
    let dependency = (any_lock(), any_lock()).prop_map(|(from, to)| Known::Dependency { from, to });
    let report = (
        select(Code::ALL.to_vec()),
        vec(any_lock(), 0..4),
        option::of(".{0,9}"),
    )
        .prop_map(|(code, locks, file)| Known::Report { code, locks, file });
    (prop_oneof![dependency, report], option::of(".{0,9}"))
        .prop_map(|(what, reason)| Accepted { what, reason })
}

fn any_order() -> impl Strategy<Value = DeclaredOrder> {
    let unlisted = select(vec![Unlisted::Report, Unlisted::Ignore]);
    let layers = (btree_set(any_lock(), 0..12), 1..4_usize).prop_map(|(locks, size)| {
        let locks: Vec<_> = locks.into_iter().collect();
        locks.chunks(size).map(<[_]>::to_vec).collect()
    });
    (unlisted, layers, vec(any_accepted(), 0..6)).prop_map(|(unlisted, layers, mut accepted)| {
        accepted.sort_by_key(|entry| matches!(entry.what, Known::Report { .. }));
        DeclaredOrder {
            unlisted,
            layers,
            accepted,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(order in any_order()) {
        let text = order.to_string();
        let read = DeclaredOrder::read(&text, "order.toml");
        prop_assert_eq!(read.as_ref(), Ok(&order), "{}", text);
        prop_assert_eq!(read.map(|read| read.to_string()), Ok(text));
    }

    #[test]
    fn no_text_panics(text in ".*") {
        let _ = DeclaredOrder::read(&text, "order.toml");
    }

    #[test]
    fn no_cut_or_changed_text_panics(order in any_order(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let text: Vec<char> = order.to_string().chars().collect();
        let at = at.index(text.len());
        let mut changed = text.clone();
        changed[at] = with;
        for text in [&text[..at], &changed] {
            let _ = DeclaredOrder::read(&text.iter().collect::<String>(), "order.toml");
        }
    }
}
