"""advise_other.py NAME PREFIX: other.json, of other-NAME.so, whose kinds of relocations begin with PREFIX."""
import json
import re
import subprocess
import sys

name, prefix = sys.argv[1:]
j = json.load(open("other.json"))[0]
out = subprocess.run(["readelf", "-rW", f"other-{name}.so"], capture_output=True, text=True).stdout
want = sorted(re.findall(r"\b(R_\w+)", out))
kinds = {i["symbol"]: i for i in j["items"] if i["symbol"]}
good = len(want) == j["relocations"]
print("ok" if good else "FAIL", f"{name}: as many relocations as readelf", f"{len(want)}, {j}", sep="\t")
types = {i["type"] for i in j["items"]}
# GNU readelf cuts long names, so beginnings are compared
good = all(t.startswith(prefix) for t in types) and all(any(w.startswith(t[:14]) for w in want) for t in types)
print("ok" if good else "FAIL", f"{name}: kinds have their names", str(types) + str(want), sep="\t")
got = {s: (kinds[s]["kind"], kinds[s]["line"]) for s in ("table", "pointer", "elsewhere", "function") if s in kinds}
# clang writes no DWARF for a variable that is only declared
good = got == {"table": ("pointer table", 4), "pointer": ("pointer", 6), "elsewhere": ("GOT entry", 0),
               "function": ("jump slot", 2)}
print("ok" if good else "FAIL", f"{name}: things have names and lines", str(got), sep="\t")
