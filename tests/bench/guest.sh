# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=dash
#
# Runs in the lab's guest: both drivers of the synthetic NIC over both paths, in one boot, turn and
# turn about, so that a slow minute of the machine hits all of them. A line a measurement:
# driver path what value unit. ROUNDS and SECONDS_EACH come from the environment.
#
# Code that runs for the first time is being translated on an emulated machine: each stream's first
# second is left out, and one round goes before the first that counts.
set -u
# shellcheck source=tests/lab/lib.sh
. /root/lib.sh
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-4}
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
		{ hostctl vf eject 0 && hostctl wait absent 60; } || die 'the VF does not go'
	elif ! hostctl wait vf 0 >/dev/null 2>&1; then
		{ hostctl vf add 0 && hostctl wait vf 60; } || die 'the VF does not come'
	fi
	sleep 1
	ping -c 3 -i 0.2 $PEER >/dev/null || die "no way to the peer over $1"
}

# field NAME of hostctl stats, summed over the NIC's paths and directions.
packets() { hostctl stats | grep -o '"packets":[0-9]*' | awk -F: '{n += $2} END {print n}'; }
exits() { hostctl stats | grep -o '"exits":[0-9]*' | cut -d: -f2; }

# quantiles of numbers on standard input: median and 99th percentile
quantiles() {
	sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)], v[int(NR * 0.99 + 0.5)]}'
}

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
		# shellcheck disable=SC2086
		rate=$(iperf3 -c $PEER -O 1 -t "$SECONDS_EACH" -f m $reverse |
			awk '/receiver/ {print $7}')
		moved=$(($(packets) - before)) left=$(($(exits) - exits_before))
		echo "$1 $2 tcp-$direction ${rate:-failed} Mbit/s"
		[ $moved -gt 0 ] &&
			echo "$1 $2 exits-$direction $((left * 1000 / moved)) per-1000-packets"
	done
}

answers() { wc -l </tmp/pings; }

# The VF is taken away and given back under a stream and 200 pings a second.
removal() { # DRIVER eject|surprise
	iperf3 -c $PEER -t 600 >/dev/null 2>&1 &
	stream=$!
	ping -i 0.005 -W 3 $PEER >/tmp/pings 2>&1 &
	pinger=$!
	sleep 2
	from=$(answers)
	{ hostctl vf "$2" 0 && hostctl wait absent 60; } || die 'the VF does not go'
	{ hostctl vf add 0 && hostctl wait vf 60; } || die 'the VF does not come'
	sleep 1
	to=$(answers)
	kill -INT $stream $pinger
	wait $stream $pinger
	losses /tmp/pings "$from" "$to" 5 | while read -r lost sent gap; do
		echo "$1 $2 lost $((lost * 1000 / (sent + !sent))) per-1000-pings"
		echo "$1 $2 gap $gap ms"
	done
}

# once DRIVER: everything, both paths.
once() {
	hand "$1"
	for way in vf synthetic; do
		path $way
		measure "$1" $way
	done
	path vf
	for how in eject surprise; do
		removal "$1" $how
	done
}

# The tool, 20 times over; /proc/uptime counts hundredths of a second.
tool() {
	before=$(cut -d' ' -f1 /proc/uptime)
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		accelnet status >/dev/null
	done
	echo "$before $(cut -d' ' -f1 /proc/uptime)" |
		awk -v driver="$1" '{print driver, "tool", "status", ($2 - $1) * 50, "ms"}'
}

modprobe accelnet || die 'accelnet.ko does not load'
echo 'bench: a round that does not count' >&2
for driver in hv_netvsc accelnet; do
	once $driver >/dev/null
done
round=0
while [ $round -lt "$ROUNDS" ]; do
	for driver in hv_netvsc accelnet; do
		once $driver
		tool $driver
	done
	round=$((round + 1))
done
echo "lab memory beside-guest $(hostctl stats | sed 's/.*"overhead":\([0-9]*\).*/\1/' |
	awk '{print $1 / 1048576}') MiB"
