# SPDX-License-Identifier: MIT
#
# Builds, runs and tests Sluice. `make help` lists targets and options. One make, no recursion:
# options are checked first, each variant (DEBUG, UP) has its objects in build/obj/VARIANT, and the
# images in build/ are copies of the variant made last. The rules for host tests are in
# build/host/tests.mk, which tools/host-tests writes from the tests' first lines.

MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := images

# --- options -------------------------------------------------------------------------------------
CPUS   ?= 8
MEM    ?= 1G
BOOT   ?= bios
THREAD ?= auto
SCRIPT ?=
DEBUG  ?= 0
UP     ?= 0
GDB    ?= 0
APPEND ?=
TESTS  ?=
RECORD ?= 0
OPERATION ?=
POLICY ?=
BY     ?= function
WORKLOAD ?=
TOP    ?= 20
V      ?= 0

# make sim takes lists, which tools/sim checks, and what was not given is left to it.
SIM_OPTIONS := WORKLOAD CPUS POLICY OPS TRANSFER QUANTUM PAUSE IPI
sim_given   := $(foreach name,$(SIM_OPTIONS),$(if $(filter command environment,$(firstword $(origin $(name)))),$(name)))
sim_words   := $(foreach name,$(sim_given),--$(name) '$($(name))')
sim_values  := $(foreach name,$(sim_given),$($(name)))

# make bench takes several numbers of CPUs, and none at all unless it is told to.
ifneq ($(filter bench sim,$(MAKECMDGOALS)),)
BENCH_CPUS := $(if $(filter command environment,$(firstword $(origin CPUS))),$(CPUS))
override CPUS := 8
endif

# Each of these travels to a tool in single quotes.
quoted := $(sort APPEND SCRIPT TESTS OPERATION POLICY BY TOP $(SIM_OPTIONS) CPUS)
bad    := $(foreach name,$(quoted),$(if $(findstring ',$($(name)))$(if $(filter CPUS,$(name)),$(findstring ',$(BENCH_CPUS))),$(name)))
ifneq ($(strip $(bad)),)
$(error bad option: $(strip $(bad)): no single quotes in it)
endif
ifneq ($(filter bench,$(MAKECMDGOALS)),)
ifeq ($(BENCH_CPUS),)
ifneq ($(strip $(OPERATION)$(POLICY)),)
$(error bad option: make bench with OPERATION= or POLICY= needs CPUS= as well: CPUS=1,2,4)
endif
else ifneq ($(filter-out 0,$(RECORD)),)
$(error bad option: make bench RECORD=1 records the table without CPUS=)
endif
endif
ifneq ($(filter share,$(MAKECMDGOALS)),)
ifeq ($(strip $(WORKLOAD)),)
$(error bad option: WORKLOAD= is missing: WORKLOAD='ipc mode=cross cpus=2')
endif
endif
checked := $(shell CPUS='$(CPUS)' MEM='$(MEM)' BOOT='$(BOOT)' THREAD='$(THREAD)' SCRIPT='$(SCRIPT)' \
    DEBUG='$(DEBUG)' UP='$(UP)' GDB='$(GDB)' RECORD='$(RECORD)' V='$(V)' tools/check-options 2>&1)
ifneq ($(checked),ok)
$(error $(checked))
endif

# --- what is built where -------------------------------------------------------------------------
VARIANT := $(if $(filter 1,$(DEBUG)),debug,release)$(if $(filter 1,$(UP)),-up)
OBJ     := build/obj/$(VARIANT)
NEWLIB  := .cache/newlib/x86_64-elf
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' $(1) $(2))

find_sources = $(sort $(shell find $(1) -name '*.[cS]' 2>/dev/null))
KERNEL_SOURCES  := $(call find_sources,kernel smp mm tunables)
RUNTIME_SOURCES := $(call find_sources,servers/lib)
# A program is a folder: servers/NAME, stress/NAME, tests/user/NAME; lib in each is what they share.
program_libraries = $(if $(filter-out servers/%,$(1)),stress/lib) $(if $(filter tests/%,$(1)),tests/user/lib)
PROGRAM_FOLDERS := $(filter-out %/lib stress/sim,$(sort $(foreach folder,$(wildcard servers/* stress/* \
    tests/user/*),$(if $(wildcard $(folder)/*.c),$(folder)))))
PROGRAMS        := $(PROGRAM_FOLDERS:%=$(OBJ)/program/%)

# --- flags ---------------------------------------------------------------------------------------
CC       := gcc
GCC_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
VARIANT_FLAGS := $(if $(filter 1,$(DEBUG)),-DDEBUG=1 -fsanitize=undefined) $(if $(filter 1,$(UP)),-DUP=1)
COMMON_FLAGS := -std=gnu17 -O2 -g $(WARNINGS) $(VARIANT_FLAGS) -I. -nostdinc -mno-red-zone \
    -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    -fno-omit-frame-pointer -ffunction-sections -fdata-sections -MMD -MP
KERNEL_FLAGS := $(COMMON_FLAGS) -ffreestanding -mcmodel=kernel \
    -mgeneral-regs-only -fno-strict-aliasing -isystem $(GCC_INCLUDE)
USER_FLAGS   := $(COMMON_FLAGS) -fsanitize-undefined-trap-on-error -D__DYNAMIC_REENT__ \
    -isystem $(GCC_INCLUDE) -isystem $(NEWLIB)/include
LINK_FLAGS   := -nostdlib -static -no-pie -Wl,--build-id=none,-z,noexecstack,-z,max-page-size=4096 \
    -Wl,--gc-sections,--no-warn-rwx-segments

# --- kernel --------------------------------------------------------------------------------------
kernel_objects := $(addprefix $(OBJ)/kernel-part/,$(addsuffix .o,$(KERNEL_SOURCES)))

$(OBJ)/kernel-part/%.o: % Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(KERNEL_FLAGS) -c $< -o $@

# Called from entry.S only, which has saved all registers: these functions keep none, nor a frame pointer.
$(addprefix $(OBJ)/kernel-part/kernel/,$(patsubst %,ipc/%.c.o,fast fast_remote fast_notification) trap/dispatch.c.o): KERNEL_FLAGS += -fomit-frame-pointer \
    -ffixed-rbp $(addprefix -fcall-used-,rbx r12 r13 r14 r15)

$(OBJ)/ksyms-%.o: $(OBJ)/ksyms-%.c Makefile
	$(Q)$(CC) $(KERNEL_FLAGS) -c $< -o $@

# Panics name functions: the kernel is linked with an empty symbol table, then with the one that
# nm reads from that, then tools/ksyms checks that no function moved in between.
$(OBJ)/ksyms-empty.c: tools/ksyms
	@mkdir -p $(@D)
	$(Q)tools/ksyms </dev/null >$@

$(OBJ)/ksyms-full.c: $(OBJ)/sluice-nosyms.elf tools/ksyms
	$(Q)nm $< | tools/ksyms >$@

link_kernel = $(CC) $(LINK_FLAGS) -T boot/kernel.ld -o $@ $(filter %.o,$^)

$(OBJ)/sluice-nosyms.elf: $(kernel_objects) $(OBJ)/ksyms-empty.o boot/kernel.ld
	$(Q)$(link_kernel)

$(OBJ)/sluice.elf: $(kernel_objects) $(OBJ)/ksyms-full.o boot/kernel.ld
	$(call say,LD,$@)
	$(Q)$(link_kernel)
	$(Q)nm $@ | tools/ksyms --check $(OBJ)/ksyms-full.c

# --- servers and programs ------------------------------------------------------------------------
runtime_objects := $(addprefix $(OBJ)/user-part/,$(addsuffix .o,$(RUNTIME_SOURCES)))

$(OBJ)/user-part/%.o: % Makefile $(NEWLIB)/lib/libc.a
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(USER_FLAGS) -c $< -o $@

# A thread that never touches the FPU is switched without its state: nothing that servers do needs it.
$(OBJ)/user-part/servers/%: USER_FLAGS += -mgeneral-regs-only

define program_rule
$(OBJ)/program/$(1): $(addprefix $(OBJ)/user-part/,$(addsuffix .o,$(call find_sources,$(1) $(call program_libraries,$(1))))) \
    $(runtime_objects) servers/lib/user.ld
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LINK_FLAGS) -T servers/lib/user.ld -o $$@ $$(filter %.o,$$^) \
	    -Wl,--start-group $(NEWLIB)/lib/libc.a -lgcc -Wl,--end-group
endef
$(foreach folder,$(PROGRAM_FOLDERS),$(eval $(call program_rule,$(folder))))

$(NEWLIB)/lib/libc.a:
	tools/newlib

$(OBJ)/boot.cpio: boot/archive.list tools/archive $(PROGRAMS)
	$(call say,CPIO,$@)
	$(Q)tools/archive boot/archive.list $(OBJ)/program $@

$(OBJ)/sluice.iso: boot/grub.cfg $(OBJ)/sluice.elf $(OBJ)/boot.cpio
	$(call say,ISO,$@)
	$(Q)tools/iso $^ $@

# The images in build/ are those of the variant that was asked for last.
build/sluice.elf build/boot.cpio build/sluice.iso: build/%: $(OBJ)/% FORCE
	$(Q)cmp -s $< $@ || cp $< $@

-include $(kernel_objects:.o=.d) $(runtime_objects:.o=.d)
-include $(patsubst %,$(OBJ)/user-part/%.d,$(foreach folder,$(PROGRAM_FOLDERS) $(call program_libraries,tests/),$(call find_sources,$(folder))))

# --- the instrument: a QEMU plugin (stress/sim/) -------------------------------------------------
build/sim/sim.so: $(call find_sources,stress/sim) $(wildcard stress/sim/*.h) stress/lib/x86_64/marker.h tools/qemu-header Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)folder=$$(tools/qemu-header) && $(CC) -std=gnu17 -O2 -g $(WARNINGS) -fPIC -shared -pthread -I. \
	    -isystem "$$folder" -o $@ $(filter %.c,$^)

# --- host tests ----------------------------------------------------------------------------------
ifneq ($(filter host-tests build-tests all build/host/%,$(MAKECMDGOALS)),)
build/host/tests.mk: tools/host-tests $(wildcard tests/host/test_*.c)
	@mkdir -p $(@D)
	@tools/host-tests $(filter %.c,$^) >$@
include build/host/tests.mk
endif

# --- targets -------------------------------------------------------------------------------------
.PHONY: images all iso run test bench profile share conflict sim build-tests host-tests model-tests \
    user-programs lint format docs loc setup clean help FORCE
FORCE:

images: build/sluice.elf build/boot.cpio build/sluice.iso
iso: build/sluice.iso
user-programs: $(PROGRAMS)
all: images build-tests
build-tests: $(HOST_TESTS) build/sim/sim.so

setup:
	@tools/setup

# `make run` works on a fresh machine: set up first, then build, by a make that sees the new tools.
run: setup
	$(Q)$(MAKE) --no-print-directory images
	$(Q)tools/run --cpus $(CPUS) --mem $(MEM) --boot $(BOOT) --thread $(THREAD) \
	    --append '$(APPEND)' $(if $(SCRIPT),--script '$(SCRIPT)') $(if $(filter 1,$(GDB)),--gdb)

test: setup
	+$(Q)MAKE='$(MAKE)' tests/run $(foreach word,$(TESTS),'$(word)')

# Two variants, each in its folder; what lies in build/ stays as it is.
variant_images = $(foreach name,sluice.elf boot.cpio,build/obj/$(1)/$(name))
variant_make = $(MAKE) -s --no-print-directory CPUS=8 DEBUG=0 UP=$(1)
ifeq ($(BENCH_CPUS),)
bench: setup
	+$(Q)$(call variant_make,0) $(call variant_images,release)
	+$(Q)$(call variant_make,1) $(call variant_images,release-up)
	$(Q)tools/bench $(if $(filter 1,$(RECORD)),--record)
else
bench: setup
	+$(Q)$(call variant_make,0) $(call variant_images,release) build/sim/sim.so
	$(Q)tools/bench-cpus --cpus '$(BENCH_CPUS)' --policy '$(or $(POLICY),object)' $(if $(OPERATION),--operation '$(OPERATION)')
endif

# Where the instructions of one operation go.
profile: setup
	+$(Q)$(call variant_make,0) $(call variant_images,release) build/sim/sim.so
	$(Q)tools/profile $(if $(OPERATION),--operation '$(OPERATION)') --policy '$(or $(POLICY),object)' --by '$(BY)'

# Which lines move between processors, and which operations share any. CPUS counts only where it was asked for.
share: setup
	+$(Q)$(call variant_make,0) $(call variant_images,release) build/sim/sim.so
	$(Q)tools/share --top '$(TOP)' $(if $(POLICY),--policy '$(POLICY)') \
	    $(if $(filter command environment,$(firstword $(origin CPUS))),--cpus '$(CPUS)') '$(WORKLOAD)'

conflict: setup
	+$(Q)$(call variant_make,0) $(call variant_images,release) build/sim/sim.so
	$(Q)tools/conflict $(if $(POLICY),--policy '$(POLICY)')

# Throughput against processors by lock policy, in the timing model.
sim: setup
	+$(Q)$(call variant_make,0) $(call variant_images,release) build/sim/sim.so
	$(Q)tools/sim --images build/obj/release $(sim_words)

host-tests: $(HOST_TESTS)
	$(Q)tests/run --no-build $(HOST_TESTS)

model-tests:
	$(Q)tests/run --no-build tests/model/

lint:
	@tools/lint

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

docs:
	$(Q)for name in syscalls tunables; do tools/$$name-doc >docs/$$name.md || exit 1; done

loc:
	@tools/loc

clean:
	rm -rf build

help:
	@tools/check-options --help
