#!/usr/bin/env bash
# What the validator costs the demand pager: builds with the feature `validate` and without, in turn;
# and what it adds to the locks themselves.
# `validate.sh [PAIRS]`; `--quick` sees that it works.
set -euo pipefail
source "$(dirname "$0")/../../../ci/lib.sh"
scratch

PAIRS=${1:-20}
ALTERNATIONS=10
QUICK=()
[ "$PAIRS" = --quick ] && PAIRS=1 && ALTERNATIONS=1 && QUICK=(--quick)

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

for variant in off on; do
    echo "validate $variant"
    "$SCRATCH/bench-$variant" "${QUICK[@]}" read look-up
done

# The fault of the bench, which only copies a page: all that the validator adds to is small here.
for _ in $(seq "$ALTERNATIONS"); do
    for variant in off on; do
        "$SCRATCH/bench-$variant" "${QUICK[@]}" serve | awk -v variant="$variant" 'NR == 3 { print variant, $1, $2 }'
    done
done | awk '
    !($1 in vma) || $2 < vma[$1] { vma[$1] = $2 }
    !($1 in mmap) || $3 < mmap[$1] { mmap[$1] = $3 }
    END {
        printf "a copied page under a VMA read lock:   %.1f ns, validated %.1f ns: %.3f\n", vma["off"], vma["on"], vma["on"] / vma["off"]
        printf "a copied page under the mmap lock:     %.1f ns, validated %.1f ns: %.3f\n", mmap["off"], mmap["on"], mmap["on"] / mmap["off"]
    }'

# On one processor, where throughput is nothing but processor time: on several it depends on where the
# kernel wakes whom.
ONE=()
command -v taskset >/dev/null && ONE=(taskset -c "$(($(nproc) - 1))")
BACKENDS=(software)
"$SCRATCH/on" page --mib 1 --seconds 0 --backend uffd >/dev/null 2>&1 && BACKENDS+=(uffd)
for backend in "${BACKENDS[@]}"; do
    PAGE="page --mib 16 --pagers 2 --touchers 4 --churn 0 --backend $backend"
    echo "backend $backend, 2 pagers, 4 touchers, no churner, ${ONE[*]}"
    python3 crates/mm/benches/pairs.py "$PAIRS" \
        on "${ONE[*]} $SCRATCH/on $PAGE" off "${ONE[*]} $SCRATCH/off $PAGE"
done
