#!/usr/bin/env bash
# All tests: the README's command.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

# Without a compiler of C++ its examples are skipped.
if ! command -v c++ >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    { apt-get update -qq && apt-get install -y -qq g++; } >/dev/null
fi

cargo test --workspace
