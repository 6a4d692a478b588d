#include "app/forms/scheme.h"

#include "base/err.h"
#include "base/id.h"

const struct scheme schemes[] = {
	{"cn-uscc", 18, N_("Write the 18 letters and figures of the unified social credit code, as on the licence."),
     "91350100M000100Y43"},
	{"cn-resident", 18, N_("Write the 18 characters of the identity number, as on the card."), "11010519491231002X"},
	{"lei", 20, N_("Write the 20 letters and figures of the legal entity identifier."), "5493001KJTIIGC8Y1R12"},
	{"plain", 0, N_("Write the number as it stands on the document, in letters and figures."), "A-1024"},
	{NULL, 0, NULL, NULL},
};

const struct scheme *scheme_find(struct str name)
{
	for (const struct scheme *s = schemes; s->name != NULL; s++) {
		if (str_is(name, s->name)) {
			return s;
		}
	}
	return NULL;
}

/* GB 32100-2015: the alphabet leaves out I, O, S, V and Z; weights are 3^(i-1) mod 31. */
static bool uscc_is_valid(const char *s, bool *has_wrong_characters)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	int sum = 0;
	int weight = 1;
	int check = 0;
	for (int i = 0; i < 18; i++) {
		const char *at = memchr(alphabet, s[i], sizeof(alphabet) - 1);
		if (at == NULL || (i >= 2 && i < 8 && at - alphabet > 9)) { /* characters 3 to 8: a region's six digits */
			*has_wrong_characters = true;
			return false;
		}
		int value = (int)(at - alphabet);
		if (i == 17) {
			check = value;
		} else {
			sum += value * weight;
			weight = weight * 3 % 31;
		}
	}
	return check == (31 - sum % 31) % 31;
}

static int digits_at(const char *s, int from, int n)
{
	int v = 0;
	for (int i = from; i < from + n; i++) {
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* GB 11643-1999: weights 2^(17-i) mod 11; the check 10 is written X. Characters 7 to 14 are a birthday. */
static bool resident_is_valid(const char *s, bool *has_wrong_characters)
{
	static const char checks[] = "10X98765432";
	int sum = 0;
	for (int i = 0; i < 17; i++) {
		if (s[i] < '0' || s[i] > '9') {
			*has_wrong_characters = true;
			return false;
		}
	}
	if ((s[17] < '0' || s[17] > '9') && s[17] != 'X') {
		*has_wrong_characters = true;
		return false;
	}
	for (int i = 0; i < 17; i++) {
		sum += (s[i] - '0') * ((1 << (17 - i)) % 11);
	}
	struct date born = {digits_at(s, 6, 4), digits_at(s, 10, 2), digits_at(s, 12, 2)};
	return born.year >= 1800 && date_is_valid(born) && s[17] == checks[sum % 11];
}

enum scheme_result scheme_check(struct str scheme, struct str typed, char out[SCHEME_VALUE_MAX + 1], size_t *out_n)
{
	const struct scheme *s = scheme_find(scheme);
	if (s == NULL) {
		return SCHEME_UNKNOWN;
	}
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];
		if (s->length != 0 && (c == ' ' || c == '-')) {
			continue;
		}
		if (n == SCHEME_VALUE_MAX) {
			return SCHEME_WRONG_LENGTH;
		}
		bool is_lower = c >= 'a' && c <= 'z';
		bool is_plain = is_lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_plain && !(s->length == 0 && n > 0 && (c == '-' || c == '.' || c == '/' || c == ' '))) {
			return SCHEME_WRONG_CHARACTERS;
		}
		out[n++] = is_lower ? (char)(c - 'a' + 'A') : c;
	}
	out[n] = '\0';
	if (s->length == 0 ? n == 0 : n != (size_t)s->length) {
		return SCHEME_WRONG_LENGTH;
	}
	bool has_wrong_characters = false;
	bool is_valid = true;
	if (str_is(scheme, "cn-uscc")) {
		is_valid = uscc_is_valid(out, &has_wrong_characters);
	} else if (str_is(scheme, "cn-resident")) {
		is_valid = resident_is_valid(out, &has_wrong_characters);
	} else if (str_is(scheme, "lei")) {
		is_valid = check_mod97_is_valid(str_from(out, n));
	}
	if (!is_valid) {
		return has_wrong_characters ? SCHEME_WRONG_CHARACTERS : SCHEME_WRONG_CHECK;
	}
	*out_n = n;
	return SCHEME_OK;
}
