//! The packages that cargo takes for the real ones: their own interface, but for what the facade has.
//!
//! Beneath each is the facade's source, as a package of its own over the real one. The facades are apart,
//! since tokio may use `parking_lot` itself; the engine beneath them is one.

mod manifest;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::patch::folder::{copy, write};
use crate::patch::tree::{Package, Tree};
use manifest::{Members, quoted};

/// What `parking_lot` is: the facade mirrors all of it.
const PARKING_LOT: &str = "pub use facade::parking_lot::*;\n";

/// What `tokio` is: an item wins over what all of tokio has by that name.
const TOKIO: &str = "\
pub use facade::tokio::{join, runtime, select, spawn, sync, task, time, try_join};
pub use real::*;
";

/// Writes the packages beside the project's build, and returns the file for `--config` that has cargo
/// take them.
pub(super) fn write_packages(tree: &Tree, facade: &Path) -> Result<PathBuf, Failure> {
    let root = tree.target.join("heldby-patch");
    let members = Members::beside(facade);
    let written = || -> io::Result<PathBuf> {
        let mut patches = "[patch.crates-io]\n".to_owned();
        for real in &tree.real {
            let folder = root.join(&real.name);
            // By the folder's name, reports know what is the facade's.
            let beneath = root.join(format!("beneath-{}/heldby", real.name));
            write_facade(real, facade, &members, &beneath)?;
            write_package(real, &folder, &beneath)?;
            patches += &format!("{} = {{ path = {} }}\n", real.name, quoted(&folder));
        }
        let config = root.join("config.toml");
        write(&config, &patches)?;
        Ok(config)
    };
    written().map_err(|error| Failure::Output {
        output: root.display().to_string(),
        error,
    })
}

fn write_facade(real: &Package, facade: &Path, members: &Members, to: &Path) -> io::Result<()> {
    copy(&facade.join("src"), &to.join("src"))?;
    write(&to.join("Cargo.toml"), &manifest::of_facade(real, members))
}

fn write_package(real: &Package, to: &Path, facade: &Path) -> io::Result<()> {
    fs::create_dir_all(to.join("src"))?;
    let root = match real.name.as_str() {
        "tokio" => TOKIO,
        _ => PARKING_LOT,
    };
    write(&to.join("src/lib.rs"), root)?;
    write(&to.join("Cargo.toml"), &manifest::of_package(real, facade))
}
