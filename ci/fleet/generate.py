"""Makes up the records of a fleet: `generate.py DIR`, the same ones each time.

Two hundred processes of two builds take locks that have a name, and are the same in both, and locks
that have none. Most orders fit one order of all locks. Some neighbours in it are taken both ways, of
which some are kept apart by a gate, or by being read only. Some processes are killed in the middle of a
line."""

import json
import pathlib
import random
import sys

PROCESSES = 200
# Each has a lock with a name and one without.
LINES = range(10, 34)
HOLDS = {"E": "write", "S": "read"}
WANTS = {"W": "write", "r": "read", "R": "recursive"}
# Places in the order: a gate, a class that is none since it has two locks, and the first neighbours
# that are taken both ways.
GATE, NO_GATE, FIRST_PAIR = 0, 2, 4
# Neighbours whose kinds are always these, there and back. Of those that are only read, both locks of
# the second ones have a writer; the last two block each other at one of the two locks alone.
KINDS = {4: ("ER", "ER"), 12: ("SW", "SW"), 20: ("Sr", "Sr"), 28: ("Sr", "Sr"), 36: ("SW", "ER"), 44: ("ER", "SW")}
# Neighbours that keep their gate to the end.
KEPT = (8, 12, 24, 40)


def classes(build):
    """The classes of a build, in order."""
    for line in LINES:
        yield {"name": f"shared-{line}", "named": True, "type": "std::sync::RwLock", "made_at": f"src/names.rs:{line}:5"}
        # In the second build some lines moved, and some did not.
        made = line + 70 if build == "b1" and line % 3 else line
        yield {"name": f"std::sync::Mutex<u8>@net.rs:{made}", "type": "std::sync::Mutex", "made_at": f"src/net.rs:{made}:9"}


class Process:
    """One process: what it has told so far."""

    def __init__(self, chance, number):
        self.chance = chance
        self.classes = list(classes(f"b{number % 2}"))
        self.ids = {}
        process = {"executable": "/srv/bin/net", "build": f"b{number % 2}", "pid": number, "started_ms": number}
        self.lines = [{"heldby": 1, "profile": "userspace", "processes": [process]}]

    def id(self, place):
        """The number of a class, which is told before it is used."""
        if place not in self.ids:
            self.ids[place] = len(self.ids) + 1
            self.lines.append({"class": {"id": self.ids[place], **self.classes[place]}})
            if place % 3 and self.chance.random() < 0.3:
                self.lines.append({"writer": {"class": self.ids[place]}})
            if place == NO_GATE and self.chance.random() < 0.1:
                self.lines.append({"second": {"class": self.ids[place]}})
        return self.ids[place]

    def ends(self):
        """Two places: in order, or neighbours either way."""
        if self.chance.random() < 0.7:
            return sorted(self.chance.sample(range(len(self.classes)), 2))
        first = self.chance.randrange(FIRST_PAIR, len(self.classes), 4)
        return self.chance.choice([[first, first + 1], [first + 1, first]])

    def gates(self, ends):
        """The places of what is held beside the two: by some neighbours always, by others now and then."""
        if min(ends) % 8 == 0:
            gates = {GATE}
        elif min(ends) % 12 == 0:
            gates = {NO_GATE}
        else:
            gates = {gate for gate in (GATE, NO_GATE) if self.chance.random() < 0.2}
        return sorted(gates - set(ends))

    def kind(self, ends):
        if min(ends) in KINDS and max(ends) == min(ends) + 1:
            return KINDS[min(ends)][ends[0] > ends[1]]
        return self.chance.choice("EES") + self.chance.choice("WrR")

    def dependency(self, at_ms):
        ends = self.ends()
        gates = sorted(self.id(place) for place in self.gates(ends))
        hold, want = self.kind(ends)
        line = self.chance.randrange(100, 999)
        between = {"from": self.id(ends[0]), "to": self.id(ends[1]), "kind": hold + want}
        seen = {
            **between,
            "from_mode": HOLDS[hold],
            "to_mode": WANTS[want],
            "held_site": f"src/net.rs:{line}:7",
            "acquired_site": f"src/net.rs:{line + 1}:7",
            "thread": f"worker-{self.chance.randrange(8)}",
            "at_ms": at_ms,
            "gates": gates,
        }
        self.lines.append({"dependency": seen})
        if gates and min(ends) not in KEPT and self.chance.random() < 0.05:
            self.lines.append({"gates": {**between, "gates": gates[1:]}})

    def text(self):
        text = "".join(json.dumps(line) + "\n" for line in self.lines)
        if self.chance.random() < 0.1:
            text += json.dumps(self.lines[-1])[:-5]
        return text


def main():
    folder = pathlib.Path(sys.argv[1])
    chance = random.Random(1)
    moments = iter(chance.sample(range(1_000_000), PROCESSES * 30))
    for number in range(PROCESSES):
        process = Process(chance, number)
        for _ in range(chance.randrange(10, 30)):
            process.dependency(next(moments))
        (folder / f"{number:03}.jsonl").write_text(process.text())


main()
