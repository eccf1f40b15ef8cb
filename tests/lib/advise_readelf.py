"""advise_readelf.py SHMSTAT FILE...: as many relocations as readelf -r counts."""
import json
import re
import subprocess
import sys

shmstat, files = sys.argv[1], sys.argv[2:]
run = subprocess.run([shmstat, 'advise', '--json', '--no-lines', '-n', '1', *files], capture_output=True, text=True)
reports = {r['path']: r for r in json.loads(run.stdout)}
wrong, total = [], 0
for path in files:
    out = subprocess.run(['readelf', '-rW', path], capture_output=True, text=True, errors='replace').stdout
    sections = re.finditer(r"^Relocation section '(\S*)' at \S+ \S+ contains (\d+) entr", out, re.M)
    want = sum(int(m.group(2)) for m in sections if not m.group(1).startswith('.relr'))
    want += sum(int(m.group(1)) for m in re.finditer(r'^\s*(\d+) offsets$', out, re.M))
    total += want
    # of a static program nobody but its own start code applies them
    if path not in reports:
        wrong.append(f'{path}: not reported')
    elif reports[path]['relocations'] != want:
        wrong.append(f'{path}: readelf {want}, shmstat {reports[path]["relocations"]}')
name = f'as many relocations as readelf -r ({len(files)} files, {total})'
print('FAIL' if wrong else 'ok', name, '; '.join(wrong[:3]), sep='\t')
