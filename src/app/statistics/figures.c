#include "app/statistics/figures.h"

int64_t figure_number(enum figure_at at)
{
	static const int64_t numbers[] = {
#define X(name, number, key, column) [name] = number,
		FIGURES(X)
#undef X
	};
	return numbers[at];
}

const char *figure_key(enum figure_at at)
{
	static const char *const keys[] = {
#define X(name, number, key, column) [name] = key,
		FIGURES(X)
#undef X
	};
	return keys[at];
}

enum figure_at figure_of(int64_t number)
{
	int at = 0;
	while (at < FIGURE_COUNT && figure_number((enum figure_at)at) != number) {
		at++;
	}
	return (enum figure_at)at;
}

day_number month_first_day(int64_t month)
{
	return date_to_day((struct date){(int32_t)(month / 12), (int32_t)(month % 12) + 1, 1});
}

day_number month_last_day(int64_t month)
{
	return month_first_day(month + 1) - 1;
}

bool month_parse(struct str text, int64_t *out)
{
	char day[11];
	day_number first;
	if (text.n != 7) {
		return false;
	}
	memcpy(day, text.p, 7);
	memcpy(day + 7, "-01", 3);
	if (!date_parse(str_from(day, 10), &first)) {
		return false;
	}
	*out = month_of_day(first);
	return true;
}

struct str month_text(struct arena *a, int64_t month)
{
	return arena_printf(a, "%04d-%02d", (int)(month / 12), (int)(month % 12) + 1);
}

int64_t percent_of(int64_t part, int64_t of)
{
	return of > 0 ? (part * 200 + of) / (of * 2) : 0;
}

bool picture_is_months(const struct picture *p)
{
	return p->from == month_first_day(month_of_day(p->from)) && p->to == month_last_day(month_of_day(p->to));
}

bool picture_is_month(const struct picture *p)
{
	return picture_is_months(p) && month_of_day(p->from) == month_of_day(p->to);
}

int64_t median_of_officials(struct arena *a, const struct picture *p, enum figure_at at)
{
	int64_t *v = arena_new(a, int64_t, p->official_n + 1);
	size_t n = 0;
	for (size_t i = 0; v && i < p->official_n; i++) {
		int64_t x = p->officials[i].f.n[at];
		size_t k = n;
		if (x == 0) {
			continue;
		}
		for (; k > 0 && v[k - 1] > x; k--) {
			v[k] = v[k - 1];
		}
		v[k] = x;
		n++;
	}
	return n > 0 ? v[(n - 1) / 2] : 0;
}
