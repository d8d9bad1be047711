# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What the cases that run on this machine have in common. check_lab gives them LAB (the program),
# ROOT, and a TMPDIR of their own in which nothing may stay.
set -euo pipefail

scratch=$(mktemp -d /tmp/accelnet-case.XXXXXX)
said=$scratch/said
trap 'rm -rf "$scratch"' EXIT

ok() { echo "ok: $*"; }
fail() { echo "FAIL: $*"; cat "$said"; exit 1; }
skip() { echo "skip: $*"; exit 77; }

# says STATUS TEXT COMMAND...: it ends with that status, and TEXT (a basic regular expression) is
# in what it says.
says() {
	local want=$1 text=$2 status=0
	shift 2
	"$@" >"$said" 2>&1 </dev/null || status=$?
	[ "$status" = "$want" ] || fail "$*: status $status, not $want"
	grep -q -e "$text" "$said" || fail "$*: does not say '$text'"
	ok "$* -> $status: $(grep -m 1 -e "$text" "$said" || true)"
}

# The console log that the last says() was told of is there and not empty.
log_named_and_there() {
	local log
	log=$(sed -n 's/.*log kept: //p' "$said" | head -n 1)
	[ -s "${log:-/nonexistent}" ] || fail "no console log was kept"
	ok "console log: $log"
	rm -f "$log"
}

nothing_left() {
	local left
	left=$(ls -A "$TMPDIR")
	[ -z "$left" ] || fail "left in $TMPDIR: $left"
	ok "nothing left in $TMPDIR"
}
