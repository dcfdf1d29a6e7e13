"""Runs two variants of the demand pager in turn and tells the ratio of their throughputs.

pairs.py PAIRS NAME_A COMMAND_A NAME_B COMMAND_B; each command is `instrumented-demo page ..` without
`--seconds`. Told are the ratio of the best runs, since a machine only ever adds time, and the median
ratio of the third of the pairs in which other programs took least of the machine.
"""

import os
import re
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass

SECONDS = os.environ.get("PAIR_SECONDS", "1")
HEADER = "{:>8} {:>13} {:>8} {:>8} {:>8}"
ROW = "{:>8} {:>13.0f} {:>8.0f} {:>8.1f} {:>8.1f}"


@dataclass
class Run:
    faults_a_second: float
    p50_us: float
    p99_us: float


def machine():
    """Clock ticks of all processors, and those of them that were idle."""
    with open("/proc/stat") as stat:
        ticks = [int(field) for field in stat.readline().split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def cpu_seconds():
    """Of all runs so far."""
    times = os.times()
    return times.children_user + times.children_system


def output(command):
    command = shlex.split(command) + ["--seconds", SECONDS]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        sys.exit(f"failed: {shlex.join(command)}\n{run.stdout}{run.stderr}")
    return run.stdout


def microseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(ns|µs|ms|s)", text).groups()
    return float(value) * {"ns": 1e-3, "µs": 1, "ms": 1e3, "s": 1e6}[unit]


def measure(command):
    text = output(command)
    (rate,) = re.search(r"^faults +\d+ in .*, (\d+)/s$", text, re.M).groups()
    p50, p99 = re.search(r"^fault latency +p50 (\S+), p99 (\S+),", text, re.M).groups()
    return Run(float(rate), microseconds(p50), microseconds(p99))


def pair(a, b):
    total, idle = machine()
    used = cpu_seconds()
    runs = [measure(a), measure(b)]
    used = (cpu_seconds() - used) * os.sysconf("SC_CLK_TCK")
    now_total, now_idle = machine()
    busy = (now_total - total) - (now_idle - idle)
    return max(0.0, busy - used) / (now_total - total), runs


def main(pairs, name_a, command_a, name_b, command_b):
    measured = [pair(command_a, command_b) for _ in range(int(pairs))]
    measured.sort(key=lambda pair: pair[0])
    quiet = measured[: max(1, len(measured) // 3)]

    def best(index):
        return max(runs[index].faults_a_second for _, runs in measured)

    def median(figure):
        return statistics.median(figure(runs) for _, runs in quiet)

    print(HEADER.format("", "best faults/s", "median", "p50 us", "p99 us"))
    for index, name in enumerate((name_a, name_b)):
        print(
            ROW.format(
                name,
                best(index),
                median(lambda runs: runs[index].faults_a_second),
                median(lambda runs: runs[index].p50_us),
                median(lambda runs: runs[index].p99_us),
            )
        )
    ratio = median(lambda runs: runs[0].faults_a_second / runs[1].faults_a_second)
    others = statistics.median(share for share, _ in quiet)
    print(f"{name_a} to {name_b}: best {best(0) / best(1):.3f}, median {ratio:.3f};", end=" ")
    print(f"{len(measured)} pairs, medians of the {len(quiet)} quietest,", end=" ")
    print(f"in which others had {others:.0%} of the machine")


if __name__ == "__main__":
    main(*sys.argv[1:])
