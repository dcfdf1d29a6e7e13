#!/usr/bin/env bash
# The engine at sizes where other validators give up: 10,000 classes with 1,000,000 dependencies,
# half a million nested pairs of one class, a cycle of 1,000 locks, 300 held at once.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --release -p heldby-validator --test engine -- large:: depth::
