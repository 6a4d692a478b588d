# Cityhall: one build system.
#
#   make                 the programs, in build/release
#   make test            everything that ./test runs
#   make lint            layers, names, formatting, static checks
#   make check-san       unit and HTTP suites under the address and undefined sanitizers
#   make check-thread    the same under the thread sanitizer
#   make check-fault     each allocation, write, fsync and SQL step fails in turn
#   make check-sim       ten years of a city: the legal clock against a slow model of it
#   make fuzz-short      every fuzz target for 30 s         (make fuzz: 10 minutes each)
#   make bench           the figures of docs/performance.md
#   make help            all targets
#
# MODE chooses the flavour (release, dev, asan, tsan, fault, fuzz), B the folder that everything built goes to.

MODE ?= release
B ?= build/$(MODE)
CC = gcc
WERROR ?= 1

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wvla -Wformat=2 -Wundef \
	-Wpointer-arith -Wcast-qual -Wwrite-strings
ifeq ($(WERROR),1)
WARN += -Werror
endif

BASE_CFLAGS := -std=gnu17 -D_GNU_SOURCE -fPIE -pthread -g $(WARN)
BASE_LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now
ifeq ($(MODE),release)
  FLAVOUR := -O2 -fstack-protector-strong -D_FORTIFY_SOURCE=3
else ifeq ($(MODE),dev)
  FLAVOUR := -O0
else ifeq ($(MODE),asan)
  FLAVOUR := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else ifeq ($(MODE),tsan)
  FLAVOUR := -O1 -fsanitize=thread -fno-omit-frame-pointer
else ifeq ($(MODE),fault)
  FLAVOUR := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DCITYHALL_FAULT
else ifeq ($(MODE),fuzz)
  CC := clang-14
  # libseccomp's macros leave a field out, which clang calls a mistake of ours.
  FLAVOUR := -Wno-missing-field-initializers -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
  $(error MODE is one of release, dev, asan, tsan, fault, fuzz)
endif

INC = -Isrc -I$(B)/gen
CFLAGS = $(BASE_CFLAGS) $(FLAVOUR) $(INC)
LDFLAGS = $(BASE_LDFLAGS) $(FLAVOUR)

# --- Layers, lowest first. A library may use those before it. ---------------------------------------------------------
LAYERS := base os brain store http html app
find_c = $(shell find src/$(1) -name '*.c' 2>/dev/null | sort)
SRC_base := $(call find_c,base)
SRC_os := $(call find_c,os)
SRC_brain := $(call find_c,brain)
SRC_store := $(call find_c,store)
SRC_http := $(call find_c,http)
SRC_html := $(call find_c,html)
SRC_app := $(call find_c,app)
SRC_cmd := $(call find_c,cmd)
SRC_render := $(call find_c,render)
SRC_post := $(call find_c,post)

SQL := $(shell find src -name '*.sql' | sort)
TMPL := $(shell find src -name '*.html' | sort)
PO := $(wildcard po/*.po)
GEN_SQL_C := $(SQL:src/%.sql=$(B)/gen/%.sql.c)
GEN_SQL_H := $(SQL:src/%.sql=$(B)/gen/%.sql.h)
GEN_TMPL_C := $(TMPL:src/%.html=$(B)/gen/%.html.c)
GEN_TMPL_H := $(TMPL:src/%.html=$(B)/gen/%.html.h)
GEN_H := $(GEN_SQL_H) $(GEN_TMPL_H)
GEN_C_store := $(filter $(B)/gen/store/%,$(GEN_SQL_C))
GEN_C_html := $(filter $(B)/gen/html/%,$(GEN_TMPL_C)) $(B)/gen/translations.c $(B)/gen/assets.c
GEN_C_app := $(filter $(B)/gen/app/%,$(GEN_SQL_C) $(GEN_TMPL_C))

obj = $(patsubst src/%.c,$(B)/o/%.o,$(filter src/%,$(1))) $(patsubst $(B)/gen/%.c,$(B)/o/gen/%.o,$(filter $(B)/gen/%,$(1)))
OBJ_base := $(call obj,$(SRC_base))
OBJ_os := $(call obj,$(SRC_os))
OBJ_brain := $(call obj,$(SRC_brain))
OBJ_store := $(call obj,$(SRC_store) $(GEN_C_store))
OBJ_http := $(call obj,$(SRC_http))
OBJ_html := $(call obj,$(SRC_html) $(GEN_C_html))
OBJ_app := $(call obj,$(SRC_app) $(GEN_C_app))
OBJ_cmd := $(call obj,$(SRC_cmd))
OBJ_render := $(call obj,$(SRC_render))
OBJ_post := $(call obj,$(SRC_post))

# -isystem: the warnings are about our lines.
pkg_cflags = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(1)))
pkg_libs = $(shell pkg-config --libs $(1))
LIBS_base = -lyaml -lsodium -lcrypto -lz -lm
LIBS_os = -lseccomp
LIBS_store = -lsqlite3 -lpq
LIBS_http = -lmicrohttpd
LIBS_brain = -lmosquitto -lnetsnmp
LIBS_all = $(LIBS_http) $(LIBS_store) $(LIBS_brain) $(LIBS_os) $(LIBS_base)
PKG_render := vips libheif poppler-glib pangocairo pangoft2 cairo-pdf cairo-ft libqrencode
PKG_post := libcurl

LIB = $(B)/lib$(1).a
# Reverse order for the linker: the users first.
LIBRARIES = $(foreach l,app html http store brain os base,$(call LIB,$(l)))

.PHONY: all test lint help clean
all: $(B)/cityhall $(B)/cityhall-render $(B)/cityhall-post

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

# --- Generators --------------------------------------------------------------------------------------------------------
TOOLS_SRC := src/base/str.c src/base/buf.c src/base/arena.c src/base/err.c src/base/fault.c
$(B)/tools/%: tools/%.c $(TOOLS_SRC)
	@mkdir -p $(@D)
	@gcc $(BASE_CFLAGS) -O1 -Isrc -o $@ $< $(TOOLS_SRC)

$(B)/gen/%.sql.c $(B)/gen/%.sql.h &: src/%.sql $(B)/tools/sqlgen
	@mkdir -p $(@D)
	@$(B)/tools/sqlgen $< $(B)/gen/$*.sql

$(B)/gen/%.html.c $(B)/gen/%.html.h &: src/%.html $(B)/tools/tmplgen
	@mkdir -p $(@D)
	@$(B)/tools/tmplgen $< $(B)/gen/$*.html

-include tools/gen.mk
include tools/sqlgen.mk

# --- Compiling ---------------------------------------------------------------------------------------------------------
gen: $(GEN_H) $(B)/gen/assets.h

$(B)/o/post/%.o: EXTRA = $(call pkg_cflags,$(PKG_post))
$(B)/o/render/%.o: EXTRA = $(call pkg_cflags,$(PKG_render))
$(B)/o/%.o: src/%.c | gen
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS) $(EXTRA) -MMD -MP -c -o $@ $<
$(B)/o/gen/%.o: $(B)/gen/%.c | gen
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
# These layers need nothing generated.
$(B)/o/base/%.o: src/base/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/o/os/%.o: src/os/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
# The inner loop of the schedule sums in any order, four lanes at once.
ifeq ($(MODE),release)
$(B)/o/brain/ctl_horizon.o: EXTRA = -O3 -fassociative-math -fno-signed-zeros -fno-trapping-math
endif
$(B)/o/brain/%.o: src/brain/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS) $(EXTRA) -MMD -MP -c -o $@ $<

define archive
$(B)/lib$(1).a: $$(OBJ_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call archive,$(l))))

$(B)/cityhall: $(OBJ_cmd) $(LIBRARIES)
	$(CC) $(LDFLAGS) -o $@ $(OBJ_cmd) $(LIBRARIES) $(LIBS_all)

$(B)/cityhall-render: $(OBJ_render) $(call LIB,os) $(call LIB,base)
	$(CC) $(LDFLAGS) -o $@ $^ $(call pkg_libs,$(PKG_render)) $(LIBS_os) $(LIBS_base) -lm

$(B)/cityhall-post: $(OBJ_post) $(call LIB,os) $(call LIB,base)
	$(CC) $(LDFLAGS) -o $@ $^ $(call pkg_libs,$(PKG_post)) $(LIBS_os) $(LIBS_base)

-include $(shell find $(B)/o -name '*.d' 2>/dev/null)

# --- Tests -------------------------------------------------------------------------------------------------------------
# tests/unit/<layer>/x_test.c becomes one program, linked with its layer and those below, so that a layer is tested alone.
UNIT_SRC := $(shell find tests/unit -name '*_test.c' | sort)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
below_base := base
below_os := os base
below_brain := brain os base
below_store := store os base
below_http := http os base
below_html := html http os base
below_app := app html http store brain os base
below_cmd := app html http store brain os base

# A mail server with TLS.
$(B)/unit/os/post_tls_test: LIBS_all += -lssl

define unit_rule
$(B)/unit/$(1)/%: tests/unit/$(1)/%.c $(foreach l,$(below_$(1)),$(B)/lib$(l).a) | $(if $(filter base os brain,$(1)),,gen)
	@mkdir -p $$(@D)
	@echo '  TEST $$<'; $$(CC) $$(CFLAGS) -Itests -MMD -MP -o $$@ $$< $(foreach l,$(below_$(1)),$(B)/lib$(l).a) $$(LDFLAGS) -lcmocka $$(LIBS_all)
endef
$(foreach l,$(LAYERS) cmd,$(eval $(call unit_rule,$(l))))
-include $(shell find $(B)/unit -name '*.d' 2>/dev/null)

# These start the program beside them.
$(B)/unit/os/render_test $(B)/unit/app/credentials_test: | $(B)/cityhall-render
$(B)/unit/app/credentials_test: | $(B)/cityhall
$(B)/unit/os/post_test $(B)/unit/app/mail_test: | $(B)/cityhall-post

.PHONY: unit
unit: $(UNIT)

-include $(sort $(wildcard tests/*.mk))

clean:
	rm -rf build
