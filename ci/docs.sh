#!/usr/bin/env bash
# API docs without a warning, the book without a dead link.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

# The binary `heldby` would be documented over the library of that name; binaries have no API.
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --lib

python3 ci/links.py

if command -v mdbook >/dev/null; then
    mdbook build docs
else
    skipped "needs mdbook"
fi
