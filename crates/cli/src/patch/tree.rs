//! What cargo tells of a project, as far as a patch needs it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;

/// A project and the real packages in its tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) workspace: PathBuf,
    pub(super) target: PathBuf,
    pub(super) real: Vec<Package>,
    /// The folder of the facade, if the project depends on it.
    pub(super) heldby: Option<PathBuf>,
    /// Why packages of a mirrored name stay as they are.
    pub(super) left: Vec<String>,
}

/// A package of the tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) folder: PathBuf,
    pub(super) features: Vec<String>,
}

/// A package whose interface the facade mirrors; the facade's own feature has its name.
struct Mirrored {
    name: &'static str,
    /// Its versions, in words.
    known: &'static str,
    /// Whether these are such a version's first two numbers.
    is_known: fn(u64, u64) -> bool,
}

const MIRRORED: [Mirrored; 2] = [
    Mirrored {
        name: "parking_lot",
        known: "0.12",
        is_known: |major, minor| (major, minor) == (0, 12),
    },
    Mirrored {
        name: "tokio",
        known: "1.51 and newer",
        is_known: |major, minor| major == 1 && minor >= 51,
    },
];

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
            ..Self::default()
        })
    }

    /// The project, with the packages that are patched.
    pub(super) fn of(metadata: &Value) -> Result<Self, Failure> {
        let mut tree = Self::roots(metadata)?;
        let packages = metadata["packages"].as_array();
        let packages = packages.map_or(&[][..], Vec::as_slice);
        let named = |name: &'static str| {
            packages
                .iter()
                .filter(move |package| package["name"] == name)
        };
        let heldby = named("heldby").next();
        tree.heldby = heldby.map(|heldby| Package::of(heldby).folder);
        for mirrored in &MIRRORED {
            let versions: Vec<_> = named(mirrored.name).map(Package::of).collect();
            let is_used = heldby.is_some_and(|it| has_feature(metadata, it, mirrored.name));
            match mirrored.patched(&versions, is_used) {
                Ok(real) => tree.real.extend(real),
                Err(why) => tree.left.push(why),
            }
        }
        if !tree.real.is_empty() {
            return Ok(tree);
        }
        Err(Failure::Patch(match tree.left.as_slice() {
            [] => "no crate of the project uses parking_lot or tokio; see `cargo tree`".to_owned(),
            left => left.join("; "),
        }))
    }
}

impl Mirrored {
    /// The one of these versions that is patched, if there is any; or why none is.
    fn patched(&self, versions: &[Package], is_used: bool) -> Result<Option<Package>, String> {
        let name = self.name;
        if is_used {
            return Err(format!(
                "the project uses `heldby::{name}` itself, whose locks would be validated twice; \
                 run `cargo heldby test` or `run`"
            ));
        }
        let is_known = |package: &&Package| {
            let mut numbers = package.version.split('.').map(str::parse);
            match (numbers.next(), numbers.next()) {
                (Some(Ok(major)), Some(Ok(minor))) => (self.is_known)(major, minor),
                _ => false,
            }
        };
        match (versions.iter().find(is_known), versions.first()) {
            (Some(known), _) => Ok(Some(known.clone())),
            (None, None) => Ok(None),
            (None, Some(other)) => Err(format!(
                "the project uses {name} {}; known: {}",
                other.version, self.known
            )),
        }
    }
}

impl Package {
    /// All that cargo tells of.
    pub(super) fn all(metadata: &Value) -> Vec<Self> {
        let packages = metadata["packages"].as_array();
        packages.into_iter().flatten().map(Self::of).collect()
    }

    /// As cargo is told of it.
    pub(super) fn spec(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// The version of the package in its place: who asks for this one gets that, and a lock file can tell
    /// the two.
    pub(super) fn marked(&self) -> String {
        let separator = if self.version.contains('+') { '.' } else { '+' };
        format!("{}{separator}heldby", self.version)
    }

    fn of(package: &Value) -> Self {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let features = package["features"].as_object();
        Self {
            name: package["name"].as_str().unwrap_or_default().to_owned(),
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

    use super::{Package, Tree};

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
    fn the_mirrored_versions_are_found() {
        let packages = [
            ("parking_lot", "0.13.0"),
            ("parking_lot", "0.12.5"),
            ("tokio", "1.51.0"),
            ("heldby", "0.1.0"),
        ];
        let packages = packages.map(|(name, version)| package(name, version));
        let tree =
            Tree::of(&told(packages.to_vec().into(), &["validate"])).expect("they are there");
        let real = tree.real.iter();
        let real: Vec<_> = real.map(|real| real.folder.to_str()).collect();
        assert_eq!(
            real,
            [Some("/r/parking_lot-0.12.5"), Some("/r/tokio-1.51.0")]
        );
        assert_eq!(tree.real[0].features, ["default", "send_guard"]);
        assert_eq!(
            tree.heldby.as_deref().and_then(|path| path.to_str()),
            Some("/r/heldby-0.1.0")
        );
    }

    #[test]
    fn a_marked_version_is_the_same_to_who_asks_for_it() {
        let rows = [
            ("0.12.5", "0.12.5+heldby"),
            ("1.0.0+x.1", "1.0.0+x.1.heldby"),
        ];
        for (version, expected) in rows {
            let real = Package {
                version: version.to_owned(),
                ..Package::default()
            };
            assert_eq!(real.marked(), expected);
        }
    }

    #[test]
    fn one_of_them_is_enough() {
        let heldby = || package("heldby", "0.1.0");
        let [parking_lot, tokio] = [("parking_lot", "0.12.5"), ("tokio", "1.54.1")]
            .map(|(name, version)| package(name, version));
        let rows = [
            (json!([parking_lot]), &[][..], "parking_lot", None),
            (json!([tokio]), &[], "tokio", None),
            (
                json!([parking_lot, package("tokio", "1.50.9")]),
                &[],
                "parking_lot",
                Some("uses tokio 1.50.9; known: 1.51 and newer"),
            ),
            (
                json!([tokio, parking_lot, heldby()]),
                &["parking_lot"],
                "tokio",
                Some("validated twice"),
            ),
        ];
        for (packages, features, patched, left) in rows {
            let tree = Tree::of(&told(packages, features)).expect(patched);
            let real: Vec<_> = tree.real.iter().map(|real| real.name.as_str()).collect();
            assert_eq!(real, [patched]);
            assert_eq!(tree.left.len(), usize::from(left.is_some()));
            assert!(
                tree.left
                    .iter()
                    .all(|why| why.contains(left.unwrap_or_default())),
                "{tree:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_patched_is_told() {
        let real = || package("parking_lot", "0.12.5");
        let rows = [
            (
                json!([]),
                &[][..],
                "no crate of the project uses parking_lot or tokio",
            ),
            (
                json!([package("parking_lot", "0.13.0"), package("tokio", "0.2.25")]),
                &[],
                "uses parking_lot 0.13.0; known: 0.12; the project uses tokio 0.2.25; known: 1.51",
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
