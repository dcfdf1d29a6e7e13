#!/usr/bin/env bash
# Bytes that a fuzzer makes up, for whatever reads scenarios, JSON, records, what is allowed and
# declared orders. `ci/fuzz.sh SECONDS`: so long for each target. A crash stays in
# crates/script/fuzz/artifacts; it becomes a row of the tests.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

if ! command -v cargo-fuzz >/dev/null; then
    skipped "needs cargo-fuzz"
    exit 0
fi
if ! has_nightly; then
    skipped "needs a nightly toolchain"
    exit 0
fi
scratch
mkdir "$SCRATCH/scenario" "$SCRATCH/json" "$SCRATCH/record" "$SCRATCH/allow" "$SCRATCH/declared"

# Every scenario that the tests write down, each in a file of its own; chance alone would spell none.
{
    cut -f3 crates/script/tests/data/kernel-cases.tsv
    grep -rhoE '"[^"]*\([a-z_]+:[A-Z][^"]*"' --include='*.rs' crates/script/tests | tr -d '"'
} | split -l 1 -a 4 - "$SCRATCH/scenario/"
cp crates/script/fuzz/seeds/*.json "$SCRATCH/json/"
cp crates/script/fuzz/seeds/*.jsonl "$SCRATCH/record/"
cp crates/script/fuzz/seeds/allow.toml "$SCRATCH/allow/"
cp crates/script/fuzz/seeds/heldby-order.toml "$SCRATCH/declared/"

# Tasks and classes are kept for ever by design, which is no leak.
#
# fuzz TARGET: what it finds worth keeping stays in the target directory, for the next time.
fuzz() {
    local found=$CARGO_TARGET_DIR/fuzz/found/$1
    mkdir -p "$found"
    (cd crates/script && nightly fuzz run --target-dir "$CARGO_TARGET_DIR/fuzz" \
        "$1" "$found" "$SCRATCH/$1" -- \
        -max_total_time="$SECONDS_EACH" -timeout=10 -detect_leaks=0 -print_final_stats=1) 2>"$SCRATCH/$1.log" || {
        grep -av '^#[0-9]' "$SCRATCH/$1.log" >&2
        fail "target $1"
    }
    local runs
    runs=$(sed -nE 's/^stat::number_of_executed_units: +//p' "$SCRATCH/$1.log")
    [ "${runs:-0}" -gt 0 ] || fail "target $1: nothing was run"
    echo "$1: $runs runs, no crash"
}

SECONDS_EACH=${1:-60}
fuzz scenario
fuzz json
fuzz record
fuzz allow
fuzz declared
