"""Runs programs of Debian with and without the library, in turns: the same answers, no crash, no hang, and
their records. Prints a row of a table for each.

real.py LIBRARY HELDBY SCRATCH PAIRS [NAME..]
"""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

import loads

LIBRARY, HELDBY, SCRATCH, PAIRS = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4])
HERE = pathlib.Path(__file__).parent
# No program may run for longer, in seconds.
LIMIT = 120


class Failed(Exception):
    pass


def environment(mode, records):
    """`off`, `on`, or `counted`, which counts acquires and is not timed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HELDBY")}
    if mode == "off":
        return inherited
    ours = {"LD_PRELOAD": LIBRARY, "HELDBY": "warn", "HELDBY_REPORTS": "record", "HELDBY_DIR": str(records)}
    return {**inherited, **ours, **({"HELDBY_STAT": "1"} if mode == "counted" else {})}


def server(command, ready, load):
    """A server that is started, loaded when it is ready, and asked to end."""

    def run(env):
        with open(SCRATCH / "log", "wb") as log:
            process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 30
            while not ready():
                if process.poll() is not None or time.monotonic() > until:
                    raise Failed("it does not come up")
                time.sleep(0.05)
            speed = load()
            process.send_signal(signal.SIGTERM)
            if process.wait(LIMIT) not in (0, -signal.SIGTERM):
                raise Failed(f"it ended by {process.returncode}")
            return speed
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    return run


def batch(command, digest):
    """A program that ends by itself and prints what it made; `digest` keeps what it printed first."""

    def run(env):
        started = time.monotonic()
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
        seconds = time.monotonic() - started
        if done.returncode != 0:
            raise Failed(f"it ended by {done.returncode}: {done.stderr.decode()[-500:]}")
        if digest.setdefault("first", done.stdout) != done.stdout:
            raise Failed("it made something else")
        return 1 / seconds

    return run


def listens(port):
    def ready():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return ready


def answers(port):
    """Whether something reads the datagrams of a port."""

    def ready():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect(("127.0.0.1", port))
            try:
                probe.send(loads.QUESTION)
                return len(probe.recv(512)) > 0
            except OSError:
                return False

    return ready


def memcached():
    return server(["memcached", "-u", "root", "-p", "21211", "-U", "0", "-l", "127.0.0.1", "-t", "4"],
                  listens(21211), lambda: loads.memcached(21211))


def redis():
    return server(["redis-server", "--port", "21212", "--bind", "127.0.0.1", "--io-threads", "2",
                   "--io-threads-do-reads", "yes", "--save", "", "--dir", str(SCRATCH)],
                  listens(21212), lambda: loads.redis(21212))


def unbound():
    (SCRATCH / "unbound.conf").write_text((HERE / "unbound.conf").read_text().replace("SCRATCH", str(SCRATCH)))
    return server(["unbound", "-d", "-c", str(SCRATCH / "unbound.conf")], answers(21213), lambda: loads.unbound(21213))


def nginx():
    content = bytes(range(256)) * 800
    (SCRATCH / "file").write_bytes(content)
    (SCRATCH / "nginx.conf").write_text((HERE / "nginx.conf").read_text().replace("SCRATCH", str(SCRATCH)))
    digest = hashlib.sha256(content).hexdigest()
    return server(["nginx", "-c", str(SCRATCH / "nginx.conf")], listens(21214), lambda: loads.nginx(21214, digest))


def mariadb():
    data, path = SCRATCH / "mariadb", str(SCRATCH / "mariadb.sock")
    subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root",
                    "--auth-root-authentication-method=normal"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT)

    def ready():
        asked = subprocess.run(["mariadb-admin", "--no-defaults", "-uroot", "-S", path, "ping"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT)
        return asked.returncode == 0

    return server(["mariadbd", "--no-defaults", f"--datadir={data}", "--user=root", f"--socket={path}",
                   "--skip-networking", "--innodb-buffer-pool-size=64M"], ready, lambda: loads.mariadb(path))


def ffmpeg():
    return batch(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=20:size=640x360:rate=30",
                  "-c:v", "mpeg4", "-threads", "4", "-f", "md5", "-"], {})


def python():
    # That of Debian, which is linked to its C library.
    return batch(["/usr/bin/python3", str(HERE / "threads.py")], {})


PROGRAMS = {"memcached": memcached, "redis-server": redis, "unbound": unbound, "nginx": nginx, "mariadbd": mariadb,
            "ffmpeg": ffmpeg, "python3": python}


def facts(records):
    """How many acquires, classes and dependencies stand in the records."""
    acquires, classes, dependencies = 0, 0, 0
    for file in records.glob("*.jsonl"):
        for line in file.read_text().splitlines():
            fact = json.loads(line)
            acquires += fact.get("stat", {}).get("acquisitions", 0)
            classes += fact.get("class", {}).get("role", "lock") == "lock" if "class" in fact else 0
            dependencies += "dependency" in fact
    return acquires, classes, dependencies


def findings(records):
    told = subprocess.run([HELDBY, "report", "--format", "json", str(records)], capture_output=True, text=True)
    return json.loads(told.stdout)["reports"]


def row(name):
    run = PROGRAMS[name]()
    speeds, records = {"off": [], "on": []}, SCRATCH / "records" / name
    for pair in range(PAIRS):
        # Whoever comes first in a pair changes with each.
        for mode in ["off", "on"][:: 1 if pair % 2 == 0 else -1]:
            shutil.rmtree(records, ignore_errors=True)
            try:
                speeds[mode].append(run(environment(mode, records)))
            except (Failed, RuntimeError, OSError, subprocess.SubprocessError) as why:
                raise Failed(f"{mode}, pair {pair + 1}: {why}") from why
    shutil.rmtree(records, ignore_errors=True)
    started = time.monotonic()
    run(environment("counted", records))
    acquires, classes, dependencies = facts(records)
    if classes == 0:
        raise Failed("it left no record")
    rate = acquires / (time.monotonic() - started)
    ratio = statistics.median(on / off for off, on in zip(speeds["off"], speeds["on"]))
    found = findings(records)
    print(f"| {name} | {rate:,.0f} | {classes} | {dependencies} | {len(found)} | {statistics.median(speeds['off']):,.1f} "
          f"| {statistics.median(speeds['on']):,.1f} | {ratio:.3f} |", flush=True)
    for report in found:
        print(f"  {report['code']} {report['title']}", flush=True)


def main():
    wanted, wrong = sys.argv[5:] or list(PROGRAMS), 0
    print("| program | acquires/s, counted | classes | dependencies | reports | without /s | with /s | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in wanted:
        if shutil.which(name) is None:
            print(f"skipped: needs {name}")
            continue
        try:
            row(name)
        except (Failed, RuntimeError, OSError, subprocess.SubprocessError) as why:
            wrong += 1
            print(f"{name}: {why}")
            log = SCRATCH / "log"
            print(log.read_text(errors="replace")[-1500:] if log.exists() else "")
    sys.exit(1 if wrong else 0)


main()
