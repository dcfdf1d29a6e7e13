#!/usr/bin/env bash
# Every check in order; stops at the first that fails. `--after-tests`: test.sh has passed already.
set -euo pipefail
cd "$(dirname "$0")/.."

CHECKS=(test lint features off inlined bench-instr host cross-test c patch limits docs workflow fleet demo browser bench soak planted loom)
# Alone the soak takes ten minutes.
export DURATION=${DURATION:-60}
[ "${1:-}" = --after-tests ] && CHECKS=("${CHECKS[@]:1}")

for check in "${CHECKS[@]}"; do
    echo "== $check"
    SECONDS=0
    "ci/$check.sh" || {
        status=$?
        echo "== $check failed after $SECONDS s" >&2
        exit "$status"
    }
    echo "== $check passed in $SECONDS s"
done
