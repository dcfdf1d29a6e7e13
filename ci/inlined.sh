#!/usr/bin/env bash
# In a host's release build an acquire and a release are inlined: its functions call nothing of
# Heldby's but the warm and the cold path, and drop no guard by a call, which costs more than the
# whole hot path.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

if [ "$(uname -m)" != x86_64 ] || ! command -v objdump >/dev/null; then
    skipped "needs objdump, on x86-64"
    exit 0
fi
scratch
make_host heldby-inlined-host
HOST=$SCRATCH/heldby-inlined-host
host_uses heldby-inlined-host '"parking_lot"'
cp ci/hosts/inlined.rs "$HOST/src/main.rs"
cargo_in "$HOST" build --release --features validate
BINARY=$CARGO_TARGET_DIR/release/heldby-inlined-host

nm --defined-only "$BINARY" | awk '{ sub(/^0+/, "", $1); print $1, $3 }' >"$SCRATCH/symbols"
# Calls go through the table of addresses: where each stands, and what it holds.
readelf -rW "$BINARY" | awk '$3 == "R_X86_64_RELATIVE" { sub(/^0+/, "", $1); print $1, $4 }' \
    >"$SCRATCH/table"

# called FUNCTION: the names of what it calls or jumps to outside of itself, one a line.
called() {
    objdump --disassemble="$1" --no-show-raw-insn --section=.text "$BINARY" \
        | awk -v probe="$1" '
            FILENAME ~ /symbols$/ { name[$1] = $2; next }
            FILENAME ~ /table$/ { holds[$1] = $2; next }
            !/[[:space:]](call|jmp)/ { next }
            match($0, /\*.*# [0-9a-f]+/) {
                at = $0
                sub(/.*# /, "", at)
                sub(/ .*/, "", at)
                print (holds[at] in name) ? name[holds[at]] : "unknown"
                next
            }
            match($0, /<[^>+]+/) && substr($0, RSTART + 1, RLENGTH - 1) != probe {
                print substr($0, RSTART + 1, RLENGTH - 1)
            }' "$SCRATCH/symbols" "$SCRATCH/table" -
}

for probe in $(sed -n 's/^pub fn \(probe_[a-z_]*\).*/\1/p' ci/hosts/inlined.rs); do
    called "$probe" >"$SCRATCH/called"
    grep -qE '16heldby_validator4(warm|cold)' "$SCRATCH/called" || fail "$probe: no call of the slow paths"
    ! grep -E 'heldby|drop_in_place' "$SCRATCH/called" | grep -vE '16heldby_validator4(warm|cold)' \
        || fail "$probe: the calls above are not inlined"
    echo "$probe: inlined but for $(grep -c heldby_validator "$SCRATCH/called") calls of the slow paths"
done
