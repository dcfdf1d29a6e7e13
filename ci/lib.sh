# What the checks share. Sourced, never run.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$ROOT/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"
# A check decides by itself what its hosts are told.
unset "${!HELDBY@}" RUST_BACKTRACE

skipped() {
    echo "skipped: $*"
}

fail() {
    echo "failed: $*" >&2
    exit 1
}

# Makes a directory that goes with the script.
scratch() {
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"' EXIT
}

# nightly ARGS..: cargo of the nightly toolchain, which is never installed on the way.
nightly() {
    RUSTUP_AUTO_INSTALL=0 cargo +nightly "$@"
}

has_nightly() {
    nightly --version >/dev/null 2>&1
}

# make_host NAME: a crate outside the workspace in $SCRATCH/NAME, as a user of Heldby would have it.
# Its locked versions are the workspace's, so that a check does not depend on the day it runs.
make_host() {
    local host=$SCRATCH/$1
    mkdir -p "$host/src"
    cp Cargo.lock "$host/"
    cat >"$host/Cargo.toml" <<TOML
[package]
name = "$1"
version = "0.1.0"
edition = "2024"

[features]
validate = ["heldby/validate"]

[dependencies]
heldby = { path = "$ROOT/crates/heldby" }

[workspace]
TOML
}

# host_uses NAME FEATURES: gives the host features of heldby, as TOML strings.
host_uses() {
    sed -i "s|^heldby = { |&features = [$2], |" "$SCRATCH/$1/Cargo.toml"
}

# cargo_in DIR ARGS..: quiet unless it fails.
cargo_in() {
    local dir=$1 log=$SCRATCH/cargo.log
    shift
    (cd "$dir" && cargo "$@") >"$log" 2>&1 || {
        cat "$log" >&2
        fail "cargo $*"
    }
}
