#include "brain/field_file.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "brain/net_build.h"
#include "os/file.h"

enum { DEFAULT_BROKER_PORT = 1883, DEFAULT_SNMP_PORT = 161, SECRETS_MAX_BYTES = 64 * 1024, PATH_BYTES = 4096 };
#define CUT_SHORT_M 5.0 /* so far before the begin of a lane that the map cuts short a detector may lie */

static uint32_t length(const struct json *list)
{
	uint32_t n = 0;
	for (const struct json *j = list && list->kind == JSON_ARRAY ? list->first : NULL; j; j = j->next) {
		n++;
	}
	return n;
}

static const struct json *first(const struct json *list)
{
	return list && list->kind == JSON_ARRAY ? list->first : NULL;
}

static bool take_port(const struct json *object, uint16_t otherwise, uint16_t *port)
{
	const struct json *j = json_get(object, STR("port"));
	*port = j == NULL                                                           ? otherwise
	        : j->kind == JSON_INT && j->integer > 0 && j->integer <= UINT16_MAX ? (uint16_t)j->integer
	                                                                            : 0;
	return *port > 0;
}

static bool read_json(struct arena *a, const char *path, size_t cap, struct json **out, struct err *e)
{
	struct buf text;
	buf_init(&text, cap);
	bool ok = file_read_whole(path, &text, e) && json_parse(a, buf_str(&text), out, e);
	buf_release(&text);
	return ok;
}

bool field_secrets(struct arena *a, const char *field, struct str name, const char *who, const char **user,
                   const char **password, struct ntcip_secret *snmp, struct err *e)
{
	char path[PATH_BYTES];
	struct stat st;
	struct json *object;
	const char *slash = strrchr(field, '/');
	bool is_beside = slash != NULL && name.n > 0 && name.p[0] != '/';
	snprintf(path, sizeof path, "%.*s%.*s", is_beside ? (int)(slash - field + 1) : 0, field, STR_ARG(name));
	if (stat(path, &st) != 0 || (st.st_mode & 077) != 0) {
		return err_set(e, ERR_CONFIG, "the secrets (%.150s) are a file that its owner alone may read", path);
	}
	if (!read_json(a, path, SECRETS_MAX_BYTES, &object, e)) {
		return false;
	}
	const struct json *broker = json_get(object, str_of(who)), *words = json_get(object, STR("snmp"));
	*user = arena_cstr(a, json_string(broker, STR("user")));
	*password = arena_cstr(a, json_string(broker, STR("password")));
	*snmp = (struct ntcip_secret){json_string(words, STR("user")), json_string(words, STR("authentication")),
	                              json_string(words, STR("privacy"))};
	return (*user != NULL && *password != NULL) || err_set(e, ERR_MEMORY, "no memory for the secrets");
}

static bool read_signals(struct field_file *f, const struct json *list, const struct net *n, struct err *e)
{
	f->peer_n = length(list);
	f->peers = arena_new(&f->arena, struct ntcip_peer, f->peer_n + 1);
	f->signals = arena_new(&f->arena, uint32_t, f->peer_n + 1);
	bool *is_there = arena_new(&f->arena, bool, n->signal_n + 1);
	if (f->peers == NULL || f->signals == NULL || is_there == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the signals of the field");
	}
	uint32_t i = 0;
	for (const struct json *j = first(list); j; j = j->next, i++) {
		struct ntcip_peer *p = &f->peers[i];
		struct str id = json_string(j, STR("signal")), engine = json_string(j, STR("engine")),
				   context = json_string(j, STR("context"));
		char address[INET_ADDRSTRLEN + 1];
		uint16_t port;
		f->signals[i] = net_signal_find(n, id);
		*p = (struct ntcip_peer){.address = {.sin_family = AF_INET}, .engine_n = engine.n / 2};
		snprintf(address, sizeof address, "%.*s", STR_ARG(json_string(j, STR("address"))));
		snprintf(p->context, sizeof p->context, "%.*s", STR_ARG(context));
		bool ok = f->signals[i] != NET_NONE && inet_pton(AF_INET, address, &p->address.sin_addr) == 1 &&
		          take_port(j, DEFAULT_SNMP_PORT, &port) && context.n <= NTCIP_CONTEXT_MAX &&
		          engine.n <= 2 * NTCIP_ENGINE_MAX && engine.n % 2 == 0 &&
		          (engine.n == 0 || str_to_bytes(engine, p->engine, p->engine_n));
		if (!ok) {
			return err_set(e, ERR_CONFIG, "signal \"%.*s\" of the field: it is not in the net, or its address is none",
			               STR_ARG(id));
		}
		if (is_there[f->signals[i]]) {
			return err_set(e, ERR_CONFIG, "the signal \"%.*s\" is in the field twice", STR_ARG(id));
		}
		is_there[f->signals[i]] = true;
		p->address.sin_port = htons(port);
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct field_name *)a)->name, ((const struct field_name *)b)->name);
}

static bool sort_names(struct field_name *names, uint32_t n, const char *what, struct err *e)
{
	qsort(names, n, sizeof *names, by_name);
	for (uint32_t i = 1; i < n; i++) {
		if (str_eq(names[i - 1].name, names[i].name)) {
			return err_set(e, ERR_CONFIG, "the %s \"%.*s\" is in the field twice", what, STR_ARG(names[i].name));
		}
	}
	return true;
}

uint32_t field_find(const struct field_name *names, uint32_t n, struct str name)
{
	const struct field_name key = {.name = name};
	const struct field_name *found = n > 0 ? bsearch(&key, names, n, sizeof key, by_name) : NULL;
	return found ? found->number : NET_NONE;
}

static bool add_detectors(struct field_file *f, const struct json *list, uint32_t device, const struct net *n,
                          struct err *e)
{
	for (const struct json *j = first(list); j; j = j->next) {
		struct str name = json_string(j, STR("detector"));
		const struct json *to_go = json_get(j, STR("to_go"));
		double at = to_go == NULL             ? -1
		            : to_go->kind == JSON_INT ? (double)to_go->integer
		                                      : net_number(to_go->string, -1);
		uint32_t lane = net_lane_find(n, json_string(j, STR("lane")));
		if (name.n == 0 || lane == NET_NONE || at < 0 || at > (double)n->lanes[lane].length_m + CUT_SHORT_M) {
			return err_set(e, ERR_CONFIG, "detector \"%.*s\" of the field lies on no lane of the net", STR_ARG(name));
		}
		f->owner[f->detector_n] = device;
		f->detectors[f->detector_n] = (struct sense_detector){lane, (float)at};
		f->detector_names[f->detector_n] = (struct field_name){name, f->detector_n};
		f->detector_n++;
	}
	return true;
}

static bool read_devices(struct field_file *f, const struct json *list, const struct json *fleets,
                         const struct json *announcers, const struct net *n, struct err *e)
{
	uint32_t all = 0, devices = length(list) + length(fleets) + length(announcers);
	for (const struct json *j = first(list); j; j = j->next) {
		all += length(json_get(j, STR("detectors")));
	}
	struct arena *a = &f->arena;
	f->detectors = arena_new(a, struct sense_detector, all + 1);
	f->owner = arena_new(a, uint32_t, all + 1);
	f->detector_names = arena_new(a, struct field_name, all + 1);
	f->device_names = arena_new(a, struct field_name, devices + 1);
	f->devices = arena_new(a, struct field_device, devices + 1);
	if (a->is_full) {
		return err_set(e, ERR_MEMORY, "no memory for the devices of the field");
	}
	bool ok = true;
	for (const struct json *j = first(list); ok && j; j = j->next) {
		f->devices[f->device_n].name = json_string(j, STR("device"));
		ok = add_detectors(f, json_get(j, STR("detectors")), f->device_n++, n, e);
	}
	for (const struct json *j = first(fleets); ok && j; j = j->next) {
		f->devices[f->device_n++] =
			(struct field_device){.name = j->kind == JSON_STRING ? j->string : STR_EMPTY, .is_fleet = true};
	}
	for (const struct json *j = first(announcers); ok && j; j = j->next) {
		f->devices[f->device_n++] =
			(struct field_device){.name = j->kind == JSON_STRING ? j->string : STR_EMPTY, .is_announcer = true};
	}
	for (uint32_t i = 0; ok && i < f->device_n; i++) {
		f->device_names[i] = (struct field_name){f->devices[i].name, i};
		ok = f->devices[i].name.n > 0 || err_set(e, ERR_CONFIG, "a device of the field has no name");
	}
	return ok && sort_names(f->detector_names, f->detector_n, "detector", e) &&
	       sort_names(f->device_names, f->device_n, "device", e);
}

bool field_file_read(struct field_file *f, const char *path, const struct net *n, struct err *e)
{
	struct json *object = NULL;
	*f = (struct field_file){0};
	arena_init(&f->arena, FIELD_MAX_BYTES);
	bool ok = read_json(&f->arena, path, FIELD_MAX_BYTES, &object, e);
	const struct json *broker = ok ? json_get(object, STR("broker")) : NULL;
	struct str host = json_string(broker, STR("host")), authorities = json_string(broker, STR("authorities"));
	f->clock = ok ? json_string(object, STR("clock")) : STR_EMPTY;
	f->host = arena_cstr(&f->arena, host);
	f->authorities = authorities.n > 0 ? arena_cstr(&f->arena, authorities) : NULL;
	ok = ok && ((host.n > 0 && take_port(broker, DEFAULT_BROKER_PORT, &f->port)) ||
	            err_set(e, ERR_CONFIG, "the field names its broker: host, and perhaps port"));
	ok = ok &&
	     field_secrets(&f->arena, path, json_string(object, STR("secrets")), "mqtt", &f->mqtt_user, &f->mqtt_password,
	                   &f->snmp, e) &&

	     read_signals(f, json_get(object, STR("signals")), n, e) &&
	     read_devices(f, json_get(object, STR("devices")), json_get(object, STR("fleets")),
	                  json_get(object, STR("announcers")), n, e);
	if (!ok) {
		field_file_release(f);
	}
	return ok;
}

void field_file_release(struct field_file *f)
{
	arena_release(&f->arena);
	*f = (struct field_file){0};
}
