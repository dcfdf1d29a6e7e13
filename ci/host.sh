#!/usr/bin/env bash
# A host outside the workspace: what its user sees with `validate`, and that nothing is left without.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scratch
make_host heldby-host
HOST=$SCRATCH/heldby-host
BIN=$CARGO_TARGET_DIR/debug/heldby-host
cp ci/hosts/abba.rs "$HOST/src/main.rs"
mkdir "$HOST/src/bin"
cp ci/hosts/hooks.rs "$HOST/src/bin/"
cat >>"$HOST/Cargo.toml" <<'TOML'

[[bin]]
name = "heldby-host"
path = "src/main.rs"

[[bin]]
name = "hooks"
required-features = ["validate"]
TOML

# expect STATUS NAME COMMAND..: runs it into $SCRATCH/out and $SCRATCH/err, within a minute.
expect() {
    local wanted=$1 name=$2 status=0
    shift 2
    timeout 60 "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
    [ "$status" -eq "$wanted" ] || {
        cat "$SCRATCH/out" "$SCRATCH/err" >&2
        fail "$name: exit $status, expected $wanted"
    }
    echo "$name: exit $status"
}

# said PATTERN..: each stands on stderr.
said() {
    local pattern
    for pattern in "$@"; do
        grep -qE -- "$pattern" "$SCRATCH/err" || {
            cat "$SCRATCH/err" >&2
            fail "stderr lacks \`$pattern\`"
        }
    done
}

ran_on() {
    grep -qx "the host ran on" "$SCRATCH/out" || fail "the host did not run on"
}

line() {
    grep -n -m1 -- "$1" ci/hosts/abba.rs | cut -d: -f1
}

# The closing and the older dependency, each with both of its sites.
HELD_1=$(line 'let routes = self.routes') ACQUIRED_1=$(line 'self.session.lock().unwrap() +=')
HELD_2=$(line 'let session = self.session') ACQUIRED_2=$(line 'self.routes.lock().unwrap() +=')
SITES=(
    "held +routes +src/main.rs:$HELD_1 " "acquired +session +src/main.rs:$ACQUIRED_1 "
    "held +session +src/main.rs:$HELD_2 " "acquired +routes +src/main.rs:$ACQUIRED_2 "
)

cargo_in "$HOST" build --features validate
expect 101 "panic" env HELDBY=panic "$BIN"
said '^error\[HB0001\]' "${SITES[@]}"
expect 101 "panic with backtraces" env HELDBY=panic RUST_BACKTRACE=1 "$BIN"
said '^error\[HB0001\]' "${SITES[@]}" '^ +[0-9]+: heldby_host::Router::send_reply$' \
    '^ +[0-9]+: heldby_host::Router::reload$'
expect 0 "warn" env -C "$HOST" HELDBY=warn "$BIN"
said '^error\[HB0001\]' "${SITES[@]}" "^$ACQUIRED_2 \| .*self.routes.lock\(\)" \
    "^$ACQUIRED_1 \| .*self.session.lock\(\)" '^ +\| +-+ while holding `session`$'
! grep -q "$(printf '\033')" "$SCRATCH/err" || fail "colours go into a file"
ran_on
expect 0 "without the source" env -C "$SCRATCH" HELDBY=warn "$BIN"
said '^error\[HB0001\]' "${SITES[@]}" '^  while holding +`session`'
expect 0 "on a terminal" env -C "$HOST" HELDBY=warn TERM=xterm script -qec "$BIN" /dev/null
grep -q "$(printf '\033')" "$SCRATCH/out" || fail "no colours on a terminal"
expect 0 "on a terminal, without colours" \
    env -C "$HOST" HELDBY=warn TERM=xterm NO_COLOR=1 script -qec "$BIN" /dev/null
! grep -q "$(printf '\033')" "$SCRATCH/out" || fail "NO_COLOR is not honoured"
expect 0 "off" env HELDBY=off "$BIN"
ran_on
! [ -s "$SCRATCH/err" ] || fail "off is not silent"

expect 0 "an unknown value" env HELDBY=bogus "$BIN" clean
ran_on
said '^heldby: .*HELDBY=bogus.*off, warn, panic, abort'
[ "$(wc -l <"$SCRATCH/err")" -eq 1 ] || fail "more than one line about an unknown value"

# Its threads follow each other, so that it is steered in vain, and runs on.
CLI=$CARGO_TARGET_DIR/debug/heldby
cargo build -q -p heldby-cli
expect 1 "run" "$CLI" run --records "$SCRATCH/seen" -- "$BIN"
expect 0 "run --confirm" "$CLI" run --confirm "$SCRATCH/seen" --records "$SCRATCH/steered" -- "$BIN"
ran_on
said '^not reached: HB0001, `routes` and `session`$'

expect 0 "stderr closed" sh -c "HELDBY=warn '$BIN' 2>&-"
ran_on
expect 0 "stderr full" sh -c "HELDBY=warn '$BIN' 2>/dev/full"
ran_on
expect 0 "a graph that cannot be written" env HELDBY=warn HELDBY_DUMP="$SCRATCH/none/g.dot" "$BIN" clean
ran_on
said 'failed to write the graph'

expect 0 "own lock by the hooks" env HELDBY=warn "$CARGO_TARGET_DIR/debug/hooks"
said '^error\[HB0001\].*own_lock.*table'

# The README's program gives the README's report; ages differ from run to run.
block() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" README.md | sed '1d; /^```$/,$d'
}
comparable() {
    sed -E 's/first seen [0-9.]+ m?s ago/first seen/' | tr -s ' '
}
make_host host
block rust >"$SCRATCH/host/src/main.rs"
cargo_in "$SCRATCH/host" build --features validate
expect 0 "the README's program" env -C "$SCRATCH/host" HELDBY=warn "$CARGO_TARGET_DIR/debug/host"
diff <(block text | comparable) <(comparable <"$SCRATCH/err") || fail "README shows another report"

cargo_in "$HOST" build
expect 0 "without the feature" "$BIN"
ran_on
! [ -s "$SCRATCH/err" ] || fail "the host without the feature is not silent"
! (cd "$HOST" && cargo tree --edges normal) | grep heldby-validator || fail "the engine is built"
