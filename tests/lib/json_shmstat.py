"""What the checks of tests/integration/shmstat ask of its JSON, and of its CSV beside it."""
import csv
import io
import json

import json_checks


def rows_of(file):
    with open(file) as f:
        return json.load(f)["rows"]


def pids_of(r):
    return {row["pid"] for row in r["rows"]}


# why

def a_page_is(r, reason, section, *words):
    """some page of that section (or any, *) is private for that reason, and its causes have all the words; ~ is a blank"""
    reason, *words = [word.replace("~", " ") for word in (reason, *words)]
    assert any(row["reason"] == reason and section in ("*", row["section"]) and all(word in row["causes"] for word in words)
               for row in r["rows"]), r["rows"]


def every_page_has_a_reason(r):
    assert r["rows"]
    for row in r["rows"]:
        assert row["compared"] and row["causes"], row
        assert row["reason"] in ("relocation", "copy relocation", "written", "never shared"), row


def no_page_is_of(r, symbol):
    for row in r["rows"]:
        assert f"{symbol} (" not in row["causes"].replace(f"of {symbol}", ""), row


def has_the_cow_of(r, objects):
    """as many pages as --objects says in that file"""
    assert sum(row["class"] == "cow" for row in r["rows"]) * 4 == rows_of(objects)[0]["cow_kb"]


def only_written(r, symbol):
    """one page is private, and that for a variable that was written to"""
    cow = [row["reason"] for row in r["rows"] if row["class"] == "cow"]
    assert cow == ["written"] and f"{symbol} (1 written" in r["rows"][0]["causes"], r["rows"]


def store_pages_are_the_object_s(r):
    row, = r["rows"]
    assert row["relocated_kb"] + row["program_kb"] > 0 and row["cow_kb"] == 4, row


def line_of(r, symbol):
    """--lines: type, declaration and reason of a symbol"""
    return [f'{row["type"]} {row["source"].split("/")[-1]} {row["reason"]}' for row in r["rows"] if row["symbol"] == symbol][0]


def section_kb(r, section, field):
    return sum(row[field] for row in r["rows"] if row["section"] == section)


def copies_of_variables(r):
    assert any("(1 copy" in row["causes"] and ("environ" in row["causes"] or "stdout" in row["causes"])
               for row in r["rows"]), r["rows"]


def is_one_object(r):
    row, = r["rows"]
    assert row["cow_kb"] > 0 and row["text_kb"] > 0, row


def object_is_named(r, word):
    assert any(word in row["object"] for row in r["rows"]), r["rows"]


def counts(r, rows):
    assert len(r["rows"]) == int(rows), len(r["rows"])


def none_is_of(r, word):
    assert not any(word in row["object"] for row in r["rows"]), r["rows"]


def some_cause(r):
    assert any(row["causes"] for row in r["rows"]), r["rows"]


def opened(r, word):
    """an object with this in its name was compared with its file"""
    assert any(word in row["object"] and row["compared"] for row in r["rows"]), r["rows"]


# saved states

def late_became_private(r):
    assert any(row["symbol"] == "late" and row["pages_change"] == 1 and row["reason"] == "written" for row in r["rows"])
    assert not any(row["symbol"] == "early" for row in r["rows"]), r["rows"]


def cow_change(r, end):
    return " ".join(str(row["cow_change_kb"]) for row in r["rows"] if row["object"].endswith(end))


# views and filters

def adds_up(r, *pids):
    """these processes are among them, and the total is the sum"""
    assert {int(pid) for pid in pids} <= pids_of(r)
    for field in ("rss_kb", "uss_kb", "cow_kb", "tables_kb"):
        assert r["totals"][0][field] == sum(row[field] for row in r["rows"]), field


def rss_is_uss_and_shared(r):
    for row in r["rows"]:
        assert row["changed"] or row["rss_kb"] == row["uss_kb"] + row["shared_kb"], row


def has(r, *pids):
    assert {int(pid) for pid in pids} <= pids_of(r), pids_of(r)


def has_not(r, *pids):
    assert not {int(pid) for pid in pids} & pids_of(r), pids_of(r)


def has_only(r, *pids):
    assert {int(pid) for pid in pids} == pids_of(r), pids_of(r)


def is_empty(r):
    assert r["rows"] == []


def library_is_mapped_by(r, path, *pids):
    assert any(row["object"] == path and row["processes"] == len(pids) and set(row["pids"].split()) == set(pids)
               for row in r["rows"]), r["rows"]


def is_json(r):
    """any, and in UTF-8"""


def fields_are_those_of(r, file):
    """the CSV in that file has our fields"""
    with open(file, newline="") as f:
        assert next(csv.reader(f)) == list(r["rows"][0])


def rows_are_as_wide(r, file):
    """the CSV in that file is UTF-8, each row as wide as the first"""
    with open(file, "rb") as f:
        rows = list(csv.reader(io.StringIO(f.read().decode(), newline="")))
    assert all(len(row) == len(rows[0]) for row in rows)


# kinds of memory

def field(r, name):
    """of the first process"""
    return r["rows"][0][name]


def private_at_least(r, pid, kb):
    assert any(row["pid"] == int(pid) and row["private_kb"] >= int(kb) for row in r["rows"]), r["rows"]


def shared_memory_is_named(r):
    assert {row["class"] for row in r["rows"]
            if any(word in row["path"] for word in ("memfd:", "SYSV", "zero"))} == {"shmem"}, r["rows"]


def forked_memory_is_shared(r):
    private = sum(row["private_kb"] for row in r["rows"])
    anonymous = sum(row["anonymous_kb"] for row in r["rows"])
    assert 1024 <= private < 1500 and anonymous >= 2048, (private, anonymous)


def images_are_in_place(r):
    assert {row["object"].split("/")[-1]: (row["xip_kb"], row["text_kb"], row["cow_kb"]) for row in r["rows"]} == {
        "plain.cramfs": (60, 0, 4), "padded.cramfs": (60, 0, 4), "none.cramfs": (0, 60, 4)}, r["rows"]


def would_be_shared(r, first, second):
    """pages in place and what they would take in RAM, of two processes with one image"""
    assert {row["pid"]: (row["xip_kb"], row["xip_ram_kb"]) for row in r["rows"]} == {
        int(first): (60, 30), int(second): (64, 34)}, r["rows"]


def ram_in_csv(r, file):
    """the CSV in that file has the RAM that pages in place would take"""
    with open(file, newline="") as f:
        got = sorted(int(row["xip_ram_kb"]) for row in csv.DictReader(f))
    assert got == [34, 90], got


if __name__ == "__main__":
    json_checks.run(globals())
