"""A script with threads, as a load by itself: it prints one digest of all it did."""

import hashlib
import queue
import threading
import zlib

work, done, lock = queue.Queue(), [], threading.Lock()


def run():
    while (number := work.get()) is not None:
        digest = hashlib.sha256(zlib.compress(b"%d" % number * 2000)).hexdigest()
        with lock:
            done.append(digest)


threads = [threading.Thread(target=run) for _ in range(4)]
for thread in threads:
    thread.start()
for number in range(4000):
    work.put(number)
for _ in threads:
    work.put(None)
for thread in threads:
    thread.join()
print(hashlib.sha256("".join(sorted(done)).encode()).hexdigest())
