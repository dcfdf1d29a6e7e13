#!/usr/bin/env bash
# The demand pager under load: clean on every lock and backend, a planted bug found, the graph right,
# and a planted bug that can hang brought to that.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scratch
cargo build --release -p instrumented-demo -p heldby-cli
DEMO=$CARGO_TARGET_DIR/release/instrumented-demo
CLI=$CARGO_TARGET_DIR/release/heldby
LOAD=(--mib 16 --pagers 4 --touchers 4 --churn 2 --seconds 2)

# page STATUS ARGS..: runs the pager into $SCRATCH/out and says how it ended.
page() {
    local wanted=$1 status=0
    shift
    timeout 120 "$DEMO" page "${LOAD[@]}" "$@" >"$SCRATCH/out" 2>&1 || status=$?
    echo "page $*: exit $status"
    [ "$status" -eq "$wanted" ] || {
        cat "$SCRATCH/out" >&2
        fail "page $*: exit $status, expected $wanted"
    }
}

BACKENDS=(software)
if timeout 120 "$DEMO" page --mib 1 --seconds 0 --backend uffd >"$SCRATCH/out" 2>&1; then
    BACKENDS+=(uffd)
else
    cat "$SCRATCH/out"
    grep -q userfaultfd "$SCRATCH/out" || fail "the uffd backend does not say what it lacks"
    skipped "needs userfaultfd"
fi

for backend in "${BACKENDS[@]}"; do
    for lock in vma mmap; do
        page 0 --lock "$lock" --backend "$backend"
    done
    for planted in vma-then-mmap=HB0001 fault-under-vma-lock=HB0002; do
        page 1 --lock vma --backend "$backend" --plant "${planted%=*}"
        grep -q "^error\[${planted#*=}\]" "$SCRATCH/out" ||
            fail "the planted bug is not reported as ${planted#*=}"
    done
done

HELDBY_DUMP=$SCRATCH/g.json page 0 --backend software
python3 - "$SCRATCH/g.json" <<'PY'
import json
import re
import sys

graph = json.load(open(sys.argv[1]))
names = {node["id"]: node["name"] for node in graph["classes"]}
edges = {(names[edge["from"]], names[edge["to"]]): edge for edge in graph["dependencies"]}
edge = edges[("mmap_lock", "vm_lock")]
for site in ("held_site", "acquired_site"):
    assert re.search(r"\.rs:[0-9]+:[0-9]+$", edge[site]), edge
print("g.json holds mmap_lock -> vm_lock with both sites")
PY

HELDBY_DUMP=$SCRATCH/g.dot page 0 --backend software
grep -qE 'held at [^ ]+\.rs:[0-9].*acquired at [^ ]+\.rs:[0-9].*tooltip="mmap_lock -> vm_lock"' \
    "$SCRATCH/g.dot" || fail "g.dot lacks mmap_lock -> vm_lock with both sites"
echo "g.dot holds mmap_lock -> vm_lock with both sites"

# confirm BUG STATUS ANSWER: plants it, then steers the demo to the deadlock that was reported.
confirm() {
    local bug=$1 wanted=$2 answer=$3 status=0
    timeout 120 "$CLI" run --records "$SCRATCH/seen" -- "$DEMO" bug "$bug" >"$SCRATCH/out" 2>&1 || true
    timeout 120 "$CLI" run --confirm "$SCRATCH/seen" --records "$SCRATCH/steered" \
        --error-exitcode 42 -- "$DEMO" bug "$bug" >"$SCRATCH/out" 2>&1 || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -q "^$answer: HB000" "$SCRATCH/out"; then
        cat "$SCRATCH/out" >&2
        fail "confirm $bug: exit $status, expected $wanted and \`$answer\`"
    fi
    echo "confirm $bug: $answer, exit $status"
}

confirm abba 42 confirmed
grep -q '^error\[HB0502\]' "$SCRATCH/out" || fail "the deadlock of abba is not reported"
# Its threads are joined one after the other, and the program goes on: 1 is its own exit code.
confirm three-locks 1 "not reached"
