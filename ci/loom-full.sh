#!/usr/bin/env bash
# `ci/loom.sh` with one more preemption in each bounded model, and each rule against every test.
exec "$(dirname "$0")/loom.sh" --full "$@"
