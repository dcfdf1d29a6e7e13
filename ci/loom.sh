#!/usr/bin/env bash
# The per-VMA lock in every interleaving, and each of its rules removed: the named test must fail.
# `ci/loom.sh RULE..`: only these. `--full`: one more preemption, and which other tests fail too.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
scratch

FULL=
if [ "${1:-}" = --full ]; then
    FULL=yes
    shift
fi

cargo test -q --profile model -p heldby-mm --test model --no-run
MODEL=$(cargo test --profile model -p heldby-mm --test model --no-run 2>&1 \
    | sed -nE 's/.*Executable .*\((.*)\)$/\1/p')

# broken RULE TEST: why it fails without the rule; nothing if it does not.
broken() {
    local log=$SCRATCH/$1.$2 status=0
    HELDBY_PLANTED=$1 timeout 300 "$MODEL" --exact "$2" >"$log" 2>&1 || status=$?
    grep -q '^running 1 test$' "$log" || fail "there is no test $2"
    # A panic while loom gives up ends in an abort; what it says first is why.
    case $status in
        101 | 134) grep -a -m1 -A1 'panicked at' "$log" | tail -1 | cut -c1-60 ;;
    esac
}

# found RULE TEST: a row of the table.
found() {
    local why others=() test
    why=$(broken "$1" "$2" 2>"$SCRATCH/$1.err") || fail "$(cat "$SCRATCH/$1.err")"
    if [ -n "$FULL" ]; then
        for test in $TESTS; do
            [ "$test" = "$2" ] || [ -z "$(broken "$1" "$test")" ] || others+=("$test")
        done
        why=${why:+"$why (and ${#others[@]} more)"}
    fi
    printf '%-24s %-58s %s\n' "$1" "$2" "${why:-MISSED}"
}

HELDBY_MORE_PREEMPTIONS=${FULL:+1} "$MODEL" --show-output >"$SCRATCH/clean" || {
    cat "$SCRATCH/clean" >&2
    fail "something is found, and no rule is removed"
}
grep -a executions "$SCRATCH/clean"
TESTS=$("$MODEL" --list | sed -n 's/: test$//p')

rules() {
    sed -nE 's/^ *\("([a-z-]+)", "([a-z_:]+)"\),$/\1 \2/p' crates/mm/tests/model/rules.rs
}

export SCRATCH MODEL FULL TESTS
export -f fail broken found
rules | grep -E "^($(IFS='|'; echo "${*:-.*}")) " >"$SCRATCH/rules" || fail "no such rule"
xargs -P "$(nproc)" -L1 bash -c 'found "$@"' found <"$SCRATCH/rules" | tee "$SCRATCH/table"
! grep -q 'MISSED$' "$SCRATCH/table" || fail "a rule is missed"
