"""What the checks of tests/integration/board ask of shmstat's JSON."""
import json_checks


def each(r, field):
    """every process has pages of this class"""
    assert len(r["rows"]) == 6, r["rows"]
    for row in r["rows"]:
        assert row[field] > 0, row


def sums_are(r, file):
    """lines "PID KB" of the kernel's in that file"""
    with open(file) as f:
        kernel = {int(pid): int(kb) for pid, kb in map(str.split, f)}
    assert len(kernel) == 6 and kernel == {row["pid"]: row["rss_kb"] for row in r["rows"]}, (kernel, r["rows"])


json_checks.run(globals())
