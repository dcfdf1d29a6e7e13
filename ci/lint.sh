#!/usr/bin/env bash
# Format, lints in both variants, other targets where their std is at hand, and stray paths.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

cargo fmt --all --check
rustfmt --check --edition 2024 ci/hosts/*.rs crates/script/fuzz/*.rs crates/bench/rivals/src/*.rs
cargo clippy --workspace --all-targets -- -D warnings
cargo clippy -p heldby -p heldby-mm --all-targets -- -D warnings
# Without its views.
cargo clippy -p heldby-model --lib -- -D warnings
# Not among all targets, since `cargo test` leaves it to `ci/loom.sh`.
cargo clippy -p heldby-mm --test model -- -D warnings

ANYWHERE=(-p heldby-model -p heldby-graph -p heldby-validator -p heldby -p heldby-script -p heldby-cli)
ON_LINUX=("${ANYWHERE[@]}" -p heldby-mm -p heldby-cabi -p heldby-preload -p instrumented-demo)

check_target() {
    local target=$1
    shift
    if [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
        cargo check --target "$target" "$@"
    else
        skipped "needs target $target"
    fi
}

check_target aarch64-unknown-linux-gnu "${ON_LINUX[@]}"
check_target aarch64-apple-darwin "${ANYWHERE[@]}"
check_target x86_64-pc-windows-msvc "${ANYWHERE[@]}"

# A path of somebody's machine has no place in the project.
sources() {
    git ls-files 2>/dev/null || find . -path ./target -prune -o -type f -print
}
if sources | grep -v '^\.git$' | xargs grep -nIE '^[[:space:]]*/(work|root|tmp)/|/(root|work)/[.a-z]' -- \
    | grep -v '^ci/lint.sh:'; then
    fail "the lines above name paths of a machine"
fi
