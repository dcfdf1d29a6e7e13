#!/usr/bin/env bash
# What the validator costs the demand pager: builds with the feature `validate` and without, in turn;
# and what it adds to the locks themselves.
# `validate.sh [PAIRS]`; `--quick` sees that it works.
set -euo pipefail
source "$(dirname "$0")/../../../ci/lib.sh"
scratch

PAIRS=${1:-15}
QUICK=()
[ "$PAIRS" = --quick ] && PAIRS=1 && QUICK=(--quick) && export PAIR_SECONDS=1

# bench ARGS..: the path of the bench, built so.
bench() {
    cargo bench -p heldby-mm --bench mm --no-run "$@" 2>&1 | sed -nE 's/.*Executable .*\((.*)\)$/\1/p'
}

cargo build --release -p instrumented-demo
cp "$CARGO_TARGET_DIR/release/instrumented-demo" "$SCRATCH/on"
cargo build --release -p instrumented-demo --no-default-features
cp "$CARGO_TARGET_DIR/release/instrumented-demo" "$SCRATCH/off"
cp "$(bench --features validate)" "$SCRATCH/bench-on"
cp "$(bench)" "$SCRATCH/bench-off"

for variant in off on off on; do
    echo "validate $variant"
    "$SCRATCH/bench-$variant" "${QUICK[@]}" read look-up
done

BACKEND=uffd
"$SCRATCH/on" page --mib 1 --seconds 0 --backend uffd >/dev/null 2>&1 || BACKEND=software
for churn in 0 2; do
    PAGE="page --mib 16 --pagers 2 --touchers 4 --churn $churn --backend $BACKEND"
    echo "backend $BACKEND, 2 pagers, 4 touchers, $churn churners"
    python3 crates/mm/benches/pairs.py "$PAIRS" on "$SCRATCH/on $PAGE" off "$SCRATCH/off $PAGE"
done
