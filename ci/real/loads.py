"""Loads for servers on the loopback. Each is bounded, checks every answer, and returns answers a second."""

import hashlib
import http.client
import socket
import struct
import subprocess
import threading
import time

CLIENTS = 4


def measured(work, count):
    """Runs `work(client)` in each client; it returns how many answers were right."""
    right = [0] * CLIENTS

    def client(number):
        try:
            right[number] = work(number)
        except OSError:
            # No answer came; what is missing is told by the sum.
            pass

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - started
    if sum(right) != CLIENTS * count:
        raise RuntimeError(f"{sum(right)} right answers of {CLIENTS * count}")
    return sum(right) / seconds


def connected(port):
    stream = socket.create_connection(("127.0.0.1", port), timeout=60)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream, stream.makefile("rb")


def memcached(port, batches=1600, batch=50):
    value = b"v" * 100

    def work(client):
        stream, answers = connected(port)
        right = 0
        for number in range(batches):
            keys = [b"k%d_%d" % (client, (number * batch + at) % 5000) for at in range(batch)]
            stream.sendall(b"".join(b"set %s 0 0 100\r\n%s\r\nget %s\r\n" % (key, value, key) for key in keys))
            for key in keys:
                got = [answers.readline() for _ in range(4)]
                right += got == [b"STORED\r\n", b"VALUE %s 0 100\r\n" % key, value + b"\r\n", b"END\r\n"]
        return right

    return measured(work, batches * batch)


def redis(port, batches=800, batch=50):
    def command(*words):
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def work(client):
        stream, answers = connected(port)
        right = 0
        for number in range(batches):
            keys = [b"k%d_%d" % (client, (number * batch + at) % 5000) for at in range(batch)]
            stream.sendall(b"".join(command(b"SET", key, key) + command(b"GET", key) for key in keys))
            for key in keys:
                got = [answers.readline() for _ in range(3)]
                right += got == [b"+OK\r\n", b"$%d\r\n" % len(key), key + b"\r\n"]
            if client == 0 and number == batches // 2:
                # Forks, and saves beside the load.
                stream.sendall(command(b"BGSAVE"))
                if not answers.readline().startswith(b"+Background"):
                    raise RuntimeError("no background save")
        return right

    return measured(work, batches * batch)


HEADER = struct.Struct(">HHHHHH")
NAME = b"\x01a\x04test\x00" + struct.pack(">HH", 1, 1)
# For the address of a.test.
QUESTION = HEADER.pack(1, 0x100, 1, 0, 0, 0) + NAME


def unbound(port, rounds=1600, burst=20):
    def work(_client):
        stream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stream.settimeout(10)
        stream.connect(("127.0.0.1", port))
        right = 0
        for number in range(rounds):
            for at in range(burst):
                stream.send(HEADER.pack(number * burst + at & 0xFFFF, 0x100, 1, 0, 0, 0) + NAME)
            right += sum(stream.recv(512).endswith(b"\x0a\x00\x00\x01") for _ in range(burst))
        return right

    return measured(work, rounds * burst)


def nginx(port, digest, requests=200):
    def work(_client):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        right = 0
        for _ in range(requests):
            connection.request("GET", "/file")
            right += hashlib.sha256(connection.getresponse().read()).hexdigest() == digest
        return right

    return measured(work, requests)


def mariadb(socket_path, queries=4000):
    common = ["-uroot", "-S", socket_path]
    started = time.monotonic()
    subprocess.run(
        ["mariadb-slap", "--no-defaults", *common, f"--concurrency={CLIENTS}", "--iterations=1", "--auto-generate-sql",
         "--auto-generate-sql-load-type=mixed", f"--number-of-queries={queries}", "--engine=innodb"],
        check=True, stdout=subprocess.DEVNULL, timeout=120)
    seconds = time.monotonic() - started
    script = ("create database if not exists own; create or replace table own.t (i int primary key) engine=innodb; "
              "insert into own.t values (1),(2),(3); select sum(i) from own.t")
    answer = subprocess.run(["mariadb", "--no-defaults", "-N", *common, "-e", script], check=True,
                            capture_output=True, text=True, timeout=30).stdout.strip()
    if answer != "6":
        raise RuntimeError(f"a sum of {answer}")
    return queries / seconds
