# Translations and assets. Included by the Makefile.

$(B)/tools/tmplgen: $(wildcard tools/tmplgen*.c) tools/tmplgen.h $(TOOLS_SRC)
	@mkdir -p $(@D)
	@gcc $(BASE_CFLAGS) -O1 -Isrc -Itools -o $@ $(filter %.c,$^)

# --- Translations ------------------------------------------------------------------------------------------------------
# po/cityhall.pot is committed: `make pot` writes it anew from the sources and brings the languages up to date;
# `make lint` sees that both are complete (check-po).
POT_SRC := $(shell find src -name '*.c' -o -name '*.h' | sort)
XGETTEXT := xgettext --from-code=UTF-8 --language=C --add-comments=TRANSLATORS: --add-location=file --no-wrap \
	-kN_ -ktr:2 -ktrn:2,3

# A message that is both singular and plural is two different ones: xgettext only warns.
$(B)/po/cityhall.pot: $(GEN_TMPL_C) $(POT_SRC) tools/pot-header
	@mkdir -p $(@D)
	@$(XGETTEXT) -o $(B)/po/raw.pot $(GEN_TMPL_C) $(POT_SRC) 2>$(B)/po/xgettext.log || { cat $(B)/po/xgettext.log >&2; exit 1; }
	@! grep -A2 'without plural and with plural' $(B)/po/xgettext.log >&2 || { echo 'write the sentences of trn() without N_()' >&2; exit 1; }
	@sed -i 's/charset=CHARSET/charset=UTF-8/' $(B)/po/raw.pot
	@msgcat --use-first --no-wrap --add-location=file --sort-by-file -o $@ tools/pot-header $(B)/po/raw.pot

.PHONY: pot check-po
pot: $(B)/po/cityhall.pot
	@cp $< po/cityhall.pot
	@for f in $(PO); do msgmerge -q --no-fuzzy-matching --no-wrap --add-location=file --backup=none -U $$f po/cityhall.pot && \
		msgattrib --no-obsolete --no-wrap --add-location=file -o $$f $$f && echo "$$f: $$(msgfmt --statistics -o /dev/null $$f 2>&1)"; done

# The committed template names every message of the sources, and every language translates all of them.
check-po: $(B)/po/cityhall.pot
	@cmp -s $< po/cityhall.pot || { echo 'po/cityhall.pot is not up to date: run make pot' >&2; exit 1; }
	@for f in $(PO); do \
		test "$$(msgattrib --no-obsolete --no-wrap $$f | grep -c '^msgid ')" = "$$(grep -c '^msgid ' po/cityhall.pot)" || \
		{ echo "$$f does not have every message: run make pot" >&2; exit 1; }; \
		test -z "$$(msgattrib --untranslated --no-obsolete $$f)$$(msgattrib --only-fuzzy --no-obsolete $$f)" || \
		{ echo "$$f is not complete" >&2; msgattrib --untranslated --no-wrap $$f >&2; exit 1; }; done

MO := $(PO:po/%.po=$(B)/po/%.mo)
$(B)/po/en.mo: po/cityhall.pot
	@mkdir -p $(@D)
	@msgen po/cityhall.pot -o - | msgfmt -o $@ -
$(B)/po/%.mo: po/%.po
	@mkdir -p $(@D)
	@msgfmt -c -o $@ $<

$(B)/tools/pogen: tools/pogen.c src/base/pseudo.c $(TOOLS_SRC)
	@mkdir -p $(@D)
	@gcc $(BASE_CFLAGS) -O1 -Isrc -o $@ $^
$(B)/gen/translations.c: $(B)/po/en.mo $(MO) $(B)/tools/pogen
	@mkdir -p $(@D)
	@$(B)/tools/pogen $@ $(B)/po/en.mo $(MO)

# --- Assets ------------------------------------------------------------------------------------------------------------
ASSETS := $(sort $(wildcard assets/*.css assets/*.svg assets/*.js assets/*.png assets/*.ico))
$(B)/gen/assets.c $(B)/gen/assets.h &: $(ASSETS) $(B)/tools/assetgen
	@mkdir -p $(@D)
	@for f in $(ASSETS); do gzip -9nc $$f > $(B)/gen/assets-$${f##*/}.gz || exit 1; done
	@$(B)/tools/assetgen $(B)/gen/assets $(ASSETS)

# --- Templates of the unit tests -----------------------------------------------------------------------------------------
$(B)/gen/tests/unit/html/%.html.c $(B)/gen/tests/unit/html/%.html.h &: tests/unit/html/%.html $(B)/tools/tmplgen
	@mkdir -p $(@D)
	@$(B)/tools/tmplgen $< $(B)/gen/tests/unit/html/$*.html
# The test runs tmplgen itself, to see what it refuses.
$(B)/unit/html/template_test: $(B)/gen/tests/unit/html/template.html.c $(B)/tools/tmplgen
$(B)/unit/html/pieces_test: $(B)/gen/tests/unit/html/pieces.html.c

# A page of every piece, to look at: build/.../pieces/*.html beside the stylesheet.
.PHONY: pieces
pieces: $(B)/unit/html/pieces_test
	@mkdir -p $(B)/pieces
	@PIECES_DIR=$(B)/pieces $(B)/unit/html/pieces_test > /dev/null 2>&1
	@cp assets/*.css assets/*.svg $(B)/pieces/ && ls $(B)/pieces

# The generators stay: tests run them.
.PRECIOUS: $(B)/tools/%
