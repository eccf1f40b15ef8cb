"""Named checks of what a program says in JSON: each suite has its own in json_SUITE.py, which calls run(globals()).

A check is a function of the JSON and of further words of the command line. What it returns is printed; status 1 if that is
False, or if the function raises.
"""
import json
import sys


def run(checks):
    name, *words = sys.argv[1:]
    result = checks[name](json.load(sys.stdin), *words)
    if result is not None:
        print(result)
    sys.exit(result is False)
