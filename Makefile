# SPDX-License-Identifier: BSD-3-Clause
# accelnet: `make help` lists the targets.

BUILD   := build
CC      ?= gcc
CFLAGS  ?= -O2 -g
V       ?= 0
Q       := $(if $(filter 0,$(V)),@)
say      = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' '$(1)' '$(2)')

WARN    := -Wall -Wextra -Wcomment -Wshadow -Wvla -Wstrict-prototypes -Werror
LAB_CFLAGS := -std=gnu11 $(WARN) -pthread

LAB_PARTIES := vmm vmbus netvsp vpci connectx fabric
LAB_SRC := $(wildcard tools/lab/*.c $(foreach p,$(LAB_PARTIES),tools/lab/$(p)/*.c))
LAB_OBJ := $(LAB_SRC:%.c=$(BUILD)/%.o)

.DELETE_ON_ERROR:
.PHONY: all lab check-unit clean help

all: lab

lab: tools/lab/accelnet-lab

# Static: the same binary runs on this machine and inside the nested host.
tools/lab/accelnet-lab: $(LAB_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static -pthread $(LDFLAGS) -o $@ $^

$(BUILD)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(LAB_OBJ:.o=.d)

# ------------------------------------------------------------------------------- unit tests
# One binary a party: its sources, what they stand on, and tests/unit/<party>_*_test.c.
SAN       := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_BASE := tools/lab/mem.c tools/lab/log.c tools/lab/pending.c
lab_src    = $(wildcard tools/lab/$(1)/*.c)
UNIT_SRC_lab      := $(UNIT_BASE)
UNIT_SRC_vmbus    := $(UNIT_BASE) $(call lab_src,vmbus)
UNIT_SRC_netvsp   := $(UNIT_BASE) $(call lab_src,netvsp) $(call lab_src,vmbus) $(call lab_src,fabric)
UNIT_SRC_vpci     := $(UNIT_BASE) $(call lab_src,vpci) $(call lab_src,vmbus)
UNIT_SRC_connectx := $(UNIT_BASE) $(call lab_src,connectx) $(call lab_src,fabric)
UNIT_SRC_fabric   := $(UNIT_BASE) $(call lab_src,fabric)
UNIT_PARTIES      := lab vmbus netvsp vpci connectx fabric
PARTY             ?= $(UNIT_PARTIES)

# Objects are per party so that a party under work does not break its neighbours.
define unit_rules
UNIT_OBJ_$(1) := $$(patsubst %.c,$(BUILD)/unit/%.o,tests/unit/main.c $$(UNIT_SRC_$(1)) \
	$$(wildcard tests/unit/$(1)_*_test.c))
$(BUILD)/unit/$(1): $$(UNIT_OBJ_$(1))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(SAN) -pthread -o $$@ $$^ -lcunit
-include $$(UNIT_OBJ_$(1):.o=.d)
endef
$(foreach p,$(UNIT_PARTIES),$(eval $(call unit_rules,$(p))))

$(BUILD)/unit/%.o: %.c
	$(call say,CC,$< (unit))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) -Og -g $(SAN) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

check-unit: $(PARTY:%=$(BUILD)/unit/%)
	$(Q)set -e; for p in $(PARTY); do echo "unit: $$p"; $(BUILD)/unit/$$p; done

clean:
	$(Q)rm -rf $(BUILD) tools/lab/accelnet-lab

help:
	@echo 'make             build what can be built here'
	@echo 'make check-unit  unit tests, natively, with ASan and UBSan (PARTY=name for one)'
	@echo 'make clean       remove what was built'
