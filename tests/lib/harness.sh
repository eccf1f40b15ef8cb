# Sourced by the integration tests: counting, comparing, scratch space. $suite names the closing line.
# shellcheck shell=bash
set -u
: "${suite:?}"
passed=0 failed=0 skipped=0
work=$(mktemp -d)
work=$(realpath "$work")
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$work"' EXIT
export XIPLD_STORE=${XIPLD_STORE:-$work/store}
# a launch without a plan publishes one, and waits for that (docs/publishing.md); publishers of this machine are not asked
export XIPLD_PUBLISH=${XIPLD_PUBLISH:-now}

# a program of the CPU under test, and its compiler
export true cc
true=$(type -P true)
cc=${TEST_CC:-gcc}
lib=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
. "$lib/exceptions.sh"

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

# What checks are made of. COMMAND may be a function of the script, or another of these; each says why it is not true.
# A function whose body stands in ( ) may change its directory, its environment and its umask.

# not COMMAND...: it is there, and fails
not() {
	command -v "$1" >/dev/null || { echo "no $1"; return 1; }
	! "$@" || { echo "succeeded: $*"; return 1; }
}

# is VALUE COMMAND...: VALUE is what it prints
is() {
	local want=$1 got
	shift
	got=$("$@")
	[ "$got" = "$want" ] || { echo "'$want' wanted, not '$got'"; return 1; }
}

# exits STATUS COMMAND...: that is its status
exits() {
	local want=$1 got
	shift
	"$@"
	got=$?
	[ $got = "$want" ] || { echo "status $want wanted, not $got"; return 1; }
}

# says PATTERN COMMAND...: a line of what it prints, on either output, matches the extended regular expression PATTERN
says() {
	local pattern=$1 text
	shift
	text=$("$@" 2>&1)
	grep -qE -e "$pattern" <<<"$text" || { echo "no line matches '$pattern':"; head -20 <<<"$text"; return 1; }
}

# fails_with STATUS PATTERN COMMAND...: that is its status ("any": all but 0), and a line of standard error matches
fails_with() {
	local want=$1 pattern=$2 got
	shift 2
	"$@" 2>"$work/stderr"
	got=$?
	case $want in
	any) [ $got != 0 ] ;;
	*) [ $got = "$want" ] ;;
	esac || { echo "status $want wanted, not $got"; return 1; }
	grep -qE -e "$pattern" "$work/stderr" && return
	echo "no line matches '$pattern':"
	head -20 "$work/stderr"
	return 1
}

# some_file FILE..., no_file FILE...: of the files that a pattern stands for one is there, none is
some_file() { [ -e "${1-}" ]; }
no_file() { [ ! -e "${1-}" ] || { echo "there: $*"; return 1; }; }

# json "FUNCTION ARGUMENT..." COMMAND...: what FUNCTION of tests/lib/json_SUITE.py says of the JSON that COMMAND prints
json() {
	local -a function
	read -ra function <<<"$1"
	shift
	"$@" 2>"$work/json.err" | python3 "$lib/json_${suite//-/_}.py" "${function[@]}"
}

# flip_byte FILE OFFSET [MASK]: change one bit of that byte, or those of MASK
flip_byte() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "$(printf '\\x%02x' $((byte ^ ${3:-1})))" | dd of="$1" conv=notrunc bs=1 seek="$2" status=none
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
