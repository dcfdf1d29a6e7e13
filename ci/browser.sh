#!/usr/bin/env bash
# The page of `heldby graph --html` in a browser: what it shows, what a click and a key do, and that
# nothing leaves it. Screenshots of it go to target/browser/.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

TESTS=$ROOT/crates/cli/tests/browser
HERE=$CARGO_TARGET_DIR/browser

# install PACKAGE: of Debian, where that is possible.
install() {
    command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] &&
        apt-get update -qq >/dev/null && apt-get install -y -qq "$1" >/dev/null
}

needs() {
    skipped "needs $1"
    exit 0
}

browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

command -v npm >/dev/null || needs "node and npm"
browser >/dev/null || install chromium || needs chromium

mkdir -p "$HERE"
# The package of the tests is locked; it comes from npm once.
if ! cmp -s "$TESTS/package-lock.json" "$HERE/package-lock.json" || [ ! -d "$HERE/node_modules" ]; then
    rm -rf "$HERE/node_modules"
    cp "$TESTS/package.json" "$TESTS/package-lock.json" "$HERE/"
    (cd "$HERE" && npm ci --silent --no-audit --no-fund) || {
        rm -rf "$HERE/node_modules"
        needs "npm's registry, for playwright-core"
    }
fi

cargo build -p heldby-cli
cp "$TESTS"/*.mjs "$HERE/"
BROWSER=$(browser) HELDBY=$CARGO_TARGET_DIR/debug/heldby timeout 300 node "$HERE/page.mjs"
