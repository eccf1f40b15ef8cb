"""What the checks of tests/integration/budget ask of xipstore's JSON."""
import json_checks


def used(r):
    """limit, status: bytes of the store"""
    return r["used"]


def limit(r):
    """limit, status: how it was set, and bytes"""
    return f'{r["set"]} {r["limit"]}'


def results(r):
    """refresh: each program's name and what became of it, in the order of the work"""
    return " ".join(f'{p["program"].split("/")[-1]}:{p["result"]}' for p in r["programs"])


def left(r):
    """refresh: how many plans are left for another time"""
    return r["left"]


def states(r):
    """status: how many plans are in which state"""
    return " ".join(f"{state}:{count}" for state, count in r["plans"].items() if count)


def good(r):
    """list: the programs that have good plans"""
    return " ".join(sorted({p["program"].split("/")[-1] for p in r["plans"] if p["state"] == "good"}))


def paths_of(r, program):
    """list: the files of a program's plans"""
    return "\n".join(p["path"] for p in r["plans"] if p["program"] == program)


def next_to_go(r, count):
    """status: the programs whose plans go next, the first of them"""
    return " ".join(p["program"].split("/")[-1] for p in r["next"][:int(count)])


def dlopen_plans(r):
    """list: how many plans are of what dlopen added"""
    return sum(p["kind"] == "dlopen" for p in r["plans"])


def has_publisher(r):
    """status: a publisher answers"""
    return r["publisher"] is not None


def asked(r, kind):
    """status: how often the publisher did this"""
    return r["asked"][kind]["times"]


def reason(r, kind):
    """status: the publisher's reasons for this, without what follows a name"""
    return "; ".join(f'{e["times"]} {e["reason"]}' for e in r["asked"][kind]["reasons"])


json_checks.run(globals())
