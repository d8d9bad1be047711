#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=dash
#
# What scripts/demo shows, inside the VM: the pair, ping and a stream over the VF, the VF taken
# away under traffic (announced, then torn out) and given back, and a report. Counted by the host:
# `hostctl stats` says which path each frame took. Ends with status 1 at the first thing that does
# not happen.

# shellcheck source=tests/lab/lib.sh
. /root/lib.sh

MS=5 # between two pings

title() { printf '\n%s\n' "$*"; }
say() { printf '  %s\n' "$*"; }
show() {
	printf '  $ %s\n' "$*"
	"$@" 2>&1 | sed 's/^/      /'
}
fail() {
	printf '\ndemo: %s\n' "$*"
	hostctl stats | flatten | grep -v ' 0$' | sed 's/^/      /'
	exit 1
}
need() {
	_what=$1
	shift
	"$@" >/tmp/need 2>&1 || { cat /tmp/need; fail "$_what"; }
}
check_says() {
	_want=$1
	_tries=50
	while accelnet check eth0 >/tmp/verdict 2>&1; [ $? -ne "$_want" ]; do
		_tries=$((_tries - 1))
		[ $_tries -gt 0 ] ||
			{ cat /tmp/verdict; fail "accelnet check does not end with $_want"; }
		sleep 0.2
	done
}
centiseconds() { awk '{ printf "%d", $1 * 100 }' /proc/uptime; }
lines() { wc -l </tmp/pings | tr -d ' '; }

# measure PATH: ping and a stream over it. Sets rtt and rate.
measure() {
	_before=$(path_packets 0 "$1") _beside=$(path_packets 0 "$(other_path "$1")")
	need 'the peer does not answer every ping' ping_ok "$PEER" -c 20 -i 0.05
	rtt=$(sed -n 's|.*min/avg/max = [0-9.]*/\([0-9.]*\)/.*|\1|p' /tmp/ping)
	need 'the stream does not get through' iperf "$PEER" -t 3
	rate=$(iperf_said)
	_took=$(($(path_packets 0 "$1") - _before))
	_beside=$(($(path_packets 0 "$(other_path "$1")") - _beside))
	[ $_took -ge 100 ] || fail "only $_took packets took the $1 path"
	[ $_beside -le $((_took / 10 + 4)) ] || fail "$_beside packets did not take the $1 path"
	say "20 of 20 pings answered, $rtt ms on average; stream: $rate"
	say "by the host's count: $_took packets on the $1 path, $_beside on the other"
}

# revoke WORD: takes the VF and gives it back; what it cost goes to /tmp/WORD.
revoke() {
	_from=$(lines) _start=$(centiseconds)
	need "the host cannot take the VF" hostctl vf "$1" 0
	need "the guest does not let go of the VF" hostctl wait absent 60
	_gone=$(($(centiseconds) - _start))
	_left=$(lines) # answers from here on came without a VF
	check_says 1
	sleep 1
	show accelnet status
	[ "$(path_packets 0 synthetic)" -gt 0 ] || fail 'nothing takes the synthetic path'
	kill -0 "$stream" 2>/dev/null || { cat /tmp/stream; fail 'the stream broke'; }
	_without=$(lines) _start=$(centiseconds)
	need 'the host cannot give the VF back' hostctl vf add 0
	need 'the data path does not return to the VF' hostctl wait vf 60
	_back=$(($(centiseconds) - _start))
	check_says 0
	sleep 1
	kill -0 "$stream" 2>/dev/null || { cat /tmp/stream; fail 'the stream broke'; }
	[ "$_without" -gt "$_left" ] || fail 'no ping was answered while the VF was away'
	say "gone in ${_gone}0 ms, back in ${_back}0 ms; the stream goes on"
	{
		losses /tmp/pings "$_from" "$_without" $MS
		losses /tmp/pings "$_without" "$(lines)" $MS
	} | tr '\n' ' ' >"/tmp/$1"
}

# ------------------------------------------------------------------------------- the parts --

title 'The pair'
need 'eth0 has no VF' has_vf 0
vf=$(vf_of 0)
say "eth0  $(ethtool -i eth0 | sed -n 's/^driver: //p'), the NIC that has the address"
say "$vf  $(ethtool -i "$vf" | sed -n 's/^driver: //p'), the virtual function below it, $(pci_of 0)"
need 'the data path is not on the VF' hostctl wait vf 60
check_says 0
show accelnet status

title 'Over the VF'
measure vf
vf_rtt=$rtt vf_rate=$rate

title 'A stream and 200 pings a second; the host announces that it takes the VF, and takes it'
iperf3 -c "$PEER" -t 3600 -i 1 --forceflush >/tmp/stream 2>&1 &
stream=$!
ping -i 0.005 -W 3 "$PEER" >/tmp/pings 2>&1 &
pinger=$!
sleep 2
revoke eject

title 'Under the same traffic, the host tears the VF out without a word'
revoke surprise
kill -INT $stream $pinger
wait $stream $pinger

title 'Without a VF'
need 'the host cannot take the VF' hostctl vf eject 0
need 'the guest does not let go of the VF' hostctl wait absent 60
measure synthetic
syn_rtt=$rtt syn_rate=$rate
need 'the host cannot give the VF back' hostctl vf add 0
need 'the data path does not return to the VF' hostctl wait vf 60

title 'Over the VF again'
measure vf
check_says 0
show accelnet status
show accelnet check

[ "$(checksum_errors)" = 0 ] || fail 'packets were damaged'
if dmesg | grep -E 'BUG:|WARNING:|Oops|Call Trace'; then
	fail 'the kernel has something to say'
fi

# ------------------------------------------------------------------------------ the report --

row() { printf '  %-34s %10s %8s %14s\n' "$@"; }
title 'Report'
row 'path' 'ping' '' 'stream'
row 'VF' "$vf_rtt ms" '' "${vf_rate%%,*}"
row 'synthetic, without a VF' "$syn_rtt ms" '' "${syn_rate%%,*}"
row 'VF, after both removals' "$rtt ms" '' "${rate%%,*}"
echo
row 'event, under stream and pings' 'pings' 'lost' 'longest gap'
for word in eject surprise; do
	name='announced'
	[ $word = eject ] || name='surprise'
	# shellcheck disable=SC2046
	set -- $(cat /tmp/$word)
	row "$name: the VF goes" "$2" "$1" "$3 ms"
	row "$name: the VF returns" "$5" "$4" "$6 ms"
done
echo
say 'The stream never broke, no packet was damaged, the kernel had no complaint.'
