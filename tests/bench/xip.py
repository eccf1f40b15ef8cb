#!/usr/bin/env python3
"""What the programs of one tree cost in memory, held at work: the measuring part of tests/bench/xip.

    xip.py hold N TREES MEDIUM COMMAND...   run the workload N times, each program by COMMAND before its own words;
                                            print "cached anonymous tables medium" in kB
    xip.py hot MOUNT                        run the workload by chroot, then print a profile of the pages of MOUNT
                                            that came into the page cache
    xip.py time RUNS COMMAND...             median wall time of COMMAND, microseconds

TREES are directories, separated by commas, whose files' pages count as memory while they are in the page cache. MEDIUM is
the image that lies in flash (or -): how much of it was read is shown, but is no memory.
"""
import ctypes, mmap, os, statistics, subprocess, sys, time

PAGE = 4096
WORKLOAD = [
    ["/usr/bin/busybox", "sh", "-c", "i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done; echo ready; read x"],
    ["/usr/bin/sqlite3", "-batch", ":memory:"],
    ["/usr/bin/python3", "-S", "/app.py"],
]
SQL = b"create table t(a, b); insert into t values(1, 'x'), (2, 'y'); select 'ready' from t where a = (select max(a) from t);\n"
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def cached(path):
    """Which pages of a file are in the page cache: a string of bytes, 1 if so."""
    size = os.path.getsize(path)
    if not size:
        return b""
    with open(path, "rb") as f:
        at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, f.fileno(), 0)
        if at == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), path)
        vector = ctypes.create_string_buffer((size + PAGE - 1) // PAGE)
        if libc.mincore(at, size, vector):
            raise OSError(ctypes.get_errno(), path)
        libc.munmap(at, size)
        return bytes(b & 1 for b in vector.raw[:(size + PAGE - 1) // PAGE])


def files(top):
    for directory, _, names in os.walk(top):
        for name in sorted(names):
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def evict(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)    # only clean pages can leave
    except OSError:
        pass            # a read-only file system has nothing to write
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def start(command, words):
    process = subprocess.Popen(command + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if words[0].endswith("sqlite3"):
        process.stdin.write(SQL)
        process.stdin.flush()
    line = process.stdout.readline()
    if line != b"ready\n":
        raise SystemExit("%r said %r" % (words, line))
    return process


def end(processes):
    for process in processes:
        process.stdin.close()
        process.wait()


def children(pid):
    yield pid
    for child in open("/proc/%d/task/%d/children" % (pid, pid)).read().split():
        yield from children(int(child))


def value(path, key):
    for line in open(path):
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def hold(n, trees, medium, command):
    trees = [t for t in trees.split(",") if t]
    end([start(command, words) for words in WORKLOAD])     # what is made by first launches is there
    for tree in trees:
        for path in files(tree):
            evict(path)
    if medium != "-":
        evict(medium)
    processes = [start(command, words) for _ in range(n) for words in WORKLOAD]
    anonymous = tables = 0
    for process in processes:
        for pid in children(process.pid):
            anonymous += value("/proc/%d/smaps_rollup" % pid, "Anonymous")
            tables += value("/proc/%d/status" % pid, "VmPTE")
    pages = sum(sum(cached(path)) for tree in trees for path in files(tree))
    in_medium = sum(cached(medium)) if medium != "-" else 0
    end(processes)
    print(pages * 4, anonymous, tables, in_medium * 4)


def hot(mount):
    end([start(["chroot", mount], words) for words in WORKLOAD])
    for path in files(mount):
        pages = cached(path)
        i = 0
        while i < len(pages):
            k = i
            while k < len(pages) and pages[k]:
                k += 1
            if k > i:
                print("%s,%d,%d" % (path[len(mount):], i, k - i))
            i = k + 1


def timing(runs, command):
    times = []
    for _ in range(runs):
        begin = time.monotonic()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - begin)
    print(int(statistics.median(times) * 1e6))


if sys.argv[1] == "hold":
    hold(int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
elif sys.argv[1] == "hot":
    hot(sys.argv[2])
else:
    timing(int(sys.argv[2]), sys.argv[3:])
