# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=dash
#
# Runs in the lab's guest: both drivers of the synthetic NIC over both paths, in one boot, turn and
# turn about, so that a slow minute of the machine hits all of them. A line a measurement:
# driver path what value unit. ROUNDS and SECONDS_EACH come from the environment.
set -u
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-4}
PEER=10.77.0.1
uuid=$(basename "$(readlink /sys/class/net/eth0/device)")
vmbus=/sys/bus/vmbus

die() { echo "bench: $*" >&2; exit 1; }

# hand DRIVER: the NIC is that driver's, configured, and its VF carries the traffic.
hand() {
	old=$(basename "$(readlink "$vmbus/devices/$uuid/driver")")
	if [ "$old" != "$1" ]; then
		case $1 in
		accelnet) echo accelnet >"$vmbus/devices/$uuid/driver_override" ;;
		*) printf '\n' >"$vmbus/devices/$uuid/driver_override" ;;
		esac
		echo "$uuid" >"$vmbus/drivers/$old/unbind"
		echo "$uuid" >"$vmbus/drivers/$1/bind" || die "$1 does not take the NIC"
	fi
	name=$(ls "$vmbus/devices/$uuid/net") || die "$1: no interface"
	[ "$name" = eth0 ] || ip link set "$name" name eth0
	ip link set eth0 up
	ip addr replace 10.77.0.2/24 dev eth0
	hostctl wait vf 60 || die "$1: the VF does not carry the traffic"
	sleep 1
}

# path vf|synthetic
path() {
	if [ "$1" = synthetic ]; then
		hostctl vf eject 0 && hostctl wait absent 60 || die 'the VF does not go'
	elif ! hostctl wait vf 0 >/dev/null 2>&1; then
		hostctl vf add 0 && hostctl wait vf 60 || die 'the VF does not come'
	fi
	sleep 1
	ping -c 3 -i 0.2 $PEER >/dev/null || die "no way to the peer over $1"
}

# field NAME of hostctl stats, summed over the NIC's paths and directions.
packets() { hostctl stats | grep -o '"packets":[0-9]*' | awk -F: '{n += $2} END {print n}'; }
exits() { hostctl stats | grep -o '"exits":[0-9]*' | cut -d: -f2; }

# quantiles of numbers on standard input: median and 99th percentile
quantiles() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)], v[int(NR * 0.99 + 0.5)]}'; }

measure() { # DRIVER PATH
	ping -c 200 -i 0.02 $PEER | sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | quantiles |
		while read -r median p99; do
			echo "$1 $2 ping-median $median ms"
			echo "$1 $2 ping-p99 $p99 ms"
		done
	for direction in up down; do
		reverse=
		[ $direction = up ] || reverse=-R
		before=$(packets) exits_before=$(exits)
		rate=$(iperf3 -c $PEER -t "$SECONDS_EACH" -f m $reverse |
			awk '/receiver/ {print $7}')
		moved=$(($(packets) - before)) left=$(($(exits) - exits_before))
		echo "$1 $2 tcp-$direction ${rate:-failed} Mbit/s"
		[ $moved -gt 0 ] &&
			echo "$1 $2 exits-$direction $((left * 1000 / moved)) per-1000-packets"
	done
}

modprobe accelnet || die 'accelnet.ko does not load'
round=0
while [ $round -lt "$ROUNDS" ]; do
	for driver in hv_netvsc accelnet; do
		hand $driver
		for way in vf synthetic; do
			path $way
			measure $driver $way
		done
		path vf
	done
	round=$((round + 1))
done
