#include "app/catalogue/pack.h"

#include <stdlib.h>

#include "base/caseno.h"
#include "base/fault.h"
#include "html/translate.h"

enum { REPORT_BYTES_MAX = 1024 * 1024, ENTRIES_MAX = 20000, LIFE_EVENTS_MAX = 200 };

void pack_report_init(struct pack_report *report)
{
	*report = (struct pack_report){0};
	buf_init(&report->text, REPORT_BYTES_MAX);
}

void pack_report_release(struct pack_report *report)
{
	buf_release(&report->text);
}

struct reader pack_reader(const struct pack *p, struct arena *arena, struct pack_report *report, struct str file)
{
	struct reader r = {.arena = arena, .report = report, .file = file};
	memcpy(r.has_lang, p->has_lang, sizeof r.has_lang);
	return r;
}

struct service_context pack_context(const struct pack *p)
{
	const struct jurisdiction *home = pack_jurisdiction(p, p->home);
	return (struct service_context){
		.institutions = p->institution_ids,
		.institution_n = p->institution_n,
		.life_events = p->life_event_ids,
		.life_event_n = p->life_event_n,
		.facts = p->facts,
		.fact_n = p->fact_n,
		.documents = p->document_ids,
		.document_n = p->document_n,
		.services = p->service_ids,
		.service_n = p->service_id_n,
		.currency = home && home->currency.n > 0 ? home->currency : STR("EUR"),
	};
}

const struct jurisdiction *pack_jurisdiction(const struct pack *p, struct str id)
{
	for (size_t i = 0; i < p->jurisdiction_n; i++) {
		if (id.n > 0 && str_eq(p->jurisdictions[i].pack_id, id)) {
			return &p->jurisdictions[i];
		}
	}
	return NULL;
}

const struct institution *pack_institution(const struct pack *p, struct str id)
{
	for (size_t i = 0; i < p->institution_n; i++) {
		if (id.n > 0 && str_eq(p->institutions[i].pack_id, id)) {
			return &p->institutions[i];
		}
	}
	return NULL;
}

static int by_id(const void *a, const void *b)
{
	return str_cmp((*(const struct service *const *)a)->id, (*(const struct service *const *)b)->id);
}

bool pack_service_at(const struct pack *p, struct str id, size_t *index)
{
	const struct service key = {.id = id};
	const struct service *wanted = &key;
	const struct service **at = id.n > 0 && p->service_n > 0
	                                ? bsearch(&wanted, p->services, p->service_n, sizeof(const struct service *), by_id)
	                                : NULL;
	*index = at ? (size_t)(at - p->services) : 0;
	return at != NULL;
}

const struct service *pack_service(const struct pack *p, struct str id)
{
	size_t at;
	return pack_service_at(p, id, &at) ? p->services[at] : NULL;
}

/* Until the pack is freed; NULL: memory is out. */
static const struct zone *keep_zone(struct pack *p, struct zone *z)
{
	if (p->zone_n == p->zone_room) {
		size_t room = p->zone_room == 0 ? 8 : p->zone_room * 2;
		struct zone **more = mem_resize(p->zones, room, sizeof *more);
		if (more == NULL) {
			zone_free(z);
			p->arena.is_full = true;
			return NULL;
		}
		p->zones = more;
		p->zone_room = room;
	}
	p->zones[p->zone_n++] = z;
	return z;
}

const struct zone *pack_zone(struct reader *r, struct pack *p, int line, struct str name)
{
	for (size_t i = 0; i < p->zone_n; i++) {
		if (str_eq(zone_name(p->zones[i]), name)) {
			return p->zones[i];
		}
	}
	struct zone *z = NULL;
	struct err e;
	if (name.n == 0) {
		return NULL; /* its absence was reported */
	}
	if (!zone_load(name, &z, &e)) {
		if (e.code == ERR_MEMORY) {
			p->arena.is_full = true;
			return NULL;
		}
		mistake(r, line, "there is no time zone \"%.*s\". Write its name from the IANA list, such as Europe/Amsterdam.",
		        STR_ARG(name));
		return NULL;
	}
	return keep_zone(p, z);
}

const struct zone *pack_zone_as(struct reader *r, struct pack *p, int line, struct str name, struct str text)
{
	struct zone *z = NULL;
	struct err e;
	if (text.n == 0 || name.n == 0) {
		return pack_zone(r, p, line, name);
	}
	if (!zone_read(name, text, &z, &e)) {
		p->arena.is_full = p->arena.is_full || e.code == ERR_MEMORY;
		mistake(r, line, "what was stored of the time zone \"%.*s\" cannot be read.", STR_ARG(name));
		return NULL;
	}
	return keep_zone(p, z);
}

/* --- pack.yaml --- */

static void read_languages(struct reader *r, const struct yaml *root, struct pack *p)
{
	const struct yaml *list = read_child(r, root, "languages", YAML_LIST, true);
	p->has_lang[0] = false;
	for (const struct yaml *c = list ? list->first : NULL; c; c = c->next) {
		bool is_known = false;
		for (size_t i = 0; i < LANG_COUNT && languages[i].tag; i++) {
			if (c->kind == YAML_TEXT && str_is(c->text, languages[i].tag)) {
				p->has_lang[i] = true;
				is_known = true;
			}
		}
		if (!is_known) {
			mistake(r, c->line, "the program has no language \"%.*s\". Write en or zh-Hans.",
			        STR_ARG(str_sub(c->text, 0, 40)));
		}
	}
	if (list != NULL && !p->has_lang[0]) {
		mistake(r, list->key_line, "the languages are without English, on which the others fall back. Add en.");
	}
	p->has_lang[0] = true;
	memcpy(r->has_lang, p->has_lang, sizeof p->has_lang);
}

static void read_life_events(struct reader *r, const struct yaml *root, struct pack *p)
{
	static const char *const keys[] = {"id", "name", NULL};
	const struct yaml *list = read_rows(r, root, "life_events", LIFE_EVENTS_MAX, false);
	size_t n = read_count(list);
	p->life_events = arena_new(&p->arena, struct life_event, n + 1);
	p->life_event_ids = arena_new(&p->arena, struct str, n + 1);
	bool has_room = p->life_events && p->life_event_ids;
	for (const struct yaml *c = list && has_room ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct life_event *le = &p->life_events[p->life_event_n];
		le->id = read_id(r, c, "id", true);
		le->name = read_text(r, c, "name", true);
		for (size_t i = 0; i < p->life_event_n; i++) {
			if (le->id.n > 0 && str_eq(p->life_event_ids[i], le->id)) {
				mistake(r, line_of(c, "id"), "two life events are named \"%.*s\". Give each its own id.",
				        STR_ARG(le->id));
			}
		}
		p->life_event_ids[p->life_event_n++] = le->id;
	}
}

static void read_pack_yaml(struct reader *r, struct pack *p, const struct yaml *root, int *home_line, int *office_line)
{
	static const char *const keys[] = {"format", "id",           "title",       "languages",
	                                   "home",   "front_office", "life_events", NULL};
	read_known_keys(r, root, keys);
	read_format(r, root);
	p->id = read_id(r, root, "id", true);
	read_languages(r, root, p);
	p->title = read_text(r, root, "title", true);
	p->home = read_id(r, root, "home", true);
	p->front_office = read_id(r, root, "front_office", true);
	*home_line = line_of(root, "home");
	*office_line = line_of(root, "front_office");
	read_life_events(r, root, p);
}

/* --- jurisdictions.yaml --- */

/* As in case numbers. */
static bool is_code(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 'A' || s.p[i] > 'Z') {
			return false;
		}
	}
	return s.n >= 2 && s.n <= CASENO_JURISDICTION_MAX;
}

static void read_jurisdiction(struct reader *r, struct pack *p, const struct yaml *m, struct jurisdiction *j)
{
	static const char *const keys[] = {"id", "level", "code", "name", "parent", "zone", "currency", NULL};
	static const char *const levels[] = {"nation", "province", "city", "district", NULL};
	read_known_keys(r, m, keys);
	j->pack_id = read_id(r, m, "id", true);
	if (pack_jurisdiction(p, j->pack_id) != NULL) {
		mistake(r, line_of(m, "id"), "two jurisdictions are named \"%.*s\". Give each its own id.",
		        STR_ARG(j->pack_id));
	}
	int level = read_word(r, m, "level", levels, true);
	j->level = level < 0 ? LEVEL_CITY : (enum jurisdiction_level)(level + 1);
	j->name = read_text(r, m, "name", true);
	j->code = read_plain(r, m, "code", level == LEVEL_CITY - 1);
	if (j->code.n > 0 && !is_code(j->code)) {
		mistake(r, line_of(m, "code"), "\"%.*s\" is no code. Write 2 to 8 capital letters, such as PL.",
		        STR_ARG(j->code));
	}
	for (size_t i = 0; i < p->jurisdiction_n; i++) {
		if (j->code.n > 0 && str_eq(p->jurisdictions[i].code, j->code)) {
			mistake(r, line_of(m, "code"), "the code \"%.*s\" is another's already. Give each its own code.",
			        STR_ARG(j->code));
		}
	}
	j->parent = read_id(r, m, "parent", level > 0);
	const struct jurisdiction *parent = pack_jurisdiction(p, j->parent);
	if (j->parent.n > 0 && parent == NULL) {
		mistake(r, line_of(m, "parent"),
		        "there is no jurisdiction \"%.*s\" above this one. Write parents before their "
		        "children.",
		        STR_ARG(j->parent));
	} else if (parent != NULL && level >= 0 && parent->level >= j->level) {
		mistake(r, line_of(m, "parent"), "\"%.*s\" is not of a higher level. Correct \"parent\" or \"level\".",
		        STR_ARG(j->parent));
	}
	j->currency = read_plain(r, m, "currency", false);
	if (j->currency.n > 0 && currency_digits(j->currency) < 0) {
		mistake(r, line_of(m, "currency"), "\"%.*s\" is no currency. Write its three letters by ISO 4217, such as EUR.",
		        STR_ARG(j->currency));
	} else if (j->currency.n == 0 && parent != NULL) {
		j->currency = parent->currency;
	}
	j->zone_name = read_plain(r, m, "zone", false);
	if (j->zone_name.n > 0) {
		j->zone = pack_zone(r, p, line_of(m, "zone"), j->zone_name);
	} else if (parent != NULL) {
		j->zone_name = parent->zone_name;
		j->zone = parent->zone;
	}
	if (level == LEVEL_CITY - 1 && (j->zone_name.n == 0 || j->currency.n == 0)) {
		mistake(r, m->line,
		        "a city needs a time zone and a currency. Write \"zone\" and \"currency\" here or at a parent.");
	}
}

static void read_jurisdictions(struct reader *r, struct pack *p, const struct yaml *root)
{
	static const char *const keys[] = {"jurisdictions", NULL};
	read_known_keys(r, root, keys);
	const struct yaml *list = read_rows(r, root, "jurisdictions", ENTRIES_MAX, true);
	p->jurisdictions = arena_new(&p->arena, struct jurisdiction, read_count(list) + 1);
	for (const struct yaml *c = list && p->jurisdictions ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_jurisdiction(r, p, c, &p->jurisdictions[p->jurisdiction_n]);
		p->jurisdiction_n++;
	}
}

/* --- institutions.yaml --- */

/* Stable for ever: an id that rows of cases and roles name. */
static int64_t institution_id(struct str pack_id)
{
	struct buf b;
	uint8_t digest[SHA256_BYTES];
	buf_init(&b, 200);
	buf_put(&b, STR("institution:"));
	buf_put(&b, pack_id);
	sha256_of(buf_str(&b), digest);
	buf_release(&b);
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | digest[i];
	}
	v &= INT64_MAX;
	return v == 0 ? 1 : (int64_t)v;
}

/* E.164: '+' and 7 to 15 digits. */
static bool is_phone(struct str s)
{
	uint64_t digits;
	return s.n >= 8 && s.n <= 16 && s.p[0] == '+' && s.p[1] != '0' && str_to_u64(str_sub(s, 1, SIZE_MAX), &digits);
}

static bool is_email(struct str s)
{
	struct str local, domain;
	return str_cut(s, '@', &local, &domain) && local.n > 0 && str_find_byte(domain, '@') == SIZE_MAX &&
	       str_find_byte(s, ' ') == SIZE_MAX && str_find_byte(domain, '.') != SIZE_MAX && domain.p[0] != '.' &&
	       domain.p[domain.n - 1] != '.';
}

/* Of what watches over institutions from further above. */
static void read_hearing(struct reader *r, const struct yaml *m, struct institution *in)
{
	static const char *const keys[] = {"level", "after", NULL};
	static const char *const levels[] = {"never", "orange", "red", "past", NULL};
	const struct yaml *hears = read_child(r, m, "hears", YAML_MAP, false);
	in->hears = (struct hearing_rule){.level = 1, .days = 1};
	if (hears == NULL) {
		return;
	}
	read_known_keys(r, hears, keys);
	in->hears.level = read_word(r, hears, "level", levels, true);
	in->hears.days = (int32_t)read_whole(r, hears, "after", 0, HEARING_DAYS_MAX, 1, false);
	if (in->supervises.n == 0) {
		mistake(r, line_of(m, "hears"), "only a supervision office hears of alerts. Add supervises or remove hears.");
	}
}

static void read_institution(struct reader *r, struct pack *p, const struct yaml *m, struct institution *in)
{
	static const char *const keys[] = {"id",    "jurisdiction", "calendar",   "name",  "address", "hours", "phone",
	                                   "email", "code",         "supervises", "hears", "signals", NULL};
	read_known_keys(r, m, keys);
	in->pack_id = read_id(r, m, "id", true);
	in->id = institution_id(in->pack_id);
	for (size_t i = 0; i < p->institution_n; i++) {
		if (in->pack_id.n > 0 && p->institutions[i].id == in->id) {
			mistake(r, line_of(m, "id"), "two institutions are named \"%.*s\". Give each its own id.",
			        STR_ARG(in->pack_id));
		}
	}
	in->code = read_plain(r, m, "code", false);
	if (in->code.n > 0 && !is_code(in->code)) {
		mistake(r, line_of(m, "code"), "\"%.*s\" is no code. Write 2 to 8 capital letters, such as WSS.",
		        STR_ARG(in->code));
	}
	bool is_taken = false;
	for (size_t i = 0; in->code.n > 0 && i < p->institution_n; i++) {
		is_taken = is_taken || str_eq(p->institutions[i].code, in->code);
	}
	/* Numbers of cases and of documents look alike, and are typed into the same field at the counter. */
	for (size_t i = 0; in->code.n > 0 && i < p->jurisdiction_n; i++) {
		is_taken = is_taken || str_eq(p->jurisdictions[i].code, in->code);
	}
	if (is_taken) {
		mistake(r, line_of(m, "code"),
		        "the code \"%.*s\" is that of another institution or jurisdiction. Give each its own.",
		        STR_ARG(in->code));
	}
	in->name = read_text(r, m, "name", true);
	in->address = read_text(r, m, "address", true);
	in->hours = read_text(r, m, "hours", true);
	in->phone = read_plain(r, m, "phone", true);
	if (in->phone.n > 0 && !is_phone(in->phone)) {
		mistake(r, line_of(m, "phone"),
		        "\"%.*s\" is no telephone number. Write + , country code and number without "
		        "spaces, such as +31201234567.",
		        STR_ARG(in->phone));
	}
	in->email = read_plain(r, m, "email", false);
	if (in->email.n > 0 && !is_email(in->email)) {
		mistake(r, line_of(m, "email"), "\"%.*s\" is no e-mail address. Write it as desk@city.example.",
		        STR_ARG(in->email));
	}
	in->phone_href = arena_printf(&p->arena, "tel:%.*s", STR_ARG(in->phone));
	in->email_href = arena_printf(&p->arena, "mailto:%.*s", STR_ARG(in->email));
	in->jurisdiction = read_id(r, m, "jurisdiction", true);
	if (in->jurisdiction.n > 0 && pack_jurisdiction(p, in->jurisdiction) == NULL) {
		mistake(r, line_of(m, "jurisdiction"),
		        "there is no jurisdiction \"%.*s\". Add it to jurisdictions.yaml or correct the name.",
		        STR_ARG(in->jurisdiction));
	}
	in->supervises = read_id(r, m, "supervises", false);
	if (in->supervises.n > 0 && pack_jurisdiction(p, in->supervises) == NULL) {
		mistake(r, line_of(m, "supervises"),
		        "there is no jurisdiction \"%.*s\" to supervise. Add it to jurisdictions.yaml or correct the name.",
		        STR_ARG(in->supervises));
	}
	read_hearing(r, m, in);
	in->has_signals = read_flag(r, m, "signals");
	for (size_t i = 0; in->has_signals && i < p->institution_n; i++) {
		if (p->institutions[i].has_signals && &p->institutions[i] != in) {
			mistake(r, line_of(m, "signals"), "two institutions look after the signals. Leave it to one of them.");
		}
	}
	in->calendar_id = read_id(r, m, "calendar", true);
	bool has_file = in->calendar_id.n == 0;
	for (size_t i = 0; i < p->calendar_n; i++) {
		if (in->calendar_id.n > 0 && str_eq(p->calendars[i].id, in->calendar_id)) {
			in->calendar = p->calendars[i].calendar; /* NULL when it has mistakes of its own */
			has_file = true;
		}
	}
	if (!has_file) {
		mistake(r, line_of(m, "calendar"),
		        "there is no calendar \"%.*s\". Add calendars/%.*s.yaml or correct the name.", STR_ARG(in->calendar_id),
		        STR_ARG(in->calendar_id));
	}
}

static void read_institutions(struct reader *r, struct pack *p, const struct yaml *root)
{
	static const char *const keys[] = {"institutions", NULL};
	read_known_keys(r, root, keys);
	const struct yaml *list = read_rows(r, root, "institutions", ENTRIES_MAX, true);
	size_t n = read_count(list);
	p->institutions = arena_new(&p->arena, struct institution, n + 1);
	p->institution_ids = arena_new(&p->arena, struct str, n + 1);
	bool has_room = p->institutions && p->institution_ids;
	for (const struct yaml *c = list && has_room ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_institution(r, p, c, &p->institutions[p->institution_n]);
		p->institution_ids[p->institution_n] = p->institutions[p->institution_n].pack_id;
		p->institution_n++;
	}
}

/* --- All of it --- */

/* Parses one of the pack's own files. */
static const struct yaml *root_of(struct reader *r, const struct pack_files *files, struct arena *tree,
                                  const char *path, bool is_needed)
{
	r->file = str_of(path);
	const struct pack_file *f = pack_files_find(files, r->file);
	if (f == NULL && !is_needed) {
		return NULL;
	}
	if (f == NULL) {
		mistake(r, 1, "the file is missing. Write it; docs/service-author.md says what stands in it.");
		return NULL;
	}
	return read_yaml(r, tree, f->bytes);
}

struct str pack_service_folder(struct str path)
{
	static const struct str begin = STR_INIT("services/"), end = STR_INIT("/service.yaml");
	if (!str_starts(path, begin) || !str_ends(path, end) || path.n <= begin.n + end.n) {
		return STR_EMPTY;
	}
	return str_sub(path, begin.n, path.n - begin.n - end.n);
}

static struct str calendar_file(struct str path)
{
	static const struct str begin = STR_INIT("calendars/"), end = STR_INIT(".yaml");
	if (!str_starts(path, begin) || !str_ends(path, end) || path.n <= begin.n + end.n) {
		return STR_EMPTY;
	}
	return str_sub(path, begin.n, path.n - begin.n - end.n);
}

const struct calendar *pack_calendar_at(const struct pack *p, struct str path)
{
	struct str id = calendar_file(path);
	for (size_t i = 0; id.n > 0 && i < p->calendar_n; i++) {
		if (str_eq(p->calendars[i].id, id)) {
			return p->calendars[i].calendar;
		}
	}
	return NULL;
}

static void read_calendars(struct reader *r, const struct pack_files *files, struct pack *p)
{
	p->calendars = arena_new(&p->arena, struct pack_calendar, files->n + 1);
	for (size_t i = 0; p->calendars && i < files->n; i++) {
		struct str id = calendar_file(files->items[i].path);
		if (id.n > 0) {
			r->file = files->items[i].path;
			struct pack_calendar *c = &p->calendars[p->calendar_n++];
			c->id = arena_copy(&p->arena, id);
			c->calendar = calendar_read(r, p, &files->items[i], c->id);
		}
	}
}

static void read_services(struct reader *r, const struct pack_files *files, struct pack *p)
{
	p->service_ids = arena_new(&p->arena, struct str, files->n + 1);
	for (size_t i = 0; p->service_ids && i < files->n; i++) {
		struct str folder = pack_service_folder(files->items[i].path);
		if (folder.n > 0) {
			p->service_ids[p->service_id_n++] = arena_copy(&p->arena, folder);
		}
	}
	struct service_context context = pack_context(p);
	p->services = arena_new(&p->arena, const struct service *, files->n + 1);
	for (size_t i = 0; p->services && i < files->n; i++) {
		struct str folder = pack_service_folder(files->items[i].path);
		if (folder.n == 0) {
			continue;
		}
		r->file = files->items[i].path;
		const struct service *s = service_read(r, files->items[i].bytes, folder, &context);
		const struct institution *in = s && s->document.line > 0 ? pack_institution(p, s->institution) : NULL;
		if (in != NULL && in->code.n == 0) {
			mistake(r, s->document.line,
			        "documents are numbered by institution, and \"%.*s\" has no code. Add \"code\" to it in "
			        "institutions.yaml.",
			        STR_ARG(in->pack_id));
		}
		if (s != NULL) {
			p->services[p->service_n++] = s;
		}
	}
	if (p->service_n > 1) {
		qsort(p->services, p->service_n, sizeof(const struct service *), by_id);
	}
}

static void check_names(struct reader *r, const struct pack *p, int home_line, int office_line)
{
	r->file = STR("pack.yaml");
	const struct jurisdiction *home = pack_jurisdiction(p, p->home);
	if (p->home.n > 0 && (home == NULL || home->level != LEVEL_CITY)) {
		mistake(r, home_line, "\"home\" is \"%.*s\", which is no city of jurisdictions.yaml. Write the id of a city.",
		        STR_ARG(p->home));
	}
	if (p->front_office.n > 0 && pack_institution(p, p->front_office) == NULL) {
		mistake(r, office_line,
		        "\"front_office\" is \"%.*s\", which is no institution of institutions.yaml. Write the id of one.",
		        STR_ARG(p->front_office));
	}
}

bool pack_read(const struct pack_files *files, struct pack_report *report, struct pack **out, struct err *e)
{
	struct pack *p = mem_alloc(1, sizeof *p);
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a pack");
	}
	arena_init(&p->arena, 512 * 1024 * 1024);
	struct arena tree;
	arena_init(&tree, 256 * 1024 * 1024);
	struct reader r = {.arena = &p->arena, .report = report};
	int home_line = 1, office_line = 1;
	const struct yaml *root = root_of(&r, files, &tree, "pack.yaml", true);
	p->has_lang[0] = true;
	r.has_lang[0] = true;
	if (root != NULL) {
		read_pack_yaml(&r, p, root, &home_line, &office_line);
	}
	root = root_of(&r, files, &tree, "jurisdictions.yaml", true);
	if (root != NULL) {
		read_jurisdictions(&r, p, root);
	}
	read_calendars(&r, files, p);
	root = root_of(&r, files, &tree, "institutions.yaml", true);
	if (root != NULL) {
		read_institutions(&r, p, root);
	}
	check_names(&r, p, home_line, office_line);
	read_vocabulary(&r, root_of(&r, files, &tree, "facts.yaml", false), p);
	read_services(&r, files, p);
	check_origins(&r, p);
	read_bundles(&r, root_of(&r, files, &tree, "bundles.yaml", false), p);
	bool is_full = p->arena.is_full || tree.is_full;
	arena_release(&tree);
	if (is_full) {
		pack_free(p);
		return err_set(e, ERR_MEMORY, "no memory for a pack");
	}
	*out = p;
	return true;
}

void pack_free(struct pack *p)
{
	if (p == NULL) {
		return;
	}
	for (size_t i = 0; i < p->calendar_n; i++) {
		calendar_free(p->calendars[i].calendar);
	}
	for (size_t i = 0; i < p->zone_n; i++) {
		zone_free(p->zones[i]);
	}
	mem_free(p->zones);
	arena_release(&p->arena);
	mem_free(p);
}
