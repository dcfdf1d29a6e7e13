//! `heldby explain` as a user meets it.

use std::process::{Command, Output};

use heldby_model::Code;

fn explain(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heldby"));
    command.arg("explain").args(arguments);
    command.output().expect("heldby runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("plain text")
}

#[test]
fn every_code_has_its_own_page() {
    for code in Code::ALL {
        for asked in [code.as_str().to_owned(), code.as_str().to_lowercase()] {
            let told = explain(&[&asked]);
            assert_eq!(told.status.code(), Some(0), "{asked}");
            let page = text(&told.stdout);
            assert!(page.starts_with(&format!("# {code}: ")), "{page}");
        }
    }
}

#[test]
fn without_a_code_all_are_listed() {
    let told = explain(&[]);
    let list = text(&told.stdout);
    let codes: Vec<_> = list
        .lines()
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    let known: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, known);
}

#[test]
fn an_unknown_code_is_told_with_the_known_ones() {
    let told = explain(&["HB9999"]);
    assert_eq!(told.status.code(), Some(2));
    let said = text(&told.stderr);
    assert!(
        said.starts_with("error: unknown code `HB9999`; known: HB0001 HB0002 "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1);
}
