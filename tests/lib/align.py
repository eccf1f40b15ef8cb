#!/usr/bin/python3
"""align.py FILE: its first loadable segment is to be aligned to 256 GiB, a quarter of a store's region."""
import struct
import sys

PT_LOAD, E_PHOFF, E_PHNUM, P_ALIGN = 1, 32, 56, 48

with open(sys.argv[1], "r+b") as f:
    image = bytearray(f.read())
    offset, = struct.unpack_from("<Q", image, E_PHOFF)
    count, = struct.unpack_from("<H", image, E_PHNUM)
    headers = [offset + 56 * i for i in range(count)]
    first = next(at for at in headers if struct.unpack_from("<I", image, at)[0] == PT_LOAD)
    struct.pack_into("<Q", image, first + P_ALIGN, 1 << 38)
    f.seek(0)
    f.write(image)
