"""Runs the statements of docs/fleet.md in chDB over `records/` of the current directory, and compares
with `graph.json` and `findings.json`: `compare.py PAGE`."""

import collections
import json
import pathlib
import re
import sys

from chdb import session


def statements(page):
    """Those that make the tables, and the query at the end."""
    blocks = re.findall(r"^```sql\n(.*?)^```$", pathlib.Path(page).read_text(), flags=re.M | re.S)
    return [block.strip().removesuffix(";") for block in blocks]


def rows(database, query):
    text = str(database.query(query, "JSONEachRow"))
    return [json.loads(line) for line in text.splitlines() if line]


def name(key):
    """A key of the page as the class that `heldby` shows: name, type, and where an unnamed one is made."""
    values = list(key.values()) if isinstance(key, dict) else key
    return values[0], values[1], values[3].partition("@")[2]


def dependencies_of(graph):
    ours = {node["id"]: node for node in graph["classes"]}

    def shown(number):
        node = ours[number]
        return node["name"], node["type"], "" if node["name"].startswith("shared-") else node["made_at"]

    return collections.Counter(
        (shown(edge["from"]), shown(edge["to"]), edge["kind"], edge["held_site"], edge["acquired_site"], edge["thread"])
        for edge in graph["dependencies"]
    )


def inversions_of(findings):
    """The pairs of locks that are reported by themselves, and what else reports tell of."""
    cycles = [report["cycle"] for report in findings["reports"]]
    steps = {(step["from"], step["to"]) for cycle in cycles for step in cycle}
    pairs = {tuple(sorted([cycle[0]["from"], cycle[0]["to"]])) for cycle in cycles if len(cycle) == 2}
    return pairs, {(one, other) for one, other in steps if one < other and (other, one) in steps}


def same(what, theirs, ours):
    if theirs != ours:
        print(f"only in ClickHouse: {theirs - ours}\nonly in heldby: {ours - theirs}", file=sys.stderr)
        sys.exit(f"failed: {what} differ")
    if not ours:
        sys.exit(f"failed: no {what}")
    print(f"{len(ours)} {what}, the same in ClickHouse")


def main():
    *tables, inversions = statements(sys.argv[1])
    database = session.Session()
    for statement in tables:
        database.query(statement)
    theirs = collections.Counter(
        (name(row["held"]), name(row["wanted"]), row["kind"], row["held_site"], row["acquired_site"], row["thread"])
        for row in rows(database, "SELECT * FROM dependencies")
    )
    same("dependencies", theirs, dependencies_of(json.loads(pathlib.Path("graph.json").read_text())))
    theirs = {tuple(sorted([name(row["first"])[0], name(row["second"])[0]])) for row in rows(database, inversions)}
    ours, told = inversions_of(json.loads(pathlib.Path("findings.json").read_text()))
    # A pair whose two dependencies stand in other reports is not told again.
    same("inversions of two locks", theirs - (told - ours), ours)


main()
