#!/usr/bin/env bash
# Projects that know nothing of Heldby, with a validated parking_lot and tokio beneath their dependencies.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scratch
cargo build --quiet -p heldby-cli
PATH=$CARGO_TARGET_DIR/debug:$PATH

HOST=$SCRATCH/patched
mkdir -p "$HOST/src/bin"
cp ci/hosts/patched.rs "$HOST/src/main.rs"
cp ci/hosts/patched_tasks.rs "$HOST/src/bin/tasks.rs"
cat >"$HOST/Cargo.toml" <<'TOML'
[package]
name = "patched"
version = "0.1.0"
edition = "2024"
default-run = "patched"

[dependencies]
bb8 = "=0.9.1"
prometheus = { version = "=0.14.0", default-features = false }
r2d2 = "=0.8.10"
tokio = { version = "=1.54.1", features = ["macros", "parking_lot", "rt-multi-thread", "sync"] }
tokio-condvar = "=0.3.0"
tokio-util = { version = "=0.7.20", features = ["rt"] }

[workspace]
TOML
cargo_in "$HOST" generate-lockfile
for crate in prometheus r2d2 tokio; do
    (cd "$HOST" && cargo tree --quiet -i parking_lot@0.12) >"$SCRATCH/tree"
    grep -q "── $crate " "$SCRATCH/tree" || fail "$crate does not use parking_lot"
done
cp "$HOST/Cargo.lock" "$SCRATCH/lock"

# patch STATUS NAME ARGS..: runs `cargo heldby patch ARGS` in the project.
patch() {
    local wanted=$1 name=$2 status=0
    shift 2
    (cd "$HOST" && cargo heldby patch "$@") >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
    [ "$status" -eq "$wanted" ] || {
        cat "$SCRATCH/out" "$SCRATCH/err" >&2
        fail "$name: exit $status, expected $wanted"
    }
    cmp --quiet "$HOST/Cargo.lock" "$SCRATCH/lock" || fail "$name: Cargo.lock is not what it was"
    echo "$name: exit $status"
}

said() {
    grep -qE -- "$1" "$SCRATCH/out" "$SCRATCH/err" || {
        cat "$SCRATCH/out" "$SCRATCH/err" >&2
        fail "nothing says \`$1\`"
    }
}

patch 1 "an inversion through prometheus and tokio" -- run
said '^2 metrics, 2 connections$'
said '^error\[HB0001\]: possible deadlock: .* are locked in opposite orders$'
said 'acquired +`?RwLock@registry.rs:[0-9]+ .*Registry::register$'
said 'held +RwLock@parking_lot.rs:[0-9]+ .*RwLock<T>::write$'
said '^1 report$'
heldby graph --format json "$CARGO_TARGET_DIR/heldby" >"$SCRATCH/graph.json"
for crate in prometheus tokio; do
    grep -q "\"made_at\": \".*/$crate-[0-9.]*/src" "$SCRATCH/graph.json" || fail "no lock of $crate"
done

patch 0 "the same without the inversion, counted" --stat -- run -- fixed
said '^2 metrics, 2 connections$'
said '^clean$'
said 'Mutex@lib.rs:[0-9]+ +[0-9]+'

# Locks for which tasks wait, and a dependency that takes one of them.
patch 1 "an inversion through tokio-condvar" -- run --bin tasks
said '^8 of 8 jobs$'
said '^error\[HB0001\]: possible deadlock: .* are locked in opposite orders$'
said 'acquired +Mutex@tasks.rs:[0-9]+ .*/src/lib.rs:[0-9]+ .*::wait::'
said 'task@tasks.rs:[0-9]+#[0-9]+'
said '^1 report$'
patch 0 "the same without the inversion" -- run --bin tasks -- fixed
said '^8 of 8 jobs$'
said '^clean$'

# A run that was killed is put right by the next one.
cp "$HOST/Cargo.lock" "$CARGO_TARGET_DIR/heldby-patch/Cargo.lock.kept"
echo "# patched" >>"$HOST/Cargo.lock"
patch 0 "after a killed run" -- run -- fixed
patch 2 "nothing to do"
said 'needs what cargo is to do'

# tests_of CRATE VERSION COUNT ARGS..: a dependency's own tests, in a copy of its folder; those that look
# at the clock are left out.
tests_of() {
    local crate=$1 version=$2 count=$3 folder passed
    shift 3
    folder=$(dirname "$(grep -oE "[^\"]*/$crate-$version/Cargo\.toml" "$SCRATCH/metadata" | head -1)")
    HOST=$SCRATCH/$crate
    cp -r "$folder" "$HOST"
    echo '[workspace]' >>"$HOST/Cargo.toml"
    cp "$SCRATCH/patched/Cargo.lock" "$HOST/"
    cargo_in "$HOST" metadata --format-version 1
    cp "$HOST/Cargo.lock" "$SCRATCH/lock"
    patch 0 "tests of $crate" -- test "$@"
    passed=$(awk '/^test result: ok/ { all += $4 } END { print all }' "$SCRATCH/out")
    [ "$passed" -eq "$count" ] || fail "$passed tests of $crate, expected $count"
    said '^clean$'
}

(cd "$HOST" && cargo metadata --format-version 1) >"$SCRATCH/metadata"
# One of these uses tokio, the other parking_lot alone.
tests_of tokio-util 0.7.20 64 --features join-map \
    --test abort_on_drop --test spawn_pinned --test task_join_map --test task_tracker
tests_of r2d2 0.8.10 4 --lib -- extensions test_acquire_release test_drop_on_broken try_get
