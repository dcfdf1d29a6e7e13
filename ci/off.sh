#!/usr/bin/env bash
# Without `validate` nothing of the engine is built, and every lock is that of std or `parking_lot`:
# same sizes, same instructions.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

if [ "$(uname -m)" != x86_64 ] || ! command -v objdump >/dev/null; then
    skipped "needs objdump, on x86-64"
    exit 0
fi
scratch
make_host heldby-off-host
HOST=$SCRATCH/heldby-off-host
host_uses heldby-off-host '"parking_lot"'
sed -i -e 's/^\[features\]$/&\nstd = ["dep:parking_lot"]/' \
    -e 's/^heldby = .*/&\nparking_lot = { version = "0.12", optional = true }/' "$HOST/Cargo.toml"

# build VARIANT ARGS..
build() {
    local variant=$1
    shift
    cargo_in "$HOST" build --release "$@"
    cp "$CARGO_TARGET_DIR/release/heldby-off-host" "$SCRATCH/$variant"
    "$SCRATCH/$variant" >"$SCRATCH/$variant.out" 2>"$SCRATCH/$variant.err"
}

# instructions VARIANT FUNCTION: one a line. What lies inside the function is told from its start;
# addresses and names of everything else are blanked.
instructions() {
    objdump --disassemble="$2" --no-show-raw-insn --section=.text "$SCRATCH/$1" \
        | sed -nE -e 's/^ +[0-9a-f]+:[[:space:]]*//' -e 'T' \
            -e "s/[0-9a-f]+ <$2(\+0x[0-9a-f]+)?>/self\1/" -e 's/[0-9a-f]+ <.*>$/other/' \
            -e 's/[[:space:]]*#.*//' -e 's/-?0x[0-9a-f]+\(%rip\)/(%rip)/' -e 'p'
}

# Around a wait the compiler orders the moves of arguments by names; the instructions are the same.
ORDER_ASIDE=probe_wait

# compare PROBE: its instructions without and with Heldby.
compare() {
    local probe=$1 variant count
    for variant in std off; do
        instructions "$variant" "$probe" >"$SCRATCH/$variant.asm"
        [ "$probe" != "$ORDER_ASIDE" ] || sort -o "$SCRATCH/$variant.asm" "$SCRATCH/$variant.asm"
    done
    count=$(wc -l <"$SCRATCH/std.asm")
    [ "$count" -ge 3 ] || fail "$probe: no instructions found"
    diff "$SCRATCH/std.asm" "$SCRATCH/off.asm" || fail "$probe: instructions differ (<: without, >: with heldby)"
    echo "$probe: the same $count instructions"
}

# Programs of their own, since what the compiler inlines depends on what else there is.
for program in off off_waits off_parking_lot; do
    cp "ci/hosts/$program.rs" "$HOST/src/main.rs"
    build std --features std
    build off
    (cd "$HOST" && cargo tree --edges normal --prefix none) >"$SCRATCH/tree"
    grep -q '^heldby v' "$SCRATCH/tree" || fail "the host does not depend on heldby"
    ! grep -E 'heldby-(validator|model|graph)' "$SCRATCH/tree" || fail "the engine is built without \`validate\`"
    ! nm "$SCRATCH/off" | grep -E 'heldby_(validator|engine|graph|model)' || fail "symbols of the engine"
    ! [ -s "$SCRATCH/off.err" ] || fail "an inversion is not silent"
    diff "$SCRATCH/std.out" "$SCRATCH/off.out" || fail "sizes differ"
    echo "$(grep -c '[0-9]$' "$SCRATCH/off.out") sizes are the same"
    for probe in $(sed -n 's/^pub fn \(probe_[a-z_]*\).*/\1/p' "ci/hosts/$program.rs"); do
        compare "$probe"
    done
done
