#include "cmd/demo.h"

#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "app/people/demo_people.h"

/* In so small a city an official helps out at every office: so a visitor sees each service from both sides. The one
 * head is head of all, and works on cases too. */
static bool help_out(struct app *app, int64_t account, enum role_kind role, struct str own, struct err *e)
{
	const struct institution *offices;
	size_t n = catalogue_institutions(app, &offices);
	for (size_t i = 0; i < n; i++) {
		bool is_own = str_eq(offices[i].pack_id, own);
		if (offices[i].supervises.n > 0) {
			continue;
		}
		if ((!is_own && !people_set_role(app->store, account, role, offices[i].id, true, 0, e)) ||
		    (role == ROLE_HEAD && !people_set_role(app->store, account, ROLE_OFFICIAL, offices[i].id, true, 0, e))) {
			return false;
		}
	}
	return true;
}

static bool make(struct app *app, const struct demo_person *p, struct err *e)
{
	int64_t account, organisation;
	struct person_spec spec = {.name = str_of(p->name), .email = str_of(p->email), .password = str_of(p->password)};
	if (!people_add_person(app->store, app->column_keys, &spec, &account, e)) {
		return false;
	}
	if (p->organisation && (!people_add_organisation(app->store, str_of(p->organisation), str_of(p->scheme),
	                                                 str_of(p->identifier), &organisation, e) ||
	                        !people_give_mandate(app->store, account, organisation, 0, e))) {
		return false;
	}
	if (p->institution) {
		const struct institution *i = catalogue_institution_named(app, str_of(p->institution));
		if (i == NULL) {
			return err_set(e, ERR_CONFIG, "the demo's officials work at %s, which the pack does not have",
			               p->institution);
		}
		if (!people_set_role(app->store, account, (enum role_kind)p->role, i->id, true, 0, e)) {
			return false;
		}
	}
	bool is_everywhere = p->role == ROLE_OFFICIAL || p->role == ROLE_HEAD;
	return p->institution == NULL || !is_everywhere ||
	       help_out(app, account, (enum role_kind)p->role, str_of(p->institution), e);
}

bool demo_make_people(struct app *app, struct err *e)
{
	must(app->is_demo);
	for (size_t i = 0; i < DEMO_PEOPLE; i++) {
		if (!make(app, &demo_people[i], e)) {
			return false;
		}
	}
	return true;
}

void demo_print_accounts(FILE *to)
{
	fprintf(to, "\nDemo accounts, for this data folder only:\n");
	for (size_t i = 0; i < DEMO_PEOPLE; i++) {
		fprintf(to, "  %-26s %-29s %s\n", demo_people[i].who, demo_people[i].email, demo_people[i].password);
	}
	fputc('\n', to);
}
