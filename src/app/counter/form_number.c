#include "app/counter/form_number.h"

#include "base/id.h"
#include "base/typed_code.h"

enum { OFFICE = 4, SERIAL = 6, CODE = OFFICE + SERIAL + 1, OFFICE_BITS = 20 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

uint32_t form_number_office(int64_t institution)
{
	return (uint32_t)(id_hash(institution) & ((1U << OFFICE_BITS) - 1));
}

void form_number_format(const struct form_number *n, char out[FORM_NUMBER_CHARS + 1])
{
	uint8_t values[CODE - 1];
	char code[CODE + 1];
	int64_t serial = n->serial;
	for (int i = 0; i < OFFICE; i++) {
		values[i] = (uint8_t)(n->office >> (5 * (OFFICE - 1 - i)) & 31);
	}
	for (int i = SERIAL; i-- > 0; serial /= 10) {
		values[OFFICE + i] = (uint8_t)(serial % 10);
	}
	typed_code_make(values, CODE, code);
	memcpy(out, "F-", 2);
	memcpy(out + 2, code, OFFICE);
	out[6] = '-';
	memcpy(out + 7, code + OFFICE, SERIAL);
	out[13] = '-';
	out[14] = code[CODE - 1];
	out[15] = '\0';
}

static struct str without_mark(struct str s)
{
	s = str_trim(s);
	if (s.n > 0 && (s.p[0] == 'F' || s.p[0] == 'f')) {
		s = str_sub(s, 1, SIZE_MAX);
	}
	return s;
}

bool form_number_parse(struct str typed, struct form_number *out)
{
	char code[CODE + 1];
	struct form_number n = {0};
	if (!typed_code_parse(without_mark(typed), CODE, code)) {
		return false;
	}
	for (int i = 0; i < OFFICE; i++) {
		n.office = n.office << 5 | (uint32_t)(strchr(alphabet, code[i]) - alphabet);
	}
	for (int i = OFFICE; i < OFFICE + SERIAL; i++) {
		if (code[i] < '0' || code[i] > '9') {
			return false;
		}
		n.serial = 10 * n.serial + (code[i] - '0');
	}
	if (n.serial == 0) {
		return false;
	}
	*out = n;
	return true;
}

bool form_number_is_meant(struct str typed)
{
	struct str s = str_trim(typed);
	return s.n >= 10 && s.n <= 24 && (s.p[0] == 'F' || s.p[0] == 'f') && str_find_byte(s, '/') == SIZE_MAX &&
	       str_find_byte(s, ':') == SIZE_MAX;
}
