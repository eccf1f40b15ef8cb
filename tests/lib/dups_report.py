"""dups_report.py NAME CHECK WANTED...: what shmstat dups --json said in out.json, a line "ok|FAIL<tab>NAME<tab>why" each.

CHECK is the name of a function here, or of a number of the report, and words for it; ~ stands for a blank.
"""
import json
import sys

with open("out.json") as f:
    report = json.load(f)


def pair(a, b):
    """pages of the pairs whose names contain these two"""
    found = [(p["first"]["name"], p["second"]["name"], p["pages"]) for p in report["pairs"]]
    return sum(pages for x, y, pages in found if (a in x and b in y) or (b in x and a in y))


def pages_of_second(name):
    return sum(p["pages"] for p in report["pairs"] if p["second"]["name"] == name)


def remedies_of_pairs(pages):
    """of those with at least so many pages"""
    return " ".join(p["remedy"] for p in report["pairs"] if p["pages"] >= int(pages))


def objects():
    return len(report["objects"])


def directories_of_objects():
    """of the files that are whole the same"""
    return " ".join(",".join(sorted(file.split("/")[-2] for file in o["files"])) for o in report["objects"])


def pages_of_first_object():
    return report["objects"][0]["pages"]


def lost():
    return report["unread"] + report["maybe_twice"] + report["left_out"]


def pairs_add_up():
    return sum(p["pages"] for p in report["pairs"]) == report["give_back"]


def at_least(field, number):
    return report[field] >= int(number)


def answer(check):
    name, *words = [word.replace("~", " ") for word in check.split()]
    return str(globals()[name](*words) if name in globals() else report[name])


rest = sys.argv[1:]
for label, check, want in zip(rest[::3], rest[1::3], rest[2::3]):
    got = answer(check)
    print("ok" if got == want else "FAIL", label, f"{check} is {got}, not {want}", sep="\t")
