#!/usr/bin/env bash
# Programs of Debian, unmodified, with and without the library in turns. Needs Debian and root to install what
# is missing, and says what it goes without elsewhere. `PAIRS=9 ci/real.sh memcached` for the docs' numbers.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scratch
[ "$(uname -s)" = Linux ] || { skipped "needs Linux"; exit 0; }
PACKAGES=(memcached redis-server unbound nginx-light mariadb-server mariadb-client ffmpeg python3)
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    missing=()
    for package in "${PACKAGES[@]}"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        apt-get update -qq
        # Nothing is started: policy-rc.d says no to every service.
        POLICY=/usr/sbin/policy-rc.d
        [ -e $POLICY ] || { printf '#!/bin/sh\nexit 101\n' >$POLICY && chmod +x $POLICY; OURS=1; }
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
        [ -z "${OURS:-}" ] || rm $POLICY
    fi
else
    skipped "needs root and apt-get to install ${PACKAGES[*]}"
fi
command -v python3 >/dev/null || { skipped "needs python3"; exit 0; }

cargo build --release -p heldby-preload -p heldby-cli
python3 ci/real/real.py "$CARGO_TARGET_DIR/release/libheldby_preload.so" "$CARGO_TARGET_DIR/release/heldby" \
    "$SCRATCH" "${PAIRS:-1}" "$@"
