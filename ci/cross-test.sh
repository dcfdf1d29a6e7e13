#!/usr/bin/env bash
# A fresh project whose tests take two locks in opposite orders, each test one of them: reported once,
# with the names of both tests, however the tests are run.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scratch
make_host shop
HOST=$SCRATCH/shop
cp ci/hosts/cross_test.rs "$HOST/src/lib.rs"
rm -f "$HOST/src/main.rs"

cargo build --quiet -p heldby-cli
PATH=$CARGO_TARGET_DIR/debug:$PATH

# reported NAME ARGS..: `cargo heldby test ARGS` reports the inversion once and ends with 1.
reported() {
    local name=$1 status=0 count
    shift
    (cd "$HOST" && cargo heldby test "$@") >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
    [ "$status" -eq 1 ] || {
        cat "$SCRATCH/out" "$SCRATCH/err" >&2
        fail "$name: exit $status, expected 1"
    }
    count=$(cat "$SCRATCH/out" "$SCRATCH/err" | grep -c '^error\[HB' || true)
    [ "$count" -eq 1 ] || fail "$name: $count reports, expected 1"
    for test in sell refund; do
        grep -q "thread \`tests::$test\`" "$SCRATCH/out" || {
            cat "$SCRATCH/out" >&2
            fail "$name: the report lacks \`$test\`"
        }
    done
    echo "$name: reported once, with both tests"
}

reported "cargo test"
reported "one thread" -- --test-threads=1
if cargo nextest --version >/dev/null 2>&1; then
    reported "nextest" --nextest
    grep -q 'no single process saw all of it' "$SCRATCH/out" || fail "nextest: it does not say who saw what"
else
    skipped "needs cargo-nextest"
fi
