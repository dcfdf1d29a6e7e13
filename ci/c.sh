#!/usr/bin/env bash
# C and C++ hosts: the C ABI, small programs under the interposer, `heldby run` from a tarball, and what a lock
# costs. Needs a C and a C++ compiler.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scratch
for compiler in "${CC:-cc}" "${CXX:-c++}"; do
    command -v "$compiler" >/dev/null || fail "needs the compiler $compiler"
done
cargo test -q -p heldby-cabi -p heldby-preload

# As a user has it: unpacked anywhere, with the library in ../lib.
ci/tarball.sh "$SCRATCH/heldby.tar.gz"
tar -xzf "$SCRATCH/heldby.tar.gz" -C "$SCRATCH"
CLI=$(echo "$SCRATCH"/heldby-*/bin/heldby)
PROGRAMS=crates/cabi/preload/tests/programs
for program in inversion order; do
    "${CC:-cc}" -g -O1 -pthread -o "$SCRATCH/$program" "$PROGRAMS/$program.c"
done
run() {
    local wanted=$1 status=0
    shift
    timeout 60 "$CLI" run --records "$SCRATCH/records" "$@" >"$SCRATCH/out" 2>&1 || status=$?
    echo "heldby run ${*: -1}: exit $status"
    [ "$status" -eq "$wanted" ] || {
        cat "$SCRATCH/out" >&2
        fail "exit $status, expected $wanted"
    }
}
run 1 -- "$SCRATCH/inversion"
grep -q 'error\[HB0001\]: possible deadlock: `a` and `b` are locked in opposite orders' "$SCRATCH/out" \
    || fail "the inversion is not reported"
run 42 --error-exitcode 42 -- "$SCRATCH/inversion"
run 0 -- "$SCRATCH/order"

"${CC:-cc}" -O2 -pthread -o "$SCRATCH/pair" crates/cabi/preload/benches/pair.c
LIBRARY=$(echo "$SCRATCH"/heldby-*/lib/libheldby_preload.so)
for _ in 1 2 3; do
    timeout 60 "$SCRATCH/pair" >>"$SCRATCH/without"
    HELDBY=warn HELDBY_REPORTS=record HELDBY_DIR=$SCRATCH/bench LD_PRELOAD=$LIBRARY \
        timeout 60 "$SCRATCH/pair" >>"$SCRATCH/with"
done
least() {
    sort -n "$1" | head -1
}
echo "ns a lock and unlock, at depths 1 and 4: without $(least "$SCRATCH/without"), with $(least "$SCRATCH/with")"
