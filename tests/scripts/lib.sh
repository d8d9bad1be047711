# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
#
# What the tests of scripts have in common; each reads it first.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# needs TOOL...: the test is skipped where one of them is not installed.
needs() {
	local tool
	for tool; do
		type -P "$tool" >/dev/null || {
			echo "${0##*/}: skipped: $tool is not installed (scripts/deps)"
			exit 77
		}
	done
}

# check NAME EXPECTED GOT
check() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
	fi
}

# finish: says how many; its status is the test's.
finish() {
	echo "${0##*/}: $passed passed, $failed failed"
	[ "$failed" = 0 ]
}
