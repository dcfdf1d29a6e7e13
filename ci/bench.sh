#!/usr/bin/env bash
# The benches run, in few rounds; no time is judged. What they told on a quiet machine:
# docs/performance.md.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
scratch

cargo bench -p heldby-mm --bench mm -- --quick --svg "$SCRATCH/plot.svg"
grep -q '</svg>' "$SCRATCH/plot.svg" || fail "the plot is not whole"
