"""recorded_pages.py PROFILE FILE: which of the symbols pageN of FILE the profile names."""
import subprocess
import sys

profile, path = sys.argv[1:3]
named = set()
for line in open(profile):
    if line.startswith("#"):
        continue
    name, first, count = line.rstrip("\n").rsplit(",", 2)
    if name == path:
        named |= set(range(int(first), int(first) + int(count)))
segments = []
for line in subprocess.check_output(["readelf", "-lW", path], text=True).split("\n"):
    if line.split()[:1] == ["LOAD"]:
        segments.append([int(v, 16) for v in line.split()[1:5]])
for line in subprocess.check_output(["readelf", "-sW", "--dyn-syms", path], text=True).split("\n"):
    f = line.split()
    if len(f) == 8 and f[7].startswith("page") and f[7][4:].isdigit():
        address = int(f[1], 16)
        at = [address - s[1] + s[0] for s in segments if s[1] <= address < s[1] + s[3]][0] // 4096
        if at in named:
            print(f[7])
