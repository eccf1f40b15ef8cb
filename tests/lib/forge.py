"""forge.py FILE plan|index|cpu SEED HEADER: change a plan or an index of a store at random and make its sums right again.

What an attacker would write. "cpu" makes of a plan the one of another kind of CPU, and back. HEADER is the size of struct plan_header.
"""
import random
import struct
import sys

K = 0x9e3779b97f4a7c15
M = (1 << 64) - 1


def rot(x, n):
    return ((x >> n) | (x << (64 - n))) & M


def checksum(data, seed):
    lane = [seed, seed ^ K, ~seed & M, (seed + K) & M]
    n = len(data) // 32 * 32
    words = struct.unpack("<%dQ" % (n // 8), data[:n])
    for i in range(0, len(words), 4):
        for k in range(4):
            lane[k] = rot(lane[k] ^ words[i + k], 29) * K & M
    s = lane[0] ^ rot(lane[1], 13) ^ rot(lane[2], 29) ^ rot(lane[3], 47)
    for b in data[n:]:
        s = rot(s ^ b, 29) * K & M
    s ^= s >> 32
    return s * K & M


path, kind, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
r = random.Random(seed)
data = bytearray(open(path, "rb").read())
nasty = [0, 1, 7, 0x1000, 0xffffffff, 0x7fffffff, 0x80000000, 1 << 32, 1 << 47, 1 << 63, M, M - 0xfff, 0xffffffffffff]
if kind == "cpu":
    data[data.index(b"\ncpu=") + 5] ^= 1
elif kind == "plan":
    tables, = struct.unpack_from("<Q", data, 16 + 8 + 8 + 8 + 8 + 16 + 8)
    for _ in range(r.randint(1, 4)):
        at = r.randrange(24, 208, 4) if r.random() < .5 else r.randrange(tables, len(data) - 8, 4)
        if r.random() < .5:
            struct.pack_into("<Q", data, at, r.choice(nasty))
        else:
            struct.pack_into("<I", data, at, r.choice(nasty) & 0xffffffff)
if kind != "index":
    header = checksum(bytes(data[16:int(sys.argv[4])]), 0)
    struct.pack_into("<Q", data, 8, checksum(bytes(data[4096:]), header))
else:
    record = r.randrange(len(data) // 512) * 512
    for _ in range(r.randint(1, 3)):
        at = record + 16 + r.randrange(0, 496 - 8, 4)
        struct.pack_into("<Q", data, at, r.choice(nasty))
    struct.pack_into("<Q", data, record, checksum(bytes(data[record + 8:record + 512]), 0))
open(path, "wb").write(data)
