#include "app/forms/scheme.h"

#include "base/err.h"
#include "base/id.h"

enum { IBAN_MIN = 15, IBAN_MAX = 34 };

const struct scheme schemes[] = {
	{"cn-uscc", 18, N_("Write the 18 letters and figures of the unified social credit code, as on the licence."),
     "91350100M000100Y43", false},
	{"cn-resident", 18, N_("Write the 18 characters of the identity number, as on the card."), "11010519491231002X",
     false},
	{"cn-vin", 17, N_("Write the 17 letters and figures of the vehicle identification number, as on the document."),
     "LFV2A21K3A3000018", false},
	{"vin", 17, N_("Write the 17 letters and figures of the vehicle identification number, as on the document."),
     "WVWZZZ1JZXW000001", false},
	{"iban", 0, N_("Write the whole account number (IBAN), from the two letters of the country to the last figure."),
     "DE89370400440532013000", false},
	{"lei", 20, N_("Write the 20 letters and figures of the legal entity identifier."), "5493001KJTIIGC8Y1R12", false},
	{"plain", 0, N_("Write the number as it stands on the document, in letters and figures."), "A-1024", true},
	{NULL, 0, NULL, NULL, false},
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

/* ISO 3779: the first character is the region of the maker. A check digit in place 9 is the law in North America (49
 * CFR 565) and in China (GB 16735); elsewhere the place is the maker's. */
static bool vin_has_check(const char *s)
{
	return (s[0] >= '1' && s[0] <= '5') || s[0] == 'L';
}

/* ISO 3779: letters without I, O and Q. The check digit: they count as figures, weighted, modulo 11. */
static bool vin_is_valid(const char *s, bool is_checked, bool *has_wrong_characters)
{
	static const int values[] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9};
	static const int weights[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
	int sum = 0;
	for (int i = 0; i < 17; i++) {
		bool is_figure = s[i] >= '0' && s[i] <= '9';
		int value = is_figure ? s[i] - '0' : s[i] >= 'A' && s[i] <= 'Z' ? values[s[i] - 'A'] : 0;
		if (!is_figure && value == 0) {
			*has_wrong_characters = true;
			return false;
		}
		sum += value * weights[i];
	}
	return !is_checked || s[8] == (sum % 11 == 10 ? 'X' : (char)('0' + sum % 11));
}

/* ISO 13616: country, two check digits, at most 30 further; the first four go behind, and ISO 7064 MOD 97-10 looks at
 * the whole. */
static bool iban_is_valid(const char *s, size_t n, bool *has_wrong_characters)
{
	bool has_country = n > 4 && s[0] >= 'A' && s[1] >= 'A' && s[2] <= '9' && s[3] <= '9';
	if (!has_country) {
		*has_wrong_characters = true;
		return false;
	}
	char turned[SCHEME_VALUE_MAX];
	memcpy(turned, s + 4, n - 4);
	memcpy(turned + n - 4, s, 4);
	return check_mod97_is_valid(str_from(turned, n));
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
		if (!s->is_as_written && (c == ' ' || c == '-')) {
			continue;
		}
		if (n == SCHEME_VALUE_MAX) {
			return SCHEME_WRONG_LENGTH;
		}
		bool is_lower = c >= 'a' && c <= 'z';
		bool is_plain = is_lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_plain && !(s->is_as_written && n > 0 && (c == '-' || c == '.' || c == '/' || c == ' '))) {
			return SCHEME_WRONG_CHARACTERS;
		}
		out[n++] = is_lower ? (char)(c - 'a' + 'A') : c;
	}
	out[n] = '\0';
	bool is_iban = str_is(scheme, "iban");
	if (s->length == 0 ? n == 0 || (is_iban && (n < IBAN_MIN || n > IBAN_MAX)) : n != (size_t)s->length) {
		return SCHEME_WRONG_LENGTH;
	}
	bool has_wrong_characters = false;
	bool is_valid = true;
	if (str_is(scheme, "cn-uscc")) {
		is_valid = uscc_is_valid(out, &has_wrong_characters);
	} else if (str_is(scheme, "cn-resident")) {
		is_valid = resident_is_valid(out, &has_wrong_characters);
	} else if (str_is(scheme, "cn-vin")) {
		is_valid = vin_is_valid(out, true, &has_wrong_characters);
	} else if (str_is(scheme, "vin")) {
		is_valid = vin_is_valid(out, vin_has_check(out), &has_wrong_characters);
	} else if (is_iban) {
		is_valid = iban_is_valid(out, n, &has_wrong_characters);
	} else if (str_is(scheme, "lei")) {
		is_valid = check_mod97_is_valid(str_from(out, n));
	}
	if (!is_valid) {
		return has_wrong_characters ? SCHEME_WRONG_CHARACTERS : SCHEME_WRONG_CHECK;
	}
	*out_n = n;
	return SCHEME_OK;
}
