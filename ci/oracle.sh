#!/usr/bin/env bash
# The engine against brute force on 100,000 programs, then on 20,000 that nobody has seen before.
# A failure is repeated by: PROPTEST_RNG_SEED=.. PROPTEST_CASES=.. ci/oracle.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"

# oracle SEED CASES: so many programs of each of the two sorts, and a tenth of it of tasks with arms.
oracle() {
    echo "seed $1"
    PROPTEST_RNG_SEED=$1 PROPTEST_CASES=$2 \
        cargo test --release -p heldby-script --test oracle -- --nocapture
}

if [ -n "${PROPTEST_RNG_SEED:-}" ]; then
    oracle "$PROPTEST_RNG_SEED" "${PROPTEST_CASES:-50000}"
else
    oracle 1 "${PROPTEST_CASES:-50000}"
    oracle "$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')" 10000
fi
