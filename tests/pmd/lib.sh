# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What the cases of the DPDK driver have in common. They run on this machine, as any user, in
# namespaces of their own that tools/lab/accelnet-native makes: eth0 of the simulated host is there,
# its VF behind look-alikes of libibverbs and libmlx5.
# shellcheck source=tests/lab/host-lib.sh
. tests/lab/host-lib.sh

bin=build/tests/pmd
native=tools/lab/accelnet-native
# shellcheck disable=SC2034 # the cases use them
plugin=build/pmd/librte_net_accelnet.so
# shellcheck disable=SC2034
ini=pmd/features/accelnet.ini

section() { echo "== $*"; }

built() {
	local file
	for file; do
		[ -x "$file" ] || skip "$file is not built: scripts/deps says what is missing"
	done
}

# EAL's options for a program of ours. Small memory, no hugepages, nothing below /var/run.
# One lcore on the first core: a thread that moves between cores leaves frames on eth0 in both
# cores' backlogs, in no order. The simulated device takes the last.
first_core=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status)
eal=(--lcores "0@$first_core" --no-huge --no-shconf -m 512 --no-telemetry --log-level=lib.eal:error)

# port DRIVER[,ARGUMENTS]: EAL's options for port 0 of that driver.
port() {
	local driver=${1%%,*} arguments=
	[ "$driver" = "$1" ] || arguments=,${1#*,}
	case $driver in
	mlx5) echo "-a $(vf_address)$arguments" ;;
	accelnet) echo "--no-pci --vdev net_accelnet0,iface=eth0$arguments" ;;
	ring) echo "--no-pci --vdev net_ring0" ;;
	null) echo "--no-pci --vdev net_null0$arguments" ;;
	*) fail "no driver $driver" ;;
	esac
}

# The VF's place on PCI is the same in every native run.
vf_address() { echo "${ACCELNET_VF_ADDRESS:-ac00:00:02.0}"; }

# on HOST-OPTIONS... -- COMMAND...: runs it on a simulated host.
on() { "$native" "$@"; }

# with_mtu MTU COMMAND...: on the simulated host, whose NIC has that MTU, as its driver sets it on
# both.
with_mtu() {
	sh -c 'ip link set eth0 mtu "$0" && ip link set enP44032s2 mtu "$0" && exec "$@"' "$@"
}
export -f with_mtu

# traffic PORT [OPTIONS...]: the traffic test on the simulated host whose peer returns all, or
# without a host for ring and null.
traffic() {
	local port=$1 host=(env)
	shift
	case $port in
	ring | null*) ;;
	*) host=("$native" --queues 8 --peer reflect --) ;;
	esac
	[ -z "${mtu:-}" ] || host+=(bash -c 'with_mtu "$@"' bash "$mtu")
	# shellcheck disable=SC2046
	"${host[@]}" "$bin/traffic" "${eal[@]}" $(port "$port") -- "$@"
}

# passes TEXT COMMAND...: status 0; what it said is shown else. A machine so busy that the simulated
# device stood still for longer than the driver's watchdog waits proves nothing: again, then.
passes() {
	local text=$1 status times
	shift
	for times in 1 2 3; do
		status=0
		"$@" >"$said" 2>&1 </dev/null || status=$?
		if [ "$status" = 0 ] || ! grep -q 'completions came after all' "$said"; then
			break
		fi
		echo "again: the machine was too busy for the simulated device ($times)"
	done
	[ "$status" = 0 ] || fail "$text: status $status of $*"
	ok "$text: $(grep -E '^(sent|traffic:)' "$said" | head -n 1)"
}

# fails TEXT PATTERN COMMAND...: status 1, and it says PATTERN.
fails() {
	local text=$1 pattern=$2
	shift 2
	says 1 "$pattern" "$@"
	ok "$text"
}
