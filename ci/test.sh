#!/usr/bin/env bash
# All tests: the README's command.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

cargo test --workspace
