#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# tools/lab/accelnet-native: what CMD sees, its status, that nothing stays. Programs that use verbs
# are the PMD's cases (tests/pmd); here libibverbs' own ibv_devices does.
set -euo pipefail

# shellcheck source=tests/scripts/lib.sh
. "$(dirname "$0")/lib.sh"
export PATH=$PATH:/usr/sbin:/sbin TMPDIR=$work

native=$here/tools/lab/accelnet-native
needs ip
[ -x "$native" ] || {
	echo "native_test.sh: skipped: accelnet-native is not built (make verbs)"
	exit 77
}
"$native" -- true 2>"$work/why" || {
	echo "native_test.sh: skipped: no namespaces here: $(cat "$work/why")"
	exit 77
}

# left: what a run has left in $TMPDIR.
left() { find "$work" -maxdepth 1 -name 'accelnet-native*'; }

# status COMMAND...: its exit status; what it says is not wanted.
status() {
	local s=0
	"$@" >/dev/null 2>&1 || s=$?
	echo "$s"
}

# --------------------------------------------------------------------- statuses and options ----

check 'CMD'\''s status' 7 "$(status "$native" -- sh -c 'exit 7')"
check 'killed by a signal' 137 "$(status "$native" -- sh -c 'kill -9 $$')"
check 'not there' 127 "$(status "$native" -- /no/such/program)"
check 'not a program' 126 "$(status "$native" -- /dev/null)"
check 'no CMD' 64 "$(status "$native")"
check 'no such peer' 64 "$(status "$native" --peer nobody -- true)"
check 'too many queues' 64 "$(status "$native" --queues 65 -- true)"
check 'no number of queues' 64 "$(status "$native" --queues 2x -- true)"
check 'no such folder' 123 "$(status "$native" --pcap "$work/none" -- true)"
check 'no address' 123 "$(status "$native" --address 10.0.0.1 -- true)"
check 'help' 0 "$(status "$native" --help)"

# --------------------------------------------------------------------------- what CMD sees ----

seen() { "$native" "$@"; }
links=$(seen -- ip -br link)
check 'interfaces' 'enP44032s2 eth0 lab0 lab1 lo' \
	"$(awk '{ sub("@.*", "", $1); print $1 }' <<<"$links" | sort | tr '\n' ' ' | sed 's/ $//')"
check 'one MAC for both' 2 "$(grep -c 00:0d:3a:11:22:33 <<<"$links")"
check 'no route without an address' '' "$(seen -- ip route)"
check 'an address' '10.1.2.0/24 dev eth0 proto kernel scope link src 10.1.2.3' \
	"$(seen --address 10.1.2.3/24 -- ip route | sed 's/ *$//')"
check 'queues' 6 "$(seen --queues 6 -- sh -c 'ls -d /sys/class/net/eth0/queues/tx-* | wc -l')"
# shellcheck disable=SC2016
check 'sysfs pairs them' enP44032s2 \
	"$(seen -- sh -c 'cd $ACCELNET_SYSFS/class/net/eth0 && ls -d lower_*' | sed s/lower_//)"
# shellcheck disable=SC2016
check 'no link of it dangles' '' \
	"$(seen -- sh -c 'find $ACCELNET_SYSFS -type l ! -exec test -e {} \; -print')"
# shellcheck disable=SC2016
check 'the kernel'\''s files are real' 1400 \
	"$(seen -- sh -c 'ip link set eth0 mtu 1400; cat $ACCELNET_SYSFS/class/net/eth0/mtu')"
# shellcheck disable=SC2016
check 'verbs are the lab'\''s' "$here/build/verbs/libibverbs.so.1" \
	"$(seen -- sh -c 'ldd $(command -v ibv_devices || command -v dpdk-testpmd)' 2>/dev/null |
		sed -n 's/.*=> \(.*libibverbs.so.1\) .*/\1/p')"

# --------------------------------------------------------------------------------- hostctl ----

check 'no words' 2 "$(status "$native" -- hostctl)"
check 'nobody to ask' 125 "$(status env -u ACCELNET_LAB_CONTROL "$here/build/verbs/hostctl" stats)"

# ---------------------------------------------------------------------------- nothing stays ----

# shellcheck disable=SC2016
seen -- sh -c 'sleep 98765 & echo $$ >"$TMPDIR/pid"' # in a process namespace of its own
check 'no file' '' "$(left)"
check 'no process' '' "$(pgrep -f 'sleep 98765' || true)"
"$native" -- sh -c 'sleep 60' &
launcher=$!
sleep 0.5
kill -TERM $launcher
wait $launcher || terminated=$?
check 'a signal is CMD'\''s' 143 "${terminated:-0}"
check 'no file after a signal' '' "$(left)"

finish
