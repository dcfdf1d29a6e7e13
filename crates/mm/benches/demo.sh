#!/usr/bin/env bash
# The demand pager with faults under VMA read locks against the same under the mmap lock, with and
# without churn: on userfaultfd if the kernel allows it, else in software.
# `demo.sh [PAIRS]`; `--quick` sees that it works.
set -euo pipefail
source "$(dirname "$0")/../../../ci/lib.sh"

PAIRS=${1:-20}
[ "$PAIRS" = --quick ] && PAIRS=1

cargo build --release -p instrumented-demo
DEMO=$CARGO_TARGET_DIR/release/instrumented-demo
BACKEND=uffd
"$DEMO" page --mib 1 --seconds 0 --backend uffd >/dev/null 2>&1 || BACKEND=software
for churn in 0 2; do
    PAGE="$DEMO page --mib 16 --pagers 2 --touchers 4 --churn $churn --backend $BACKEND"
    echo "backend $BACKEND, 2 pagers, 4 touchers, $churn churners"
    python3 crates/mm/benches/pairs.py "$PAIRS" vma "$PAGE --lock vma" mmap "$PAGE --lock mmap"
done
