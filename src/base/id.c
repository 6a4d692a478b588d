#include "base/id.h"

#include <stdatomic.h>

#include "base/rand.h"

/* 2020-01-01T00:00Z. 41 bits of milliseconds after it last until 2089. */
#define EPOCH_MS INT64_C(1577836800000)
#define LAST_MS ((INT64_C(1) << 41) - 1)
enum { LOW_BITS = 22 };

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

int64_t id_random(void)
{
	int64_t id;
	do {
		id = (int64_t)(rand_u64() >> 1);
	} while (id == 0);
	return id;
}

int64_t id_in_time(int64_t legal_now_us)
{
	/* The newest id of this process. It also carries the order over a wall clock that is put back. */
	static _Atomic int64_t newest;
	int64_t ms = legal_now_us / 1000 - EPOCH_MS;
	if (ms > LAST_MS) {
		return id_random(); /* after 2089 ids are still unique, but no longer in order */
	}
	if (ms < 0) {
		ms = 0;
	}
	uint64_t random = rand_u64();
	int64_t fresh = ms << LOW_BITS | (int64_t)(random & ((1U << LOW_BITS) - 1));
	/* A small random step inside the millisecond: another process that began at the same number soon parts from us. */
	int64_t step = 1 + (int64_t)(random >> 56);
	int64_t before = atomic_load(&newest);
	int64_t id;
	do {
		if (before > INT64_MAX - step) {
			return id_random();
		}
		id = fresh > before ? fresh : before + step;
	} while (!atomic_compare_exchange_weak(&newest, &before, id));
	return id;
}

int64_t id_after(int64_t before, int64_t legal_now_us)
{
	int64_t id = id_in_time(legal_now_us);
	/* A random step: another that follows the same id elsewhere in the party parts from us. */
	int64_t step = 1 + (int64_t)(rand_u64() >> 56);
	return id > before ? id : before > INT64_MAX - step ? id_random() : before + step;
}

uint64_t id_hash(int64_t id)
{
	uint64_t v = (uint64_t)id + UINT64_C(0x9e3779b97f4a7c15);
	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return v ^ v >> 31;
}

void id_format(int64_t id, char out[ID_CHARS + 1])
{
	uint64_t v = (uint64_t)id;
	for (int i = ID_CHARS; i-- > 0;) {
		out[i] = alphabet[v & 31];
		v >>= 5;
	}
	out[ID_CHARS] = '\0';
}

struct id_text id_text(int64_t id)
{
	struct id_text text = {""};
	id_format(id, text.c);
	return text;
}

bool id_parse(struct str s, int64_t *out)
{
	if (s.n != ID_CHARS || s.p[0] > '7') {
		return false;
	}
	uint64_t v = 0;
	for (size_t i = 0; i < ID_CHARS; i++) {
		const char *at = memchr(alphabet, s.p[i], sizeof alphabet - 1);
		if (at == NULL) {
			return false;
		}
		v = v << 5 | (uint64_t)(at - alphabet);
	}
	if (v == 0) {
		return false;
	}
	*out = (int64_t)v;
	return true;
}

void buf_put_id(struct buf *b, int64_t id)
{
	char text[ID_CHARS + 1];
	id_format(id, text);
	buf_put_bytes(b, text, ID_CHARS);
}

/* The value of a digit or letter, else -1. */
static int value_of(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'A' && c <= 'Z') {
		return c - 'A' + 10;
	}
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;
}

int check_mod97(struct str s)
{
	int rest = 0;
	for (size_t i = 0; i < s.n; i++) {
		int v = value_of(s.p[i]);
		if (v >= 0) {
			rest = (rest * (v < 10 ? 10 : 100) + v) % 97;
		}
	}
	return 98 - rest * 100 % 97;
}

bool check_mod97_is_valid(struct str s_with_check)
{
	if (s_with_check.n < 3) {
		return false;
	}
	int tens = value_of(s_with_check.p[s_with_check.n - 2]);
	int ones = value_of(s_with_check.p[s_with_check.n - 1]);
	/* Compared, not reduced: 00, 01 and 99 have the right rest for some texts and are still no check digits. */
	return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 &&
	       tens * 10 + ones == check_mod97(str_sub(s_with_check, 0, s_with_check.n - 2));
}
