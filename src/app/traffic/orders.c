#include "app/traffic/orders.h"

#include "app/traffic/live.h"
#include "app/traffic/traffic.sql.h"
#include "base/json.h"
#include "brain/frame.h"
#include "store/event.h"

enum { BODY_BYTES = 4096 };

static const char *kind_of(const struct order *o)
{
	static const char *const kinds[] = {
		[ORDER_MODE] = "mode", [ORDER_GIVE_BACK] = "given-back", [ORDER_WEIGHT] = "weight", [ORDER_SCHOOL] = "school",
		[ORDER_ROUTE] = "way", [ORDER_FORGET] = "ended",
	};
	return kinds[o->kind];
}

static void put_int(struct json_out *j, const char *key, int64_t v)
{
	json_key(j, str_of(key));
	json_put_int(j, v);
}

static void put_what(struct json_out *j, const struct traffic_order *t)
{
	const struct order *o = &t->order;
	switch ((enum order_kind)o->kind) {
	case ORDER_MODE:
	case ORDER_GIVE_BACK:
		put_int(j, "mode", o->mode);
		break;
	case ORDER_WEIGHT:
		put_int(j, "priority", o->priority);
		put_int(j, "weight_10", (int64_t)(o->weight * 10 + 0.5F));
		break;
	case ORDER_SCHOOL:
		put_int(j, "days", t->days);
		put_int(j, "from_min", t->from_min);
		put_int(j, "until_min", t->until_min);
		/* fall through */
	case ORDER_ROUTE:
		json_key(j, STR("first"));
		json_put_string(j, t->first);
		json_key(j, STR("last"));
		json_put_string(j, t->last);
		/* fall through */
	case ORDER_FORGET:
		put_int(j, "rule", o->id);
		break;
	}
}

/* Who ordered what is open; why, in somebody's own words, is the personal part. */
static bool tell(struct tx *tx, const struct traffic_orders *in, const struct traffic_order *t, int64_t number,
                 struct err *e)
{
	struct buf open, closed;
	buf_init(&open, 8192);
	buf_init(&closed, 16384);
	struct json_out j = {.to = &open};
	json_begin_object(&j);
	json_key(&j, STR("number"));
	json_put_int(&j, number);
	json_key(&j, STR("signal"));
	json_put_string(&j, t->signal);
	put_what(&j, t);
	json_end_object(&j);
	j = (struct json_out){.to = &closed};
	json_begin_object(&j);
	json_key(&j, STR("name"));
	json_put_string(&j, in->name);
	json_key(&j, STR("reason"));
	json_put_string(&j, in->reason);
	json_end_object(&j);
	struct event ev = {.route = in->institution,
	                   .room = STR(TRAFFIC_ROOM),
	                   .kind = str_of(kind_of(&t->order)),
	                   .version = 1,
	                   .institution = in->institution,
	                   .actor = in->account,
	                   .effective_us = tx_now_us(tx),
	                   .public_payload = buf_str(&open),
	                   .personal_payload = buf_str(&closed)};
	bool ok = buf_ok(&open, e) && buf_ok(&closed, e) && event_append(tx, &ev, e);
	buf_release(&open);
	buf_release(&closed);
	return ok;
}

/* What holds from now on, or no more. */
static bool keep(struct tx *tx, const struct traffic_orders *in, const struct traffic_order *t, struct err *e)
{
	const struct order *o = &t->order;
	switch ((enum order_kind)o->kind) {
	case ORDER_SCHOOL:
	case ORDER_ROUTE:
		return street_rule_put(tx,
		                       &(struct street_rule_put_in){.institution = in->institution,
		                                                    .number = o->id,
		                                                    .kind = o->kind,
		                                                    .name = t->name,
		                                                    .first = t->first,
		                                                    .last = t->last,
		                                                    .vehicle = t->vehicle,
		                                                    .days = t->days,
		                                                    .from_min = t->from_min,
		                                                    .until_min = t->until_min,
		                                                    .ordered_name = in->name,
		                                                    .ordered_at = tx_now_us(tx)},
		                       NULL, e);
	case ORDER_FORGET:
		return street_rule_end(tx, &(struct street_rule_end_in){.institution = in->institution, .number = o->id}, NULL,
		                       e);
	case ORDER_MODE:
	case ORDER_GIVE_BACK:
	case ORDER_WEIGHT:
		break;
	}
	return true;
}

static bool add(struct tx *tx, const struct traffic_orders *in, const struct traffic_order *ordered, int64_t number,
                struct err *e)
{
	struct traffic_order numbered = *ordered, *t = &numbered;
	bool is_rule = t->order.kind == ORDER_SCHOOL || t->order.kind == ORDER_ROUTE;
	t->order.id = is_rule && t->order.id == 0 ? (uint32_t)number : t->order.id;
	struct order order = t->order;
	struct buf body;
	buf_init(&body, BODY_BYTES);
	order.number = (uint64_t)number;
	orders_put(&body, &order);
	bool ok = buf_ok(&body, e) && signal_order_add(tx,
	                                               &(struct signal_order_add_in){.institution = in->institution,
	                                                                             .number = number,
	                                                                             .kind = order.kind,
	                                                                             .signal = t->signal,
	                                                                             .mode = order.mode,
	                                                                             .body = buf_str(&body),
	                                                                             .reason = in->reason,
	                                                                             .ordered_by = in->account,
	                                                                             .ordered_name = in->name,
	                                                                             .ordered_at = tx_now_us(tx)},
	                                               NULL, e);
	buf_release(&body);
	return ok && keep(tx, in, t, e) && tell(tx, in, t, number, e);
}

bool traffic_orders_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct traffic_orders *in = ctx;
	int64_t first = (in->version > in->taken ? in->version : in->taken) + 1, last = first + (int64_t)in->n - 1;
	if (!street_order(
			tx, &(struct street_order_in){.institution = in->institution, .version = in->version, .number = last}, e)) {
		return false;
	}
	for (size_t i = 0; i < in->n; i++) {
		if (!add(tx, in, &in->items[i], first + (int64_t)i, e)) {
			return false;
		}
	}
	tx_result(tx, 0, last);
	return true;
}

struct version {
	int64_t institution;
	struct street_version_out row;
};

static bool version_job(struct tx *tx, void *ctx, struct err *e)
{
	struct version *v = ctx;
	return street_version(tx, &(struct street_version_in){.institution = v->institution}, &v->row, e);
}

bool traffic_orders_version(struct app *app, int64_t institution, struct arena *a, int64_t *version, struct err *e)
{
	struct version v = {.institution = institution};
	if (!store_read(app->store, institution, a, version_job, &v, e)) {
		return false;
	}
	/* Told a moment ago, and not yet kept. */
	if (!v.row.found && app->traffic != NULL &&
	    (!traffic_write(app->traffic, e) || !store_read(app->store, institution, a, version_job, &v, e))) {
		return false;
	}
	*version = v.row.version;
	return v.row.found || err_set(e, ERR_NOT_FOUND, "no brain has told of a street yet");
}
