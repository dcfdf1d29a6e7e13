"""Runs two variants of the demand pager in turn and tells the ratio of their throughputs.

pairs.py PAIRS NAME_A COMMAND_A NAME_B COMMAND_B; each command is `instrumented-demo page ..` without
`--seconds`. Of all pairs those count in which other programs took least of the machine, a third of
them, and of these the median; beside it stands the same for faults in a second of processor time,
which other programs disturb less.
"""

import os
import re
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass

SECONDS = os.environ.get("PAIR_SECONDS", "2")
HEADER = "{:>8} {:>8} {:>8} {:>8} {:>8}"
ROW = "{:>8} {:>8.0f} {:>8.1f} {:>8.1f} {:>8.0f}"


@dataclass
class Run:
    faults_a_second: float
    faults_a_cpu_second: float
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


def output(command, seconds):
    command = shlex.split(command) + ["--seconds", seconds]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        sys.exit(f"failed: {shlex.join(command)}\n{run.stdout}{run.stderr}")
    return run.stdout


def microseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(ns|µs|ms|s)", text).groups()
    return float(value) * {"ns": 1e-3, "µs": 1, "ms": 1e3, "s": 1e6}[unit]


def measure(command, around):
    """`around` is what a run needs without any load, in processor time."""
    before = cpu_seconds()
    text = output(command, SECONDS)
    cpu = cpu_seconds() - before - around
    faults, rate = re.search(r"^faults +(\d+) in .*, (\d+)/s$", text, re.M).groups()
    p50, p99 = re.search(r"^fault latency +p50 (\S+), p99 (\S+),", text, re.M).groups()
    return Run(float(rate), int(faults) / max(cpu, 0.01), microseconds(p50), microseconds(p99))


def cost_around(command):
    def once():
        before = cpu_seconds()
        output(command, "0")
        return cpu_seconds() - before

    return min(once() for _ in range(3))


def pair(a, b):
    total, idle = machine()
    used = cpu_seconds()
    runs = [measure(command, around) for command, around in (a, b)]
    used = (cpu_seconds() - used) * os.sysconf("SC_CLK_TCK")
    now_total, now_idle = machine()
    busy = (now_total - total) - (now_idle - idle)
    return max(0.0, busy - used) / (now_total - total), runs


def main(pairs, name_a, command_a, name_b, command_b):
    a, b = [(command, cost_around(command)) for command in (command_a, command_b)]
    measured = sorted((pair(a, b) for _ in range(int(pairs))), key=lambda pair: pair[0])
    counted = measured[: max(1, len(measured) // 3)]

    def median(figure):
        return statistics.median(figure(runs) for _, runs in counted)

    print(HEADER.format("", "faults/s", "p50 us", "p99 us", "a CPU s"))
    for index, name in enumerate((name_a, name_b)):
        print(
            ROW.format(
                name,
                median(lambda runs: runs[index].faults_a_second),
                median(lambda runs: runs[index].p50_us),
                median(lambda runs: runs[index].p99_us),
                median(lambda runs: runs[index].faults_a_cpu_second),
            )
        )
    ratio = median(lambda runs: runs[0].faults_a_second / runs[1].faults_a_second)
    cpu_ratio = median(lambda runs: runs[0].faults_a_cpu_second / runs[1].faults_a_cpu_second)
    others = statistics.median(share for share, _ in counted)
    print(f"{name_a} to {name_b}: {ratio:.3f} of the faults a second,", end=" ")
    print(f"{cpu_ratio:.3f} of those a second of processor time;", end=" ")
    print(f"median of the {len(counted)} quietest of {len(measured)} pairs,", end=" ")
    print(f"others had {others:.0%} of the machine")


if __name__ == "__main__":
    main(*sys.argv[1:])
