#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# scripts/initramfs against a made-up kernel package and made-up network tools, so that it needs
# neither kernels/ nor the guest's programs, only busybox-static, kmod, cpio and gcc.
set -euo pipefail

# shellcheck source=tests/scripts/lib.sh
. "$(dirname "$0")/lib.sh"
export PATH=$PATH:/usr/sbin:/sbin

needs busybox kmod cpio gcc

# ---------------------------------------------------------------- a machine with known programs --

tools=(bash basename cat chmod cp cpio dirname find grep ldd ln mkdir mktemp mv realpath rm sed
	sort touch kmod depmod modinfo modprobe dash env nice timeout xargs)
stubs=(ip devlink ethtool tcpdump iperf3 sockperf)
mkdir "$work/bin"
for tool in "${tools[@]}"; do
	ln -s "$(type -P "$tool")" "$work/bin/$tool"
done
# A copy, since what this test looks for is a script that writes over it.
cp "$(type -P busybox)" "$work/bin/busybox"
cp "$work/bin/busybox" "$work/busybox-before"
for stub in "${stubs[@]}"; do
	printf '#!/bin/sh\necho %s\n' "$stub" >"$work/bin/$stub"
	chmod +x "$work/bin/$stub"
done

# make_module PATH [SYMBOL-IT-NEEDS]: exports a symbol of its own name, as depmod sees it.
make_module() {
	local path=$work/kernel/lib/modules/9.9-lab/kernel/$1.ko name
	name=$(basename "$1" | tr - _)
	mkdir -p "$(dirname "$path")"
	{
		echo ".section .modinfo, \"a\""
		echo ".asciz \"name=$name\""
		echo ".asciz \"depends=${2:-}\""
		echo ".section __ksymtab_strings, \"aMS\", @progbits, 1"
		echo ".asciz \"use_$name\""
		[ -z "${2:-}" ] || printf '.data\n.quad use_%s\n' "$2"
	} | gcc -c -x assembler -o "$path" -
}

make_module drivers/hv/hv_vmbus
make_module drivers/net/hv_netvsc hv_vmbus
make_module drivers/pci/pci-hyperv hv_vmbus
make_module drivers/net/mlxfw
make_module drivers/net/mlx5_core mlxfw
make_module drivers/infiniband/mlx5_ib mlx5_core
make_module drivers/uio/uio_hv_generic hv_vmbus
make_module net/nf_tables
make_module drivers/net/bonding/bonding
make_module net/bridge/bridge
make_module drivers/net/macvlan
make_module drivers/net/netconsole
make_module net/8021q
make_module net/extra_dep
make_module net/extra extra_dep
make_module net/asked_for
make_module net/not_wanted
touch "$work/kernel/lib/modules/9.9-lab"/modules.{order,builtin,builtin.modinfo}
depmod -b "$work/kernel" 9.9-lab
# Ours, as built outside of the kernel's tree.
make_module ours extra
mv "$work/kernel/lib/modules/9.9-lab/kernel/ours.ko" "$work/ours.ko"

# ----------------------------------------------------------------------------------- checking --

build() {
	PATH=$work/bin "$here/scripts/initramfs" --kernel "$work/kernel" "$@"
}

# Builds and looks for what must be in the image and what must not.
has() { grep -qx -- "$1" "$work/list" && echo yes || echo no; }

# refused NAME TEXT ARGUMENTS...: it fails, says TEXT, and leaves no image.
refused() {
	local name=$1 text=$2 said status=0
	shift 2
	rm -f "$work/refused"
	said=$(build --out "$work/refused" "$@" 2>&1) || status=$?
	check "$name: fails" 1 "$status"
	check "$name: says why" yes "$([[ $said == *"$text"* ]] && echo yes || echo "$said")"
	check "$name: no image" no "$(ls "$work"/refused* >/dev/null 2>&1 && echo yes || echo no)"
}

m=usr/lib/modules/9.9-lab
echo hello >"$work/data.txt"
build --out "$work/guest" --module asked_for --add "$work/ours.ko" --add "$work/data.txt" \
	--add "$work/bin/bash" --add "$work/data.txt:/opt/deep/data"
cpio -t --quiet <"$work/guest" >"$work/list"

present=(init usr/bin/busybox usr/bin/dash usr/bin/sh usr/bin/awk usr/bin/modprobe usr/bin/kmod
	usr/bin/hostctl "${stubs[@]/#/usr/bin/}"
	"$m/kernel/drivers/hv/hv_vmbus.ko" "$m/kernel/drivers/net/hv_netvsc.ko"
	"$m/kernel/drivers/pci/pci-hyperv.ko" "$m/kernel/drivers/net/mlxfw.ko"
	"$m/kernel/drivers/net/mlx5_core.ko" "$m/kernel/drivers/infiniband/mlx5_ib.ko"
	"$m/kernel/net/8021q.ko" "$m/kernel/net/extra.ko" "$m/kernel/net/extra_dep.ko"
	"$m/kernel/net/asked_for.ko" "$m/extra/ours.ko" "$m/modules.dep.bin" "$m/modules.alias.bin"
	root/data.txt opt/deep/data usr/bin/bash usr/lib64/ld-linux-x86-64.so.2)
for path in "${present[@]}"; do
	check "the image has $path" yes "$(has "$path")"
done
check 'a module nobody asked for is left out' no "$(has "$m/kernel/net/not_wanted.ko")"
check 'libraries come along' yes "$(has '.*/libc\.so\.6')"

mkdir "$work/unpacked"
(cd "$work/unpacked" && cpio -id --quiet <"$work/guest")
check 'our module is in modules.dep' 'extra/ours.ko: kernel/net/extra.ko kernel/net/extra_dep.ko' \
	"$(grep '^extra/ours.ko' "$work/unpacked/$m/modules.dep")"
check 'modules.dep names nothing that is not packed' '' \
	"$(grep not_wanted "$work/unpacked/$m/modules.dep" || true)"
check 'sh is not the one of busybox' dash "$(readlink "$work/unpacked/usr/bin/sh")"
check 'a program stays before the applet of its name' ip "$("$work/unpacked/usr/bin/ip")"
check 'owners are root' '0 0' \
	"$(cpio -tvn --quiet <"$work/guest" | sed 's/  */ /g' | cut -d' ' -f3,4 | sort -u)"

check 'no link leads out of the image' '' \
	"$(find "$work/unpacked" -type l -lname '/*' -printf '%P -> %l\n')"
check 'the folder / is not for everybody' 'drwxr-xr-x' \
	"$(cpio -tv --quiet <"$work/guest" | sed -n 's|^\([^ ]*\) .* \.$|\1|p')"
check 'that for temporary files is' 'drwxrwxrwt' \
	"$(cpio -tv --quiet <"$work/guest" | sed -n 's|^\([^ ]*\) .* var/tmp$|\1|p')"
check '/var/run is /run' ../run "$(readlink "$work/unpacked/var/run")"

touch "$work/data.txt" "$work/ours.ko" "$work/bin/ip"
build --out "$work/again" --module asked_for --add "$work/ours.ko" --add "$work/data.txt" \
	--add "$work/bin/bash" --add "$work/data.txt:/opt/deep/data"
check 'the same inputs give the same bytes' same \
	"$(cmp "$work/guest" "$work/again" >/dev/null && echo same)"

# Names that are links in the image: of an applet, of the shell, of kmod; alone, through another
# name of the folder, and in a folder that is laid over one of the image's.
mkdir -p "$work/over/bin"
for name in tc:of-applet sh:of-shell lsmod:of-kmod; do
	printf '#!/bin/sh\necho %s\n' "${name#*:}" >"$work/over/bin/${name%:*}"
	chmod +x "$work/over/bin/${name%:*}"
done

# over_links NAME ARGUMENTS...: with those files added, nothing but the links is another.
over_links() {
	local image=$1 u=$work/unpacked-$1/usr/bin
	shift
	cp "$work/busybox-before" "$work/bin/busybox"
	build --out "$work/$image" "$@"
	mkdir "$work/unpacked-$image"
	(cd "$work/unpacked-$image" && cpio -id --quiet <"$work/$image")
	check "$image: busybox outside is as it was" same \
		"$(cmp -s "$work/busybox-before" "$work/bin/busybox" && echo same)"
	check "$image: so is the image's own" same \
		"$(cmp -s "$work/busybox-before" "$u/busybox" && echo same)"
	check "$image: a file in place of an applet" of-applet "$("$u/tc")"
	check "$image: in place of the shell" of-shell "$("$u/sh")"
	check "$image: which is whole" same "$(cmp -s "$(type -P dash)" "$u/dash" && echo same)"
	check "$image: in place of a name of kmod" of-kmod "$("$u/lsmod")"
	check "$image: which is whole, too" same \
		"$(cmp -s "$(type -P kmod)" "$u/kmod" && echo same)"
}
over_links links --add "$work/over/bin/tc" --add "$work/over/bin/sh:/bin/sh" \
	--add "$work/over/bin/lsmod:/sbin/lsmod"
over_links folder --add "$work/over/bin:/usr"

# What a set has is the machine's own: it is in the image, or its package is named.
# set_of NAME PROGRAM PACKAGE PATH...
set_of() {
	local name=$1 program=$2 package=$3 path
	shift 3
	if [ ! -x "$program" ]; then
		refused "--with $name" "package $package" --with "$name"
		return
	fi
	build --out "$work/set" --with "$name"
	cpio -t --quiet <"$work/set" >"$work/list"
	for path; do
		check "--with $name has $path" yes "$(has "$path")"
	done
}
set_of rdma /usr/bin/ibv_devices ibverbs-utils usr/bin/ibv_devices usr/bin/ibv_devinfo \
	etc/libibverbs.d/mlx5.driver 'usr/lib/.*/libibverbs/libmlx5-rdmav[0-9]*\.so' \
	'usr/lib/.*/libibverbs\.so\.1'
check '--with rdma is without DPDK' no "$(has '.*/librte_.*')"
set_of dpdk /usr/bin/dpdk-testpmd dpdk-dev usr/bin/dpdk-testpmd usr/bin/ibv_devinfo \
	'usr/lib/.*/dpdk/pmds-.*/librte_mempool_ring\.so\..*\..*' \
	'usr/lib/.*/dpdk/pmds-.*/librte_net_netvsc\.so\..*\..*' \
	'usr/lib/.*/librte_net_mlx5\.so\..*' \
	"$m/kernel/drivers/uio/uio_hv_generic.ko"
set_of stack /bin/true none "$m/kernel/drivers/net/bonding/bonding.ko" \
	"$m/kernel/net/bridge/bridge.ko" "$m/kernel/drivers/net/netconsole.ko"
status=0
build --out "$work/set" --with everything >"$work/said" 2>&1 || status=$?
check 'a set nobody knows' '2 initramfs: --with is rdma, dpdk or stack, not everything' \
	"$status $(head -n 1 "$work/said")"

refused 'a missing module' nosuch --module nosuch
refused 'a missing file' 'there is no /nonexistent' --add /nonexistent
refused 'a path out of the image' 'leaves the image' --add "$work/data.txt:/../data.txt"
refused 'a path back out of a folder' 'leaves the image' --add "$work/data.txt:/usr/../../data.txt"
refused 'a path that is above' 'leaves the image' --add "$work/data.txt:/usr/.."
refused 'a path below a file' 'is no folder' --add "$work/data.txt:/usr/bin/tc/data.txt"
refused 'a missing program' nosuch --program nosuch
refused 'a host without init' /init --role host --module hv_vmbus
mv "$work/bin/sockperf" "$work/sockperf"
refused 'a program whose package is known' 'package sockperf'
mv "$work/sockperf" "$work/bin/sockperf"
rm "$work/kernel/lib/modules/9.9-lab/modules.dep.bin"
refused 'a kernel without modules.dep' depmod

finish
