//! The tree with our packages in it, which cargo resolves.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::cargo::{metadata, program};
use crate::failure::Failure;
use crate::note;
use crate::patch::lockfile::Kept;
use crate::patch::tree::{Package, Tree};

/// Has cargo take our packages in the place of the versions that the lock file names, and keep all others
/// but those that the engine needs newer ones of.
pub(super) fn resolve(tree: &Tree, config: &Path, before: &Kept) -> Result<(), Failure> {
    if take(tree, config)?.is_ok() {
        return Ok(());
    }
    before.undo()?;
    let shared = shared_with_engine(tree, config)?;
    // Where cargo cannot, the second attempt tells why.
    let _ = update(&shared)?;
    note(
        "what the project shares with the engine is updated for this run: that needs newer versions",
    );
    take(tree, config)?
        .map_err(|told| Failure::Patch(format!("cargo does not take the packages: {told}")))
}

/// Has cargo take each in the place of the real one, or returns what it says.
fn take(tree: &Tree, config: &Path) -> Result<Result<(), String>, Failure> {
    let config = config.to_string_lossy();
    for real in &tree.real {
        let (spec, marked) = (real.spec(), real.marked());
        let told = update(&["--config", &config, &spec, "--precise", &marked])?;
        if told.is_err() {
            return Ok(told);
        }
    }
    Ok(Ok(()))
}

/// Updates the lock file, or returns what cargo says.
fn update(arguments: &[impl AsRef<OsStr>]) -> Result<Result<(), String>, Failure> {
    let mut command = Command::new(program());
    command
        // The toolchain that is there has built the engine already.
        .env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "allow")
        .args(["update", "--quiet"])
        .args(arguments);
    let output = command.output().map_err(|error| Failure::Start {
        program: program().to_string_lossy().into_owned(),
        error,
    })?;
    let told = String::from_utf8_lossy(&output.stderr);
    let told = told.lines().map(str::trim).filter(|line| !line.is_empty());
    let told = told.collect::<Vec<_>>().join("; ");
    Ok(match output.status.success() {
        true => Ok(()),
        false => Err(told.trim_start_matches("error: ").to_owned()),
    })
}

/// The packages of the project that our packages depend on as well, but for those that are patched.
fn shared_with_engine(tree: &Tree, config: &Path) -> Result<Vec<String>, Failure> {
    let root = config.parent().unwrap_or(config);
    let mut needed = HashSet::new();
    for real in &tree.real {
        let manifest = root.join(&real.name).join("Cargo.toml");
        let told = metadata(&["--manifest-path", &manifest.to_string_lossy()])?;
        needed.extend(Package::all(&told).into_iter().map(|package| package.name));
    }
    let is_patched = |name: &str| tree.real.iter().any(|real| real.name == name);
    // The lock file has what the project uses with any feature.
    let shared = Package::all(&metadata(&["--all-features"])?)
        .into_iter()
        .filter(|package| needed.contains(&package.name) && !is_patched(&package.name));
    Ok(shared.map(|package| package.spec()).collect())
}
