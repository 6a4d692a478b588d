#include "cmd/open.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/catalogue/catalogue.h"
#include "app/rooms.h"
#include "base/fault.h"
#include "cmd/control_commands.h"
#include "os/control.h"

extern const struct store_schema event_schema, process_schema, blob_schema;

enum { SCHEMAS_MAX = 32, OPENED_ARENA_BYTES = 256 * 1024, CONTROL_TIMEOUT_S = 600 };

const struct store_schema *const *all_schemas(void)
{
	static const struct store_schema *list[SCHEMAS_MAX];
	size_t n = 0;
	list[n++] = &event_schema;
	list[n++] = &process_schema;
	list[n++] = &blob_schema;
	for (const struct room *room = rooms; room->name; room++) {
		if (room->schema) {
			must(n + 1 < SCHEMAS_MAX);
			list[n++] = room->schema;
		}
	}
	list[n] = NULL;
	return list;
}

void opened_init(struct opened *o)
{
	*o = (struct opened){.lock = {.fd = -1}};
	arena_init(&o->arena, OPENED_ARENA_BYTES);
	time_source_init(&o->app.time);
}

bool data_folder_check(const struct settings *s, struct err *e)
{
	struct str dir = s->data;
	char path[4096];
	struct stat st;
	snprintf(path, sizeof path, "%.*s", STR_ARG(dir));
	if (stat(path, &st) != 0) {
		return errno == ENOENT
		           ? err_set(e, ERR_CONFIG, "there is no data folder %s: make one with `cityhall init`", path)
		           : err_errno(e, "data folder %s", path);
	}
	if (!S_ISDIR(st.st_mode)) {
		return err_set(e, ERR_CONFIG, "%s is no folder", path);
	}
	if (access(path, R_OK | W_OK | X_OK) != 0) {
		return err_set(
			e, ERR_CONFIG,
			"the data folder %s cannot be read and written by this user: give it to the user that runs cityhall", path);
	}
	snprintf(path, sizeof path, "%.*s/%s", STR_ARG(dir), s->store.n > 0 ? "keys" : "cityhall.db");
	if (stat(path, &st) != 0) {
		return err_set(e, ERR_CONFIG, "%s is not there: make the data folder with `cityhall init`", path);
	}
	return true;
}

static struct str address(struct opened *o, const struct settings *s)
{
	if (s->public_url.n > 0) {
		return arena_copy(&o->arena, s->public_url);
	}
	size_t colon = SIZE_MAX;
	for (size_t i = 0; i < s->listen.n; i++) {
		colon = s->listen.p[i] == ':' ? i : colon;
	}
	if (colon == SIZE_MAX || str_starts(s->listen, STR("unix:"))) {
		return arena_printf(&o->arena, "https://%.*s", STR_ARG(o->installation.domain));
	}
	return arena_printf(&o->arena, "http://localhost:%.*s", STR_ARG(str_sub(s->listen, colon + 1, SIZE_MAX)));
}

bool opened_store(struct opened *o, const struct settings *s, struct err *e)
{
	struct app *app = &o->app;
	o->column_keys.key_id = 1;
	memcpy(o->column_keys.data_key, o->keys.columns, sizeof o->column_keys.data_key);
	memcpy(o->column_keys.hash_key, o->keys.column_hash, sizeof o->column_keys.hash_key);
	memcpy(app->code_key, o->keys.sessions, sizeof app->code_key);
	app->column_keys = &o->column_keys;
	app->data_dir = arena_copy(&o->arena, s->data);
	app->letter_delay_us = setting_count(s->letter_delay_s) * US_PER_S;
	app->draft_keep_us = setting_count(s->draft_days) * US_PER_DAY;
	app->session_idle_us = setting_count(s->session_idle_s) * US_PER_S;
	app->scanner = s->scanner;
	app->hooks_to_any = str_is(s->hooks_to, "any");
	app->officials_figures = str_is(s->officials_figures, "off")    ? OFFICIALS_FIGURES_OFF
	                         : str_is(s->officials_figures, "self") ? OFFICIALS_FIGURES_SELF
	                                                                : OFFICIALS_FIGURES_SHOWN;
	app->has_mail = s->mail_server.n > 0;
	app->has_sms = s->sms_hook.n > 0;
	app->mail_bounces = s->mail_bounces;
	app->dark_below = (uint32_t)setting_count(s->dark_below);
	app->blurred_below = (uint32_t)setting_count(s->blurred_below);
	struct store_options options = {
		.dir = s->data,
		.url = s->store,
		.schemas = all_schemas(),
		.time = &app->time,
		.column_keys = &o->column_keys,
		.readers = (int)setting_count(s->readers),
		.one_commit_each = str_is(s->group_commit, "off"),
	};
	char blobs[4096];
	snprintf(blobs, sizeof blobs, "%.*s/blobs", STR_ARG(s->data));
	if (!store_open(&options, &app->store, e)) {
		return false;
	}
	/* On several machines there is no folder that all of them see. */
	if (!(s->store.n > 0 ? blobs_open_in(app->store, o->keys.blobs, &app->blobs, e)
	                     : blobs_open(str_of(blobs), o->keys.blobs, &app->blobs, e))) {
		return false;
	}
	struct err missing;
	if (installation_read(app->store, &o->arena, &o->installation, &missing)) {
		app->is_demo = o->installation.is_demo;
		app->city_name = o->installation.name;
		time_source_follow(&app->time, o->installation.offset_us);
	} else if (missing.code != ERR_NOT_FOUND) {
		*e = missing;
		return false;
	}
	app->public_url = address(o, s);
	app->mail_from =
		s->mail_from.n > 0 ? s->mail_from : arena_printf(&o->arena, "cityhall@%.*s", STR_ARG(o->installation.domain));
	return catalogue_open(app, e);
}

bool opened_offline(struct opened *o, const struct settings *s, const char *who, struct err *e)
{
	return data_folder_check(s, e) && lock_take(s->data, who, &o->lock, e) && keys_open_local(s->data, &o->keys, e) &&
	       opened_store(o, s, e);
}

void opened_close(struct opened *o)
{
	struct app *app = &o->app;
	if (app->catalogue) {
		catalogue_close(app);
	}
	if (app->blobs) {
		blobs_close(app->blobs);
	}
	if (app->store) {
		store_close(app->store);
	}
	if (o->lock.fd >= 0) {
		lock_release(&o->lock);
	}
	mem_wipe(&o->keys, sizeof o->keys);
	mem_wipe(&o->column_keys, sizeof o->column_keys);
	arena_release(&o->arena);
}

bool run_where_it_serves(const struct settings *s, const char *name, const struct words *words, struct str secret,
                         struct buf *reply, struct err *e)
{
	bool is_held = false;
	char holder[64];
	if (!data_folder_check(s, e) || !lock_is_held(s->data, &is_held, holder, e)) {
		return false;
	}
	if (is_held) {
		struct buf request;
		buf_init(&request, CONTROL_REQUEST_MAX);
		control_request_put(&request, words, secret);
		bool ok = buf_ok(&request, e) &&
		          control_call(s->data, name, buf_str(&request), CONTROL_TIMEOUT_S * US_PER_S, reply, e);
		buf_release_secret(&request);
		return ok;
	}
	const struct control_function_row *row = control_functions;
	while (row->name && strcmp(row->name, name) != 0) {
		row++;
	}
	must(row->name != NULL);
	struct opened o;
	opened_init(&o);
	bool ok = opened_offline(&o, s, name, e) && row->run(&o.app, words, secret, reply, e);
	opened_close(&o);
	return ok;
}
