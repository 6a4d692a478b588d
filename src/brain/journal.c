#include "brain/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/fault.h"
#include "brain/net_build.h"
#include "os/file.h"

enum {
	RECORD_MAX_BYTES = 64 * 1024 * 1024,
	FRAME_BYTES = 8,
	NAME_MAX_BYTES = 64,
	WHOLE = 64,
	KIND_HEAD = 'H',
	KIND_TICK = 'T'
};
#define FORMAT "cityhall-brain-journal-3"

/* --- Numbers ---------------------------------------------------------------------------------------------------------
 */

/* Seven bits a byte, the least first. */
static void put_var(struct buf *to, uint64_t v)
{
	for (; v >= 0x80; v >>= 7) {
		buf_put_byte(to, (char)(v | 0x80));
	}
	buf_put_byte(to, (char)v);
}

static uint64_t take_var(struct codec *c)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 63; shift += 7) {
		uint8_t byte = codec_u8(c);
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			return v;
		}
	}
	c->failed = true;
	return 0;
}

/* Exactly: in 64ths when it is some, else its bits. */
static void put_float(struct buf *to, float v)
{
	uint32_t bits, parts = v >= 0 && v < (1 << 20) ? (uint32_t)(v * WHOLE) : 0;
	if ((float)parts / WHOLE == v) {
		put_var(to, (uint64_t)parts << 1);
		return;
	}
	memcpy(&bits, &v, sizeof bits);
	put_var(to, 1);
	codec_put_u32(to, bits);
}

static float take_float(struct codec *c)
{
	uint64_t v = take_var(c);
	float f;
	if ((v & 1) == 0) {
		f = (float)(v >> 1) / WHOLE;
	} else {
		uint32_t bits = codec_u32(c);
		memcpy(&f, &bits, sizeof f);
	}
	if (!(f >= 0 && f < 1e9F)) {
		c->failed = true;
		f = 0;
	}
	return f;
}

static bool is_same(const float *a, const float *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Lists of what differs: each place as its distance from the one before and one, 0 ends the list. */
struct places {
	struct buf *to;
	uint32_t last;
};

static void put_place(struct places *p, uint32_t at)
{
	put_var(p->to, at + 1 - p->last);
	p->last = at + 1;
}

static bool take_place(struct codec *c, uint32_t *at, uint32_t end)
{
	uint64_t step = take_var(c);
	if (step == 0 || c->failed) {
		return false;
	}
	/* *at is the place before and one. */
	if (step > end - *at) {
		c->failed = true;
		return false;
	}
	*at += (uint32_t)step;
	return true;
}

/* --- A tick ----------------------------------------------------------------------------------------------------------
 */

static void put_states(struct journal *j, const struct city *c)
{
	struct places p = {&j->record, 0};
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		const struct city_signal *s = &c->signals[i];
		if (!s->is_led || s->state.changed_ms == j->changed_ms[i]) {
			continue;
		}
		put_place(&p, i);
		safety_put(&j->record, &s->state, &s->plan);
		j->changed_ms[i] = s->state.changed_ms;
	}
	put_var(&j->record, 0);
}

static void put_lanes(struct journal *j, const struct city *c)
{
	struct places p = {&j->record, 0};
	for (uint32_t i = 0; i < c->net->lane_n; i++) {
		const struct lane_seen *l = &c->seen.lanes[i];
		if (memcmp(l, &j->seen.lanes[i], sizeof *l) == 0 &&
		    memcmp(c->seen.come[i], j->seen.come[i], sizeof c->seen.come[i]) == 0) {
			continue;
		}
		put_place(&p, i);
		put_float(&j->record, l->count);
		put_float(&j->record, l->halting);
		put_float(&j->record, l->stand);
		put_float(&j->record, l->near);
		put_float(&j->record, l->queue);
		codec_put_u8(&j->record, (uint8_t)(l->is_reached | l->head_stands << 1));
		codec_put_i64(&j->record, l->head_since_ms);
		struct places seconds = {&j->record, 0};
		for (uint32_t t = 0; t < ESTIMATE_AHEAD; t++) {
			if (c->seen.come[i][t] != 0) {
				put_place(&seconds, t);
				put_float(&j->record, c->seen.come[i][t]);
			}
		}
		put_var(&j->record, 0);
		j->seen.lanes[i] = *l;
		memcpy(j->seen.come[i], c->seen.come[i], sizeof c->seen.come[i]);
	}
	put_var(&j->record, 0);
}

static void put_floats(struct buf *to, const float *now, float *before, uint32_t n)
{
	struct places p = {to, 0};
	for (uint32_t i = 0; i < n; i++) {
		if (!is_same(&now[i], &before[i])) {
			put_place(&p, i);
			put_float(to, now[i]);
			before[i] = now[i];
		}
	}
	put_var(to, 0);
}

static void put_wishes(struct journal *j, const struct city *c)
{
	struct places p = {&j->record, 0};
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		uint8_t wish = c->signals[i].wish;
		if (wish != j->wishes[i]) {
			put_place(&p, i);
			codec_put_u8(&j->record, wish);
			j->wishes[i] = wish;
		}
	}
	put_var(&j->record, 0);
}

/* Whole, where it is not as before. */
static void put_changed(struct journal *j, struct buf *before)
{
	bool is_other = !str_eq(buf_str(&j->now), buf_str(before)) || j->now.failed;
	codec_put_flag(&j->record, is_other);
	if (is_other) {
		codec_put_bytes(&j->record, buf_str(&j->now));
		buf_reset(before);
		buf_put(before, buf_str(&j->now));
	}
	buf_reset(&j->now);
}

static void put_ordered(struct journal *j, const struct city *c)
{
	orders_put_state(&j->now, c);
	put_changed(j, &j->orders);
	priority_put_claims(&j->now, c);
	put_changed(j, &j->claims);
}

static void take_ordered(struct codec *m, struct city *c)
{
	struct err e;
	if (codec_flag(m)) {
		struct codec all = codec_of(codec_bytes(m, RECORD_MAX_BYTES));
		m->failed = m->failed || !orders_take_state(c, &all, &e) || !codec_end(&all, &e);
	}
	if (codec_flag(m)) {
		struct codec all = codec_of(codec_bytes(m, RECORD_MAX_BYTES));
		m->failed = m->failed || !priority_take_claims(c, &all) || !codec_end(&all, &e);
	}
}

static void take_states(struct codec *m, struct city *c)
{
	for (uint32_t at = 0; take_place(m, &at, c->net->signal_n);) {
		struct city_signal *s = &c->signals[at - 1];
		m->failed = m->failed || !s->is_led;
		if (!m->failed) {
			safety_take(&s->state, &s->plan, m);
		}
	}
}

static void take_lanes(struct codec *m, struct city *c)
{
	for (uint32_t at = 0; take_place(m, &at, c->net->lane_n);) {
		struct lane_seen *l = &c->seen.lanes[at - 1];
		float *come = c->seen.come[at - 1];
		l->count = take_float(m);
		l->halting = take_float(m);
		l->stand = take_float(m);
		l->near = take_float(m);
		l->queue = take_float(m);
		uint8_t flags = codec_u8(m);
		l->is_reached = (flags & 1) != 0;
		l->head_stands = (flags & 2) != 0;
		l->head_since_ms = codec_within(m, TIME_MOST_MS);
		memset(come, 0, sizeof c->seen.come[0]);
		for (uint32_t t = 0; take_place(m, &t, ESTIMATE_AHEAD);) {
			come[t - 1] = take_float(m);
		}
	}
}

static void take_floats(struct codec *m, float *to, uint32_t n)
{
	for (uint32_t at = 0; take_place(m, &at, n);) {
		to[at - 1] = take_float(m);
	}
}

bool journal_take_tick(struct str record, struct city *c, uint8_t *wishes, struct err *e)
{
	struct codec m = codec_of(record);
	m.failed = codec_u8(&m) != KIND_TICK;
	c->now_ms = codec_within(&m, TIME_MOST_MS);
	take_states(&m, c);
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		c->signals[i].is_out = c->signals[i].is_blind = false;
	}
	for (uint32_t at = 0; take_place(&m, &at, c->net->signal_n);) {
		c->signals[at - 1].is_out = true;
	}
	for (uint32_t at = 0; take_place(&m, &at, c->net->signal_n);) {
		c->signals[at - 1].is_blind = true;
	}
	take_lanes(&m, c);
	take_floats(&m, c->seen.taken, c->net->move_n);
	take_floats(&m, c->seen.waiting, c->net->move_n);
	take_floats(&m, c->seen.wait_ms, c->net->move_n);
	take_ordered(&m, c);
	for (uint32_t at = 0; take_place(&m, &at, c->net->signal_n);) {
		wishes[at - 1] = codec_u8(&m);
	}
	return codec_end(&m, e);
}

/* --- The file --------------------------------------------------------------------------------------------------------
 */

static uint32_t number_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The record stands behind room for its frame. */
static void begin_record(struct journal *j, uint8_t kind)
{
	buf_reset(&j->record);
	codec_put_i64(&j->record, 0);
	codec_put_u8(&j->record, kind);
}

static bool write_record(struct journal *j, struct err *e)
{
	if (!buf_ok(&j->record, e)) {
		return false;
	}
	struct str bytes = str_sub(buf_str(&j->record), FRAME_BYTES, SIZE_MAX);
	uint32_t frame[2] = {(uint32_t)bytes.n, net_hash(bytes)};
	for (int i = 0; i < FRAME_BYTES; i++) {
		j->record.p[i] = (char)(frame[i / 4] >> (24 - 8 * (i % 4)));
	}
	return file_write_all(&file_layer_real, j->fd, buf_str(&j->record), e);
}

/* Where the last whole record ends. */
static off_t end_of_records(int fd)
{
	uint8_t frame[FRAME_BYTES];
	off_t at = 0, size = lseek(fd, 0, SEEK_END);
	while (pread(fd, frame, sizeof frame, at) == FRAME_BYTES && at + FRAME_BYTES + (off_t)number_at(frame) <= size) {
		at += FRAME_BYTES + (off_t)number_at(frame);
	}
	return at;
}

/* Empty, or begun by a brain that writes as we do: nothing else is cut and added to. */
static bool is_journal(int fd, off_t size)
{
	struct buf head;
	char bytes[FRAME_BYTES + 5 + sizeof FORMAT];
	ssize_t got = pread(fd, bytes, sizeof bytes, 0);
	buf_init(&head, sizeof bytes);
	codec_put_u8(&head, KIND_HEAD);
	codec_put_str(&head, STR(FORMAT));
	bool is_ours = got > 0 && str_starts(str_sub(str_from(bytes, (size_t)got), FRAME_BYTES, SIZE_MAX), buf_str(&head));
	buf_release(&head);
	return size == 0 || is_ours;
}

bool journal_begin(struct journal *j, const char *path, const struct journal_head *h, const struct city *c,
                   struct err *e)
{
	uint32_t n = c->net->signal_n;
	*j = (struct journal){.fd = -1};
	buf_init(&j->record, RECORD_MAX_BYTES);
	buf_init(&j->orders, RECORD_MAX_BYTES);
	buf_init(&j->claims, RECORD_MAX_BYTES);
	buf_init(&j->now, RECORD_MAX_BYTES);
	j->wishes = mem_alloc(n + 1, 1);
	j->changed_ms = mem_alloc(n + 1, sizeof *j->changed_ms);
	if (j->wishes == NULL || j->changed_ms == NULL) {
		journal_end(j);
		return err_set(e, ERR_MEMORY, "no memory for the journal");
	}
	memset(j->wishes, STAGE_NONE, n);
	for (uint32_t i = 0; i < n; i++) {
		j->changed_ms[i] = INT64_MIN;
	}
	bool ok =
		estimate_init(&j->seen, c->net, e) && file_open(&file_layer_real, path, O_RDWR | O_CREAT, 0600, &j->fd, e);
	ok = ok && (is_journal(j->fd, lseek(j->fd, 0, SEEK_END)) ||
	            err_set(e, ERR_CONFIG,
	                    "%s is no journal of this version of the program; move it away or name another file", path));
	if (ok) {
		off_t end = end_of_records(j->fd);
		ok = (ftruncate(j->fd, end) == 0 && lseek(j->fd, end, SEEK_SET) == end) ||
		     err_errno(e, "the journal %s cannot be added to", path);
	}
	if (ok) {
		begin_record(j, KIND_HEAD);
		codec_put_str(&j->record, STR(FORMAT));
		codec_put_bytes(&j->record, str_from((const char *)h->net, sizeof h->net));
		codec_put_str(&j->record, h->controller);
		codec_put_flag(&j->record, h->is_legal);
		codec_put_i64(&j->record, h->begin_ms);
		ok = write_record(j, e);
	}
	if (!ok) {
		journal_end(j);
	}
	return ok;
}

bool journal_put(struct journal *j, const struct city *c, struct err *e)
{
	begin_record(j, KIND_TICK);
	codec_put_i64(&j->record, c->now_ms);
	put_states(j, c);
	struct places out = {&j->record, 0}, blind = {&j->record, 0};
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		if (c->signals[i].is_out) {
			put_place(&out, i);
		}
	}
	put_var(&j->record, 0);
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		if (c->signals[i].is_blind) {
			put_place(&blind, i);
		}
	}
	put_var(&j->record, 0);
	put_lanes(j, c);
	put_floats(&j->record, c->seen.taken, j->seen.taken, c->net->move_n);
	put_floats(&j->record, c->seen.waiting, j->seen.waiting, c->net->move_n);
	put_floats(&j->record, c->seen.wait_ms, j->seen.wait_ms, c->net->move_n);
	put_ordered(j, c);
	put_wishes(j, c);
	return write_record(j, e);
}

void journal_end(struct journal *j)
{
	file_close(&file_layer_real, j->fd);
	estimate_release(&j->seen);
	mem_free(j->wishes);
	mem_free(j->changed_ms);
	buf_release(&j->record);
	buf_release(&j->orders);
	buf_release(&j->claims);
	buf_release(&j->now);
	*j = (struct journal){.fd = -1};
}

/* --- Reading ---------------------------------------------------------------------------------------------------------
 */

bool journal_open(struct journal_reader *r, const char *path, struct err *e)
{
	*r = (struct journal_reader){.fd = -1};
	buf_init(&r->record, RECORD_MAX_BYTES);
	if (!file_open(&file_layer_real, path, O_RDONLY, 0, &r->fd, e)) {
		return false;
	}
	if (!is_journal(r->fd, lseek(r->fd, 0, SEEK_END)) || lseek(r->fd, 0, SEEK_SET) != 0) {
		journal_close(r);
		return err_set(e, ERR_BAD_INPUT, "%s is no journal of this version of the program", path);
	}
	return true;
}

void journal_close(struct journal_reader *r)
{
	file_close(&file_layer_real, r->fd);
	buf_release(&r->record);
	r->fd = -1;
}

bool journal_next(struct journal_reader *r, enum journal_kind *kind, struct err *e)
{
	uint8_t frame[FRAME_BYTES];
	size_t got = 0;
	buf_reset(&r->record);
	*kind = JOURNAL_END;
	if (!file_read_full(r->fd, frame, sizeof frame, &got, e)) {
		return false;
	}
	uint32_t n = number_at(frame);
	char *to = got == sizeof frame && n > 0 ? buf_reserve(&r->record, n) : NULL;
	/* One that a crash cut off ends the journal. */
	if (got < sizeof frame) {
		return true;
	}
	if (to == NULL) {
		return err_set(e, ERR_CORRUPT, "a record of the journal has an impossible length");
	}
	if (!file_read_full(r->fd, to, n, &got, e)) {
		return false;
	}
	if (got < n) {
		return true;
	}
	buf_added(&r->record, n);
	if (net_hash(buf_str(&r->record)) != number_at(frame + 4)) {
		return err_set(e, ERR_CORRUPT, "a record of the journal is damaged");
	}
	*kind = to[0] == KIND_HEAD ? JOURNAL_HEAD : JOURNAL_TICK;
	return true;
}

bool journal_take_head(const struct journal_reader *r, struct journal_head *h, struct err *e)
{
	struct codec m = codec_of(buf_str(&r->record));
	*h = (struct journal_head){0};
	bool ok = codec_u8(&m) == KIND_HEAD && str_is(codec_str(&m, NAME_MAX_BYTES), FORMAT);
	struct str net = codec_bytes(&m, SHA256_BYTES);
	h->controller = codec_str(&m, NAME_MAX_BYTES);
	h->is_legal = codec_flag(&m);
	h->begin_ms = codec_within(&m, TIME_MOST_MS);
	if (!ok || net.n != SHA256_BYTES) {
		return err_set(e, ERR_CORRUPT, "this is no journal of a brain");
	}
	memcpy(h->net, net.p, SHA256_BYTES);
	return codec_end(&m, e);
}
