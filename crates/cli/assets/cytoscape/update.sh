#!/usr/bin/env bash
# Fetches cytoscape.js from npm: the version of README.md, whose checksum must match, or the one that
# is given, whose checksum is then written down.
set -euo pipefail
cd "$(dirname "$0")"

noted() {
    sed -n "s/^| $1 | \`\{0,1\}\([^\` ]*\)\`\{0,1\} |\$/\1/p" README.md
}

BEFORE=$(noted version)
VERSION=${1:-$BEFORE}
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# npm itself compares what it fetched with the registry's checksum.
(cd "$SCRATCH" && npm pack --silent "cytoscape@$VERSION" >/dev/null)
tar -xzf "$SCRATCH/cytoscape-$VERSION.tgz" -C "$SCRATCH"
FOUND=$(sha256sum <"$SCRATCH/package/dist/cytoscape.min.js" | cut -d ' ' -f 1)

if [ "$VERSION" = "$BEFORE" ] && [ "$FOUND" != "$(noted SHA-256)" ]; then
    echo "cytoscape $VERSION has the SHA-256 $FOUND, not $(noted SHA-256)" >&2
    exit 1
fi
cp "$SCRATCH/package/dist/cytoscape.min.js" "$SCRATCH/package/LICENSE" .
sed -i "s/^| version | .*/| version | $VERSION |/; s/^| SHA-256 | .*/| SHA-256 | \`$FOUND\` |/" README.md
echo "cytoscape $VERSION, SHA-256 $FOUND"
