# Everything that is made goes to build/. A new folder in cgi-bin/, a new file in cron/ or common/
# and a new *_test.c need no edit here.
#
#   make                programs: build/cgi-bin/NAME.fcgi, build/cron/NAME
#   make run            all of it in the foreground, with demo data (RUN=run PORT=8080)
#   make start | stop   the same in the background
#   make test           module tests and SQL check: seconds
#   make check          every test there is
#   make lint asan bench clean
#
# V=1 shows the whole commands.
#
# Side by side: gcc in build/, `make CC=clang` in build/clang/, `make SAN=address,undefined` in
# build/asan/.
CC       = gcc
SAN      =
RUN      = run
PORT     = 8080
WORKERS  = 2

ifneq ($(SAN),)
B        = build/asan
else ifneq ($(findstring clang,$(CC)),)
B        = build/clang
else
B        = build
endif

WARN     = -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
           -Wmissing-prototypes -Wformat=2 -Wvla -Wundef -Wwrite-strings -Wcast-qual \
           -Wpointer-arith -Wswitch-enum -Wimplicit-fallthrough -Wfloat-equal -Wnull-dereference \
           -Werror=implicit-function-declaration -Werror=format-security
HARDEN   = -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE
ifneq ($(SAN),)
# Reports are what counts here: no -Werror (instrumented code warns falsely), no fortified calls
# (they hide the real ones from the sanitizer).
CHECKING = -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
else
CHECKING = -O2 -Werror -D_FORTIFY_SOURCE=3
endif
ifeq ($(findstring clang,$(CC)),)
HARDEN  += -ftrivial-auto-var-init=zero
endif
CFLAGS   = -std=gnu2x -g $(WARN) $(HARDEN) $(CHECKING)
CPPFLAGS = -Icommon -Itests -MMD -MP
LDFLAGS  = $(filter -fsanitize%,$(CHECKING)) -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LDLIBS   = -lfcgi -lcurl -ljson-c -lmariadb -lssl -lcrypto -lcrypt

LIB_SRC  = $(filter-out %_test.c,$(wildcard common/*/*.c common/*/*/*.c))
APPS     = $(patsubst cgi-bin/%/main.c,%,$(wildcard cgi-bin/*/main.c))
JOBS     = $(patsubst cron/%.c,%,$(wildcard cron/*.c))
UNITS    = $(patsubst %.c,$(B)/%,$(wildcard common/*/*_test.c common/*/*/*_test.c))
SQL_TEST = $(patsubst %.c,$(B)/%,$(wildcard tests/sql_test.c))
PROGRAMS = $(APPS:%=$(B)/cgi-bin/%.fcgi) $(JOBS:%=$(B)/cron/%)
TESTS    = $(SQL_TEST) $(UNITS)
Q        = $(if $(V),,@)
JOBS_AT_ONCE = -j$(shell nproc) --no-print-directory

all: $(PROGRAMS)

# Programs and test programs, nothing is run.
tests: all $(TESTS)

# Says which packages are missing, once, before the first file is compiled.
$(B)/packages: tests/install.sh
	@tests/install.sh --check build
	@mkdir -p $(@D) && touch $@

$(B)/%.o: %.c Makefile | $(B)/packages
	@mkdir -p $(@D) && echo "$(CC) $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Made anew each time: a file that is gone must not live on in the archive.
$(B)/libcommon.a: $(LIB_SRC:%.c=$(B)/%.o)
	@rm -f $@
	@$(AR) rcs $@ $^

# Every folder cgi-bin/NAME becomes NAME.fcgi. Programs are put in place by rename: a running one
# is never written into.
LINK = @mkdir -p $(@D) && echo "link $@"$(if $(V), && set -x) && \
       $(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $(filter %.o,$^) $(LIBRARY) $(LDLIBS) && mv -f $@.new $@
LIBRARY = $(B)/libcommon.a
$(foreach a,$(APPS),$(eval $(B)/cgi-bin/$a.fcgi: \
    $(patsubst %.c,$(B)/%.o,$(filter-out %_test.c,$(wildcard cgi-bin/$a/*.c)))))
$(APPS:%=$(B)/cgi-bin/%.fcgi): $(B)/cgi-bin/%.fcgi: $(B)/libcommon.a
	$(LINK)

$(JOBS:%=$(B)/cron/%) $(UNITS): $(B)/%: $(B)/%.o $(B)/libcommon.a
	$(LINK)

# The whole library goes in, so that every statement of the section sql_list is there to be checked.
$(B)/tests/sql_test: LIBRARY = -Wl,--whole-archive $(B)/libcommon.a -Wl,--no-whole-archive
$(B)/tests/sql_test: $(B)/tests/sql_test.o $(B)/libcommon.a
	$(LINK)

# The targets below install what they need (tests/install.sh), then build, then do their work.
run: ready-run
	@exec tests/instance.py run --run $(RUN) --port $(PORT) --build $(B) --workers $(WORKERS)

start: ready-run
	@tests/instance.py start --run $(RUN) --port $(PORT) --build $(B) --workers $(WORKERS)

stop:
	@tests/instance.py stop --run $(RUN)

ready-run:
	@tests/install.sh run
	@$(MAKE) $(JOBS_AT_ONCE) all

test:
	@tests/install.sh run
	@$(MAKE) $(JOBS_AT_ONCE) tests
	@tests/run_units.py --build $(B)

check:
	@tests/install.sh check
	@tests/check.py

lint:
	@tests/install.sh check
	@tests/lint.sh

asan:
	@tests/install.sh check
	@tests/check.py --only asan

bench: ready-run
	@tests/install.sh check
	@tests/bench/bench.py

clean:
	rm -rf build

.PHONY: all tests run start stop ready-run test check lint asan bench clean
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
