#!/usr/bin/env bash
# The interposer's C programs on AArch64, which an emulator runs: its own assembly, its own layout of locks.
# Needs Debian on x86-64, root, and rustup; says what is missing elsewhere.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

TARGET=aarch64-unknown-linux-gnu
FORMATS=/proc/sys/fs/binfmt_misc
NAME=heldby-aarch64
command -v rustup >/dev/null || { skipped "needs rustup"; exit 0; }
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    skipped "needs root and apt-get"
    exit 0
fi

rustup target add "$TARGET" 2>/dev/null || { skipped "needs the Rust target $TARGET"; exit 0; }
PACKAGES=(gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static)
if ! dpkg -s "${PACKAGES[@]}" >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}" >/dev/null
fi

# Who runs a program of that machine has the kernel ask the emulator.
[ -e $FORMATS/register ] || mount -t binfmt_misc binfmt_misc $FORMATS 2>/dev/null \
    || { skipped "needs binfmt_misc"; exit 0; }
if ! ls $FORMATS | grep -q aarch64; then
    MAGIC='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    MASK='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    echo ":$NAME:M::$MAGIC:$MASK:$(command -v qemu-aarch64-static):" >$FORMATS/register
    trap 'echo -1 >$FORMATS/$NAME' EXIT
fi

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ OBJCOPY=aarch64-linux-gnu-objcopy
export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
# The emulator tells nobody of a robust lock whose holder is gone, and the shell is not of that machine.
export WITHOUT="robust helper"
cargo test --target "$TARGET" -p heldby-preload
