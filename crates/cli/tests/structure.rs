//! The structure that the architecture promises: the order of the layers, the rooms at the top, and
//! a page with a scenario for every report code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use heldby_model::Code;
use heldby_script::{Profile, Scenario, run};
use serde_json::Value;

/// What each crate may use. The bench may use anything, and nothing may use it.
const LAYERS: &[(&str, &[&str])] = &[
    ("heldby-model", &[]),
    ("heldby-graph", &["heldby-model"]),
    ("heldby-validator", &["heldby-model", "heldby-graph"]),
    ("heldby-script", ENGINE),
    ("heldby", ENGINE),
    ("heldby-cabi", ENGINE),
    ("heldby-preload", &["heldby-validator", "heldby-cabi"]),
    ("heldby-mm", &["heldby"]),
    ("instrumented-demo", &["heldby", "heldby-mm"]),
    (
        "heldby-cli",
        &["heldby-model", "heldby-graph", "heldby-script"],
    ),
];

/// The engine with what stands to its left.
const ENGINE: &[&str] = &["heldby-model", "heldby-graph", "heldby-validator"];

const BENCH: &str = "heldby-bench";

/// Everything at the top but dotfiles.
const TOP_LEVEL: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "ci",
    "crates",
    "docs",
    "instrumented-demo",
    "validator",
];

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../..")
        .canonicalize()
        .expect("the workspace exists")
}

/// The workspace's crates, each with those of them that it uses outside its tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| (name(package), uses(package)))
        .collect()
}

fn name(of: &Value) -> String {
    of["name"].as_str().expect("it has a name").to_owned()
}

fn uses(package: &Value) -> BTreeSet<String> {
    let dependencies = package["dependencies"]
        .as_array()
        .expect("a list of dependencies");
    dependencies
        .iter()
        .filter(|dependency| dependency["kind"] != "dev" && dependency["path"].is_string())
        .map(name)
        .collect()
}

#[test]
fn each_crate_uses_only_what_stands_to_its_left() {
    let mut crates = dependencies();
    assert!(crates.remove(BENCH).is_some(), "the workspace has a bench");
    for (layer, allowed) in LAYERS {
        let uses = crates.remove(*layer);
        for used in uses.unwrap_or_else(|| panic!("there is no crate {layer}")) {
            assert!(
                allowed.contains(&used.as_str()),
                "{layer} must not use {used}"
            );
        }
    }
    assert!(crates.is_empty(), "crates that have no layer: {crates:?}");
}

/// What stands at the top: what git tracks, or everything where there is no repository.
fn top_level() -> BTreeSet<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    match output {
        Ok(listed) if listed.status.success() && !listed.stdout.is_empty() => {
            String::from_utf8_lossy(&listed.stdout)
                .split_terminator('\0')
                .filter_map(|path| path.split('/').next())
                .map(str::to_owned)
                .collect()
        }
        _ => fs::read_dir(root())
            .expect("the workspace can be listed")
            .map(|entry| entry.expect("it can be read").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| name != "target")
            .collect(),
    }
}

#[test]
fn the_top_level_is_what_the_architecture_says() {
    let mut found = top_level();
    found.retain(|name| !name.starts_with('.'));
    let expected = TOP_LEVEL.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(found, expected);
}

/// The content of the page's first block in `language`.
fn block<'a>(page: &'a str, language: &str) -> Option<&'a str> {
    let (_, after) = page.split_once(&format!("```{language}\n"))?;
    after.split_once("\n```").map(|(block, _)| block)
}

#[test]
fn every_code_has_a_page_whose_scenario_gives_it() {
    for &code in Code::ALL {
        let file = root().join(format!("docs/codes/{code}.md"));
        let page = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{code}: {error}"));
        assert!(page.starts_with(&format!("# {code}: ")), "{code}: title");
        match block(&page, "scenario") {
            Some(scenario) => check_scenario(code, scenario, &page),
            None => {
                // A scenario has no VMAs, no processes and nobody who waits; each of these has a program instead.
                let program = match code {
                    Code::Hb0201 => "instrumented-demo -- bug unstable-name",
                    Code::Hb0501 => {
                        "cargo test -p heldby --features validate --test hosts orphaned"
                    }
                    Code::Hb0502 => {
                        "cargo test -p heldby --features validate --test hosts watchdog"
                    }
                    _ => panic!("{code} has no scenario"),
                };
                assert!(page.contains(program), "{code}");
            }
        }
    }
}

/// The scenario is reported as `code` and nothing else, and the page shows that report.
fn check_scenario(code: Code, scenario: &str, page: &str) {
    let scenario: Scenario = scenario
        .parse()
        .unwrap_or_else(|error| panic!("{code}: {error}"));
    let findings = run(&scenario, "scenario", Profile::Userspace)
        .unwrap_or_else(|error| panic!("{code}: {error}"));
    let codes: Vec<_> = findings.reports.iter().map(|report| report.code).collect();
    assert_eq!(codes, [code], "what the scenario of {code} is reported as");
    let first_line = format!("error[{code}]: {}", findings.reports[0].title);
    assert!(
        page.contains(&first_line),
        "{code}: the page must show `{first_line}`"
    );
}
