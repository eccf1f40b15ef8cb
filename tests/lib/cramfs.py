#!/usr/bin/env python3
"""An independent reader of cramfs images, made from the format's description: the oracle for mkxip.

    cramfs.py manifest IMAGE    one line a file: mode, owner, size or device, checksum or target, path
    cramfs.py tree DIR          the same of a directory
    cramfs.py linux IMAGE       what of the text of ELF files Linux would map in place: "MAPPED TOTAL";
                                fails if Linux would read any file differently (fs/cramfs/inode.c)
    cramfs.py tables IMAGE      path and place of the pointer table, for files that have one
"""
import hashlib, os, stat, struct, sys, zlib

PAGE = 4096


class Image:
    def __init__(self, path):
        self.b = open(path, "rb").read()
        for self.base in 0, 512:
            magic = self.b[self.base:self.base + 4]
            if magic in (b"\x45\x3d\xcd\x28", b"\x28\xcd\x3d\x45"):
                break
        else:
            raise SystemExit("no magic")
        self.e = "<" if magic[0] == 0x45 else ">"
        _, self.size, self.flags, _ = struct.unpack_from(self.e + "4I", self.b, self.base)
        self.crc, self.edition, self.blocks, self.files = struct.unpack_from(self.e + "4I", self.b, self.base + 32)
        assert self.flags & ~0xfff == 0 and self.size == len(self.b) and self.size % PAGE == 0
        zeroed = self.b[self.base:self.base + 32] + bytes(4) + self.b[self.base + 36:self.size]
        assert zlib.crc32(zeroed) == self.crc, "crc"
        self.root = self.inode(self.base + 64)[0]

    def u32(self, at):
        return struct.unpack_from(self.e + "I", self.b, at)[0]

    def inode(self, at):
        w0, w1, w2 = struct.unpack_from(self.e + "3I", self.b, at)
        if self.e == "<":
            return dict(mode=w0 & 0xffff, uid=w0 >> 16, size=w1 & 0xffffff, gid=w1 >> 24, offset=(w2 >> 6) * 4), (w2 & 63) * 4
        return dict(mode=w0 >> 16, uid=w0 & 0xffff, size=w1 >> 8, gid=w1 & 255, offset=(w2 & 0x3ffffff) * 4), (w2 >> 26) * 4

    def walk(self, inode=None, path=b""):
        inode = inode or self.root
        yield path or b"/", inode
        if not stat.S_ISDIR(inode["mode"]) or not inode["size"]:
            return
        at, end, last = inode["offset"], inode["offset"] + inode["size"], b""
        entries = []
        while at < end:
            child, n = self.inode(at)
            name = self.b[at + 12:at + 12 + n].rstrip(b"\0")
            assert name > last and b"/" not in name and b"\0" not in name and name not in (b".", b"..")
            last = name
            entries.append((name, child))
            at += 12 + n
        assert at == end
        for name, child in entries:
            yield from self.walk(child, path + b"/" + name)

    def pointers(self, f):
        n = (f["size"] + PAGE - 1) // PAGE
        return struct.unpack_from(self.e + "%dI" % n, self.b, f["offset"])

    def find(self, f, i, p, as_linux):
        """Block i: (start, length, raw, direct). Linux takes the last block's length from offset_in_page(size)."""
        ptr, raw, direct = p[i] & 0x3fffffff, p[i] >> 31, p[i] >> 30 & 1
        assert not (raw or direct) or self.flags & 0x800
        want = min(PAGE, f["size"] - i * PAGE)
        if direct:
            start = ptr << 2
            if raw:
                length = want
                if as_linux and i == len(p) - 1:
                    length = f["size"] % PAGE
            else:
                length = struct.unpack_from(self.e + "H", self.b, start)[0]
                start += 2
        else:
            start = f["offset"] + 4 * len(p)
            if i:
                q = p[i - 1]
                start = q & 0x3fffffff
                if q >> 30 & 1:
                    start <<= 2
                    start += PAGE if q >> 31 else 2 + struct.unpack_from(self.e + "H", self.b, start)[0]
            length = ptr - start
        assert 0 <= length <= 2 * PAGE and start + length <= self.size, (i, start, length)
        return start, length, raw, direct

    def read(self, f, as_linux=False):
        p = self.pointers(f)
        out = []
        for i in range(len(p)):
            want = min(PAGE, f["size"] - i * PAGE)
            start, length, raw, _ = self.find(f, i, p, as_linux)
            if length == 0:
                assert self.flags & 0x100 or as_linux
                out.append(bytes(want))
            elif raw:
                assert length == want or as_linux
                out.append(self.b[start:start + length])
            else:
                block = zlib.decompress(self.b[start:start + length])
                assert len(block) == want
                out.append(block)
        return b"".join(out)

    def mappable(self, f, first, count):
        """Pages from `first` on that Linux maps directly: cramfs_get_block_range, cramfs_last_page_is_shared."""
        p = self.pointers(f)
        count = min(count, len(p) - first)
        n, expect = 0, None
        while n < count:
            v = p[first + n]
            at = (v & 0x3fffffff) << 2
            if v >> 30 != 3 or at % PAGE or (expect is not None and at != expect):
                break
            expect = at + PAGE
            n += 1
        if n and first + n == len(p) and f["size"] % PAGE:
            at = expect - PAGE + f["size"] % PAGE
            if any(self.b[at:expect]):
                n -= 1
        return n


def line(mode, uid, gid, extra, what, path):
    return b"%o %d %d %s %s %s" % (mode, uid, gid, extra.encode(), what, path)


def manifest(image):
    count = 0
    for path, f in image.walk():
        count += 1
        mode, extra, what = f["mode"], "-", b"-"
        if stat.S_ISREG(mode):
            extra, what = str(f["size"]), hashlib.sha256(image.read(f)).hexdigest().encode()
        elif stat.S_ISLNK(mode):
            what = image.read(f)
        elif stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            extra = "%d:%d" % (f["size"] >> 8, f["size"] & 255)
        yield line(mode, f["uid"], f["gid"], extra, what, path)
    assert count == image.files, "count of files"


def tree(top):
    top = os.fsencode(top)

    def one(path, shown):
        st = os.lstat(path)
        extra, what = "-", b"-"
        if stat.S_ISREG(st.st_mode):
            data = open(path, "rb").read()
            extra, what = str(len(data)), hashlib.sha256(data).hexdigest().encode()
        elif stat.S_ISLNK(st.st_mode):
            what = os.readlink(path)
        elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
            extra = "%d:%d" % (os.major(st.st_rdev), os.minor(st.st_rdev))
        yield line(st.st_mode, st.st_uid, st.st_gid, extra, what, shown or b"/")
        if stat.S_ISDIR(st.st_mode):
            for name in sorted(os.listdir(path)):
                yield from one(path + b"/" + name, shown + b"/" + name)

    yield from one(top, b"")


def text_runs(data):
    """Pages of PT_LOAD segments that are readable or executable and not writable."""
    if data[:4] != b"\x7fELF" or len(data) < 64:
        return
    e = "<" if data[5] == 1 else ">"
    if data[4] == 2:
        off, size, count = *struct.unpack_from(e + "Q", data, 32), *struct.unpack_from(e + "2H", data, 54)
        fields = e + "IIQQQQ"
        pick = lambda h: (h[0], h[1], h[2], h[5])
    else:
        off, size, count = *struct.unpack_from(e + "I", data, 28), *struct.unpack_from(e + "2H", data, 42)
        fields = e + "7I"
        pick = lambda h: (h[0], h[6], h[1], h[4])
    for i in range(count):
        kind, flags, offset, filesz = pick(struct.unpack_from(fields, data, off + i * size))
        if kind == 1 and flags & 5 and not flags & 2 and filesz:
            first = offset // PAGE
            yield first, (offset + filesz + PAGE - 1) // PAGE - first


def linux(image):
    mapped = total = 0
    for path, f in image.walk():
        if not stat.S_ISREG(f["mode"]) or not f["size"]:
            continue
        data = image.read(f)
        assert image.read(f, as_linux=True) == data, b"Linux reads " + path + b" differently"
        for first, count in text_runs(data):
            total += count
            mapped += image.mappable(f, first, count)
    return mapped, total


def main():
    command, what = sys.argv[1:]
    out = sys.stdout.buffer
    if command == "manifest":
        out.write(b"\n".join(sorted(manifest(Image(what)))) + b"\n")
    elif command == "tree":
        out.write(b"\n".join(sorted(tree(what))) + b"\n")
    elif command == "linux":
        print(*linux(Image(what)))
    elif command == "tables":
        for path, f in Image(what).walk():
            if (stat.S_ISREG(f["mode"]) or stat.S_ISLNK(f["mode"])) and f["size"]:
                print(f["offset"], os.fsdecode(path))


if __name__ == "__main__":
    main()
