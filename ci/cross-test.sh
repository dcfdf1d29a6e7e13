#!/usr/bin/env bash
# A fresh project whose tests take two locks in opposite orders, each test one of them: reported once,
# with the names of both tests, however the tests are run. Declared, it is known, and what comes later
# is not.
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

# expect STATUS WHAT COMMAND..: COMMAND, run in the host, ends with STATUS and says WHAT.
expect() {
    local expected=$1 what=$2 status=0
    shift 2
    (cd "$HOST" && "$@") >"$SCRATCH/out" 2>&1 || status=$?
    if [ "$status" -ne "$expected" ] || ! grep -qF "$what" "$SCRATCH/out"; then
        cat "$SCRATCH/out" >&2
        fail "$*: exit $status, expected $expected and \`$what\`"
    fi
}

ORDER=heldby-order.toml
RECORDS=$CARGO_TARGET_DIR/heldby
expect 0 '1 dependency and 1 report accepted' heldby order "$RECORDS" -o "$ORDER"
expect 0 '1 known report, accepted by' cargo heldby test --baseline "$ORDER"
expect 0 'no new class, no new dependency, no new inversion' heldby diff "$ORDER" "$RECORDS"
expect 0 'test result: ok' env HELDBY_ORDER="$HOST/$ORDER" cargo test --features validate
echo "declared: known, and no news"

# Blank lines above every lock.
sed -i '1s/^/\n\n\n\n/' "$HOST/src/lib.rs"
expect 0 '1 known report, accepted by' cargo heldby test --baseline "$ORDER"
expect 0 'no new class, no new dependency, no new inversion' heldby diff "$ORDER" "$RECORDS"
echo "declared: lines that moved are no news"

# One test more takes a third lock on both sides of the first.
{ echo; cat "$ROOT/ci/hosts/cross_test_more.rs"; } >>"$HOST/src/lib.rs"
expect 1 'possible deadlock: `stock` and `audit` are locked in opposite orders' cargo heldby test --baseline "$ORDER"
expect 1 '1 new inversion' heldby diff "$ORDER" "$RECORDS"
expect 1 'new dependency  `audit` -> `stock`' heldby diff "$ORDER" "$RECORDS"
expect 101 'error[HB0401]: undeclared order: `audit` is taken while `stock` is held' \
    env HELDBY_ORDER="$HOST/$ORDER" cargo test --features validate
expect 0 '2 dependencies and 2 reports accepted' heldby order "$RECORDS" -o "$ORDER"
expect 0 'no new class, no new dependency, no new inversion' heldby diff "$ORDER" "$RECORDS"
echo "declared: a new inversion fails, until it is declared"
