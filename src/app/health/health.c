#include "app/health/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "app/app.h"
#include "app/catalogue/catalogue.h"
#include "base/json.h"
#include "http/server.h"
#include "os/keys_client.h"
#include "os/post_client.h"
#include "os/render_client.h"
#include "store/errand.h"
#include "store/process.h"
#include "store/relay.h"

/* A read of one row: does the store answer? */
static bool probe(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct event_list none;
	return event_list_of_case(tx, 1, 0, &none, e);
}

static void put_part(struct json_out *j, const char *name, bool is_well, struct str sandbox)
{
	json_key(j, str_of(name));
	json_begin_object(j);
	json_key(j, STR("ok"));
	json_put_bool(j, is_well);
	json_key(j, STR("sandbox"));
	json_put_string(j, sandbox);
	json_end_object(j);
}

/* How many serve this database, and what of the work for all is ours. */
static void put_leases(struct json_out *j, const struct process *p)
{
	json_key(j, STR("processes"));
	json_put_int(j, (int64_t)process_count(p));
	json_key(j, STR("leases"));
	json_begin_array(j);
	for (int i = 0; i < LEASES; i++) {
		if (process_holds(p, i)) {
			json_put_string(j, str_of(lease_name(i)));
		}
	}
	json_end_array(j);
}

static bool healthz(struct req *r, struct err *e)
{
	struct app *app = r->app;
	struct err ignored;
	struct keys_status keys = {0};
	struct render_status render = {0};
	bool store_ok = store_read(app->store, 1, &r->arena, probe, NULL, &ignored);
	bool keys_ok = keys_ask_status(app->keys, &keys, &ignored);
	bool render_ok = render_ask_status(app->render, &render, &ignored);
	struct post_status post = {0};
	bool post_ok = app->post && post_ask_status(app->post, &post, &ignored);
	(void)e;
	struct json_out j = {.to = &r->out};
	json_begin_object(&j);
	bool is_stopping = http_is_stopping(app->http);
	json_key(&j, STR("ok"));
	json_put_bool(&j, store_ok && keys_ok && render_ok && post_ok && !is_stopping);
	if (is_stopping) {
		json_key(&j, STR("draining"));
		json_put_bool(&j, true);
	}
	put_part(&j, "serve", store_ok, str_of(app->sandbox));
	put_part(&j, "keys", keys_ok, str_of(keys.sandbox));
	put_part(&j, "render", render_ok, str_of(render.sandbox));
	put_part(&j, "post", post_ok, str_of(post.sandbox));
	put_leases(&j, app->process);
	json_end_object(&j);
	/* Without keys, render or post people can still read and apply: a store that does not answer takes this machine
	 * out, and so does being about to stop. */
	r->status = store_ok && !is_stopping ? 200 : 503;
	r->content_type = STR("application/json");
	return true;
}

static void put_metric(struct buf *to, const char *name, const char *type, const char *help, uint64_t value)
{
	buf_printf(to, "# HELP cityhall_%s %s\n# TYPE cityhall_%s %s\ncityhall_%s %" PRIu64 "\n", name, help, name, type,
	           name, value);
}

static uint64_t resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f) {
		if (fscanf(f, "%*u %lu", &pages) != 1) {
			pages = 0;
		}
		fclose(f);
	}
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool metrics(struct req *r, struct err *e)
{
	if (req_header(r, "x-forwarded-for").n > 0) {
		return err_set(e, ERR_NOT_FOUND, "figures are not for the net");
	}
	struct app *app = r->app;
	struct http_counters http;
	struct store_counters store;
	http_count(app->http, &http);
	store_count(app->store, &store);
	struct buf *to = &r->out;
	put_metric(to, "http_requests_total", "counter", "requests answered", http.requests);
	put_metric(to, "http_refused_total", "counter", "requests refused before a handler", http.refused);
	buf_put_c(
		to,
		"# HELP cityhall_http_answers_total answers by class of status\n# TYPE cityhall_http_answers_total counter\n");
	for (int i = 1; i <= 5; i++) {
		buf_printf(to, "cityhall_http_answers_total{class=\"%dxx\"} %" PRIu64 "\n", i, http.by_status[i]);
	}
	put_metric(to, "http_connections", "gauge", "open connections", http.connections);
	put_metric(to, "http_handlers_busy", "gauge", "requests being worked on", http.handlers_busy);
	put_metric(to, "store_writes_total", "counter", "durable writes", store.writes);
	put_metric(to, "store_batches_total", "counter", "commits; writes over batches is the size of a group",
	           store.batches);
	put_metric(to, "store_replays_total", "counter", "writes answered from their first result", store.replays);
	put_metric(to, "store_failed_total", "counter", "writes refused", store.failed);
	put_metric(to, "store_reads_total", "counter", "read transactions", store.reads);
	put_metric(to, "store_writer_cpu_microseconds_total", "counter", "CPU of the writer's thread", store.writer_cpu_us);
	struct relay_counters relay;
	relay_seen(app->relay, &relay);
	put_metric(to, "relay_events_total", "counter", "events brought to the read models", relay.relayed);
	put_metric(to, "relay_failed_total", "counter", "deliveries that failed and are tried again", relay.failed);
	put_metric(to, "outbox_events", "gauge", "events that the read models do not have yet", (uint64_t)relay.outbox);
	put_metric(to, "outbox_parked", "gauge", "events that failed too often: somebody must look",
	           (uint64_t)relay.parked);
	uint32_t leases = process_leases(app->process);
	put_metric(to, "processes", "gauge", "that serve this database", process_count(app->process));
	put_metric(to, "lease_relay", "gauge", "1: this process brings the events to the read models",
	           leases >> LEASE_RELAY & 1);
	put_metric(to, "lease_seal", "gauge", "1: this process seals the event log", leases >> LEASE_SEAL & 1);
	struct errand_counters errands = {0};
	if (r->app->errands) {
		errands_count(r->app->errands, &errands);
	}
	put_metric(to, "errands_done_total", "counter", "mails, web hooks, documents that were done", errands.done);
	put_metric(to, "errands_again_total", "counter", "tries after which one was put off", errands.again);
	put_metric(to, "errands_failed_total", "counter", "those that failed for good", errands.failed);
	put_metric(to, "errands_unsure_total", "counter", "those found begun by a process that was gone", errands.unsure);
	put_metric(to, "lease_timers", "gauge", "buckets of timers, of 16, that this process fires",
	           (uint64_t)__builtin_popcount(leases >> LEASE_TIMERS));
	put_metric(to, "uptime_seconds", "gauge", "since the start",
	           (uint64_t)((time_running_us(&app->time) - app->started_running_us) / US_PER_S));
	put_metric(to, "resident_bytes", "gauge", "memory of this process", resident_bytes());
	r->content_type = STR("text/plain; version=0.0.4");
	return true;
}

const struct route health_routes[] = {
	{.method = METHOD_GET, .path = "/healthz", .who = MAY_ANYONE, .handle = healthz},
	{.method = METHOD_GET, .path = "/metrics", .who = MAY_ANYONE, .handle = metrics},
	{0},
};
