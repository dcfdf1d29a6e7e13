#!/usr/bin/env bash
# As loom.sh, with one more preemption where these are bounded, and how many tests find each rule gone.
exec "$(dirname "$0")/loom.sh" --full "$@"
