"""What the checks of tests/integration/shmstat-ui ask of shmstat compare --json."""
import json_checks

LAUNCHERS = ("stock", "xipld")


def row(r, stage, scope, launcher):
    return next(row for row in r["rows"] if (row["stage"], row["scope"], row["launcher"]) == (stage, scope, launcher))


def kilobytes(r, stage, scope, launcher):
    return {name: value for name, value in row(r, stage, scope, launcher).items() if name.endswith("_kb")}


def saved_is_the_difference(r):
    for stage in ("entry", "settled"):
        for scope in ("each", "all"):
            stock, ours, saved = (kilobytes(r, stage, scope, launcher) for launcher in (*LAUNCHERS, "saved"))
            assert saved == {name: stock[name] - ours[name] for name in saved}, (stage, scope)


def relocated_pages_are_saved(r):
    stock, ours, saved = (row(r, "entry", "each", launcher) for launcher in (*LAUNCHERS, "saved"))
    assert saved["cow_kb"] >= 12, saved
    assert ours["relocated_kb"] + ours["program_kb"] > 0 and stock["relocated_kb"] == 0, (ours, stock)


def all_is_n_times_each(r, n):
    for launcher in LAUNCHERS:
        each, all_of_them = (kilobytes(r, "entry", scope, launcher) for scope in ("each", "all"))
        for name in each:
            assert abs(all_of_them[name] - int(n) * each[name]) <= int(n), (launcher, name)


def more_is_written_later(r):
    assert row(r, "settled", "each", "stock")["cow_kb"] > row(r, "entry", "each", "stock")["cow_kb"]


def the_rest_is_explained(r):
    library = [rest for rest in r["rest"] if rest["object"].endswith("libprivate.so")]
    assert any(rest["reason"] == "written" and "written_counter" in rest["symbols"] for rest in library), library
    assert not any(rest["reason"] == "relocation" for rest in library), library


def the_rest_adds_up(r):
    rest = sum(row["private_kb"] for row in r["rest"])
    assert abs(rest - row(r, "settled", "each", "xipld")["private_kb"]) <= 8, rest


def no_copy_at_entry(r):
    assert row(r, "entry", "each", "stock")["cow_kb"] <= 4


def notes_the_kernel(r):
    assert any("left the program to the kernel" in note for note in r["notes"]), r["notes"]


def something_is_shared(r):
    assert row(r, "entry", "each", "xipld")["program_kb"] > 0


json_checks.run(globals())
