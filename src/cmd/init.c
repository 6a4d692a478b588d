#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "base/fault.h"
#include "base/log.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "cmd/demo.h"
#include "cmd/open.h"
#include "os/file.h"

struct request {
	bool is_demo, has_history, has_cases;
	struct str name, domain, admin, languages, zone;
	struct buf password;
};

static bool read_request(const struct words *w, struct request *q, struct err *e)
{
	q->is_demo = words_flag(w, "--demo");
	q->has_history = words_flag(w, "--history");
	q->has_cases = words_flag(w, "--cases");
	q->name = words_value(w, "--name");
	q->domain = words_value(w, "--domain");
	q->admin = words_value(w, "--admin");
	q->languages = words_value(w, "--languages");
	q->zone = words_value(w, "--zone");
	if (q->is_demo) {
		q->name = q->name.n ? q->name : STR("Port Linden");
		q->domain = q->domain.n ? q->domain : STR("localhost");
	}
	q->languages = q->languages.n ? q->languages : STR("en zh-Hans");
	if (q->name.n == 0 || q->domain.n == 0 || (!q->is_demo && q->admin.n == 0)) {
		return err_set(
			e, ERR_USAGE,
			"say what is made: cityhall init --name \"Port Linden\" --domain linden.example --admin E-MAIL "
			"[--languages \"en zh-Hans\"] [--zone Europe/Lisbon] [--pack DIR]; or --demo [--history] [--cases]");
	}
	if (q->zone.n > 0) {
		struct zone *zone;
		if (!zone_load(q->zone, &zone, e)) {
			return false;
		}
		zone_free(zone);
	}
	return q->is_demo || ask_secret("Password of the first administrator (at least 12 characters)", &q->password, e);
}

/* The folder is new or empty: what is there already is never touched. */
static bool make_folder(struct str dir, struct err *e)
{
	struct buf path;
	buf_init(&path, 4096);
	buf_put(&path, dir);
	const char *p = buf_cstr(&path);
	bool ok = true;
	if (mkdir(p, 0700) != 0) {
		ok = errno == EEXIST ? true : err_errno(e, "making the data folder %s", p);
		if (ok && rmdir(p) == 0) {
			ok = mkdir(p, 0700) == 0 || err_errno(e, "making the data folder %s", p);
		} else if (ok) {
			ok =
				err_set(e, ERR_CONFIG, "%s is there already and not empty: `cityhall init` makes a new data folder", p);
		}
	}
	buf_release(&path);
	return ok;
}

static bool publish(struct app *app, struct str pack, struct err *e)
{
	struct pack_report report = {0};
	buf_init(&report.text, 1024 * 1024);
	bool ok = catalogue_publish(app, pack, &report, e);
	if (ok && report.mistakes > 0) {
		fputs(buf_cstr(&report.text), stderr);
		ok = err_set(e, ERR_CONFIG, "the pack %.*s has %zu mistakes", STR_ARG(pack), report.mistakes);
	}
	buf_release(&report.text);
	return ok;
}

static bool first_administrator(struct app *app, const struct request *q, struct err *e)
{
	int64_t account;
	struct person_spec spec = {.name = q->admin, .email = q->admin, .password = buf_str(&q->password)};
	const struct institution *list = NULL;
	size_t n = catalogue_institutions(app, &list);
	if (!people_add_person(app->store, app->column_keys, &spec, &account, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!people_set_role(app->store, account, ROLE_ADMINISTRATOR, list[i].id, true, 0, e)) {
			return false;
		}
	}
	return true;
}

/* What serve reads at its start: the pack is found again wherever the server is started. */
static bool write_settings(const struct settings *s, const char *pack, struct err *e)
{
	struct buf path, text;
	buf_init(&path, 4096);
	buf_init(&text, 8192);
	buf_printf(&path, "%.*s/cityhall.conf", STR_ARG(s->data));
	buf_put_c(&text, "# Settings of this installation; `cityhall serve --help` says what there is.\n");
	if (pack) {
		buf_printf(&text, "pack = %s\n", pack);
	}
	if (s->store.n > 0) {
		buf_printf(&text, "store = %.*s\n", STR_ARG(s->store));
	}
	bool ok = buf_ok(&path, e) && buf_ok(&text, e) &&
	          file_replace(&file_layer_real, buf_cstr(&path), buf_str(&text), 0600, e);
	buf_release(&path);
	buf_release(&text);
	return ok;
}

/* A new folder has a new database file; a database server may hold an installation already. */
static bool is_unused(const struct opened *o, struct err *e)
{
	return o->installation.name.n == 0 ||
	       err_set(e, ERR_CONFIG,
	               "this database holds %.*s already: a further machine serves it with a copy of the first one's data "
	               "folder (keys and cityhall.conf)",
	               STR_ARG(o->installation.name));
}

static bool fill(struct opened *o, const struct settings *s, const struct request *q, struct err *e)
{
	struct str pack = s->pack.n == 0 && q->is_demo ? STR("packs/demo") : s->pack;
	char *absolute = pack.n ? realpath(pack.p, NULL) : NULL;
	struct installation what = {
		.name = q->name, .domain = q->domain, .languages = q->languages, .zone = q->zone, .is_demo = q->is_demo};
	o->app.is_demo = q->is_demo;
	bool ok = pack.n == 0 || absolute || err_errno(e, "the pack %.*s", STR_ARG(pack));
	ok = ok && keys_create(s->data, e) && keys_open_local(s->data, &o->keys, e) && opened_store(o, s, e) &&
	     is_unused(o, e) && (absolute == NULL || publish(&o->app, str_of(absolute), e)) &&
	     write_settings(s, absolute, e) &&
	     (q->is_demo ? demo_make_people(&o->app, e) : first_administrator(&o->app, q, e)) &&
	     (!q->is_demo || !q->has_history || demo_make_history(&o->app, e)) &&
	     (!q->is_demo || !q->has_cases || demo_make_cases(&o->app, e)) &&
	     /* The installation's row comes last: a folder that was left half-way is known by its absence. */
	     installation_make(o->app.store, &what, e);
	mem_free(absolute);
	return ok;
}

int cmd_init(int argc, char **argv)
{
	static const char *const own_flags[] = {
		"--demo", "--history", "--cases", "--name=", "--domain=", "--admin=", "--languages=", "--zone=", NULL};
	struct settings s;
	struct words words;
	struct err e = {0};
	struct request q = {0};
	struct opened o;
	if (command_help("init", argc, argv)) {
		return EXIT_STOPPED;
	}
	log_open(STDERR_FILENO, LOG_WARN);
	buf_init(&q.password, 1024);
	opened_init(&o);
	int code = EXIT_STOPPED;
	if (!settings_read(&s, argc, argv, own_flags, &words, &e) || !read_request(&words, &q, &e) ||
	    !make_folder(s.data, &e) || !fill(&o, &s, &q, &e)) {
		code = command_failed(&e);
	} else {
		printf("%.*s is ready in %.*s. Serve it with: cityhall serve --data %.*s\n", STR_ARG(q.name), STR_ARG(s.data),
		       STR_ARG(s.data));
	}
	opened_close(&o);
	buf_release_secret(&q.password);
	settings_release(&s);
	return code;
}
