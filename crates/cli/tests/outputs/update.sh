#!/usr/bin/env bash
# Fetches the schema of SARIF from crates.io: the version of README.md, whose checksum must match, or
# the one that is given, whose checksum is then written down.
set -euo pipefail
cd "$(dirname "$0")"

noted() {
    sed -n "s/^| $1 | \`\{0,1\}\([^\` ]*\)\`\{0,1\} |\$/\1/p" README.md
}

BEFORE=$(noted version)
VERSION=${1:-$BEFORE}
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# Cargo itself compares what it fetched with the registry's checksum.
mkdir "$SCRATCH/src"
touch "$SCRATCH/src/lib.rs"
cat >"$SCRATCH/Cargo.toml" <<TOML
[package]
name = "fetch"
edition = "2024"

[dependencies]
serde-sarif = { version = "=$VERSION", default-features = false }

[workspace]
TOML
(cd "$SCRATCH" && cargo vendor --quiet vendor >/dev/null)
FOUND=$(sha256sum <"$SCRATCH/vendor/serde-sarif/src/schema.json" | cut -d ' ' -f 1)

if [ "$VERSION" = "$BEFORE" ] && [ "$FOUND" != "$(noted SHA-256)" ]; then
    echo "serde-sarif $VERSION has a schema with the SHA-256 $FOUND, not $(noted SHA-256)" >&2
    exit 1
fi
cp "$SCRATCH/vendor/serde-sarif/src/schema.json" sarif-schema-2.1.0.json
sed -i "s/^| version | .*/| version | $VERSION |/; s/^| SHA-256 | .*/| SHA-256 | \`$FOUND\` |/" README.md
echo "the schema in serde-sarif $VERSION, SHA-256 $FOUND"
