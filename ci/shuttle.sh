#!/usr/bin/env bash
# Many random scripts against the model of an address space; `ci/test.sh` runs the first 500.
# `ci/shuttle.sh [SCRIPTS [FIRST_SEED]]`: 20 runs a script, some thousand scripts a minute and core.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

SCRIPTS=${1:-50000}
FIRST=${2:-1000}
PART=500

export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/shuttle
export CARGO_PROFILE_DEV_OPT_LEVEL=1
cargo test -q -p heldby-mm --test shuttle --no-run
export BINARY HELDBY_SHUTTLE_SCRIPTS=$PART
BINARY=$(cargo test -p heldby-mm --test shuttle --no-run 2>&1 | sed -nE 's/.*Executable .*\((.*)\)$/\1/p')

part() {
    local log
    log=$(HELDBY_SHUTTLE_SEED=$1 "$BINARY" --exact threads_do_what_one_after_the_other_would_do \
        --nocapture 2>&1) && return
    echo "$log" >&2
    exit 255
}
export -f part

seq "$FIRST" "$PART" $((FIRST + SCRIPTS - 1)) | xargs -P "$(nproc)" -I{} bash -c 'part {}' ||
    fail "a script; see above"
echo "scripts from $FIRST on: $SCRIPTS, in parts of $PART"
