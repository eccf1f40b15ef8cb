"""What the checks of tests/integration/shmstat-advise ask of its JSON, and of its CSV beside it."""
import csv

import json_checks


def items(r):
    """how many are listed"""
    return len(r[0]["items"])


def counts(r):
    """relocations, look-ups, RELR entries, and what hidden visibility would take of the first two"""
    hidden = [remedy for remedy in r[0]["remedies"] if remedy["name"] == "hidden"]
    gone = (hidden[0]["relocations_gone"], hidden[0]["lookups_gone"]) if hidden else (0, 0)
    return " ".join(map(str, (r[0]["relocations"], r[0]["lookups"], r[0]["relr"], *gone)))


def csv_is_the_same(r, file):
    """the CSV in that file has our items"""
    with open(file, newline="") as f:
        rows = list(csv.DictReader(f))
    assert sum(int(row["relocations"]) for row in rows) == r[0]["relocations"]
    assert len(rows) == len(r[0]["items"]) + len(r[0]["writable"])


json_checks.run(globals())
