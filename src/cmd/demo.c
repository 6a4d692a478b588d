#include "cmd/demo.h"

#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"

static const struct demo_person {
	const char *who, *name, *email, *password;
	const char *institution; /* pack id; NULL: none */
	enum role_kind role;
	const char *organisation, *scheme, *identifier; /* a mandate; NULL: none */
} people[] = {
	{"resident", "Amara Quill", "resident@demo.example", "linden-tree-by-the-door", NULL, 0, NULL, NULL, NULL},
	{"firm", "Lin Xiaohe", "firm@demo.example", "kestrel-over-the-quay", NULL, 0, "Kestrel Staffing Ltd", "cn-uscc",
     "91310115MA1K3YJ12X"},
	{"official", "Jonas Adeyemi", "official@demo.example", "nine-stones-make-a-gate", "work-and-social-security",
     ROLE_OFFICIAL, NULL, NULL, NULL},
	{"second official", "Rosa Marchetti", "second@demo.example", "ropewalk-in-the-rain", "work-and-social-security",
     ROLE_OFFICIAL, NULL, NULL, NULL},
	{"head", "Mei Castellan", "head@demo.example", "slate-roof-over-the-hall", "work-and-social-security", ROLE_HEAD,
     NULL, NULL, NULL},
	{"administrator", "Ilse Varga", "admin@demo.example", "keeper-of-the-lantern", "work-and-social-security",
     ROLE_ADMINISTRATOR, NULL, NULL, NULL},
	{"supervisor", "Ines Calloway", "supervisor@demo.example", "lamp-in-the-watchtower", "supervision-port-linden",
     ROLE_SUPERVISOR, NULL, NULL, NULL},
	{"of the province", "Viktor Oduya", "higher@demo.example", "far-light-on-the-estuary", "supervision-estuary",
     ROLE_SUPERVISOR, NULL, NULL, NULL},
	{"author", "Tomasz Okafor", "author@demo.example", "seven-pens-in-a-drawer", "citizens-office", ROLE_AUTHOR, NULL,
     NULL, NULL},
	{"second author", "Hedda Nyström", "second-author@demo.example", "four-eyes-on-the-page", "citizens-office",
     ROLE_AUTHOR, NULL, NULL, NULL},
};
enum { PERSON_COUNT = sizeof people / sizeof people[0] };

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
		if (!people_set_role(app->store, account, p->role, i->id, true, 0, e)) {
			return false;
		}
	}
	bool is_everywhere = p->role == ROLE_OFFICIAL || p->role == ROLE_HEAD;
	return p->institution == NULL || !is_everywhere || help_out(app, account, p->role, str_of(p->institution), e);
}

bool demo_make_people(struct app *app, struct err *e)
{
	must(app->is_demo);
	for (size_t i = 0; i < PERSON_COUNT; i++) {
		if (!make(app, &people[i], e)) {
			return false;
		}
	}
	return true;
}

void demo_print_accounts(FILE *to)
{
	fprintf(to, "\nDemo accounts, for this data folder only:\n");
	for (size_t i = 0; i < PERSON_COUNT; i++) {
		fprintf(to, "  %-16s %-24s %s\n", people[i].who, people[i].email, people[i].password);
	}
	fputc('\n', to);
}
