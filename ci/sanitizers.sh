#!/usr/bin/env bash
# ThreadSanitizer where threads meet in the engine, Miri where it and the VMA lock are unsafe.
# `ci/sanitizers.sh thread` or `miri`: only that.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

if ! has_nightly; then
    skipped "needs a nightly toolchain"
    exit 0
fi
scratch
SYSROOT=$(RUSTUP_AUTO_INSTALL=0 rustc +nightly --print sysroot)
TARGET=$(RUSTUP_AUTO_INSTALL=0 rustc +nightly -vV | sed -n 's/^host: //p')

has_std_source() {
    [ -d "$SYSROOT/lib/rustlib/src/rust/library" ]
}

# sanitized NAME ARGS..: cargo with these, quiet unless it fails; says how many tests ran.
sanitized() {
    local log=$SCRATCH/log name=$1 tests
    shift
    nightly "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        fail "$name"
    }
    tests=$(awk '/^test result: ok/ { sum += $4 } END { print sum + 0 }' "$log")
    [ "$tests" -gt 0 ] || fail "$name: nothing was run"
    echo "$name: $tests tests, nothing found"
}

# Std is built anew, since what the sanitizer does not see of a contended mutex, of a park or of the
# fence in an Arc looks like a race of whatever they guard.
# It does not understand fences of ours either. The engine's order atomics alone, which never race;
# heldby-mm's publish what a VMA is backed by, and are left to Miri and loom.
thread_sanitizer() {
    if ! has_std_source; then
        skipped "needs rust-src for nightly"
        return
    fi
    export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/thread-sanitizer
    export RUSTFLAGS="${RUSTFLAGS:-} -Zsanitizer=thread"
    local race=$SCRATCH/race status=0
    RUSTUP_AUTO_INSTALL=0 rustc +nightly --edition 2024 -Zsanitizer=thread \
        -Cunsafe-allow-abi-mismatch=sanitizer ci/hosts/race.rs -o "$race"
    "$race" 2>"$race.err" || status=$?
    { [ "$status" -eq 66 ] && grep -q 'data race' "$race.err"; } || fail "a planted race is not found"
    # The large graphs are built by one thread and take minutes.
    local args=(test --no-fail-fast -Zbuild-std --target "$TARGET")
    sanitized "engine" "${args[@]}" -p heldby-validator --lib --test engine \
        -- --skip large:: --skip depth::
    sanitized "facade" "${args[@]}" -p heldby --features validate --test facade
}

# Crates without unsafe code are left out: Miri has nothing to say of them.
miri() {
    if ! [ -x "$SYSROOT/bin/miri" ]; then
        skipped "needs miri"
        return
    fi
    if ! has_std_source; then
        skipped "needs rust-src for nightly"
        return
    fi
    export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/miri
    export MIRIFLAGS="${MIRIFLAGS:-} -Zmiri-disable-isolation"
    # One test asks every assert in thousands of states, and one counts for minutes here.
    sanitized "VMA lock" miri test -p heldby-mm --lib --test mm \
        -- --skip no_assert_is_wrong_in_any_joint_state
    sanitized "units" miri test -p heldby-validator --lib
    # Miri has no signal masks, so the engine runs as on a system without them.
    sanitized "handover" miri test --target x86_64-pc-windows-msvc -p heldby-validator \
        --test engine -- handover:: ownership::held ownership::holders
}

case ${1:-all} in
    thread) thread_sanitizer ;;
    miri) miri ;;
    all)
        (thread_sanitizer)
        (miri)
        ;;
    *) fail "unknown sanitizer $1; known: thread miri" ;;
esac
