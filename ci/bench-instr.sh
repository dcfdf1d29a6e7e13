#!/usr/bin/env bash
# Instructions of the hot path, counted by callgrind and compared with `bench-instr.budget`: unlike
# a time they are the same on a busy machine. `--update` writes the budget anew, `--table` only
# prints what is counted.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

BUDGET=ci/bench-instr.budget
# A compiler's next version may cost an instruction here and there.
MARGIN_PERCENT=2
# How far the unwinder looks for a frame's description depends on where the linker put it.
LEARNING_MARGIN_PERCENT=10
ROUNDS=1000

if [ "$(uname -m)" != x86_64 ]; then
    skipped "its budget is counted on x86-64"
    exit 0
fi
if ! command -v valgrind >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null \
        || ! { apt-get update && apt-get install -y valgrind; } >/dev/null 2>&1; then
        skipped "needs valgrind"
        exit 0
    fi
fi
scratch

cargo build --quiet --release -p heldby-bench --bin instr
# With line numbers callgrind would split a function by the files that it is inlined from.
INSTR=$SCRATCH/instr
strip --strip-debug -o "$INSTR" "$CARGO_TARGET_DIR/release/instr"

# count VARIANT [NAME=VALUE..]: one line `VARIANT-row instructions` for each loop.
count() {
    local variant=$1
    shift
    env "$@" valgrind --tool=callgrind --callgrind-out-file="$SCRATCH/$variant.out" "$INSTR" \
        >"$SCRATCH/$variant.log" 2>&1 || { cat "$SCRATCH/$variant.log" >&2; fail "$INSTR"; }
    callgrind_annotate --inclusive=yes --threshold=100 --show-percs=no --auto=no \
        "$SCRATCH/$variant.out" \
        | awk -v variant="$variant" -v rounds="$ROUNDS" '
            match($0, /:instr_[a-z0-9_]+/) {
                row = substr($0, RSTART + 7, RLENGTH - 7)
                gsub(/_/, "-", row)
                gsub(/,/, "", $1)
                printf "%s%s %.1f\n", variant, row, $1 / rounds
            }' | sort
}

# The rows without a prefix are those of the defaults; of the others only some say anything.
{
    count '' HELDBY=warn
    count off- HELDBY=off | grep -E '^off-(mutex-depth-1|read-depth-1|nested|held|try-lock) '
    count no-stack- HELDBY=warn HELDBY_STACKS=off | grep '^no-stack-new-dependency '
} >"$SCRATCH/counted"

# The raw loop that a row is compared with.
cat >"$SCRATCH/over" <<'OVER'
first-in-first-out raw-first-in-first-out
hand-over-hand raw-hand-over-hand
mutex-depth-1 raw-mutex
mutex-depth-8 raw-mutex
nested raw-nested
off-mutex-depth-1 raw-mutex
off-nested raw-nested
off-read-depth-1 raw-read
off-try-lock raw-try-lock
parking-lot-mutex raw-parking-lot-mutex
parking-lot-read raw-parking-lot-read
parking-lot-reentrant raw-parking-lot-reentrant
parking-lot-upgradable-read raw-parking-lot-upgradable-read
one-class-depth-2 raw-mutex
one-class-depth-8 raw-mutex
random-pairs raw-nested
read-depth-1 raw-read
read-depth-8 raw-read
try-lock raw-try-lock
write-depth-1 raw-write
OVER

if [ "${1:-}" = --update ]; then
    sed 's/ /\t/' "$SCRATCH/counted" >"$BUDGET"
fi

[ "$(wc -l <"$SCRATCH/counted")" -ge 20 ] || fail "too few rows were counted"
awk -v usual="$MARGIN_PERCENT" -v learning="$LEARNING_MARGIN_PERCENT" '
    FILENAME ~ /over$/ { over[$1] = $2; next }
    FILENAME ~ /budget$/ { budget[$1] = $2; next }
    { counted[$1] = $2; order[++rows] = $1 }
    END {
        printf "%-28s %10s %10s %10s\n", "instructions of one round", "counted", "over raw", "budget"
        for (i = 1; i <= rows; i++) {
            row = order[i]
            std = row in over ? sprintf("%.1f", counted[row] - counted[over[row]]) : ""
            said = ""
            margin = row ~ /new-dependency/ ? learning : usual
            if (!(row in budget)) {
                said = "no budget: run with --update"
                failed = 1
            } else if (counted[row] > budget[row] * (1 + margin / 100)) {
                said = "above the budget"
                failed = 1
            } else if (counted[row] < budget[row] * (1 - margin / 100)) {
                said = "well below: lower the budget with --update"
            }
            printf "%-28s %10.1f %10s %10.1f  %s\n", row, counted[row], std, budget[row], said
        }
        for (row in budget) if (!(row in counted)) {
            printf "%-28s was not counted\n", row
            failed = 1
        }
        exit failed
    }' "$SCRATCH/over" "$BUDGET" "$SCRATCH/counted" || fail "more instructions than budgeted"
