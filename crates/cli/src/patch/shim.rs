//! The package that cargo takes for `parking_lot`: the facade's source, under another name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::patch::tree::Tree;

/// Where cargo is told to take it from.
#[derive(Debug)]
pub(super) struct Shim {
    /// A file for `--config`.
    pub(super) config: PathBuf,
}

/// Higher than any version of the mirrored interface.
const VERSION: &str = "0.12.999";

/// What the facade is as `parking_lot`: its module of that name.
const ROOT: &str = "\npub use crate::parking_lot::*;\n";

impl Shim {
    /// Writes the package beside the project's build; what is the same stays untouched, so that cargo
    /// does not build it again.
    pub(super) fn write(tree: &Tree, source: &Path) -> Result<Self, Failure> {
        let folder = tree.target.join("heldby-patch/parking_lot");
        let failure = |error| Failure::Output {
            output: folder.display().to_string(),
            error,
        };
        let write = || -> io::Result<Self> {
            copy(&source.join("src"), &folder.join("src"))?;
            let facade = fs::read_to_string(source.join("src/lib.rs"))?;
            write(&folder.join("src/lib.rs"), &(facade + ROOT))?;
            write(&folder.join("Cargo.toml"), &manifest(tree, source))?;
            let config = tree.target.join("heldby-patch/config.toml");
            let patch = format!(
                "[patch.crates-io]\nparking_lot = {{ path = {} }}\n",
                quoted(&folder)
            );
            write(&config, &patch)?;
            Ok(Self { config })
        };
        write().map_err(failure)
    }
}

/// Copies a folder of source, and removes what is not in it any more. The root of the crate is left to
/// the caller.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let is_gone = !from.join(name).exists();
        match path.is_dir() {
            true if is_gone => fs::remove_dir_all(&path)?,
            false if is_gone => fs::remove_file(&path)?,
            _ => {}
        }
    }
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        match path.is_dir() {
            true => copy(&path, &to.join(name))?,
            false if name == "lib.rs" => {}
            false => write(&to.join(name), &fs::read_to_string(&path)?)?,
        }
    }
    Ok(())
}

/// Writes the file if it is not the same already.
fn write(path: &Path, text: &str) -> io::Result<()> {
    match fs::read_to_string(path) {
        Ok(known) if known == text => Ok(()),
        _ => fs::write(path, text),
    }
}

/// The features of the real package, and the facade's own with validation on.
fn manifest(tree: &Tree, source: &Path) -> String {
    let known = tree.real.features.iter();
    let known = known.filter(|feature| *feature != "default");
    let forwarded: String = known
        .map(|feature| match feature.as_str() {
            "arc_lock" => {
                "arc_lock = [\"lock_api?/arc_lock\", \"parking_lot?/arc_lock\"]\n".to_owned()
            }
            other => format!("{other} = [\"parking_lot?/{other}\"]\n"),
        })
        .collect();
    let root = source.join("../..");
    let [model, validator] = ["crates/model", "validator"].map(|member| quoted(&root.join(member)));
    let real = quoted(&tree.real.folder);
    format!(
        r#"# Made by `cargo heldby patch`; it is made anew by each run.
[package]
name = "parking_lot"
version = "{VERSION}"
edition = "2024"
publish = false

[features]
default = ["validate", "parking_lot"]
validate = ["dep:heldby-model", "dep:heldby-validator"]
lock_api = ["dep:lock_api"]
parking_lot = ["lock_api", "dep:parking_lot"]
{forwarded}
[dependencies]
heldby-model = {{ path = {model}, features = ["render"], optional = true }}
heldby-validator = {{ path = {validator}, optional = true }}
lock_api = {{ version = "0.4", optional = true }}
parking_lot = {{ path = {real}, optional = true }}

[workspace]
"#
    )
}

/// A path as a string of TOML.
fn quoted(path: &Path) -> String {
    // A literal string of JSON is one of TOML as well.
    serde_json::Value::from(path.to_string_lossy()).to_string()
}
