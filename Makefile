# SPDX-License-Identifier: BSD-3-Clause
# accelnet: `make help` lists the targets.

BUILD   := build
CC      ?= gcc
CFLAGS  ?= -O2 -g
CPPFLAGS ?=
WERROR  ?= -Werror
V       ?= 0
Q       := $(if $(filter 0,$(V)),@)
say      = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' '$(1)' '$(2)')

WARN    := -Wall -Wextra -Wcomment -Wshadow -Wvla -Wstrict-prototypes $(WERROR)
LAB_CFLAGS := -std=gnu11 $(WARN) -pthread

# What the lab lacks here; its VMM, and the programs of its guests, are x86-64's.
MACHINE     := $(shell $(CC) -dumpmachine 2>/dev/null)
LAB_LACKS   := $(if $(filter x86_64-%,$(MACHINE)),$(if $(shell command -v iasl),,iasl),x86-64)

LAB_PARTIES := run nested host vmm vmbus netvsp vpci connectx fabric
LAB_SRC := $(wildcard tools/lab/*.c $(foreach p,$(LAB_PARTIES),tools/lab/$(p)/*.c))
LAB_OBJ := $(LAB_SRC:%.c=$(BUILD)/%.o)

GUEST_BIN := tools/lab/guest/labinit tools/lab/guest/hostctl
GUEST_SRC_labinit := $(addprefix tools/lab/guest/,\
	labinit.c command.c nic.c parameters.c port.c rtnl.c)
GUEST_SRC_hostctl := $(addprefix tools/lab/guest/,hostctl.c port.c)
GUEST_OBJ := $(sort $(patsubst %.c,$(BUILD)/%.o,$(GUEST_SRC_labinit) $(GUEST_SRC_hostctl)))

CHECK_LAB := $(BUILD)/tests/lab/check_lab

TOOL_PKGS    := libmnl json-c
TOOL_MISSING := $(shell for p in $(TOOL_PKGS); do \
	pkg-config --exists $$p 2>/dev/null || echo $$p; done)
TOOL_LIBS    := $(if $(TOOL_MISSING),,$(shell pkg-config --libs $(TOOL_PKGS)))
TOOL_CFLAGS  := $(if $(TOOL_MISSING),,$(shell pkg-config --cflags $(TOOL_PKGS)))
# Who belongs to whom, for the tool and the PMD; the states' names are the module's.
PAIR_SRC     := $(wildcard tools/pair/*.c) kmod/vf_state.c
PAIR_LIBS    := $(shell pkg-config --libs libmnl 2>/dev/null)
TOOL_SRC     := $(wildcard tools/accelnet/*.c) $(PAIR_SRC)
TOOL_OBJ     := $(TOOL_SRC:%.c=$(BUILD)/%.o)
TOOL         := tools/accelnet/accelnet

# The DPDK driver: librte_net_accelnet.so, for the DPDK that is installed, with the driver headers
# of its source (scripts/deps puts them in dpdk-sdk/).
PMD_PKGS    := libdpdk libibverbs libmlx5 libmnl libnftnl
PMD_MISSING := $(shell for p in $(PMD_PKGS); do \
	pkg-config --exists $$p 2>/dev/null || echo $$p; done) \
	$(if $(wildcard dpdk-sdk/ethdev_driver.h),,dpdk-sdk)
PMD_DPDK    := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags libdpdk 2>/dev/null))
PMD_CFLAGS  := $(PMD_DPDK) -isystem dpdk-sdk -DALLOW_INTERNAL_API -DALLOW_EXPERIMENTAL_API
PMD_LIBS     = $(shell pkg-config --libs libdpdk libibverbs libmlx5 libmnl libnftnl) -lrte_bus_vdev
PMD_SRC     := $(wildcard pmd/*.c) $(PAIR_SRC)
PMD_OBJ     := $(PMD_SRC:%.c=$(BUILD)/pic/%.o)
PMD_ABI     := 23
PMD_SO      := $(BUILD)/pmd/librte_net_accelnet.so

# What the kernel module is built against: KDIR= if given, kernels/KERNEL-headers if KERNEL= is,
# else the running kernel's headers, else the lab's default kernel. kbuild knows no blanks in paths.
RUNNING     := /lib/modules/$(shell uname -r)/build
KDIR        ?= $(if $(KERNEL),,$(patsubst %/Makefile,%,$(wildcard $(RUNNING)/Makefile)))
LAB_KERNEL  := $(or $(KERNEL),6.1)
BLANK_PATH  := $(filter-out 0 1,$(words $(CURDIR)) $(words $(KDIR)))
KMOD_KERNEL := $(if $(KDIR)$(BLANK_PATH),,$(or $(KERNEL),\
	$(if $(wildcard kernels/6.1-headers/Makefile),6.1)))

.DELETE_ON_ERROR:
.PHONY: all deps lab verbs tool pmd kmod check check-unit check-lab soak demo bench fuzz style \
	analyze coverage clean help
.PHONY: check-pmd soak-pmd bench-pmd demo-pmd cross-arm64

all: lab verbs tool pmd kmod

deps:
	$(Q)scripts/deps

# `make` builds what can be built; `make lab` where it cannot be is an error.
lab: $(if $(LAB_LACKS),,tools/lab/accelnet-lab $(GUEST_BIN))
ifeq ($(LAB_LACKS),x86-64)
	@echo 'lab: $(firstword $(MACHINE) $(CC)) is not x86-64, which the lab needs' >&2
	@exit $(if $(filter lab,$(MAKECMDGOALS)),1,0)
else ifneq ($(LAB_LACKS),)
	@echo 'lab: no $(LAB_LACKS): scripts/deps installs what the lab needs' >&2
	@exit $(if $(filter lab,$(MAKECMDGOALS)),1,0)
endif

# Static: the same binary runs on this machine and inside the nested host.
tools/lab/accelnet-lab: $(LAB_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -pthread $(LDFLAGS) -o $@ $^

# hv_vmbus looks for _HID "VMBUS"; iasl holds that to be no valid id (6033).
$(BUILD)/tools/lab/vmm/dsdt.h: tools/lab/vmm/dsdt.asl
	$(call say,IASL,$<)
	$(Q)mkdir -p $(@D)
	$(Q)iasl -vw 6033 -tc -p $(BUILD)/tools/lab/vmm/dsdt $< \
		>$(BUILD)/tools/lab/vmm/iasl.log || \
		{ cat $(BUILD)/tools/lab/vmm/iasl.log >&2; exit 1; }
	$(Q)mv $(BUILD)/tools/lab/vmm/dsdt.hex $@
$(BUILD)/tools/lab/vmm/acpi.o: $(BUILD)/tools/lab/vmm/dsdt.h
$(BUILD)/tools/lab/vmm/acpi.o: LAB_CFLAGS += -I$(BUILD)/tools/lab/vmm

$(BUILD)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Static: a guest's image has whatever libraries its kernel's release has.
$(GUEST_BIN): tools/lab/guest/%:
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^
tools/lab/guest/labinit: $(GUEST_SRC_labinit:%.c=$(BUILD)/%.o)
tools/lab/guest/hostctl: $(GUEST_SRC_hostctl:%.c=$(BUILD)/%.o)

# `make` builds what can be built; `make tool` without its libraries is an error.
tool: $(if $(TOOL_MISSING),,$(TOOL))
ifneq ($(TOOL_MISSING),)
	@echo 'tool: no $(TOOL_MISSING): scripts/deps installs what accelnet needs' >&2
	@exit $(if $(filter tool,$(MAKECMDGOALS)),1,0)
endif

$(TOOL): $(TOOL_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS)
$(TOOL_OBJ): LAB_CFLAGS += $(TOOL_CFLAGS)

# `make` builds what can be built; `make pmd` without DPDK is an error.
pmd: $(if $(strip $(PMD_MISSING)),,$(PMD_SO))
ifneq ($(strip $(PMD_MISSING)),)
	@echo 'pmd: no $(strip $(PMD_MISSING)): scripts/deps installs what the driver needs' >&2
	@exit $(if $(filter pmd,$(MAKECMDGOALS)),1,0)
endif

# Only the driver's constructor and its PMD information are for others.
$(PMD_SO): $(PMD_OBJ) pmd/accelnet.map
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-z,defs -Wl,--as-needed \
		-Wl,-soname,$(@F).$(PMD_ABI) -Wl,--version-script=pmd/accelnet.map $(LDFLAGS) \
		-o $@.$(PMD_ABI).0 $(PMD_OBJ) $(PMD_LIBS)
	$(Q)ln -sf $(@F).$(PMD_ABI).0 $@.$(PMD_ABI)
	$(Q)ln -sf $(@F).$(PMD_ABI).0 $@

$(BUILD)/pic/pmd/%.o: PIC_CFLAGS := $(PMD_CFLAGS) -O3
$(BUILD)/pic/%.o: %.c
	$(call say,CC,$< (pic))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(PIC_CFLAGS) -fPIC -fvisibility=hidden \
		-MMD -MP -c -o $@ $<

-include $(PMD_OBJ:.o=.d)
-include $(LAB_OBJ:.o=.d) $(GUEST_OBJ:.o=.d) $(TOOL_OBJ:.o=.d)

# `make` builds what can be built; `make kmod` without headers is an error.
kmod: $(if $(KMOD_KERNEL),kmod-$(KMOD_KERNEL))
ifneq ($(KMOD_KERNEL),)
	$(Q)cp $(BUILD)/kmod-$(KMOD_KERNEL)/*.ko kmod/
else ifneq ($(BLANK_PATH),)
	@echo 'kmod: the kernel builds no module where a path has blanks: $(CURDIR) $(KDIR)' >&2
	@exit $(if $(filter kmod,$(MAKECMDGOALS)),1,0)
else ifeq ($(KDIR),)
	@echo 'kmod: no kernel headers: scripts/deps unpacks them, or give KDIR=DIR' >&2
	@exit $(if $(filter kmod,$(MAKECMDGOALS)),1,0)
else
	@echo 'kmod: for $(KDIR)'
	$(Q)$(MAKE) --no-print-directory -C kmod KDIR='$(KDIR)'
endif

# kmod-NAME: for kernels/NAME, from a copy of the sources: kmod/ itself holds one build. The lab's
# VMs take it from there.
KMOD_SRC = kmod/Kbuild $(filter-out %.mod.c,$(wildcard kmod/*.[ch]))
kmod-%: FORCE
ifneq ($(filter-out 1,$(words $(CURDIR))),)
	@echo 'kmod: the kernel builds no module where a path has blanks: $(CURDIR)' >&2; exit 1
else
	$(Q)[ -e kernels/$*-headers/Makefile ] || { \
		echo 'kmod: no kernels/$*-headers: scripts/deps --kernel $*' >&2; exit 1; }
	@echo 'kmod: for kernels/$*-headers'
	$(Q)mkdir -p $(BUILD)/$@
	$(Q)cp -pu $(KMOD_SRC) $(BUILD)/$@
	$(Q)$(MAKE) --no-print-directory -C kernels/$*-headers M=$(CURDIR)/$(BUILD)/$@ modules
endif
FORCE:

# Module and tool for arm64, below build/arm64, with what scripts/deps --arm64 brings. Not in
# `make check`: no machine here runs them.
ARM64_ROOT := $(CURDIR)/kernels/arm64-root
ARM64_LIB  := $(ARM64_ROOT)/usr/lib/aarch64-linux-gnu
cross-arm64:
	$(Q)[ -e kernels/arm64-headers/Makefile ] && [ -d $(ARM64_LIB) ] || { \
		echo 'cross-arm64: scripts/deps --arm64 brings what it needs' >&2; exit 1; }
	$(Q)PKG_CONFIG_SYSROOT_DIR=$(ARM64_ROOT) PKG_CONFIG_LIBDIR=$(ARM64_LIB)/pkgconfig \
		$(MAKE) --no-print-directory ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
		CC=aarch64-linux-gnu-gcc BUILD=$(BUILD)/arm64 TOOL=$(BUILD)/arm64/accelnet \
		CPPFLAGS='-isystem $(ARM64_ROOT)/usr/include' LDFLAGS='-L$(ARM64_LIB)' \
		tool kmod-arm64

# ------------------------------------------------------------- the lab as a library of verbs
# Drop-in libibverbs.so.1 and libmlx5.so.1 over the ConnectX model: by path, never installed.
VERBS      := $(addprefix $(BUILD)/verbs/,libibverbs.so.1 libmlx5.so.1 hostctl) \
	tools/lab/accelnet-native
VERBS_DV   := dv dv_refuse devx devx_event dr
VERBS_SRC  := $(filter-out $(VERBS_DV:%=tools/lab/verbs/%.c),$(wildcard tools/lab/verbs/*.c)) \
	$(addprefix tools/lab/,mem.c log.c pending.c) \
	$(foreach p,connectx fabric,$(wildcard tools/lab/$(p)/*.c))
VERBS_OBJ  := $(VERBS_SRC:%.c=$(BUILD)/verbs/%.o)
VERBS_DV_OBJ := $(VERBS_DV:%=$(BUILD)/verbs/tools/lab/verbs/%.o)
VERBS_LINK  = $(CC) $(CFLAGS) -shared -pthread -Wl,-Bsymbolic,-z,defs,-soname,$(@F) \
	-Wl,--version-script=$(filter %.map,$^) $(LDFLAGS) -o $@ $(filter %.o %.so.1,$^)

VERBS_MISSING := $(shell for p in libibverbs libmlx5; do \
	pkg-config --exists $$p 2>/dev/null || echo $$p; done)
# As with the tool: `make` builds what can be built.
verbs: $(if $(VERBS_MISSING),,$(VERBS))
ifneq ($(VERBS_MISSING),)
	@echo 'verbs: no $(VERBS_MISSING): scripts/deps installs what the native lab needs' >&2
	@exit $(if $(filter verbs,$(MAKECMDGOALS)),1,0)
endif
$(BUILD)/verbs/libibverbs.so.1: $(VERBS_OBJ) tools/lab/verbs/ibverbs.map
	$(call say,LINK,$@)
	$(Q)$(VERBS_LINK)
$(BUILD)/verbs/libmlx5.so.1: $(VERBS_DV_OBJ) $(BUILD)/verbs/libibverbs.so.1 tools/lab/verbs/mlx5.map
	$(call say,LINK,$@)
	$(Q)$(VERBS_LINK)
$(BUILD)/verbs/%.o: %.c
	$(call say,CC,$< (verbs))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(CPPFLAGS) -fPIC $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/verbs/hostctl: $(BUILD)/verbs/tools/lab/verbs/native/hostctl.o
tools/lab/accelnet-native: $(addprefix $(BUILD)/verbs/tools/lab/,log.o \
	$(addprefix verbs/,guest.o links.o tree.o native/accelnet-native.o))
$(BUILD)/verbs/hostctl tools/lab/accelnet-native:
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
-include $(VERBS_OBJ:.o=.d) $(VERBS_DV_OBJ:.o=.d) \
	$(wildcard $(BUILD)/verbs/tools/lab/verbs/native/*.d)

# ------------------------------------------------------------------------------- unit tests
# One binary a party: its sources, what they stand on, and tests/unit/<party>_*_test.c.
SAN       := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_BASE := tools/lab/mem.c tools/lab/log.c tools/lab/pending.c
lab_src    = $(wildcard tools/lab/$(1)/*.c)
UNIT_SRC_lab      := $(UNIT_BASE) $(addprefix tools/lab/,\
	$(addprefix host/,hostctl.c hostctl_fault.c) nested/relay.c \
	$(addprefix run/,options.c output.c stop.c workspace.c)) \
	tests/unit/lab_hostctl_fake.c
UNIT_SRC_vmm      := $(UNIT_BASE) $(call lab_src,vmm) tests/unit/vmm_fake.c
UNIT_SRC_vmbus    := $(UNIT_BASE) $(call lab_src,vmbus) tests/unit/vmbus_guest.c
UNIT_SRC_netvsp   := $(UNIT_BASE) $(call lab_src,netvsp) \
	$(addprefix tests/unit/netvsp_,fake.c guest.c) \
	$(addprefix tools/lab/fabric/,frame.c checksum.c segment.c toeplitz.c)
UNIT_SRC_vpci     := $(UNIT_BASE) $(call lab_src,vpci) tests/unit/vpci_fake.c
UNIT_SRC_connectx := $(UNIT_BASE) $(call lab_src,connectx) $(call lab_src,fabric)
UNIT_SRC_fabric   := $(UNIT_BASE) $(call lab_src,fabric)
UNIT_SRC_verbs    := $(UNIT_BASE) $(call lab_src,verbs) $(call lab_src,connectx) \
	$(call lab_src,fabric)
UNIT_SRC_kmod     := $(addprefix kmod/,channel.c event.c link.c nvsp.c nvsp_parse.c nvsp_receive.c \
	nvsp_send.c offload.c request.c rndis.c rndis_parse.c rss.c settings.c vf_decide.c \
	vf_hold.c vf_path.c vf_state.c xact.c) \
	$(addprefix tests/unit/kmod_,host.c kernel.c wire_lab.c wire_module.c)
# Without rtnl.c: the test is the kernel.
UNIT_SRC_guest    := $(addprefix tools/lab/guest/,command.c nic.c parameters.c port.c)
# main() under another name: the test has its own.
UNIT_SRC_accelnet := $(TOOL_SRC) $(addprefix tests/unit/accelnet_,rows.c run.c world.c) \
	$(addprefix tests/unit/pair_,netns.c tree.c)
UNIT_LIBS_accelnet := $(TOOL_LIBS)
UNIT_SRC_pmd      := $(PMD_SRC) $(addprefix tests/unit/pmd_,device.c device_verbs.c eal.c net.c \
	synthetic.c)
UNIT_LIBS_pmd      = $(PMD_LIBS)
UNIT_SRC_pair     := $(PAIR_SRC) $(addprefix tests/unit/pair_,netns.c tree.c)
UNIT_LIBS_pair    := $(PAIR_LIBS)
UNIT_COMPONENTS   := lab $(if $(LAB_LACKS),,vmm) guest vmbus netvsp vpci connectx fabric kmod \
	$(if $(VERBS_MISSING),,verbs) \
	$(if $(TOOL_MISSING),,pair accelnet) \
	$(if $(strip $(PMD_MISSING)),,pmd)
UNIT_SRC_traffic  := $(addprefix tests/pmd/,stream.c check.c control.c events.c)
UNIT_COMPONENTS   += traffic
# `scripts` is the party of tests/scripts/: no binary, but programs.
COMPONENT         ?= $(UNIT_COMPONENTS) scripts
UNIT_BIN          := $(patsubst %,$(BUILD)/unit/bin/%,$(filter-out scripts,$(COMPONENT)))
UNIT_SCRIPTS      := $(if $(filter scripts,$(COMPONENT)),$(wildcard tests/scripts/*_test.sh))

# Objects are per party so that a party under work does not break its neighbours.
define unit_rules
UNIT_OBJ_$(1) := $$(patsubst %.c,$(BUILD)/unit/%.o,tests/unit/main.c $$(UNIT_SRC_$(1)) \
	$$(wildcard tests/unit/$(1)_*_test.c))
$(BUILD)/unit/bin/$(1): $$(UNIT_OBJ_$(1))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(SAN) -pthread -o $$@ $$^ -lcunit $$(UNIT_LIBS_$(1))
-include $$(UNIT_OBJ_$(1):.o=.d)
endef
$(foreach p,$(UNIT_COMPONENTS),$(eval $(call unit_rules,$(p))))

# The VMM asks tests/unit/vmm_fake.c instead of KVM.
$(BUILD)/unit/tools/lab/vmm/%.o: UNIT_CFLAGS += -Dioctl=vmm_fake_ioctl \
	-Dpthread_create=vmm_fake_thread_create
$(BUILD)/unit/tools/lab/vmm/acpi.o: $(BUILD)/tools/lab/vmm/dsdt.h
$(BUILD)/unit/tools/lab/vmm/acpi.o: UNIT_CFLAGS += -I$(BUILD)/tools/lab/vmm

# Files of kmod/ see stand-ins for the kernel's headers, and its warnings.
$(BUILD)/unit/kmod/%.o $(BUILD)/unit/tests/unit/kmod_%.o: UNIT_CFLAGS += -Itests/unit/shim \
	-Wno-unused-parameter -Wno-sign-compare -Wno-address-of-packed-member

$(BUILD)/unit/tools/accelnet/%.o $(BUILD)/unit/tests/unit/accelnet_%.o \
$(BUILD)/unit/tools/pair/%.o $(BUILD)/unit/tests/unit/pair_%.o: UNIT_CFLAGS += $(TOOL_CFLAGS)
$(BUILD)/unit/pmd/%.o $(BUILD)/unit/tests/unit/pmd_%.o: UNIT_CFLAGS += $(PMD_CFLAGS)
$(BUILD)/unit/tools/accelnet/main.o: UNIT_CFLAGS += -Dmain=accelnet_main

$(BUILD)/unit/%.o: %.c
	$(call say,CC,$< (unit))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(CPPFLAGS) -Og -g $(SAN) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

# A script's status 77 is a skip; it has said why.
check-unit: $(UNIT_BIN) $(if $(UNIT_SCRIPTS),$(GUEST_BIN) $(CHECK_LAB) verbs)
	$(Q)set -e; for t in $(UNIT_BIN); do echo "unit: $${t##*/}"; $$t; done
	$(Q)set -e; for t in $(UNIT_SCRIPTS); do echo "unit: $$t"; $$t || [ $$? = 77 ]; done

# The module's lines that its unit tests run: less than this share of all kmod/*.c is an error.
# What is in no unit test is counted in a build for the kernel (KDIR).
COVERAGE_LEAST := 30
COVERAGE       := $(BUILD)/coverage
coverage: FORCE
	$(Q)[ -n '$(KDIR)' ] || { \
		echo 'coverage: no kernel headers: scripts/deps unpacks them' >&2; \
		exit 1; }
	$(Q)mkdir -p $(COVERAGE)/kmod
	$(Q)cp -pu $(KMOD_SRC) $(COVERAGE)/kmod
	$(Q)$(MAKE) --no-print-directory -C '$(KDIR)' M=$(CURDIR)/$(COVERAGE)/kmod \
		KCFLAGS=-ftest-coverage modules
	$(Q)$(MAKE) --no-print-directory BUILD=$(COVERAGE) \
		SAN='--coverage -fprofile-update=single' $(COVERAGE)/unit/bin/kmod
	$(Q)find $(COVERAGE)/unit -name '*.gcda' -delete
	$(Q)$(COVERAGE)/unit/bin/kmod
	$(Q)scripts/coverage $(COVERAGE) $(COVERAGE_LEAST)

# ------------------------------------------------------------------------- the DPDK driver's tests
# Programs that run on any port. DPDK and the driver are linked in, so that EAL loads no plugins;
# verbs are not, so that tools/lab/verbs can stand in for them.
PMD_TEST_DPDK := eal kvargs telemetry ring mempool mbuf net meter ethdev pci hash rcu \
	bus_pci bus_vdev bus_auxiliary bus_vmbus mempool_ring common_mlx5 net_mlx5 net_netvsc \
	net_af_packet net_failsafe net_null net_ring
PMD_TEST_LIBS := -Wl,--whole-archive $(PMD_TEST_DPDK:%=-l:librte_%.a) -Wl,--no-whole-archive \
	-lmlx5 -libverbs -lmnl -lnftnl -lnuma -lbsd -ldl -lm
PMD_TEST_BIN  := $(addprefix $(BUILD)/tests/,pmd/traffic pmd/features bench/pmd_bench)
PMD_TEST_SO   := $(BUILD)/tests/pmd/other_dpdk.so
PMD_TEST_OBJ  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/pmd/*.c tests/bench/*.c))
$(PMD_TEST_OBJ): LAB_CFLAGS += $(PMD_DPDK)
PMD_TEST_DRIVER ?= $(PMD_OBJ)
$(PMD_TEST_BIN): $(PMD_TEST_DRIVER)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(PMD_TEST_LIBS)
pmd_test_obj = $(patsubst %,$(BUILD)/tests/pmd/%.o,$(1))
PMD_TRAFFIC  := traffic options events control account check frame port stream
PMD_FEATURES := features features_info features_receive features_control control check frame port \
	stream
$(BUILD)/tests/pmd/traffic: $(call pmd_test_obj,$(PMD_TRAFFIC))
$(BUILD)/tests/pmd/features: $(call pmd_test_obj,$(PMD_FEATURES))
$(BUILD)/tests/bench/pmd_bench: $(BUILD)/tests/bench/pmd_bench.o $(call pmd_test_obj,port stream)
-include $(PMD_TEST_OBJ:.o=.d)
$(BUILD)/tests/pmd/other_dpdk.so: tests/pmd/other_dpdk.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(CPPFLAGS) $(PMD_DPDK) -fPIC -shared -o $@ $<

# The same with the sanitizers in all that is ours.
PMD_SAN_OBJ := $(patsubst %.c,$(BUILD)/san/%.o,$(wildcard tests/pmd/*.c) $(PMD_SRC))
PMD_SAN_BIN := $(addprefix $(BUILD)/san/tests/pmd/,traffic features)
$(BUILD)/san/%.o: %.c
	$(call say,CC,$< (sanitized))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(CPPFLAGS) $(PMD_CFLAGS) -Og -g $(SAN) -MMD -MP -c -o $@ $<
$(BUILD)/san/tests/pmd/traffic: $(PMD_TRAFFIC:%=$(BUILD)/san/tests/pmd/%.o)
$(BUILD)/san/tests/pmd/features: $(PMD_FEATURES:%=$(BUILD)/san/tests/pmd/%.o)
$(PMD_SAN_BIN): $(PMD_TEST_DRIVER:$(BUILD)/pic/%=$(BUILD)/san/%)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(PMD_TEST_LIBS)
-include $(PMD_SAN_OBJ:.o=.d)

# CASE= names some of tests/pmd/cases.
PMD_CASES      := bad-input faults features kill loop million revoke sanitized testpmd traffic
PMD_CASES_LONG := cycles
check-pmd: all $(PMD_TEST_BIN) $(PMD_TEST_SO) $(PMD_SAN_BIN) $(CHECK_LAB)
	$(Q)$(CHECK_LAB) --pmd $(or $(CASE),$(PMD_CASES))

soak-pmd: all $(PMD_TEST_BIN) $(PMD_TEST_SO) $(PMD_SAN_BIN) $(CHECK_LAB)
	$(Q)$(CHECK_LAB) --pmd $(PMD_CASES_LONG)

# testpmd loses its VF and gets it back.
demo-pmd: all
	$(Q)scripts/demo-pmd

# What a packet costs in the driver, beside net_mlx5; figures are never a test's business.
bench-pmd: all $(PMD_TEST_BIN)
	$(Q)tests/bench/pmd

# ------------------------------------------------------------------------------- the lab's cases
CHECK_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/lab/*.c))
$(CHECK_LAB): $(CHECK_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcunit
-include $(CHECK_OBJ:.o=.d)

# Programs that cases put into the guest by --add.
CASE_BIN := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/lab/guest/*.c))
$(CASE_BIN): $(BUILD)/%: %.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

# An application that knows no driver, as its own Makefile builds it.
FORWARD := $(BUILD)/examples/l3fwd
$(FORWARD): examples/l3fwd/l3fwd.c examples/l3fwd/Makefile
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MAKE) --no-print-directory -s -C examples/l3fwd CC='$(CC)' OUT='$(abspath $@)'

# CASE= names some (build/tests/lab/check_lab --list), KERNEL= boots kernels/KERNEL.
check-lab: all kmod-$(LAB_KERNEL) $(CHECK_LAB) $(CASE_BIN) \
		$(if $(strip $(PMD_MISSING)),,$(BUILD)/tests/pmd/traffic $(FORWARD))
	$(Q)$(CHECK_LAB) $(if $(KERNEL),--kernel '$(KERNEL)') $(CASE)

# The long forms; goes on where it was interrupted.
soak: all kmod-$(LAB_KERNEL) $(CHECK_LAB) \
		$(if $(strip $(PMD_MISSING)),,$(BUILD)/tests/pmd/traffic $(FORWARD))
	$(Q)$(CHECK_LAB) --soak $(if $(KERNEL),--kernel '$(KERNEL)') $(CASE)

# In makes of their own: what can be built is known only once deps has run. The lab's are last,
# so that it ends in CUnit's closing lines.
minutes = echo "$(1): $$(( ($$(date +%s) - start + 30) / 60 )) min"
check:
	$(Q)start=$$(date +%s); $(MAKE) --no-print-directory deps && $(call minutes,deps)
	$(Q)start=$$(date +%s); $(MAKE) --no-print-directory all && $(call minutes,build)
	$(Q)start=$$(date +%s); $(MAKE) --no-print-directory check-unit && $(call minutes,unit)
	$(Q)start=$$(date +%s); $(MAKE) --no-print-directory check-pmd && $(call minutes,pmd)
	$(Q)$(MAKE) --no-print-directory check-lab

demo:
	$(Q)scripts/demo

# Both drivers over both paths in one boot; figures are never a test's business.
bench: all kmod-6.1
	$(Q)tests/bench/bench

# FUZZ= fuzzers, each for SECONDS; what one learnt stays in build/fuzz for the next run. clang alone
# has them.
FUZZ     ?= vmbus kmod
SECONDS  ?= 60
FUZZ_SRC_vmbus := $(UNIT_BASE) $(call lab_src,vmbus)
FUZZ_SRC_kmod  := kmod/nvsp_parse.c kmod/rndis_parse.c
FUZZ_INC_kmod  := -Itests/unit/shim
fuzz: $(FUZZ:%=fuzz-%)
fuzz-%: FORCE
	$(call say,FUZZ,$*)
	$(Q)mkdir -p $(BUILD)/fuzz/$*.corpus
	$(Q)clang -g -O1 -pthread -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		$(FUZZ_INC_$*) -o $(BUILD)/fuzz/$* tests/fuzz/$*_fuzz.c $(FUZZ_SRC_$*)
	$(Q)$(BUILD)/fuzz/$* -max_total_time=$(SECONDS) -artifact_prefix=$(BUILD)/fuzz/ \
		$(BUILD)/fuzz/$*.corpus

# They need what scripts/deps --analysis brings, and say so.
style analyze:
	$(Q)scripts/$@

clean:
	$(Q)rm -rf $(BUILD) tools/lab/accelnet-lab tools/lab/accelnet-native $(GUEST_BIN) \
		tools/accelnet/accelnet $(wildcard $(addprefix kmod/,*.o *.ko *.mod *.mod.c .*.cmd \
		Module.symvers modules.order))

help:
	@echo 'make             build what can be built here'
	@echo 'make deps        install and unpack what building, testing and the lab need'
	@echo 'make lab         the simulated host and the programs of its guests'
	@echo 'make verbs       the simulated VF as libibverbs and libmlx5, and accelnet-native'
	@echo 'make tool        accelnet, the user'\''s tool'
	@echo 'make pmd         librte_net_accelnet.so, the DPDK driver'
	@echo 'make kmod        the kernel module for the running kernel (KDIR=, KERNEL=)'
	@echo 'make kmod-NAME   the same for kernels/NAME of the lab (NAME=debug, cloud, rt, 6.12)'
	@echo 'make cross-arm64 kernel module and tool for arm64 (scripts/deps --arm64)'
	@echo 'make check-unit  unit tests, natively, with ASan and UBSan (COMPONENT=name for one)'
	@echo 'make coverage    the share of kmod/ that unit tests run; below 30 % is an error'
	@echo 'make check-lab   the cases in simulated VMs (CASE=, KERNEL=6.1|cloud|rt|6.12|debug)'
	@echo 'make check-pmd   the DPDK driver and its oracle, natively (CASE=)'
	@echo 'make check       deps, build, check-unit and check-lab, from a fresh clone on'
	@echo 'make soak        the long cases; goes on where it was interrupted'
	@echo 'make demo        a VM gets a VF, loses it under traffic and gets it back'
	@echo 'make demo-pmd    testpmd on the DPDK driver loses its VF and gets it back, natively'
	@echo 'make soak-pmd    the VF goes and comes back 1,000 times, natively'
	@echo 'make bench-pmd   instructions a packet of the DPDK driver, beside net_mlx5'
	@echo 'make bench       hv_netvsc and accelnet.ko over both paths: medians, ratios'
	@echo 'make fuzz        libFuzzer over VMBus model and module (SECONDS=60; wants clang)'
	@echo 'make style       shellcheck, checkpatch, codespell, licences and more over the tree'
	@echo 'make analyze     sparse on kmod/; clang and cppcheck on tools/ and tests/'
	@echo 'make clean       remove what was built'
