# Sourced by the integration tests: counting, comparing, scratch space. $suite names the closing line.
# shellcheck shell=bash
set -u
passed=0 failed=0 skipped=0
work=$(mktemp -d)
work=$(realpath "$work")
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$work"' EXIT
export XIPLD_STORE=${XIPLD_STORE:-$work/store}

# a program of the CPU under test, and its compiler
export true cc
true=$(type -P true)
cc=${TEST_CC:-gcc}
. "$(dirname "${BASH_SOURCE[0]}")/exceptions.sh"

ok() { echo "ok $1"; passed=$((passed + 1)); }
fail() { echo "FAIL $1${2:+: $2}"; failed=$((failed + 1)); }
skip() { echo "skip $1: $2"; skipped=$((skipped + 1)); }

# wanted NAME: is this test to run? With CASE=WORDS in the environment those whose names contain it are
wanted() { [[ $1 == *"${CASE:-}"* ]]; }

# check NAME COMMAND...: passes if the command succeeds
check() {
	local name=$1 reason
	shift
	wanted "$name" || return 0
	if reason=$(exception "$suite" "$name"); then skip "$name" "$reason"; return; fi
	if "$@" >"$work/check.log" 2>&1; then ok "$name"; else
		fail "$name"
		tail -5 "$work/check.log"
	fi
}

# wait_for COMMAND...: until it succeeds, ten seconds at the most
wait_for() { for _ in $(seq 500); do "$@" && return 0; sleep 0.02; done; echo "never: $*"; return 1; }

# have PROGRAM...: all are there; else the test NAME (first argument) is counted as skipped
have() {
	local name=$1 program
	shift
	for program; do
		command -v "$program" >/dev/null || [ -e "$program" ] || { skip "$name" "no $program"; return 1; }
	done
}

finish() {
	[ -z "${CASE:-}" ] || [ $((passed + failed + skipped)) -gt 0 ] || fail "$CASE" "no test has this in its name"
	echo "$suite: $passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}
