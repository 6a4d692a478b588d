#include "app/catalogue/snapshot.h"

struct service_list services_all(struct app *app)
{
	struct service_list all = {0};
	all.n = catalogue_services(app, &all.items);
	return all;
}

static struct service_list filtered(struct app *app, struct arena *a,
                                    bool (*keep)(const struct service *, const void *), const void *what)
{
	struct service_list all = services_all(app), some = {0};
	const struct service **items = arena_new(a, const struct service *, all.n + 1);
	for (size_t i = 0; items && i < all.n; i++) {
		if (keep(all.items[i], what)) {
			items[some.n++] = all.items[i];
		}
	}
	some.items = items;
	return some;
}

static bool is_for(const struct service *s, const void *what)
{
	const enum audience *audience = what;
	return ((unsigned)s->audience & (unsigned)*audience) != 0;
}

struct service_list services_for(struct app *app, struct arena *a, enum audience audience)
{
	return filtered(app, a, is_for, &audience);
}

static bool is_decided_by(const struct service *s, const void *what)
{
	const struct str *institution = what;
	return str_eq(s->institution, *institution);
}

struct service_list services_of_office(struct app *app, struct arena *a, struct str institution)
{
	return filtered(app, a, is_decided_by, &institution);
}

static bool belongs_to(const struct service *s, const void *what)
{
	const struct str *event = what;
	for (size_t i = 0; i < s->life_event_n; i++) {
		if (str_eq(s->life_events[i], *event)) {
			return true;
		}
	}
	return false;
}

struct service_list services_of_event(struct app *app, struct arena *a, struct str life_event)
{
	return filtered(app, a, belongs_to, &life_event);
}

struct service_list services_page(struct service_list all, struct str after, size_t most, struct str *next)
{
	size_t from = 0;
	while (after.n > 0 && from < all.n && str_cmp(all.items[from]->id, after) <= 0) {
		from++;
	}
	struct service_list page = {.items = all.items + from, .n = all.n - from};
	*next = STR_EMPTY;
	if (page.n > most) {
		page.n = most;
		*next = page.items[most - 1]->id;
	}
	return page;
}
