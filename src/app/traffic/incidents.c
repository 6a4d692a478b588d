#include "app/traffic/incidents.h"

#include "app/traffic/orders.h"
#include "app/traffic/traffic.h"
#include "app/traffic/traffic.sql.h"
#include "base/id.h"
#include "base/json.h"
#include "store/event.h"

enum {
	OVER_AFTER_US = 300 * US_PER_S,
	GAP_MOST_US = 5 * US_PER_S,
	WORDS_BYTES = 4096,
	SURE_PERCENT = 80, /* nobody is sent for less: a balance of counts alone is often wrong */
};

/* --- The book ------------------------------------------------------------------------------------------------------
 */

static bool is_told(const struct street_frame *f, int64_t link)
{
	for (uint32_t i = 0; i < f->incident_n; i++) {
		if (f->incidents[i].link == link) {
			return true;
		}
	}
	return false;
}

static bool is_open(const struct incident_open *open, size_t n, int64_t link)
{
	for (size_t i = 0; i < n; i++) {
		if (open[i].link == link) {
			return true;
		}
	}
	return false;
}

bool incident_book_note(struct incident_book *b, int64_t net, const struct street_frame *f)
{
	/* A clock that is set, or a brain that begins again, lets no time pass. */
	int64_t passed_us = b->last_us == 0 ? 0 : f->at_us - b->last_us;
	passed_us = passed_us < 0 ? 0 : passed_us > GAP_MOST_US ? GAP_MOST_US : passed_us;
	b->last_us = f->at_us;
	b->is_read = b->is_read && b->net == net;
	b->net = net;
	b->has_work = b->has_work || !b->is_read;
	for (size_t i = 0; i < b->n; i++) {
		struct incident_open *o = &b->open[i];
		o->quiet_us = is_told(f, o->link) ? 0 : o->quiet_us + passed_us;
		b->has_work = b->has_work || o->quiet_us >= OVER_AFTER_US;
	}
	for (uint32_t i = 0; i < f->incident_n; i++) {
		b->has_work = b->has_work || (f->incidents[i].sure_percent >= SURE_PERCENT && b->n < INCIDENTS_OPEN_MOST &&
		                              !is_open(b->open, b->n, f->incidents[i].link));
	}
	return b->has_work;
}

bool incident_book_take(struct incident_book *b, const struct outline *o, const struct street_frame *f, struct arena *a,
                        struct incident_report *out, struct err *e)
{
	*out = (struct incident_report){.net = b->net};
	b->has_work = false;
	for (uint32_t i = 0; i < f->incident_n && out->told_n < INCIDENTS_OPEN_MOST; i++) {
		const struct frame_incident *in = &f->incidents[i];
		const struct outline_link *l = &o->links[in->link];
		if (in->sure_percent < SURE_PERCENT) {
			continue;
		}
		out->told[out->told_n++] = (struct incident_told){.since_us = in->since_us,
		                                                  .link = in->link,
		                                                  .place_dm = in->place_dm,
		                                                  .kind = in->kind,
		                                                  .sure_percent = in->sure_percent,
		                                                  .street = arena_copy(a, l->name.n > 0 ? l->name : l->id)};
	}
	for (size_t i = 0; i < b->n; i++) {
		if (b->open[i].quiet_us >= OVER_AFTER_US) {
			out->over[out->over_n++] = b->open[i].id;
		}
	}
	return !a->is_full || err_set(e, ERR_MEMORY, "no memory for incidents");
}

void incident_book_set(struct incident_book *b, const struct incident_report *written)
{
	struct incident_open before[INCIDENTS_OPEN_MOST];
	size_t n = b->n;
	memcpy(before, b->open, sizeof before);
	if (b->net != written->net) {
		return;
	}
	memcpy(b->open, written->open, sizeof b->open);
	b->n = written->open_n;
	b->is_read = true;
	for (size_t i = 0; i < b->n; i++) {
		for (size_t k = 0; k < n; k++) {
			b->open[i].quiet_us = before[k].id == b->open[i].id ? before[k].quiet_us : b->open[i].quiet_us;
		}
	}
}

/* --- The store -----------------------------------------------------------------------------------------------------
 */

static bool tell(struct tx *tx, int64_t institution, const char *kind, int64_t id, int64_t actor, struct str street,
                 struct err *e)
{
	struct buf open;
	buf_init(&open, WORDS_BYTES);
	struct json_out j = {.to = &open};
	json_begin_object(&j);
	json_key(&j, STR("incident"));
	json_put_int(&j, id);
	json_key(&j, STR("street"));
	json_put_string(&j, street);
	json_end_object(&j);
	struct event ev = {.route = institution,
	                   .room = STR(TRAFFIC_ROOM),
	                   .kind = str_of(kind),
	                   .version = 1,
	                   .institution = institution,
	                   .actor = actor,
	                   .effective_us = tx_now_us(tx),
	                   .public_payload = buf_str(&open)};
	bool ok = buf_ok(&open, e) && event_append(tx, &ev, e);
	buf_release(&open);
	return ok;
}

static bool is_over(const struct incident_report *in, const struct street_incidents_in_out *o)
{
	for (size_t i = 0; i < in->over_n; i++) {
		if (in->over[i] == o->id) {
			return true;
		}
	}
	return o->net != in->net;
}

static bool end_one(struct tx *tx, const struct incident_report *in, const struct street_incidents_in_out *o,
                    struct err *e)
{
	return street_incident_end(tx,
	                           &(struct street_incident_end_in){.institution = in->institution,
	                                                            .id = o->id,
	                                                            .state = INCIDENT_ENDED,
	                                                            .has_ended_at = true,
	                                                            .ended_at = tx_now_us(tx)},
	                           NULL, e) &&
	       tell(tx, in->institution, "incident-ended", o->id, 0, o->street, e);
}

static bool add_one(struct tx *tx, struct incident_report *in, const struct incident_told *t, struct err *e)
{
	int64_t id = id_in_time(tx_now_us(tx));
	in->open[in->open_n++] = (struct incident_open){.id = id, .link = t->link};
	return street_incident_add(tx,
	                           &(struct street_incident_add_in){.institution = in->institution,
	                                                            .id = id,
	                                                            .net = in->net,
	                                                            .link = t->link,
	                                                            .street = t->street,
	                                                            .place = t->place_dm,
	                                                            .kind = t->kind,
	                                                            .sure = t->sure_percent,
	                                                            .state = INCIDENT_REPORTED,
	                                                            .since = t->since_us,
	                                                            .reported_at = tx_now_us(tx)},
	                           e) &&
	       tell(tx, in->institution, "incident-reported", id, 0, t->street, e);
}

static bool report_job(struct tx *tx, void *ctx, struct err *e)
{
	struct incident_report *in = ctx;
	struct street_incidents_in_out *rows = arena_new(tx_arena(tx), struct street_incidents_in_out, INCIDENTS_OPEN_MOST);
	size_t n = 0;
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for incidents");
	}
	if (!street_incident_report(tx, &(struct street_incident_report_in){.institution = in->institution}, e)) {
		return false;
	}
	for (int state = INCIDENT_REPORTED; state < INCIDENT_ENDED; state++) {
		struct street_incidents_in_rows list;
		struct street_incidents_in_in of = {
			.institution = in->institution, .state = state, .most = (int64_t)(INCIDENTS_OPEN_MOST - n)};
		if (!street_incidents_in_open(tx, &of, &list, e)) {
			return false;
		}
		while (n < INCIDENTS_OPEN_MOST && street_incidents_in_next(&list, &rows[n])) {
			n++;
		}
		if (!street_incidents_in_close(&list, e)) {
			return false;
		}
	}
	in->open_n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_over(in, &rows[i])) {
			in->open[in->open_n++] = (struct incident_open){.id = rows[i].id, .link = rows[i].link};
		} else if (!end_one(tx, in, &rows[i], e)) {
			return false;
		}
	}
	for (size_t i = 0; i < in->told_n; i++) {
		bool is_new = in->open_n < INCIDENTS_OPEN_MOST && !is_open(in->open, in->open_n, in->told[i].link);
		if (is_new && !add_one(tx, in, &in->told[i], e)) {
			return false;
		}
	}
	return true;
}

bool incident_report_write(struct store *s, struct incident_report *in, struct err *e)
{
	struct store_op op = {.route = in->institution, .is_background = true};
	return store_write(s, &op, report_job, in, e);
}

bool incidents_waiting(struct tx *tx, int64_t institution, int64_t *n, struct err *e)
{
	struct street_incidents_in_rows list;
	struct street_incidents_in_out o;
	struct street_incidents_in_in of = {
		.institution = institution, .state = INCIDENT_REPORTED, .most = INCIDENTS_OPEN_MOST};
	*n = 0;
	if (!street_incidents_in_open(tx, &of, &list, e)) {
		return false;
	}
	while (street_incidents_in_next(&list, &o)) {
		(*n)++;
	}
	return street_incidents_in_close(&list, e);
}

bool incident_look_after_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct incident_look_after *in = ctx;
	return street_incident_look(tx,
	                            &(struct street_incident_look_in){.institution = in->institution,
	                                                              .id = in->id,
	                                                              .version = in->version,
	                                                              .state = INCIDENT_LOOKED_AFTER,
	                                                              .taken_by = in->account,
	                                                              .taken_name = in->name,
	                                                              .has_taken_at = true,
	                                                              .taken_at = tx_now_us(tx)},
	                            e) &&
	       tell(tx, in->institution, "incident-looked-after", in->id, in->account, in->street, e);
}
