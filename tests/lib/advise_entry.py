"""advise_entry.py SHMSTAT PROGRAM...: the pages that advise names are those that a stock process has private when its first
constructor runs. stop.so, which is loaded before all others, stops it there; pagemap says which pages are no longer the
file's.
"""
import json
import os
import signal
import struct
import subprocess
import sys
import time

shmstat, programs = sys.argv[1], sys.argv[2:]
page = os.sysconf('SC_PAGESIZE')

def segments(path):
    head = open(path, 'rb').read(65536)
    at, = struct.unpack_from('<Q', head, 32)
    each, count = struct.unpack_from('<HH', head, 54)
    every = [struct.unpack_from('<IIQQQQQQ', head, at + i * each) for i in range(count)]
    return [(p[3], p[5]) for p in every if p[0] == 1]  # address and size in the file of PT_LOADs

def started(program):
    env = {**os.environ, 'LD_BIND_NOW': '1', 'LD_PRELOAD': os.path.abspath('stop.so')}
    process = subprocess.Popen([program, '--version'], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    for _ in range(3000):
        state = open(f'/proc/{process.pid}/stat').read().rsplit(')', 1)[1].split()[0]
        if state in 'TZX':
            break
        time.sleep(0.01)
    return process, state == 'T'

def private_pages(pid):
    """by path: the addresses, as in the file, of pages that are anonymous"""
    maps, pagemap = {}, open(f'/proc/{pid}/pagemap', 'rb')
    for line in open(f'/proc/{pid}/maps'):
        field = line.rstrip('\n').split(None, 5)
        if len(field) == 6 and field[5][0] == '/':
            maps.setdefault(field[5], []).append([int(x, 16) for x in field[0].split('-')])
    found = {}
    for path, ranges in maps.items():
        if open(path, 'rb').read(4) != b'\x7fELF':
            continue
        bias = min(r[0] for r in ranges) - (segments(path)[0][0] & -page)
        found[path] = set()
        for start, end in ranges:
            pagemap.seek(start // page * 8)
            entries = struct.unpack(f'<{(end - start) // page}Q', pagemap.read((end - start) // page * 8))
            found[path] |= {start + i * page - bias for i, e in enumerate(entries) if e >> 63 and not e >> 61 & 1}
    return found

for program in programs:
    process, stopped = started(program)
    try:
        found = private_pages(process.pid) if stopped else {}
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    run = subprocess.run([shmstat, 'advise', '--json', '--no-lines', '-n', '1', *found], capture_output=True, text=True)
    wrong, pages = [], 0
    for report in json.loads(run.stdout) if found else []:
        of_file = set()
        for address, size in segments(report['path']):
            of_file |= set(range(address & -page, address + size, page))
        told = {p['address'] for p in report['pages']} & of_file
        real = found[report['path']] & of_file
        pages += len(real)
        if told != real:
            missing, extra = sorted(map(hex, real - told))[:4], sorted(map(hex, told - real))[:4]
            wrong.append(f'{report["path"]}: not told {missing}, not real {extra}')
    name = f'{os.path.basename(program)}: pages that are private at entry ({pages} in {len(found)} objects)'
    print('ok' if pages and not wrong else 'FAIL', name, '; '.join(wrong[:3]), sep='\t')
