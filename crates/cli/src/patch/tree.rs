//! What cargo tells of a project, as far as a patch needs it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;

/// A project and the real package in its tree.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) workspace: PathBuf,
    pub(super) target: PathBuf,
    pub(super) real: Package,
    /// The folder of the facade, if the project depends on it.
    pub(super) heldby: Option<PathBuf>,
}

/// A package of the tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Package {
    pub(super) version: String,
    pub(super) folder: PathBuf,
    pub(super) features: Vec<String>,
}

/// Versions of the interface that the facade mirrors.
const MIRRORED: &str = "0.12.";

impl Tree {
    /// The folders alone.
    pub(super) fn roots(metadata: &Value) -> Result<Self, Failure> {
        let folder = |name: &str| {
            let path = metadata[name].as_str().map(PathBuf::from);
            path.ok_or_else(|| Failure::Metadata(format!("its answer has no `{name}`")))
        };
        Ok(Self {
            workspace: folder("workspace_root")?,
            target: folder("target_directory")?,
            real: Package::default(),
            heldby: None,
        })
    }

    /// The project, with the package that is patched.
    pub(super) fn of(metadata: &Value) -> Result<Self, Failure> {
        let packages = metadata["packages"].as_array();
        let packages = packages.map_or(&[][..], Vec::as_slice);
        let named = |name: &'static str| {
            packages
                .iter()
                .filter(move |package| package["name"] == name)
        };
        let versions: Vec<_> = named("parking_lot").map(Package::of).collect();
        let mirrored = versions
            .iter()
            .find(|package| package.version.starts_with(MIRRORED));
        let Some(real) = mirrored else {
            return Err(Failure::Patch(match versions.first() {
                None => "no crate of the project uses parking_lot; see `cargo tree`".to_owned(),
                Some(other) => format!(
                    "the project uses parking_lot {}; known: {MIRRORED}x",
                    other.version
                ),
            }));
        };
        let heldby = named("heldby").next();
        if heldby.is_some_and(|heldby| has_feature(metadata, heldby, "parking_lot")) {
            return Err(Failure::Patch(
                "the project uses `heldby::parking_lot` itself, whose locks would be validated twice; \
                 run `cargo heldby test` or `run`"
                    .to_owned(),
            ));
        }
        Ok(Self {
            real: real.clone(),
            heldby: heldby.map(|heldby| Package::of(heldby).folder),
            ..Self::roots(metadata)?
        })
    }
}

impl Package {
    fn of(package: &Value) -> Self {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let features = package["features"].as_object();
        Self {
            version: package["version"].as_str().unwrap_or_default().to_owned(),
            folder: manifest.parent().unwrap_or(manifest).to_owned(),
            features: features
                .map(|features| features.keys().cloned().collect())
                .unwrap_or_default(),
        }
    }
}

/// Whether cargo builds the package with the feature.
fn has_feature(metadata: &Value, package: &Value, feature: &str) -> bool {
    let nodes = metadata["resolve"]["nodes"].as_array();
    let mut nodes = nodes.into_iter().flatten();
    let node = nodes.find(|node| node["id"] == package["id"]);
    let features = node.and_then(|node| node["features"].as_array());
    features.is_some_and(|features| features.iter().any(|known| known == feature))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Tree;

    fn told(packages: Value, features: &[&str]) -> Value {
        json!({
            "workspace_root": "/p",
            "target_directory": "/p/target",
            "packages": packages,
            "resolve": { "nodes": [{ "id": "h", "features": features }] },
        })
    }

    fn package(name: &str, version: &str) -> Value {
        json!({
            "id": &name[..1],
            "name": name,
            "version": version,
            "manifest_path": format!("/r/{name}-{version}/Cargo.toml"),
            "features": { "default": [], "send_guard": [] },
        })
    }

    #[test]
    fn the_mirrored_version_is_found() {
        let packages = [
            ("parking_lot", "0.13.0"),
            ("parking_lot", "0.12.5"),
            ("heldby", "0.1.0"),
        ];
        let packages = packages.map(|(name, version)| package(name, version));
        let tree = Tree::of(&told(packages.to_vec().into(), &["validate"])).expect("it is there");
        assert_eq!(tree.real.version, "0.12.5");
        assert_eq!(tree.real.folder.to_str(), Some("/r/parking_lot-0.12.5"));
        assert_eq!(tree.real.features, ["default", "send_guard"]);
        assert_eq!(
            tree.heldby.as_deref().and_then(|path| path.to_str()),
            Some("/r/heldby-0.1.0")
        );
    }

    #[test]
    fn what_cannot_be_patched_is_told() {
        let real = || package("parking_lot", "0.12.5");
        let rows = [
            (
                json!([]),
                &[][..],
                "no crate of the project uses parking_lot",
            ),
            (
                json!([package("parking_lot", "0.13.0")]),
                &[],
                "uses parking_lot 0.13.0; known: 0.12.x",
            ),
            (
                json!([real(), package("heldby", "0.1.0")]),
                &["parking_lot"],
                "validated twice",
            ),
        ];
        for (packages, features, expected) in rows {
            let failure = Tree::of(&told(packages, features)).expect_err(expected);
            assert!(failure.to_string().contains(expected), "{failure}");
        }
        assert!(
            Tree::of(&json!({ "packages": [real()] })).is_err(),
            "no folders"
        );
    }
}
