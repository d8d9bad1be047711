# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=dash
# shellcheck disable=SC2034 # the cases use what is unused here
#
# What the lab's cases have in common; guest-run.sh reads it before the case. A case says what it
# checks as it goes, and ends with status 1 at the first thing that is not as it should be.
# Names: NIC is a number (0 is eth0), PATH vf or synthetic.

# Where the functions below write: the guest's own /tmp. Who calls them on the host names a folder.
: "${LIB_TMP:=/tmp}"

PEER=10.77.0.1
PEER6=fd77::1

# ---------------------------------------------------------------------------------- saying --

section() { echo "== $*"; }
ok() { echo "ok: $*"; }
note() { echo "    $*"; }
fail() { echo "FAIL: $*"; exit 1; }
skip() { echo "skip: $*"; exit 77; }

# check TEXT COMMAND...: the command succeeds.
check() {
	_text=$1
	shift
	if "$@" >"$LIB_TMP/check" 2>&1; then
		ok "$_text"
	else
		_status=$?
		cat "$LIB_TMP/check"
		fail "$_text ($* ended with $_status)"
	fi
}

# check_not TEXT COMMAND...: the command fails.
check_not() {
	_text=$1
	shift
	if "$@" >"$LIB_TMP/check" 2>&1; then
		cat "$LIB_TMP/check"
		fail "$_text ($* succeeded)"
	fi
	ok "$_text"
}

# check_status TEXT STATUS COMMAND...: it ends with that status.
check_status() {
	_text=$1 _want=$2
	shift 2
	"$@" >"$LIB_TMP/check" 2>&1
	_status=$?
	if [ "$_status" != "$_want" ]; then
		cat "$LIB_TMP/check"
		fail "$_text ($* ended with $_status, not $_want)"
	fi
	ok "$_text"
}

# said REGEX: it is in the output of the last check.
said() {
	grep -q -e "$1" "$LIB_TMP/check" || { cat "$LIB_TMP/check"; fail "does not say '$1'"; }
	ok "says '$1'"
}

# check_equal TEXT EXPECTED GOT
check_equal() {
	[ "$2" = "$3" ] || fail "$1: '$3' instead of '$2'"
	ok "$1: $3"
}

# check_least TEXT MINIMUM GOT
check_least() {
	[ "${3:--1}" -ge "$2" ] || fail "$1: '$3', at least $2 expected"
	ok "$1: $3"
}

# check_most TEXT MAXIMUM GOT
check_most() {
	[ "${3:-$(($2 + 1))}" -le "$2" ] || fail "$1: '$3', at most $2 expected"
	ok "$1: $3"
}

# wait_until SECONDS TEXT COMMAND...: it succeeds within that time.
wait_until() {
	_left=$(($1 * 5)) _text=$2
	shift 2
	until "$@" >"$LIB_TMP/check" 2>&1; do
		_left=$((_left - 1))
		if [ $_left -le 0 ]; then
			cat "$LIB_TMP/check"
			fail "$_text: not within the time ($*)"
		fi
		sleep 0.2
	done
	ok "$_text"
}

# option NAME DEFAULT: the value of --NAME the VM was booted with.
option() {
	# shellcheck disable=SC2086
	set -- "$1" "$2" $LAB_OPTIONS
	_name=--$1 _value=$2
	shift 2
	while [ $# -gt 0 ]; do
		[ "$1" != "$_name" ] || _value=$2
		shift
	done
	echo "$_value"
}

# --------------------------------------------------------------------------------- drivers --

VMBUS=/sys/bus/vmbus

# guid_of NIC: its instance on VMBus, the name in sysfs and devlink.
guid_of() { basename "$(readlink -f "/sys/class/net/eth$1/device")"; }

# driver_of GUID: its driver's name.
driver_of() { basename "$(readlink -f "$VMBUS/devices/$1/driver")"; }

# unbound GUID: the NIC is there and has no driver.
unbound() { [ -d "$VMBUS/devices/$1" ] && [ ! -e "$VMBUS/devices/$1/driver" ]; }

# give GUID: to accelnet.ko, as an administrator does it. A failed probe shows in who drives it.
give() {
	echo accelnet >"$VMBUS/devices/$1/driver_override"
	[ ! -e "$VMBUS/devices/$1/driver" ] || echo "$1" >"$VMBUS/devices/$1/driver/unbind"
	echo "$1" >"$VMBUS/drivers_probe" 2>/dev/null
}

# works: eth0 comes up and has an answer from the peer.
works() {
	wait_until 20 'eth0 is there' test -e /sys/class/net/eth0
	check 'up' ip link set eth0 up
	check 'address' ip addr replace 10.77.0.2/24 dev eth0
	wait_until 20 'the peer answers' replies "$PEER"
}

# -------------------------------------------------------------------------------- counters --

# JSON on standard input to lines "a.b.0.c value".
flatten() {
	awk '
	function look() {
		while (substr(s, i, 1) ~ /[ \t\r\n]/)
			i++
		return substr(s, i, 1)
	}
	function text(  from) {
		from = ++i
		while (substr(s, i, 1) != "\"")
			i += substr(s, i, 1) == "\\" ? 2 : 1
		return substr(s, from, i++ - from)
	}
	function value(path,  c, n, key) {
		c = look()
		if (c == "{" || c == "[") {
			i++
			n = 0
			if (look() == (c == "{" ? "}" : "]")) {
				i++
				return
			}
			do {
				if (c == "{") {
					look()
					key = text()
					look()
					i++
				} else
					key = n++
				value(path == "" ? key : path "." key)
				look()
			} while (substr(s, i++, 1) == ",")
			return
		}
		if (c == "\"") {
			print path, text()
			return
		}
		match(substr(s, i), /^[^],} \t\r\n]+/)
		print path, substr(s, i, RLENGTH)
		i += RLENGTH
	}
	{ s = s $0 "\n" }
	END { i = 1; value("") }'
}

# stat KEY: a number out of `hostctl stats`, as in stat nics.0.vf.tx.packets
stat() { hostctl stats | flatten | awk -v k="$1" '$1 == k { print $2 }'; }

# path_packets NIC PATH: what went both ways.
path_packets() {
	hostctl stats | flatten | awk -v k="nics.$1.$2." '
		$1 == k "rx.packets" || $1 == k "tx.packets" { n += $2 }
		END { print n + 0 }'
}

# path_drops NIC PATH: all reasons, both ways.
path_drops() {
	hostctl stats | flatten | awk -v k="nics.$1.$2." '
		index($1, k) == 1 && $1 ~ /\.drops\./ { n += $2 }
		END { print n + 0 }'
}

# ethstat DEV NAME: a statistic by its whole name.
ethstat() { ethtool -S "$1" | awk -v n="$2:" '$1 == n { print $2 }'; }

# Damaged packets that any protocol of this guest has seen so far.
checksum_errors() {
	awk '$1 ~ /:$/ && $1 == last {
		for (f = 2; f <= NF; f++)
			if (name[f] == "InCsumErrors")
				n += $f
		last = ""
		next
	}
	{ last = $1; split($0, name) }
	END { print n + 0 }' /proc/net/snmp /proc/net/netstat >"$LIB_TMP/csum"
	awk '$1 ~ /InCsumErrors$/ { n += $2 } END { print n + 0 }' /proc/net/snmp6 >>"$LIB_TMP/csum"
	awk '{ n += $1 } END { print n }' "$LIB_TMP/csum"
}

# ----------------------------------------------------------------------------------- paths --

# datapath NIC auto|synthetic|vf: accelnet.ko's devlink parameter.
datapath() { devlink dev param set "vmbus/$(guid_of "$1")" name datapath value "$2" cmode runtime; }

# vf_of NIC: the interface of the VF, or nothing.
vf_of() {
	for _lower in "/sys/class/net/eth$1/lower_"*; do
		[ -e "$_lower" ] && echo "${_lower##*/lower_}"
	done
}

# pci_of NIC: the VF's address on PCI.
pci_of() {
	_vf=$(vf_of "$1")
	[ -n "$_vf" ] && basename "$(readlink -f "/sys/class/net/$_vf/device")"
}

has_vf() { [ -n "$(vf_of "$1")" ]; }
has_no_vf() { [ -z "$(vf_of "$1")" ]; }

# on_path PATH [NIC]: moves the data path there, by the VF's interface going up or down.
on_path() {
	_nic=${2:-0}
	if [ "$1" = vf ]; then
		ip link set "$(vf_of "$_nic")" up
	else
		has_vf "$_nic" && ip link set "$(vf_of "$_nic")" down
	fi
	hostctl wait "$1" 30 "$_nic" || fail "eth$_nic does not get to the $1 path"
}

other_path() { [ "$1" = vf ] && echo synthetic || echo vf; }

# took PATH LEAST COMMAND...: it succeeds, LEAST packets took that path, next to none the other.
took() {
	_path=$1 _least=$2
	shift 2
	_here=$(path_packets 0 "$_path") _there=$(path_packets 0 "$(other_path "$_path")")
	check "$*" "$@"
	_here=$(($(path_packets 0 "$_path") - _here))
	_there=$(($(path_packets 0 "$(other_path "$_path")") - _there))
	[ $_here -ge "$_least" ] || fail "$_here packets took the $_path path, not $_least"
	[ $_there -le $((_here / 10 + 4)) ] ||
		fail "$_there packets did not take the $_path path ($_here did)"
	note "$_path: $_here packets, $(other_path "$_path"): $_there"
}

# --------------------------------------------------------------------------------- traffic --

# ping_ok HOST [OPTIONS...]: every ping is answered.
ping_ok() {
	_host=$1
	shift
	ping -q -W 3 "$@" "$_host" >"$LIB_TMP/ping" 2>&1 &&
		grep -q ' 0% packet loss' "$LIB_TMP/ping" && return
	cat "$LIB_TMP/ping"
	return 1
}

# replies HOST [OPTIONS...]: one answer is enough; to wait for a way to be there.
replies() {
	_host=$1
	shift
	ping -q -c 1 -W 1 "$@" "$_host"
}

# iperf HOST OPTIONS...: a test with the peer's server; its output is in /tmp/iperf.
iperf() {
	_host=$1 _try=0
	shift
	until iperf3 -c "$_host" --connect-timeout 5000 "$@" >"$LIB_TMP/iperf" 2>&1; do
		_try=$((_try + 1))
		# The server takes one test at a time and may still be ending the one before.
		if [ $_try -ge 5 ] || ! grep -q 'server is busy' "$LIB_TMP/iperf"; then
			cat "$LIB_TMP/iperf"
			return 1
		fi
		sleep 1
	done
}

# What the last iperf reached: "N Mbit/s", for TCP with its retransmissions.
iperf_said() {
	awk '/sender/ {
		for (f = 2; f <= NF; f++)
			if ($f ~ /bits\/sec/) {
				rate = $(f - 1) * ($f ~ /^G/ ? 1000 : $f ~ /^K/ ? 0.001 : 1)
				again = $(f + 1)
			}
	}
	END {
		printf "%d Mbit/s", rate
		if (again ~ /^[0-9]+$/)	# of a datagram stream it is the jitter
			printf ", %d retransmissions", again
		printf "\n"
	}' "$LIB_TMP/iperf"
}

# sockperf_answers [OPTIONS], udp_answers, tcp_answers: does the peer's sockperf answer?
sockperf_answers() {
	# Its exit status says nothing.
	timeout 10 sockperf ping-pong -i "$PEER" -p 11111 -t 1 --full-rtt "$@" \
		>"$LIB_TMP/sockperf" 2>&1
	_got=$(sed -n 's/.*ReceivedMessages=\([0-9]*\).*/\1/p' "$LIB_TMP/sockperf" | head -1)
	[ "${_got:-0}" -gt 0 ] || { cat "$LIB_TMP/sockperf"; return 1; }
}
udp_answers() { sockperf_answers; }
tcp_answers() { sockperf_answers --tcp; }

# forward PATH LEAST EAL-OPTIONS...: dpdk-testpmd sends a burst to the peer and back again what
# comes, until the host has counted LEAST packets on that path, each way. It is to end well, and to
# have counted what the host has; what it says is in /tmp/testpmd. The peer is --peer echo's, and
# the kernel must know it (/tmp/peer_mac) before DPDK has the NIC.
forward() {
	_path=nics.0.$1 _least=$2
	shift 2
	_mac=$(cat "$LIB_TMP/peer_mac") || fail 'the address of the peer is not known: peer_mac'
	_tx=$(stat "$_path.tx.packets") _rx=$(stat "$_path.rx.packets")
	if ! {
		echo 'show rxq info 0 0'
		echo 'show txq info 0 0'
		echo 'start tx_first'
		forwarded 30
		echo 'stop'
		echo 'quit'
	} | timeout -k 10 90 dpdk-testpmd -l 0,1 --no-telemetry "$@" -- -i --forward-mode=5tswap \
		--total-num-mbufs=20000 --tx-ip=10.77.0.2,"$PEER" --eth-peer=0,"$_mac" \
		>"$LIB_TMP/testpmd" 2>&1; then
		cat "$LIB_TMP/testpmd"
		fail "dpdk-testpmd $*"
	fi
	ok "dpdk-testpmd $*"
	_tx=$(($(stat "$_path.tx.packets") - _tx)) _rx=$(($(stat "$_path.rx.packets") - _rx))
	_sent=$(testpmd_count TX) _got=$(testpmd_count RX)
	check_least 'packets to the peer' "$_least" "$_sent"
	check_least 'and back' "$_least" "$_got"
	# What is on its way at the end was sent and did not come.
	check_most 'lost' 64 $((_sent - _got))
	check_most 'the host counted as many, to the peer' 100 "$(distance "$_sent" "$_tx")"
	check_most 'and back' 100 "$(distance "$_got" "$_rx")"
}

# forwarded SECONDS: waits for `forward` until enough has gone both ways, or so long.
forwarded() {
	_left=$(($1 * 2 * SLOWDOWN))
	until [ "$(stat "$_path.rx.packets")" -ge $((_rx + _least)) ] || [ $_left -le 0 ]; do
		_left=$((_left - 1))
		sleep 0.5
	done
}

# peer_mac: asks the kernel for the peer's address, for `forward`.
peer_mac() {
	ping_ok "$PEER" -c 3 -i 0.2 &&
		ip neigh show "$PEER" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p' >"$LIB_TMP/peer_mac" &&
		[ -s "$LIB_TMP/peer_mac" ]
}

# testpmd_count RX|TX: packets of all ports that the last `forward` counted.
testpmd_count() {
	awk -v k="$1-packets:" '$1 == k { n = $2 } END { print n + 0 }' "$LIB_TMP/testpmd"
}

# testpmd_said REGEX: it is in what the last `forward` said.
testpmd_said() {
	grep -q -e "$1" "$LIB_TMP/testpmd" || {
		cat "$LIB_TMP/testpmd"
		fail "dpdk-testpmd does not say '$1'"
	}
	ok "dpdk-testpmd says '$1'"
}

distance() { echo $(($1 > $2 ? $1 - $2 : $2 - $1)); }

# event_losses EVENTS LOG MS: for each line "WHAT N FROM TO" of EVENTS, in order, what became of the
# pings, sent each MS milliseconds, whose answers are LOG's lines FROM to TO:
# "WHAT N LOST SENT GAP", GAP being the longest time in ms without an answer that belongs to a ping.
event_losses() {
	awk -v ms="$3" '
	NR == FNR {
		what[++events] = $1 " " $2
		from[events] = $3
		to[events] = $4
		next
	}
	function close_event() {
		lost = gap = run = 0
		for (s = first; first != "" && s <= end; s++)
			if (s in seen)
				run = 0
			else {
				lost++
				if (++run > gap)
					gap = run
			}
		print what[e], lost, first == "" ? 0 : end - first + 1, gap * ms
		split("", seen)
		first = end = ""
		e++
	}
	function take() {
		if (e > events || FNR < from[e])
			return
		seen[seq] = 1
		if (first == "" || seq < first)
			first = seq
		if (end == "" || seq > end)
			end = seq
	}
	BEGIN { e = 1 }
	match($0, /seq=[0-9]+/) {
		seq = substr($0, RSTART + 4, RLENGTH - 4) + wraps
		if (seq + 32768 < last) {	# it has 16 bits
			wraps += 65536
			seq += 65536
		}
		if (seq > last)
			last = seq
		while (e <= events && FNR > to[e])
			close_event()
		take()
		# The line an event ends with is where the next one starts.
		while (e <= events && FNR == to[e]) {
			close_event()
			take()
		}
	}
	END {
		while (e <= events)
			close_event()
	}' "$1" "$2"
}

# losses LOG FROM TO MS: the same of one event, "LOST SENT GAP".
losses() {
	echo "event 0 $2 $3" >"$LIB_TMP/losses"
	event_losses "$LIB_TMP/losses" "$1" "$4" | cut -d' ' -f3-
}

# ----------------------------------------------------------------------------------- leaks --

# unknown_leaks: kmemleak's report on standard input, without what the kernel's own drivers are
# known to lose. pci-hyperv keeps the children of a bus whose channel is rescinded with them on it:
# hv_pci_bus_exit() returns before it frees them. Off the list, which ejected ones are (their first
# words then are the list's poison), they are to be freed. hv_vmbus keeps the driver_override of a
# device that goes: vmbus_device_release() does not free it.
unknown_leaks() {
	awk '
	function is_known() {
		if (block ~ /new_pcichild_device\+.*\[pci_hyperv\]/)
			return block !~ / ad de /
		return block ~ /driver_override_store\+.*\[hv_vmbus\]/
	}
	function finish() {
		if (!is_known())
			printf "%s", block
		block = ""
	}
	/^unreferenced object/ { finish() }
	{ block = block $0 "\n" }
	END { finish() }'
}
