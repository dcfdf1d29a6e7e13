#!/usr/bin/env bash
# The demand pager for long, with random yields inside the lock protocol: not one wrong byte or report,
# and every rare branch of the protocol taken. DURATION: seconds of load in all, 600 if unset.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

DURATION=${DURATION:-600}
[[ $DURATION =~ ^[1-9][0-9]{0,5}$ ]] || fail "DURATION=\`$DURATION\` is no number of seconds"

scratch
RUN=
# Killed, it takes its run along; the run's input has no name, so that nothing is left of it.
trap '[ -z "$RUN" ] || kill "$RUN" 2>/dev/null || true; rm -rf "$SCRATCH"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

cargo build --release -p instrumented-demo --features chaos
# Its own copy, since the next build without the feature has the same place.
DEMO=$SCRATCH/soak
cp "$CARGO_TARGET_DIR/release/instrumented-demo" "$DEMO"

# run SECONDS ARGS..: runs the pager into $SCRATCH/out.
run() {
    local seconds=$1 status=0
    shift
    timeout "$((seconds + 120))" "$DEMO" page --mib 2 --seconds "$seconds" "$@" \
        >"$SCRATCH/out" 2>&1 &
    RUN=$!
    wait "$RUN" || status=$?
    RUN=
    return "$status"
}

BACKENDS=(software)
if run 0 --backend uffd; then
    BACKENDS+=(uffd)
else
    skipped "needs userfaultfd"
fi

share=$((DURATION / ${#BACKENDS[@]}))
for backend in "${BACKENDS[@]}"; do
    run "$share" --backend "$backend" --branches || {
        status=$?
        cat "$SCRATCH/out" >&2
        fail "the soak on $backend: exit $status"
    }
    echo "== $backend, $share s"
    cat "$SCRATCH/out"
done
