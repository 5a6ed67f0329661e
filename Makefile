# SPDX-License-Identifier: Apache-2.0
# lbd: one Makefile, nothing generated outside build/.  `make help` explains the targets.

MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL     := /bin/bash
.DELETE_ON_ERROR:

B       := build
CXX     ?= g++
ifeq ($(origin CXX),default)
CXX     := g++
endif
ifeq ($(origin CC),default)
CC      := gcc
endif
OBJCOPY ?= objcopy
CLANG   ?= clang
# Of what is sanitized: at -O0 clang needs half the time of g++, and so each compiler sees what it alone would refuse.
SAN_CC  := $(CLANG)
SAN_CXX := $(CLANG)++
BPFTOOL ?= $(firstword $(shell command -v bpftool 2>/dev/null) /usr/sbin/bpftool)
PYTHON  := /usr/bin/python3
PREFIX  ?= /usr
sysconfdir ?= /etc
unitdir ?= /lib/systemd/system
VERSION := $(shell cat VERSION)
DEB_VERSION ?= $(VERSION)
# Nobody's address: whoever gives packages to others says whom their readers can write to.
DEB_MAINTAINER ?= The lbd maintainers <lbd@lbd.example.org>
# The date of what is built is that of its source.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
Q       := $(if $(V),,@)
JOBS    ?= $(shell nproc)

# ------------------------------------------------------------------ sources
ROOMS     := base model config checklist events health personas plan explain capture metrics page host diagnosis dataplane change api daemon cli decap
CORE      := base model config checklist events health personas plan explain capture metrics page host diagnosis change api cli
SOURCES   := $(foreach room,$(ROOMS),$(wildcard userspace/$(room)/*.cpp))
MAINS     := userspace/daemon/main.cpp userspace/health/lbd_check.cpp userspace/cli/main.cpp userspace/decap/main.cpp
PROGRAMS  := $(B)/lbd $(B)/lbd-check $(B)/lbctl $(B)/lbd-decap
UNGUARDED := $(B)/unguarded/lbd $(B)/unguarded/lbctl
NATIVE    := bpf/native/program.c

# Eight files of a room are compiled as one, named after the first of them: what they include takes
# longer than what they say.  So the names in a room's anonymous namespaces must differ.
piece  = $(eval $(B)/piece/$(firstword $1): FILES := $1)$(B)/piece/$(firstword $1)
pieces = $(if $1,$(call piece,$(wordlist 1,8,$1)) $(call pieces,$(wordlist 9,$(words $1),$1)))
# But for these: tests/unguarded has others of two of them; format_rules alone needs a library; daemon/verifying, which
# knows of no lbd, is in the unit tests, too; the others share a name with their neighbours, or need kernel headers that
# exclude each other.
ALONE     := $(addprefix userspace/, $(addsuffix .cpp, \
             $(addprefix api/,loopback server) $(addprefix checklist/,format_rules otherwise table weaker) \
             change/verification_rails \
             config/schema $(addprefix health/,self_test spares) \
             host/netlink_message $(addprefix dataplane/,capture flows) $(addprefix daemon/,preflight verifying witness)))
TOGETHER  := $(filter-out $(MAINS) $(ALONE),$(SOURCES))
# And these only with those that the same programs take, as a program takes a piece whole: lbd-check and lbd-decap are to
# be small, lbd has no libcurl, which probes need, and lbctl neither a log nor libseccomp.
sources    = $(patsubst %,userspace/%.cpp,$1)
OF_ALL     := $(call sources,$(addprefix base/,address fd loop result) $(addprefix model/,classify health))
OF_CHECK   := $(call sources,health/confine)
OF_CHECK_AND_LBD := $(call sources,$(addprefix health/,channel packet wire))
OF_CHECK_AND_LBCTL := $(call sources,$(addprefix health/,curl_loop dns_message icmp_message lag notes probe probe_http \
              probe_icmp probe_tcp probe_udp response sockets))
OF_LBCTL   := $(call sources,health/reach)
OF_LBD     := $(call sources,$(addprefix base/,journal log) $(addprefix health/,attempts checker checker_targets child \
              confidence correlation coverage inherit ledger preflight reasons spawn))
OF_DECAP   := $(call sources,$(addprefix dataplane/,decap object pins xdp) $(addprefix host/,features program) \
              $(addprefix model/,finding host json json_io json_parse memory spec sysctl view))
# What no program takes: parts of pages, which the unit tests print.
OF_PAGES   := $(call sources,api/openapi api/openapi_answers model/json_schema)
# Those that share a name with their neighbours, but not with each other.
OF_THEIR_OWN := $(call sources,$(addprefix config/,block diff fields) $(addprefix personas/,answer speech) \
              $(addprefix daemon/,mover verdicts way_back))
APART      := OF_THEIR_OWN OF_PAGES OF_ALL OF_CHECK OF_CHECK_AND_LBD OF_CHECK_AND_LBCTL OF_LBCTL OF_LBD OF_DECAP
OTHERS     := $(filter-out $(foreach group,$(APART),$($(group))),$(TOGETHER))
# What includes CLI11 is two pieces, whatever its number: CLI11 takes longer than all of it.  One more is what
# lbd and lbd-decap can be told: the unit tests have it, too, for the manual pages.
VERBS      := $(filter $(call sources,$(addprefix cli/,cmd_% change_terms command_line complete host manual repeat)),$(OTHERS))
OPTIONS    := $(call sources,daemon/options decap/options)
TOLD       := $(call piece,$(OPTIONS))
PARTS      := $(ALONE) $(TOLD) $(call piece,$(wordlist 1,15,$(VERBS))) $(call piece,$(wordlist 16,99,$(VERBS))) \
              $(foreach room,$(ROOMS),$(foreach group,$(APART) OTHERS,\
              $(call pieces,$(filter-out $(VERBS) $(OPTIONS),$(filter userspace/$(room)/%,$($(group)))))))
room_parts = $(foreach room,$1,$(filter userspace/$(room)/% $(B)/piece/userspace/$(room)/%,$2))
CORE_PARTS := $(call room_parts,$(CORE),$(PARTS))
# The tests of a room are one, whatever their number.
UNIT      := $(foreach room,$(sort $(dir $(wildcard tests/unit/*/*.cpp))),$(call piece,$(wildcard $(room)*.cpp)))
# The prober apart from the rest: the differential test has no use for what it needs.
SUPPORT   := tests/support/prober.cpp $(call piece,$(filter-out %/prober.cpp,$(wildcard tests/support/*.cpp)))
BPF_TESTS := $(call pieces,$(wildcard tests/bpf/*.cpp))
DIFFERENTIAL := $(call pieces,$(wildcard tests/differential/*.cpp))
FUZZED    := $(NATIVE) $(filter-out %_test.cpp %/kernel.cpp,$(wildcard tests/differential/*.cpp)) tests/support/packet.cpp tests/support/icmp.cpp
BENCH     := $(wildcard tests/bench/*.cpp)
FUZZERS   := $(patsubst tests/fuzz/%.cpp,$(B)/fuzz/%,$(wildcard tests/fuzz/*.cpp))
BENCHES   := $(patsubst tests/bench/%_bench.cpp,$(B)/bench-%,$(wildcard tests/bench/*_bench.cpp))
MAN       := $(patsubst docs/man/%.scd,$(B)/man/%.gz,$(wildcard docs/man/*.scd))
BPF       := $(wildcard bpf/*.bpf.c)
BPF_AIDS  := $(wildcard tests/support/*.bpf.c)
SKELETONS := $(BPF:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
AIDS      := $(BPF_AIDS:tests/support/%.bpf.c=$(B)/bpf/%.skel.h)

# -------------------------------------------------------------------- flags
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=.
CPPFLAGS  += -Iuserspace -I. -Itests -isystem $(B)/bpf -DLBD_VERSION='"$(VERSION)"' -D_GNU_SOURCE \
             -DASIO_STANDALONE -DASIO_NO_DEPRECATED -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL
CXXFLAGS  += -std=c++20 -O2 -g1 -Wall -Wextra -Wconversion -Wshadow -Werror -pthread $(REPRODUCIBLE)
# The packet program as ordinary code; `#pragma unroll` is clang's.
NATIVE_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-unknown-pragmas $(REPRODUCIBLE) \
             -Ibpf/native/shim -I.
# -O0: with the checks of UBSan, optimizing costs three times the time that it saves the tests.
ASAN      := -O0 -g1 -fsanitize=address -fno-omit-frame-pointer
SANITIZE  := $(ASAN) -fsanitize=undefined -fno-sanitize-recover=all
SANITIZED_FUZZ := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
FUZZING   := -std=c++20 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -pthread
LDLIBS    := -lbpf -lmnl -lcurl -lmicrohttpd -lyaml-cpp -lspdlog -lfmt -lcap -lresolv -lseccomp -lssl -lcrypto -lnghttp2 -ltinyxml2
LDFLAGS   += -Wl,--as-needed -pthread
# asm/types.h of the build host; BPF itself has no multiarch folder.
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror $(REPRODUCIBLE) \
              -I. -I/usr/include/$(shell gcc -print-multiarch 2>/dev/null)
# -MD, not -MMD: skeletons come in as system headers and must count.
DEPFLAGS   = -MD -MP -MF $(@:%=%.d)

# ------------------------------------------------------------------ targets
.PHONY: all help demo gameday test check lint format rooms unit bpf-test net-test bench insns check-reproducible deep fuzz soak man install uninstall deb clean

all: $(PROGRAMS) ## build everything (no root)

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

bootstrap: ## install what build, demo and tests need (Debian, root; quiet when nothing is missing)
	@scripts/bootstrap

demo: bootstrap ## the story in 90 seconds: traffic, a killed backend, its return, a refused change
	@$(MAKE) -j$(JOBS) all
	@$(PYTHON) scripts/lab/demo.py

test: bootstrap ## everything that CI runs (root; about 24 minutes on two cores, most of it compiling and waiting)
	@$(MAKE) -j$(JOBS) all man $(UNGUARDED) $(B)/unit-tests $(B)/bpf-tests $(B)/differential $(BENCHES)
	@scripts/test

check: bootstrap ## format, lint, include rules, tests; a skipped test is a failure
	@$(MAKE) lint
	@CI=true $(MAKE) test

lint: format rooms ## format, clang-tidy, include rules, shellcheck, yamllint, dashboards, licences
	@$(MAKE) -j$(JOBS) tidy
	@shellcheck $$(git ls-files ':!*.j2' | xargs grep -lE '^#!.*\b(ba)?sh\b')
	@yamllint -s $$(git ls-files '*.yaml' '*.yml')
	@scripts/lint-dashboard docs/monitoring/*.json
	@reuse lint --quiet

format: ## complain about unformatted code
	@clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h' '*.cpp' '*.hpp')

rooms: ## who may include whom
	@scripts/check-rooms.sh

unit: $(B)/unit-tests ## the pure core under ASan and UBSan (no root)
	@$(B)/unit-tests --gtest_brief=1

bpf-test: $(B)/bpf-tests ## the real BPF objects through BPF_PROG_TEST_RUN (root)
	@$(B)/bpf-tests --gtest_brief=1

net-test: all man $(UNGUARDED) ## scenarios in network namespaces (root)
	@$(PYTHON) -m pytest -q -n $$(($(JOBS) + 2)) --dist loadfile -m 'not timed and not deep' tests/net
	@$(PYTHON) -m pytest -q -n 3 --dist loadfile -m 'timed and not alone' tests/net
	@$(PYTHON) -m pytest -q -m alone tests/net

bench: bootstrap ## a program per question; figures are printed, and as JSON in build/reports
	@$(MAKE) -j$(JOBS) all $(BENCHES)
	@scripts/bench

gameday: bootstrap ## drills for those who run lbd, with a scoreboard (root)
	@$(MAKE) -j$(JOBS) all $(UNGUARDED)
	@scripts/gameday
	@scripts/gameday --rails

insns: $(B)/bench-insns ## instructions of a packet, size of the program; RECORD=1 accepts them (root)
	@$< $(if $(RECORD),--record) tests/bench/insns.txt

check-reproducible: bootstrap ## build twice, in two folders: the same bytes
	@scripts/check-reproducible

deep: bootstrap ## two hours: clang build, ThreadSanitizer, longer property runs, playbooks that fail midway
	@scripts/deep

fuzz: bootstrap ## libFuzzer on every parser, the differential test, FUZZ_SECONDS each
	@$(MAKE) -j$(JOBS) $(FUZZERS) $(B)/differential
	@scripts/fuzz

soak: bootstrap ## an hour of changes and traffic with slope bounds
	@scripts/soak

man: $(MAN) ## the manual pages

install: all man ## install under DESTDIR and PREFIX; never overwrites lbd.yaml
	$(Q)scripts/install "$(B)" "$(DESTDIR)" "$(PREFIX)" "$(sysconfdir)" "$(unitdir)"

uninstall: ## take away what install put there, but for /etc/lbd; first: systemctl stop lbd, lbctl detach
	$(Q)scripts/install --remove "$(B)" "$(DESTDIR)" "$(PREFIX)" "$(sysconfdir)" "$(unitdir)"

deb: ## Debian packages, build/lbd_VERSION_ARCH.deb and lbctl_...; the same bytes each time (no root)
	@scripts/bootstrap --build
	@$(MAKE) -j$(JOBS) all man
	$(Q)scripts/deb/build "$(B)" "$(DEB_VERSION)" "$(DEB_MAINTAINER)"

clean: ## remove build/
	rm -rf $(B)

$(B)/man/%.gz: docs/man/%.scd
	@mkdir -p $(@D)
	$(Q)set -o pipefail; scdoc < $< | gzip -9n > $@

# ---------------------------------------------------------------------- BPF
.PRECIOUS: $(B)/bpf/%.bpf.o
$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF  $<"
	$(Q)$(CLANG) $(BPF_CFLAGS) $(DEPFLAGS) -c $< -o $@

$(B)/bpf/%.bpf.o: tests/support/%.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF  $<"
	$(Q)$(CLANG) $(BPF_CFLAGS) $(DEPFLAGS) -c $< -o $@

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf > $@

# ---------------------------------------------------------------------- C++
# Two object trees: o/ for the programs, san/ for the tests (ASan, UBSan).
# Skeletons must exist before whoever includes them; afterwards the .d files know.
$(patsubst %.cpp,$(B)/o/%.o,$(call room_parts,dataplane,$(PARTS)) $(SUPPORT) $(BPF_TESTS) $(BENCH)) \
$(patsubst %.cpp,$(B)/san/%.o,$(SUPPORT) $(DIFFERENTIAL)): | $(SKELETONS) $(AIDS)

$(B)/o/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "  CXX  $<"
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(DEPFLAGS) -c $< -o $@

$(B)/san/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "  SAN  $<"
	$(Q)$(SAN_CXX) $(CPPFLAGS) $(CXXFLAGS) $(SANITIZE) $(DEPFLAGS) -c $< -o $@

# One name of it is for others: its maps are called `vips`, `flows`, `meta`.
$(B)/o/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(NATIVE_CFLAGS) $(DEPFLAGS) -c $< -o $@ && $(OBJCOPY) --keep-global-symbol=lb_program_run $@

$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo "  SAN  $<"
	$(Q)$(SAN_CC) $(NATIVE_CFLAGS) $(SANITIZE) $(DEPFLAGS) -c $< -o $@ && $(OBJCOPY) --keep-global-symbol=lb_program_run $@

# UBSan looks at what is tested, not at the tests: it makes their expectations twice as slow to compile.  What is
# inline in both is taken from the former, which is linked first.
$(UNIT:%.cpp=$(B)/san/%.o): SANITIZE := $(ASAN)
# The BPF tests wait for the kernel: they need not be fast themselves, and are compiled in half the time.
$(BPF_TESTS:%.cpp=$(B)/o/%.o): CXXFLAGS += -O0

# Files that become part of an object.
$(foreach tree,o san fuzz/o,$(patsubst %.cpp,$(B)/$(tree)/%.o,$(call room_parts,page,$(PARTS)))): $(addprefix userspace/page/page.,css js svg)

# Made anew only when other files belong to it.
$(filter $(B)/piece/%,$(PARTS) $(UNIT) $(SUPPORT) $(BPF_TESTS) $(DIFFERENTIAL)): FORCE
	@mkdir -p $(@D)
	@cmp -s $@ <(printf '#include "%s"\n' $(FILES)) || printf '#include "%s"\n' $(FILES) > $@

$(B)/liblb.a: $(PARTS:%.cpp=$(B)/o/%.o) $(NATIVE:%.c=$(B)/o/%.o)
	$(Q)rm -f $@ && ar rcsD $@ $^

# Heaps (docs/decisions/0049): lbd's ten thousand nodes lie closer together in jemalloc's, and what libcurl takes and
# gives back is cheaper in mimalloc's.  The unguarded lbd has the C library's: libfaketime, with which some tests set
# its clock, cannot bear jemalloc.
$(B)/lbd:       LDLIBS := -ljemalloc $(LDLIBS)
$(B)/lbd-check: LDLIBS := -lmimalloc $(LDLIBS)
$(B)/lbd:       $(B)/o/userspace/daemon/main.o
$(B)/lbd-check: $(B)/o/userspace/health/lbd_check.o
$(B)/lbctl:     $(B)/o/userspace/cli/main.o
$(B)/lbd-decap: $(B)/o/userspace/decap/main.o
$(PROGRAMS): $(B)/liblb.a
	@echo "  LINK $@"
	$(Q)$(CXX) $(LDFLAGS) $(filter %.o,$^) $(B)/liblb.a $(LDLIBS) -o $@

# lbd and lbctl whose guard rails can be switched off, for drills: what happens when a bad change gets past them.
$(B)/unguarded/%: $(B)/liblb.a
	@mkdir -p $(@D)
	@echo "  LINK $@"
	$(Q)$(CXX) $(LDFLAGS) $(filter %.o,$^) $(B)/liblb.a $(LDLIBS) -o $@

$(UNGUARDED): $(patsubst %.cpp,$(B)/o/%.o,$(wildcard tests/unguarded/*.cpp))
$(B)/unguarded/lbd:   $(B)/o/userspace/daemon/main.o
$(B)/unguarded/lbctl: $(B)/o/userspace/cli/main.o

# lbd-check is run by tests of the checker.
$(B)/unit-tests: $(patsubst %.cpp,$(B)/san/%.o,$(CORE_PARTS) $(TOLD) $(addprefix userspace/daemon/,journal.cpp verifying.cpp) $(UNIT)) \
                 $(NATIVE:%.c=$(B)/san/%.o) | $(B)/lbd-check
	@echo "  LINK $@"
	$(Q)$(SAN_CXX) $(LDFLAGS) $(SANITIZE) $^ $(LDLIBS) -lgmock -lgtest -lgtest_main -o $@

$(B)/bpf-tests: $(BPF_TESTS:%.cpp=$(B)/o/%.o) $(SUPPORT:%.cpp=$(B)/o/%.o) $(B)/liblb.a
	@echo "  LINK $@"
	$(Q)$(CXX) $(LDFLAGS) $(filter %.o,$^) $(B)/liblb.a $(LDLIBS) -lgmock -lgtest -lgtest_main -o $@

# The tests of the rooms that know of threads, on the objects that lbd has: ThreadSanitizer excludes ASan (scripts/races).
RACED := $(filter $(foreach room,base events api,$(B)/piece/tests/unit/$(room)/%),$(UNIT))
$(B)/raced-tests: $(RACED:%.cpp=$(B)/o/%.o) $(B)/liblb.a | $(B)/lbd-check
	@echo "  LINK $@"
	$(Q)$(CXX) $(LDFLAGS) $^ $(LDLIBS) -lgmock -lgtest -lgtest_main -o $@

# Apart from the BPF tests, because it is sanitized: what it tests is the native build.
$(B)/differential: $(DIFFERENTIAL:%.cpp=$(B)/san/%.o) \
                   $(patsubst %.cpp,$(B)/san/%.o,$(filter-out tests/support/prober.cpp,$(SUPPORT))) \
                   $(patsubst %.cpp,$(B)/san/%.o,$(call room_parts,base model explain host,$(PARTS))) \
                   $(NATIVE:%.c=$(B)/san/%.o)
	@echo "  LINK $@"
	$(Q)$(SAN_CXX) $(LDFLAGS) $(SANITIZE) $^ $(LDLIBS) -lgmock -lgtest -lgtest_main -o $@

BENCH_PARTS := $(filter-out %_bench.cpp,$(BENCH))
$(B)/bench-%: $(B)/o/tests/bench/%_bench.o $(BENCH_PARTS:%.cpp=$(B)/o/%.o) $(SUPPORT:%.cpp=$(B)/o/%.o) $(B)/liblb.a
	@echo "  LINK $@"
	$(Q)$(CXX) $(LDFLAGS) $(filter %.o,$^) $(B)/liblb.a $(LDLIBS) -lbenchmark -lgtest -o $@

# A third tree, with clang's coverage, for the rooms that parse.
$(B)/fuzz/o/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	$(Q)$(SAN_CXX) $(CPPFLAGS) $(FUZZING) -fsanitize=fuzzer-no-link $(DEPFLAGS) -c $< -o $@

$(B)/fuzz/o/%.o: %.c
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	$(Q)$(SAN_CC) $(NATIVE_CFLAGS) $(SANITIZED_FUZZ) $(DEPFLAGS) -c $< -o $@

$(B)/fuzz/libcore.a: $(addprefix $(B)/fuzz/o/,$(addsuffix .o,$(basename $(CORE_PARTS) $(FUZZED))))
	$(Q)rm -f $@ && ar rcsD $@ $^

$(FUZZERS): $(B)/fuzz/%: $(B)/fuzz/o/tests/fuzz/%.o $(B)/fuzz/libcore.a
	@echo "  LINK $@"
	$(Q)$(SAN_CXX) $(FUZZING) -fsanitize=fuzzer $^ $(LDLIBS) -o $@

.PHONY: tidy bootstrap FORCE
tidy: $(SOURCES:%=$(B)/tidy/%.ok)
$(B)/tidy/%.cpp.ok: %.cpp | $(SKELETONS)
	@mkdir -p $(@D)
	@echo "  TIDY $<"
	$(Q)$(CXX) $(CPPFLAGS) -std=c++20 -M -MP -MT $@ -MF $(@:%=%.d) $<
	$(Q)clang-tidy --quiet $< -- $(CPPFLAGS) -std=c++20 2>/dev/null && touch $@

-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
