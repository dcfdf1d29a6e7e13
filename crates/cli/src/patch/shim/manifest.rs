//! The manifests of the packages.

use std::path::Path;

use crate::patch::tree::Package;

/// What stands above each.
const HEAD: &str = "# Made by `cargo heldby patch`; it is made anew by each run.\n";

/// The engine's packages, which the facade depends on.
pub(super) struct Members(String);

impl Members {
    /// Those of the workspace that the facade's folder is in.
    pub(super) fn beside(facade: &Path) -> Self {
        let root = facade.join("../..");
        let [model, validator] =
            ["crates/model", "validator"].map(|member| quoted(&root.join(member)));
        Self(format!(
            r#"heldby-model = {{ path = {model}, features = ["render"], optional = true }}
heldby-validator = {{ path = {validator}, optional = true }}
pin-project-lite = "0.2"
"#
        ))
    }
}

/// The facade with its module of the real package's name, and with validation; a project may have the
/// facade itself beside it.
pub(super) fn of_facade(real: &Package, Members(members): &Members) -> String {
    let Package { name, folder, .. } = real;
    let folder = quoted(folder);
    let (arc_lock, send_guard, features) = match name.as_str() {
        "tokio" => (
            "",
            "",
            r#""macros", "rt", "rt-multi-thread", "sync", "time""#,
        ),
        _ => (
            r#""lock_api/arc_lock", "parking_lot/arc_lock""#,
            r#""parking_lot/send_guard""#,
            "",
        ),
    };
    format!(
        r#"{HEAD}[package]
name = "heldby-over-{name}"
version = "0.0.0"
edition = "2024"
publish = false

[lib]
name = "heldby"

[features]
default = ["validate", "{name}"]
validate = ["dep:heldby-model", "dep:heldby-validator"]
lock_api = ["dep:lock_api"]
parking_lot = ["lock_api"]
arc_lock = [{arc_lock}]
send_guard = [{send_guard}]
tokio = []

[dependencies]
{members}lock_api = {{ version = "0.4", optional = true }}
{name} = {{ path = {folder}, features = [{features}] }}

[workspace]
"#
    )
}

/// The package in the real one's place, with all of its features.
pub(super) fn of_package(real: &Package, facade: &Path) -> String {
    let known = real.features.iter();
    let known = known.filter(|feature| *feature != "default");
    let features: String = known
        .map(|feature| match feature.as_str() {
            "arc_lock" | "send_guard" => format!("{feature} = [\"facade/{feature}\"]\n"),
            _ => format!("{feature} = [\"real/{feature}\"]\n"),
        })
        .collect();
    let (name, version) = (&real.name, real.marked());
    let [folder, facade] = [&real.folder, facade].map(quoted);
    format!(
        r#"{HEAD}[package]
name = "{name}"
version = "{version}"
edition = "2024"
publish = false

[features]
{features}
[dependencies]
facade = {{ path = {facade}, package = "heldby-over-{name}" }}
real = {{ path = {folder}, package = "{name}" }}

[workspace]
"#
    )
}

/// A path as a string of TOML.
pub(super) fn quoted(path: &(impl AsRef<Path> + ?Sized)) -> String {
    // A literal string of JSON is one of TOML as well.
    serde_json::Value::from(path.as_ref().to_string_lossy()).to_string()
}
