#!/usr/bin/env bash
# Tests of single crates: a workspace run turns `validate` on for all, which hides the off build.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

cargo test -p heldby -p heldby-mm
cargo test -p heldby-mm --features validate
# Without a lock in each VMA.
cargo test -p heldby-mm --no-default-features
cargo test -p heldby-mm --no-default-features --features validate
