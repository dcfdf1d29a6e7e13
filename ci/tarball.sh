#!/usr/bin/env bash
# tarball.sh FILE: what a C or C++ project needs: the command, the interposer, the libraries and the header.
set -euo pipefail
OUT=$(realpath -m "${1:?a file}")
source "$(dirname "$0")/lib.sh"

scratch
cargo build --release -p heldby-cli -p heldby-preload
# By itself: built beside the interposer it would read its thread-local as that does, which is not for a
# library that may be loaded later.
cargo build --release -p heldby-cabi
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
NAME=heldby-$VERSION-$(uname -m)-linux
TREE=$SCRATCH/$NAME
BUILT=$CARGO_TARGET_DIR/release
if command -v readelf >/dev/null && readelf -dW "$BUILT/libheldby_cabi.so" | grep STATIC_TLS >/dev/null; then
    echo "libheldby_cabi.so can only be loaded at the start of a program"
    exit 1
fi
mkdir -p "$TREE"/{bin,lib,include,share/doc/heldby}
cp "$BUILT/heldby" "$TREE/bin/"
cp "$BUILT"/libheldby_preload.so "$BUILT"/libheldby_cabi.{a,so} "$TREE/lib/"
cp crates/cabi/include/heldby.h "$TREE/include/"
cp LICENSE-APACHE LICENSE-MIT README.md docs/c.md "$TREE/share/doc/heldby/"
# What only a debugger reads is three quarters of it.
if command -v strip >/dev/null; then
    strip --strip-debug "$TREE/bin/heldby" "$TREE"/lib/*
fi
mkdir -p "$(dirname "$OUT")"
tar -C "$SCRATCH" -czf "$OUT" "$NAME"
echo "made $(basename "$OUT"): $NAME, $(du -h "$OUT" | cut -f1)"
