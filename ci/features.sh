#!/usr/bin/env bash
# Tests of single crates: a workspace run turns `validate` on for all, which hides the off build.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

cargo test -p heldby -p heldby-mm
# The locks of other crates, validated and not.
cargo test -p heldby --features parking_lot,arc_lock
cargo test -p heldby --features parking_lot,arc_lock,validate
cargo test -p heldby --features parking_lot,arc_lock,send_guard,validate --test facade parking_lot
cargo test -p heldby --features tokio --test like_tokio
for features in lock_api lock_api,arc_lock parking_lot lock_api,validate tokio tokio,validate; do
    cargo clippy -p heldby --features "$features" --all-targets -- -D warnings
done
cargo test -p heldby-mm --features validate
# Without a lock in each VMA.
cargo test -p heldby-mm --no-default-features
cargo test -p heldby-mm --no-default-features --features validate
