"""What the checks of tests/integration/xipstore ask of its JSON."""
import glob
import os
import re
import subprocess

import json_checks


def is_json(_):
    """any"""


def results(r):
    """add: what became of each program"""
    return " ".join(p["result"] for p in r["programs"])


def plans(r):
    """list: how many there are"""
    return len(r["plans"])


def base(r):
    return r["base"]


def store(r):
    return r["programs"][0]["store"]


def name_of(r, program):
    """list: the name of the plan whose program has this in its path"""
    return [p["name"] for p in r["plans"] if program in p["program"]][0]


def state_of(r, program):
    """list: the state of a program's plans, each with its reason"""
    return " ".join(f'{p["state"]} {p["why"]}' for p in r["plans"] if p["program"] == program)


def dlopen_plans_of(r, program):
    """list: the states of what dlopen added to a program"""
    return " ".join(p["state"] for p in r["plans"] if p["kind"] == "dlopen" and p["program"] == program)


def processes_of(r, program):
    """list: how many run from a program's plan"""
    return [p["processes"] for p in r["plans"] if p["program"] == program][0]


def objects_of(r, program, pages):
    """list: the objects of a program's plan, which are more than so many pages"""
    plan = [p for p in r["plans"] if p["program"] == program][0]
    assert plan["pages"]["text"] + plan["pages"]["relocated"] > int(pages), plan["pages"]
    return plan["objects"]


def gc_would_remove(r, files, octets):
    """gc --dry-run: at least so many files and octets"""
    return r["dry_run"] and len(r["removed"]) >= int(files) and r["freed"] >= int(octets)


def runs(r):
    """show: the mappings of all plans of the first program, each with its object"""
    return [(o, m) for p in r["programs"][0]["plans"] for o in p["contents"] for m in o["mappings"]]


def runs_have_class_and_reason(r):
    for _, m in runs(r):
        assert m["class"] in ("text", "relocated", "program", "anon"), m
        assert (m["reason"] is not None) == (m["class"] == "program"), m


def mappings_are_a_process_s(r, xipld, program):
    """show: each run of a bash's plan lies in a mapping that a process of it has"""
    script = 'while read -r l; do echo "$l"; done </proc/self/maps'
    lines = subprocess.run([xipld, program, "-c", script], capture_output=True, text=True).stdout.splitlines()
    maps = [[int(word, 16) for word in line.split()[0].split("-")] for line in lines]

    def mapped(address):
        return any(start <= address < end for start, end in maps)

    ours = [(int(m["address"], 16), m["pages"]) for o in r["programs"][0]["plans"][0]["contents"] for m in o["mappings"]]
    assert len(ours) > 15, ours
    for address, pages in ours:
        assert mapped(address) and mapped(address + pages * 4096 - 1), hex(address)


def dlopen_plans_are_tied_to_their_program_plan(r):
    first, *others = r["programs"][0]["plans"]
    assert first["kind"] == "program" and others
    assert first["dlopen_plans"] == len(others)
    assert all(p["program_plan"] == first["name"] for p in others)


def objects(r):
    """show: of the first plan, by file name: slot, end, relocated pages"""
    return {o["path"].split("/")[-1]: (int(o["slot"], 16), int(o["end"], 16), o["pages"]["relocated"])
            for o in r["programs"][0]["plans"][0]["contents"]}


def libraries_lie_side_by_side(r):
    """show bash: the C library beside its interpreter, the program apart from them"""
    o = objects(r)
    libc, interpreter, program = o["libc.so.6"], o["ld-linux-x86-64.so.2"], o["bash"]
    assert abs(libc[0] - interpreter[0]) < 4 << 20, o
    assert program[0] > libc[1] + (4 << 20), o


def program_lies_in_one_page_table(r):
    slot, end, _ = objects(r)["bash"]
    assert slot >> 21 == (end - 1) >> 21, (hex(slot), hex(end))


def libraries_have_relocated_pages(r):
    o = objects(r)
    assert 3 < o["libc.so.6"][2] < 30 and o["libtinfo.so.6"][2] < 10, o


def differences_of(r, symbol):
    """show: where pages differ for a symbol, and from what"""
    return " ".join(f'{d["here"].split("/")[-1]}:{bool(d["baseline"])}' for _, m in runs(r)
                    if m["reason"] == "symbol-differs" for d in m["differences"] if d["symbol"] == symbol)


def few_equal_pages(r):
    """show: one page beside different ones is mapped with them, more of them at the end are not"""
    written = [m for o, m in runs(r) if o["path"].endswith("libfew.so") and m["protection"] == "rw-" and m["class"] != "anon"]
    few, last = [m for m in written if m["reason"] == "few"][0], written[-1]
    assert (few["class"], few["pages"]) == ("program", 1), few
    assert (last["class"], last["reason"]) == ("relocated", None) and last["pages"] > 3, last


def written_pages(r):
    """show: how many pages of the first plan processes wrote to"""
    return sum(w["pages"] for o in r["programs"][0]["plans"][0]["contents"] for w in o["written"])


BINDING = re.compile(r"binding file (.*) \[0\] to (.*) \[0\]: \w+ symbol `(.*)'(?: \[(.*)\])?$")


def stock_bindings(directory):
    """ld.so's, of the first process that wrote there, up to where it runs code of its own"""
    found = set()
    for line in open(min(glob.glob(directory + "/ld.*"), key=os.path.getmtime)):
        if "calling init" in line or "transferring control" in line:
            break
        m = BINDING.search(line.rstrip("\n"))
        if m:
            found.add((m[1], m[2], m[3], m[4]))
    return found


def bindings_are_ld_sos(r, directory):
    """bindings: what LD_DEBUG=bindings left in a directory as ld.PID"""
    report = r["programs"][0]
    ours = {(b["from"], b["to"], b["symbol"], b["version"]) for b in report["bindings"]}
    stubs = {symbol for _, to, symbol, _ in ours if to == "xipld"}
    program = os.path.realpath(report["program"])
    # ld.so looks these up for itself, in the program's name (__rtld_malloc), whether the program uses them or not
    own = {"malloc", "calloc", "realloc", "free"}

    def comparable(bindings):
        for origin, to, symbol, version in bindings:
            if not to or symbol in stubs or "ld-linux" in origin or "vdso" in origin:
                continue
            if os.path.realpath(origin) == program and symbol in own:
                continue
            yield os.path.realpath(origin), os.path.realpath(to), symbol, version

    a, b = set(comparable(stock_bindings(directory))), set(comparable(ours))
    for x in sorted(a - b, key=str)[:5]:
        print("only ld.so:", x)
    for x in sorted(b - a, key=str)[:5]:
        print("only xipld:", x)
    print(len(a), len(b))
    assert a == b and len(a) >= 100


json_checks.run(globals())
