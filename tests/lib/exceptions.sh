# Sourced by the tests: what cannot pass where they run, by name and reason.
# shellcheck shell=bash

# exception SUITE NAME: prints why this test is left out here; status 1 if it is not. Under tests/lib/on-machine the
# list is tests/lib/ENVIRONMENT.exceptions, lines "SUITE NAME: REASON", or "SUITE NAME [CPU]: REASON" for one CPU only.
exception() {
	local list
	[ -n "${ON_MACHINE:-}" ] || return 1
	list=$(dirname "${BASH_SOURCE[0]}")/$ON_MACHINE.exceptions
	awk -v key="$1 $2: " -v own="$1 $2 [${ON_MACHINE_CPU:-}]: " '
		index($0, key) == 1 { print substr($0, length(key) + 1); found = 1; exit }
		index($0, own) == 1 { print substr($0, length(own) + 1); found = 1; exit }
		END { exit !found }' "$list"
}
