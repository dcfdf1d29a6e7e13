#!/usr/bin/env bash
# The statements of docs/fleet.md over the records of a made-up fleet, in chDB: the same dependencies
# and the same inversions of two locks as `heldby` finds.
# chDB takes 900 MB installed; `ci/fleet.sh --install` fetches it from PyPI into target/, once.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

HERE=$CARGO_TARGET_DIR/fleet
PYTHON=python3
[ -x "$HERE/bin/python" ] && PYTHON=$HERE/bin/python

has_chdb() {
    "$PYTHON" -c 'import chdb' 2>/dev/null
}

if [ "${1:-}" = --install ] && ! has_chdb; then
    python3 -m venv "$HERE"
    PYTHON=$HERE/bin/python
    "$PYTHON" -m pip install --quiet --disable-pip-version-check "chdb==4.4.0" ||
        echo "pip did not install chdb" >&2
fi
has_chdb || {
    skipped "needs chdb; ci/fleet.sh --install fetches it"
    exit 0
}

scratch
cargo build -p heldby-cli
mkdir "$SCRATCH/records"
python3 ci/fleet/generate.py "$SCRATCH/records"
cd "$SCRATCH"
HELDBY=$CARGO_TARGET_DIR/debug/heldby
"$HELDBY" graph --format json records -o graph.json 2>/dev/null
# Something is reported, so it ends with 1.
"$HELDBY" report --format json --findings findings.json records 2>/dev/null || [ $? -eq 1 ]
"$PYTHON" "$ROOT/ci/fleet/compare.py" "$ROOT/docs/fleet.md"
