#!/usr/bin/env bash
# Plants one bug after the other in the engine, and looks whether the oracle or a row finds it.
# `ci/planted.sh BUG..`: only these.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
scratch

export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/planted
export RUSTFLAGS="${RUSTFLAGS:-} --cfg heldby_planted"
# Most of the time goes into running programs.
export CARGO_PROFILE_DEV_OPT_LEVEL=1
# The first difference is enough; nobody reads it.
export PROPTEST_MAX_SHRINK_ITERS=0
unset PROPTEST_CASES PROPTEST_RNG_SEED HELDBY_PLANTED

bugs() {
    grep -rhoE 'planted\("[a-z-]+"\)' crates/graph/src validator/src | sed -E 's/.*"(.*)".*/\1/' | sort
}

# binary TEST
binary() {
    cargo test -p heldby-script --test "$1" --no-run 2>&1 | sed -nE 's/.*Executable .*\((.*)\)$/\1/p'
}

# found BUG: who notices it, if anybody does.
found() {
    local log=$SCRATCH/$1 by=MISSED instances program
    export HELDBY_PLANTED=$1
    for instances in one_instance some_instances; do
        "$ORACLE" "no_deadlock_is_missed_where_classes_have_$instances" >"$log" 2>&1 || {
            program=$(grep -oE '^program [0-9]+' "$log") || continue
            printf '%-32s oracle, %s\n' "$1" "$program with $instances"
            return
        }
    done
    "$ROWS" >"$log" 2>&1 || by="row $(grep -m1 -oE '^    [a-z_]+::[a-z_:]+$' "$log" | tr -d ' ')"
    printf '%-32s %s\n' "$1" "$by"
}

cargo test -q -p heldby-script --test oracle --test rows --no-run
ORACLE=$(binary oracle)
ROWS=$(binary rows)
"$ORACLE" no_deadlock >"$SCRATCH/log" 2>&1 && "$ROWS" >>"$SCRATCH/log" 2>&1 || {
    cat "$SCRATCH/log" >&2
    fail "the control: something is found, and nothing was planted"
}
echo "nothing planted: nothing is found"

export SCRATCH ORACLE ROWS
export -f found
printf '%s\n' ${*:-$(bugs)} | xargs -P "$(nproc)" -I{} bash -c 'found {}' | tee "$SCRATCH/table"
! grep -q 'MISSED$' "$SCRATCH/table" || fail "a bug is missed"
