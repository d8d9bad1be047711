# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034 # "failed" is for who reads this
#
# What scripts/style and scripts/analyze have in common: what a check prints are findings.

program=${0##*/}
say() { printf '%s: %s\n' "$program" "$*"; }
die() { printf '%s: %s\n' "$program" "$*" >&2; exit 1; }

# check WHAT COMMAND...: failed is 1 once one has found something.
failed=0
check() {
	local what=$1 said status=0
	shift
	said=$("$@" 2>&1) || status=$?
	if [ -z "$said" ] && [ $status = 0 ]; then
		say "$what: ok"
	else
		printf '%s\n' "${said:-status $status}"
		say "$what: see above"
		failed=1
	fi
}
