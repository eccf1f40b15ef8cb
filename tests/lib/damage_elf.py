"""damage_elf.py FILE DIRECTORY COUNT FIRST: copies of a file with damage in any section, by seeds from FIRST on."""
import random
import struct
import sys

source, directory, count, first = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
data = open(source, 'rb').read()
at, = struct.unpack_from('<Q', data, 40)
each, n = struct.unpack_from('<HH', data, 58)
headers = [struct.unpack_from('<IIQQQQIIQQ', data, at + i * each) for i in range(n)]
places = [(h[4], h[5]) for h in headers if h[1] not in (0, 8) and h[5] and h[4] + h[5] <= len(data)]
places += [(at, each * n)] * 3 + [(0, 64)]
nasty = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 2 ** 63, 2 ** 64 - 1, 0x1000]
for seed in range(first, first + count):
    r = random.Random(seed)
    copy = bytearray(data)
    for _ in range(r.randint(1, 12)):
        start, size = r.choice(places)
        where = start + r.randrange(size)
        if r.random() < 0.5:
            copy[where] ^= 1 << r.randrange(8)
        else:
            width = r.choice([1, 2, 4, 8])
            value = r.choice(nasty) & (1 << 8 * width) - 1
            copy[where:where + width] = value.to_bytes(width, 'little')[:len(copy) - where]
    open(f'{directory}/{seed}', 'wb').write(copy[:len(data)])
