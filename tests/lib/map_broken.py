"""map_broken.py LIBRARY DIRECTORY: maps damaged copies of a library privately, and writes to each."""
import mmap
import os
import random
import signal
import sys

data = open(sys.argv[1], "rb").read()
random.seed(1)
kept = []
for i in range(64):
    b = bytearray(data[:len(data) if i % 4 else random.randrange(100, len(data))])
    for _ in range(random.choice((1, 8, 64))):
        at = random.randrange(min(len(b), random.choice((64, 1024, len(b)))))
        b[at] = random.randrange(256)
    name = f"{sys.argv[2]}/broken{i}.so"
    open(name, "wb").write(b)
    with open(name, "rb") as f:
        m = mmap.mmap(f.fileno(), len(b), mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    for at in range(0, len(b), 4096):
        m[at] ^= 1
    kept.append(m)
    if i % 3 == 0:
        os.truncate(name, len(b) // 2)
print("ready", flush=True)
while True:
    signal.pause()
