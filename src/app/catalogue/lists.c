#include "app/catalogue/jsonld.h"
#include "app/catalogue/snapshot.h"

struct service_list services_all(struct app *app)
{
	struct service_list all = {0};
	all.n = catalogue_services(app, &all.items);
	return all;
}

static bool belongs_to(const struct service *s, struct str event)
{
	for (size_t i = 0; i < s->life_event_n; i++) {
		if (str_eq(s->life_events[i], event)) {
			return true;
		}
	}
	return false;
}

bool catalogue_make_lists(struct view *v)
{
	const struct pack *p = v->state->pack;
	size_t event_n = p ? p->life_event_n : 0;
	const struct service **persons = arena_new(&v->arena, const struct service *, v->service_n + 1);
	const struct service **organisations = arena_new(&v->arena, const struct service *, v->service_n + 1);
	v->of_event = arena_new(&v->arena, struct service_list, event_n + 1);
	if (persons == NULL || organisations == NULL || v->of_event == NULL) {
		return false;
	}
	v->persons.items = persons;
	v->organisations.items = organisations;
	for (size_t i = 0; i < v->service_n; i++) {
		unsigned audience = (unsigned)v->services[i]->audience;
		if ((audience & FOR_PERSONS) != 0) {
			persons[v->persons.n++] = v->services[i];
		}
		if ((audience & FOR_ORGANISATIONS) != 0) {
			organisations[v->organisations.n++] = v->services[i];
		}
	}
	for (size_t k = 0; k < event_n; k++) {
		const struct service **items = arena_new(&v->arena, const struct service *, v->service_n + 1);
		if (items == NULL) {
			return false;
		}
		v->of_event[k].items = items;
		for (size_t i = 0; i < v->service_n; i++) {
			if (belongs_to(v->services[i], p->life_events[k].id)) {
				items[v->of_event[k].n++] = v->services[i];
			}
		}
	}
	return true;
}

struct service_list services_for(struct app *app, enum audience audience)
{
	const struct view *v = catalogue_view(app);
	return audience == FOR_ORGANISATIONS ? v->organisations : v->persons;
}

struct service_list services_of_event(struct app *app, struct str life_event)
{
	const struct view *v = catalogue_view(app);
	const struct pack *p = v->state->pack;
	for (size_t k = 0; p && k < p->life_event_n; k++) {
		if (str_eq(p->life_events[k].id, life_event)) {
			return v->of_event[k];
		}
	}
	return (struct service_list){0};
}

struct service_list services_of_office(struct app *app, struct arena *a, struct str institution)
{
	struct service_list all = services_all(app), some = {0};
	const struct service **items = arena_new(a, const struct service *, all.n + 1);
	for (size_t i = 0; items && i < all.n; i++) {
		if (str_eq(all.items[i]->institution, institution)) {
			items[some.n++] = all.items[i];
		}
	}
	some.items = items;
	return some;
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

void catalogue_put_jsonld(struct app *app, struct buf *to, struct str base)
{
	static const struct pack nothing = {.has_lang = {true}};
	const struct view *v = catalogue_view(app);
	jsonld_put(to, v->state->pack ? v->state->pack : &nothing, v->services, v->service_n, base);
}
