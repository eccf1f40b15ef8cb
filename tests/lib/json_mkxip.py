"""What the checks of tests/integration/mkxip ask of mkxip --list --json."""
import json_checks


def blocks(r, path):
    """a file's blocks by kind: in place, raw, compressed, holes"""
    b = [f for f in r["files"] if f["path"] == path][0]["blocks"]
    return f'{b["xip"]} {b["raw"]} {b["zlib"]} {b["hole"]}'


def name_and_edition(r):
    return f'{r["superblock"]["name"]} {r["superblock"]["edition"]}'


def is_classic(r):
    assert r["superblock"]["flags"] == 3
    for f in r["files"]:
        assert not any(f.get("blocks", {}).get(kind) for kind in ("xip", "raw", "hole")), f


json_checks.run(globals())
