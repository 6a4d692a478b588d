#include "app/catalogue/definition.h"

/* The order of `languages` in html/translate.h; a tag's first letter tells them apart. */
size_t text_language(struct str lang)
{
	switch (lang.n > 0 ? lang.p[0] : 'e') {
	case 'z':
		return 1;
	case 'a':
		return 2;
	default:
		return 0;
	}
}

struct str text_in(const struct text *t, struct str lang)
{
	struct str s = t->in[text_language(lang)];
	if (s.n == 0) {
		s = t->in[0];
	}
	return s.p ? s : STR_EMPTY;
}

bool text_is_empty(const struct text *t)
{
	return t->in[0].n == 0;
}

const char *const *question_parts(enum question_type type)
{
	static const char *const date[] = {"day", "month", "year", NULL};
	static const char *const address[] = {"lines", "place", "postal-code", "country", NULL};
	static const char *const person_name[] = {"full", "family", "given", "latin", NULL};
	switch (type) {
	case QUESTION_DATE:
		return date;
	case QUESTION_ADDRESS:
		return address;
	case QUESTION_PERSON_NAME:
		return person_name;
	default:
		return NULL;
	}
}

const struct stop_reason *service_stop(const struct service *s, struct str id, enum stop_end ends)
{
	for (size_t i = 0; i < s->stop_n; i++) {
		if (s->stops[i].ends == ends && (id.n == 0 || str_eq(s->stops[i].id, id))) {
			return &s->stops[i];
		}
	}
	return NULL;
}

static size_t count_questions(const struct service *s, bool with_review)
{
	size_t n = 0;
	for (size_t i = 0; i < s->page_n; i++) {
		for (size_t k = 0; (with_review || !s->pages[i].is_at_review) && k < s->pages[i].question_n; k++) {
			const struct question *q = &s->pages[i].questions[k];
			n += q->type == QUESTION_GROUP ? q->question_n : 1;
		}
	}
	return n;
}

size_t service_question_count(const struct service *s)
{
	return count_questions(s, true);
}

size_t service_question_most(const struct service *s)
{
	return count_questions(s, false);
}

size_t service_question_least(const struct service *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		for (size_t k = 0; p->show_if.question.n == 0 && !p->is_at_review && k < p->question_n; k++) {
			const struct question *q = &p->questions[k];
			size_t asked = q->type == QUESTION_GROUP ? (q->is_optional ? 0 : q->question_n) : 1;
			n += q->show_if.question.n == 0 ? asked : 0;
		}
	}
	return n;
}

struct str bundle_asked_as(const struct service *bundle, size_t member, struct str question)
{
	for (size_t i = 0; i < bundle->alias_n; i++) {
		if (bundle->aliases[i].member == member && str_eq(bundle->aliases[i].question, question)) {
			return bundle->aliases[i].asked;
		}
	}
	return STR_EMPTY;
}

const struct question *service_question(const struct service *s, struct str id, const struct form_page **page)
{
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		for (size_t k = 0; k < p->question_n; k++) {
			if (str_eq(p->questions[k].id, id)) {
				if (page) {
					*page = p;
				}
				return &p->questions[k];
			}
		}
	}
	return NULL;
}

const struct evidence *service_evidence(const struct service *s, struct str id)
{
	for (size_t i = 0; i < s->evidence_n; i++) {
		if (str_eq(s->evidence[i].id, id)) {
			return &s->evidence[i];
		}
	}
	return NULL;
}

const struct form_page *service_page(const struct service *s, struct str id, size_t *index)
{
	for (size_t i = 0; i < s->page_n; i++) {
		if (str_eq(s->pages[i].id, id)) {
			if (index) {
				*index = i;
			}
			return &s->pages[i];
		}
	}
	return NULL;
}

bool evidence_is_for_all(const struct evidence *ev)
{
	return !ev->is_optional && ev->show_if.question.n == 0;
}

static size_t count_papers(const struct service *s, bool is_for_all)
{
	size_t n = 0;
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		n += ev->source == EVIDENCE_UPLOAD && evidence_is_for_all(ev) == is_for_all;
	}
	return n;
}

size_t service_papers(const struct service *s)
{
	return count_papers(s, true);
}

size_t service_papers_of_some(const struct service *s)
{
	return count_papers(s, false);
}

/* ISO 4217 as amended to 2025, without metals, funds, test codes and "no currency". */
static const char digits_0[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
static const char digits_3[] = "BHD IQD JOD KWD LYD OMR TND ";
static const char digits_2[] =
	"AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
	"CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD "
	"KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO "
	"NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL "
	"THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ";

static bool is_listed(const char *list, struct str code)
{
	size_t at = str_find(str_of(list), code);
	return at != SIZE_MAX && at % 4 == 0;
}

int currency_digits(struct str code)
{
	if (code.n != 3) {
		return -1;
	}
	return is_listed(digits_2, code) ? 2 : is_listed(digits_0, code) ? 0 : is_listed(digits_3, code) ? 3 : -1;
}

const char *const identifier_schemes[] = {"cn-uscc", "cn-resident", "cn-vin", "vin", "iban", "lei", "plain", NULL};
