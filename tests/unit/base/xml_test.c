#include "base/xml.h"

#include "base/buf.h"
#include "unit/unit.h"

/* "+a(x=1)" a start with attributes, "-a" an end. */
static void expect(const char *text, const char *events)
{
	struct xml x;
	struct arena a;
	struct buf got;
	struct err e = {0};
	enum xml_kind kind;
	arena_init(&a, 1 << 16);
	buf_init(&got, 1 << 16);
	bool ok = xml_begin(&x, &a, str_of(text), &e);
	while (ok && (ok = xml_next(&x, &kind, &e)) && kind != XML_END) {
		buf_put_byte(&got, kind == XML_START ? '+' : '-');
		buf_put(&got, x.name);
		for (size_t i = 0; i < x.attribute_n; i++) {
			buf_printf(&got, "(%.*s=%.*s)", STR_ARG(x.attributes[i].name), STR_ARG(x.attributes[i].value));
		}
	}
	assert_str(ok ? buf_str(&got) : str_of(e.text), events);
	buf_release(&got);
	arena_release(&a);
}

static void gives_elements_and_attributes_in_order(void **state)
{
	(void)state;
	expect("<a/>", "+a-a");
	expect("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <b> -->\n<a x = '1' y=\"&lt;2&amp;&#x4e2d;&#65;\" >text<b:c/>"
	       "<![CDATA[<d>]]></a >\n<!-- end -->",
	       "+a(x=1)(y=<2&\xe4\xb8\xad"
	       "A)+b:c-b:c-a");
	expect("<a><b><c/></b><b/></a>", "+a+b+c-c-b+b-b-a");
}

static void refuses_what_is_not_well_formed(void **state)
{
	(void)state;
	expect("<a></b>", "line 1: an end tag does not match");
	expect("<a>\n<b>\n", "line 3: the text ends within an element");
	expect("<a/><b/>", "line 1: there are two root elements");
	expect("hello <a/>", "line 1: text stands outside of the root element");
	expect("<a x=1/>", "line 1: an attribute's value is not in quotes");
	expect("<a x='1' x='2'/>", "line 1: an attribute stands there twice");
	expect("<a x='&other;'/>", "line 1: an entity is not known here");
	expect("<a x='&#0;'/>", "line 1: an entity is not known here");
	expect("<a x='&#x110000;'/>", "line 1: an entity is not known here");
	expect("<a x='<'/>", "line 1: an attribute's value holds \"<\"");
	expect("<!DOCTYPE a><a/>", "line 1: a document type is not read here");
	expect("<a><!-- </a>", "line 1: a comment or an instruction does not end");
	expect("<1/>", "line 1: a name is missing");
	expect("<a x='\xff'/>", "line 1: the text is no UTF-8");
	struct buf deep;
	buf_init(&deep, 1 << 16);
	for (int i = 0; i < 40; i++) {
		buf_put_c(&deep, "<a>");
	}
	expect(buf_cstr(&deep), "line 1: elements are nested too deeply");
	buf_release(&deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(gives_elements_and_attributes_in_order),
	                                   cmocka_unit_test(refuses_what_is_not_well_formed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
