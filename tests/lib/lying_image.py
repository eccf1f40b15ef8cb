"""lying_image.py IMAGE COPY LIE: a copy of a little-endian cramfs image that lies, with a checksum that is right.

IMAGE has the directories aa and bb, with a file f in the one and a file g in the other. A lie is a function of its bytes.
"""
import struct
import sys
import zlib


def inode_of(b, name):
    """where the name of an inode is"""
    return b.index(name.ljust(4, b"\0"))


def rename(b, name):
    at = inode_of(b, b"aa")
    b[at:at + 2] = name


def dot_dot(b):
    rename(b, b"..")


def slash(b):
    rename(b, b"a/")


def out_of_order(b):
    rename(b, b"cc")


def name_twice(b):
    rename(b, b"bb")


def directory_in_itself(b):
    at = inode_of(b, b"aa")
    b[at - 4:at] = struct.pack("<I", (76 // 4) << 6 | 1)


def unknown_kind(b):
    at = inode_of(b, b"f")
    b[at - 12:at - 10] = b"\xff\xff"


def table_outside(b):
    b[inode_of(b, b"f") - 1] = 0xff


def tables_overlap(b):
    f, g = inode_of(b, b"f"), inode_of(b, b"g")
    b[g - 4:g] = b[f - 4:f]
    b[g - 8:g - 4] = struct.pack("<I", 5000)


def count_of_files(b):
    b[44:48] = struct.pack("<I", 9)


def signature(b):
    b[16] = 0


def unknown_flag(b):
    b[9] |= 0x10


def direct_full_last_block(b):
    """f is one page in place, which Linux reads as zeros"""
    at = inode_of(b, b"f")
    table = struct.unpack_from("<I", b, at - 4)[0] >> 6 << 2
    b += bytes(4096)
    size = len(b)
    b[size - 4096:size] = b"x" * 4096
    b[table:table + 4] = struct.pack("<I", 0xc0000000 | (size - 4096) >> 2)
    b[4:8] = struct.pack("<I", size)
    b[9] |= 8


def inode(mode, size, offset, name):
    padded = (len(name) + 3) // 4 * 4
    return struct.pack("<3I", mode, size, offset // 4 << 6 | padded // 4) + name.ljust(padded, b"\0")


def link_then_directory(b):
    """an image of its own: the same name first as a symbolic link that leads out, then as a directory"""
    target, text = zlib.compress(b"../outside"), zlib.compress(b"evil\n")
    at = 76 + 2 * 16
    table = at + 16
    block = struct.pack("<I", table + 4 + len(text)) + text
    block += bytes(-len(block) % 4)
    link = table + len(block)
    body = inode(0o120777, 10, link, b"d") + inode(0o040755, 16, at, b"d") + inode(0o100644, 5, table, b"x")
    body += block + struct.pack("<I", link + 4 + len(target)) + target
    head = struct.pack("<4I16s4I16s", 0x28cd3d45, 4096, 1, 0, b"Compressed ROMFS", 0, 0, 2, 4, b"evil")
    head += struct.pack("<3I", 0o040755, 32, 76 // 4 << 6)
    b[:] = (head + body).ljust(4096, b"\0")


source, copy, lie = sys.argv[1:]
image = bytearray(open(source, "rb").read())
globals()[lie](image)
image[32:36] = bytes(4)
image[32:36] = struct.pack("<I", zlib.crc32(image))
open(copy, "wb").write(image)
