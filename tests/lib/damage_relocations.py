"""damage_relocations.py copy|relro FILE RESULT: COPY relocations of a symbol that is not there; a part to be made read-only
that goes on far beyond its object.
"""
import struct
import sys

what, source, target = sys.argv[1:]
data = bytearray(open(source, 'rb').read())
copy = {62: 5, 183: 1024, 243: 4}[struct.unpack_from('<H', data, 18)[0]]
changed = 0


def change_copies():
    global changed
    at, size, count = struct.unpack_from('<Q10xHH', data, 40)
    for section in range(at, at + size * count, size):
        kind, = struct.unpack_from('<I', data, section + 4)
        offset, length = struct.unpack_from('<QQ', data, section + 24)
        for entry in range(offset, offset + length, 24) if kind == 4 else ():
            if struct.unpack_from('<I', data, entry + 8)[0] == copy:
                struct.pack_into('<I', data, entry + 12, 0x7fffffff)
                changed += 1


def lengthen_relro():
    global changed
    at, = struct.unpack_from('<Q', data, 32)
    size, count = struct.unpack_from('<HH', data, 54)
    for header in range(at, at + size * count, size):
        if struct.unpack_from('<I', data, header)[0] == 0x6474e552:
            struct.pack_into('<Q', data, header + 40, 1 << 30)
            changed += 1


change_copies() if what == 'copy' else lengthen_relro()
open(target, 'wb').write(data)
sys.exit(not changed)
