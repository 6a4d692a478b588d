#include "app/people/accounts.h"

#include "app/people/email.h"
#include "app/people/people.sql.h"
#include "base/fault.h"
#include "base/time_source.h"
#include "store/event.h"

/* A claimed address whose account was not made in this time belongs to nobody: the program was stopped in between. */
#define CLAIM_KEPT_US (10 * US_PER_MIN)
#define SCRATCH_BYTES (1024 * 1024)

static const char *const role_names[] = {"",
                                         [ROLE_OFFICIAL] = "official",
                                         [ROLE_ADMINISTRATOR] = "administrator",
                                         [ROLE_AUTHOR] = "author",
                                         [ROLE_HEAD] = "head",
                                         [ROLE_SUPERVISOR] = "supervisor",
                                         [ROLE_TRAFFIC_ENGINEER] = "traffic-engineer"};

const char *role_name(enum role_kind kind)
{
	must(kind >= ROLE_OFFICIAL && kind < ROLE_END);
	return role_names[kind];
}

enum role_kind role_of(struct str name)
{
	enum role_kind kind = ROLE_END - 1;
	while (kind > 0 && !str_is(name, role_names[kind])) {
		kind--;
	}
	return kind;
}

bool people_read_name(struct arena *a, struct str typed, struct str *out)
{
	struct buf b;
	buf_init(&b, 4 * NAME_CHARS_MAX + 8);
	bool was_space = true;
	for (size_t at = 0; at < typed.n;) {
		uint32_t c = str_rune(typed, &at);
		bool is_space = c == ' ' || c == '\t' || c == '\n' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200A);
		/* Marks that turn the direction of what follows, or show nothing, are no part of a name. */
		bool is_hidden = (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x200B || c == 0x200E ||
		                 c == 0x200F || c == 0xFEFF;
		if (is_hidden || (is_space && was_space)) {
			continue;
		}
		buf_put_rune(&b, is_space ? ' ' : c);
		was_space = is_space;
	}
	struct str s = str_trim(buf_str(&b));
	size_t runes = str_runes(s);
	bool is_good = !b.failed && runes > 0 && runes <= NAME_CHARS_MAX && !str_has_control(s, "");
	if (is_good) {
		*out = arena_copy(a, s);
	}
	buf_release(&b);
	return is_good && out->n > 0;
}

/* --- Addresses --------------------------------------------------------------------------------------------------- */

struct claim {
	int64_t bucket, account, old_account, claimed_at;
	uint8_t hash[32];
	bool is_found;
};

static void claim_of(const struct column_keys *k, struct arena *a, struct str email, struct claim *c)
{
	*c = (struct claim){0};
	column_hash(k, STR("email"), email_key(a, email), c->hash);
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | c->hash[i];
	}
	c->bucket = (int64_t)(v & INT64_MAX);
	c->bucket += c->bucket == 0;
}

static struct str claim_hash(const struct claim *c)
{
	return str_from(c->hash, sizeof(c->hash));
}

static bool job_claim(struct tx *tx, void *ctx, struct err *e)
{
	const struct claim *c = ctx;
	return email_claim(
		tx,
		&(struct email_claim_in){
			.bucket = c->bucket, .hash = claim_hash(c), .account = c->account, .claimed_at = tx_now_us(tx)},
		e);
}

static bool job_take_over(struct tx *tx, void *ctx, struct err *e)
{
	const struct claim *c = ctx;
	return email_take_over(tx,
	                       &(struct email_take_over_in){.bucket = c->bucket,
	                                                    .hash = claim_hash(c),
	                                                    .account = c->account,
	                                                    .old_account = c->old_account,
	                                                    .claimed_at = tx_now_us(tx)},
	                       e);
}

struct claim_look {
	struct claim *claim;
	int64_t now_us;
};

static bool job_look_up(struct tx *tx, void *ctx, struct err *e)
{
	struct claim_look *l = ctx;
	struct email_get_out row;
	if (!email_get(tx, &(struct email_get_in){.bucket = l->claim->bucket, .hash = claim_hash(l->claim)}, &row, e)) {
		return false;
	}
	l->claim->is_found = row.found;
	l->claim->old_account = row.found ? row.account : 0;
	l->claim->claimed_at = row.found ? row.claimed_at : 0;
	l->now_us = tx_now_us(tx);
	return true;
}

static bool job_account_is_there(struct tx *tx, void *ctx, struct err *e)
{
	struct account_get_out row;
	if (!account_get(tx, &(struct account_get_in){.account = tx_route(tx)}, &row, e)) {
		return false;
	}
	*(bool *)ctx = row.found;
	return true;
}

static bool account_is_there(struct store *s, struct arena *a, int64_t account, bool *is_there, struct err *e)
{
	*is_there = false;
	return store_read(s, account, a, job_account_is_there, is_there, e);
}

static bool write_at(struct store *s, int64_t route, store_job *job, void *ctx, struct err *e)
{
	return store_write(s, &(struct store_op){.route = route}, job, ctx, e);
}

static bool claim_address(struct store *s, struct arena *a, struct claim *c, struct err *e)
{
	struct err why = {0};
	if (write_at(s, c->bucket, job_claim, c, &why)) {
		return true;
	}
	if (why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	struct claim_look look = {.claim = c};
	bool is_there = false;
	if (!store_read(s, c->bucket, a, job_look_up, &look, e) ||
	    !account_is_there(s, a, c->old_account ? c->old_account : c->bucket, &is_there, e)) {
		return false;
	}
	if (is_there || look.now_us - c->claimed_at < CLAIM_KEPT_US) {
		return err_tell(e, ERR_CONFLICT, N_("This e-mail address has an account already."), "address is taken");
	}
	return write_at(s, c->bucket, job_take_over, c, e);
}

bool people_find(struct store *s, const struct column_keys *k, struct str email, int64_t *account, struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	struct claim c;
	claim_of(k, &a, email, &c);
	struct claim_look look = {.claim = &c};
	bool is_there = false;
	bool ok = store_read(s, c.bucket, &a, job_look_up, &look, e) &&
	          (!c.is_found || account_is_there(s, &a, c.old_account, &is_there, e));
	arena_release(&a);
	if (ok && !is_there) {
		return err_tell(e, ERR_NOT_FOUND, N_("No account has this e-mail address."), "no account with this address");
	}
	*account = c.old_account;
	return ok;
}

/* --- Making ------------------------------------------------------------------------------------------------------ */

static bool append(struct tx *tx, const char *kind, int64_t institution, int64_t by, struct str payload, struct err *e)
{
	struct event ev = {
		.route = tx_route(tx),
		.room = STR("people"),
		.kind = str_of(kind),
		.version = 1,
		.institution = institution,
		.service = STR_EMPTY,
		.actor = by,
		.effective_us = tx_now_us(tx),
		.public_payload = payload,
		.personal_payload = STR_EMPTY,
	};
	return event_append(tx, &ev, e);
}

struct new_person {
	const struct person_spec *spec;
	enum party_kind kind;
	struct str email;
	int64_t party;
	char hash[PASSWORD_HASH_MAX]; /* empty: none */
};

static bool job_add_person(struct tx *tx, void *ctx, struct err *e)
{
	const struct new_person *p = ctx;
	int64_t now = tx_now_us(tx);
	int64_t joined = 0;
	return (p->spec->has_record ||
	        party_insert(
				tx,
				&(struct party_insert_in){.party = p->party, .kind = p->kind, .name = p->spec->name, .made_at = now},
				e)) &&
	       account_insert(tx,
	                      &(struct account_insert_in){
							  .account = p->party, .email = p->email, .lang = p->spec->lang, .made_at = now},
	                      e) &&
	       same_as_count(tx, &(struct same_as_count_in){.party = p->party}, &joined, e) &&
	       (joined == 0 || account_has_mandates(tx, &(struct account_has_mandates_in){.account = p->party}, e)) &&
	       (p->hash[0] == '\0' ||
	        password_insert(
				tx, &(struct password_insert_in){.account = p->party, .hash = str_of(p->hash), .changed_at = now},
				e)) &&
	       append(tx, "account_made", 0, p->party, STR_EMPTY, e);
}

bool people_add_person(struct store *s, const struct column_keys *k, const struct person_spec *spec, int64_t *party,
                       struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	struct person_spec clean = *spec;
	struct new_person p = {.spec = &clean, .kind = PARTY_PERSON, .party = spec->party != 0 ? spec->party : id_random()};
	struct claim c;
	bool ok = false;
	clean.lang = spec->lang.p != NULL ? spec->lang : STR_EMPTY;
	if (!spec->has_record && !people_read_name(&a, spec->name, &clean.name)) {
		err_tell(e, ERR_INVALID, N_("Write the full name, at most 200 characters."), "no name");
		goto out;
	}
	if (!email_read(&a, spec->email, &p.email)) {
		err_tell(e, ERR_INVALID, N_("Write an e-mail address in the form name@example.org."), "no e-mail address");
		goto out;
	}
	if (spec->hash != NULL) {
		memcpy(p.hash, spec->hash, strnlen(spec->hash, sizeof(p.hash) - 1));
	} else if (spec->password.n > 0 && !password_hash_here(spec->password, p.hash, e)) {
		goto out;
	}
	claim_of(k, &a, p.email, &c);
	c.account = p.party;
	ok = claim_address(s, &a, &c, e) && write_at(s, p.party, job_add_person, &p, e);
	if (ok) {
		*party = p.party;
	}
out:
	mem_wipe(p.hash, sizeof(p.hash));
	arena_release(&a);
	return ok;
}

struct new_organisation {
	int64_t party;
	struct str name, scheme, identifier;
};

static bool job_add_organisation(struct tx *tx, void *ctx, struct err *e)
{
	const struct new_organisation *o = ctx;
	return party_insert(tx,
	                    &(struct party_insert_in){.party = o->party,
	                                              .kind = PARTY_ORGANISATION,
	                                              .name = o->name,
	                                              .has_scheme = o->identifier.n > 0,
	                                              .scheme = o->scheme,
	                                              .has_identifier = o->identifier.n > 0,
	                                              .identifier = o->identifier,
	                                              .made_at = tx_now_us(tx)},
	                    e) &&
	       append(tx, "organisation_made", 0, 0, STR_EMPTY, e);
}

bool people_add_program(struct store *s, struct str name, int64_t *account, struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	struct person_spec spec = {.name = STR_EMPTY, .lang = STR_EMPTY};
	struct new_person p = {.spec = &spec, .kind = PARTY_PROGRAM, .email = STR_EMPTY, .party = id_random()};
	bool ok = people_read_name(&a, name, &spec.name)
	              ? write_at(s, p.party, job_add_person, &p, e)
	              : err_tell(e, ERR_INVALID, N_("Write the full name, at most 200 characters."), "no name");
	arena_release(&a);
	if (ok) {
		*account = p.party;
	}
	return ok;
}

bool people_add_organisation(struct store *s, struct str name, struct str scheme, struct str identifier, int64_t *party,
                             struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	struct new_organisation o = {.party = id_random(), .scheme = scheme, .identifier = identifier};
	bool ok = people_read_name(&a, name, &o.name) ||
	          err_tell(e, ERR_INVALID, N_("Write the full name, at most 200 characters."), "no name");
	ok = ok && write_at(s, o.party, job_add_organisation, &o, e);
	if (ok) {
		*party = o.party;
	}
	arena_release(&a);
	return ok;
}

/* --- Mandates ---------------------------------------------------------------------------------------------------- */

struct mandate_change {
	int64_t account, by;
	struct party_get_out party;
	bool is_there;
};

static bool job_read_party(struct tx *tx, void *ctx, struct err *e)
{
	struct mandate_change *m = ctx;
	return party_get(tx, &(struct party_get_in){.party = tx_route(tx)}, &m->party, e) &&
	       (m->party.found || err_set(e, ERR_NOT_FOUND, "no such party"));
}

static bool job_has_mandate(struct tx *tx, void *ctx, struct err *e)
{
	struct mandate_change *m = ctx;
	struct mandate_get_out row;
	struct account_get_out account;
	if (!account_get(tx, &(struct account_get_in){.account = m->account}, &account, e)) {
		return false;
	}
	if (!account.found) {
		return err_set(e, ERR_NOT_FOUND, "no such account");
	}
	if (!mandate_get(tx, &(struct mandate_get_in){.account = m->account, .party = m->party.party}, &row, e)) {
		return false;
	}
	m->is_there = row.found;
	return true;
}

static bool job_give_mandate(struct tx *tx, void *ctx, struct err *e)
{
	const struct mandate_change *m = ctx;
	return account_raise_epoch(tx, &(struct account_raise_epoch_in){.account = m->account}, e) &&
	       account_has_mandates(tx, &(struct account_has_mandates_in){.account = m->account}, e) &&
	       mandate_insert(tx,
	                      &(struct mandate_insert_in){.account = m->account,
	                                                  .party = m->party.party,
	                                                  .name = m->party.name,
	                                                  .has_scheme = m->party.has_scheme,
	                                                  .scheme = m->party.scheme,
	                                                  .has_identifier = m->party.has_identifier,
	                                                  .identifier = m->party.identifier,
	                                                  .made_at = tx_now_us(tx),
	                                                  .made_by = m->by},
	                      e) &&
	       append(tx, "mandate_given", 0, m->by, STR_EMPTY, e);
}

bool people_give_mandate(struct store *s, int64_t account, int64_t organisation, int64_t by, struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	struct mandate_change m = {.account = account, .by = by};
	bool ok = store_read(s, organisation, &a, job_read_party, &m, e) &&
	          store_read(s, account, &a, job_has_mandate, &m, e) &&
	          (m.is_there || write_at(s, account, job_give_mandate, &m, e));
	arena_release(&a);
	return ok;
}

/* --- Roles ------------------------------------------------------------------------------------------------------- */

struct role_change {
	int64_t account, institution, by;
	enum role_kind kind;
	bool is_granted, is_there;
};

static bool job_has_role(struct tx *tx, void *ctx, struct err *e)
{
	struct role_change *c = ctx;
	struct account_get_out account;
	struct role_get_out row;
	if (!account_get(tx, &(struct account_get_in){.account = c->account}, &account, e)) {
		return false;
	}
	if (!account.found) {
		return err_set(e, ERR_NOT_FOUND, "no such account");
	}
	if (!role_get(tx,
	              &(struct role_get_in){.account = c->account, .institution = c->institution, .kind = (int64_t)c->kind},
	              &row, e)) {
		return false;
	}
	c->is_there = row.found;
	return true;
}

static bool put_role(struct tx *tx, const struct role_change *c, struct err *e)
{
	if (!c->is_granted) {
		return role_delete(
			tx,
			&(struct role_delete_in){.account = c->account, .institution = c->institution, .kind = (int64_t)c->kind},
			e);
	}
	return role_insert(tx,
	                   &(struct role_insert_in){.account = c->account,
	                                            .institution = c->institution,
	                                            .kind = (int64_t)c->kind,
	                                            .made_at = tx_now_us(tx),
	                                            .made_by = c->by},
	                   e);
}

static bool job_set_role(struct tx *tx, void *ctx, struct err *e)
{
	const struct role_change *c = ctx;
	int64_t left = 0;
	if (!account_raise_epoch(tx, &(struct account_raise_epoch_in){.account = c->account}, e) || !put_role(tx, c, e) ||
	    !role_count(tx, &(struct role_count_in){.account = c->account}, &left, e) ||
	    !account_has_roles(tx, &(struct account_has_roles_in){.account = c->account, .has_roles = left > 0}, e)) {
		return false;
	}
	struct str payload = arena_printf(tx_arena(tx), "{\"role\":\"%s\"}", role_name(c->kind));
	return append(tx, c->is_granted ? "role_granted" : "role_revoked", c->institution, c->by, payload, e);
}

bool people_set_role(struct store *s, int64_t account, enum role_kind kind, int64_t institution, bool is_granted,
                     int64_t by, struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	struct role_change c = {
		.account = account, .institution = institution, .by = by, .kind = kind, .is_granted = is_granted};
	bool ok = store_read(s, account, &a, job_has_role, &c, e) &&
	          (c.is_there == is_granted || write_at(s, account, job_set_role, &c, e));
	arena_release(&a);
	return ok;
}

/* --- Passwords, sessions ----------------------------------------------------------------------------------------- */

struct account_change {
	int64_t account, by;
	const char *hash;
	int64_t old_us;   /* 0: any */
	struct str token; /* empty: none is kept */
	bool is_disabled;
};

static bool end_sessions(struct tx *tx, const struct account_change *c, struct err *e)
{
	int64_t ended = 0;
	return c->token.n == 0
	           ? session_end_all(tx, &(struct session_end_all_in){.account = c->account}, &ended, e)
	           : session_end_others(tx, &(struct session_end_others_in){.account = c->account, .token = c->token},
	                                &ended, e);
}

static bool job_set_password(struct tx *tx, void *ctx, struct err *e)
{
	const struct account_change *c = ctx;
	struct password_get_out old;
	if (!account_raise_epoch(tx, &(struct account_raise_epoch_in){.account = c->account}, e) ||
	    !end_sessions(tx, c, e) || !password_get(tx, &(struct password_get_in){.account = c->account}, &old, e)) {
		return false;
	}
	if (c->old_us != 0 && old.changed_at != c->old_us) {
		return err_set(e, ERR_CONFLICT, "the password was changed meanwhile");
	}
	struct str hash = str_of(c->hash);
	int64_t now = tx_now_us(tx);
	bool ok = old.found
	              ? password_update(
						tx, &(struct password_update_in){.account = c->account, .hash = hash, .changed_at = now}, e)
	              : password_insert(
						tx, &(struct password_insert_in){.account = c->account, .hash = hash, .changed_at = now}, e);
	return ok && append(tx, "password_changed", 0, c->by, STR_EMPTY, e);
}

bool people_set_password(struct store *s, int64_t account, const char *hash, int64_t old_us, struct str keep_token,
                         int64_t by, struct err *e)
{
	struct account_change c = {.account = account, .by = by, .hash = hash, .old_us = old_us, .token = keep_token};
	return write_at(s, account, job_set_password, &c, e);
}

static bool job_set_disabled(struct tx *tx, void *ctx, struct err *e)
{
	const struct account_change *c = ctx;
	return account_disable(tx, &(struct account_disable_in){.account = c->account, .is_disabled = c->is_disabled}, e) &&
	       end_sessions(tx, c, e) &&
	       append(tx, c->is_disabled ? "account_disabled" : "account_enabled", 0, c->by, STR_EMPTY, e);
}

bool people_set_disabled(struct store *s, int64_t account, bool is_disabled, int64_t by, struct err *e)
{
	struct account_change c = {.account = account, .by = by, .is_disabled = is_disabled, .token = STR_EMPTY};
	return write_at(s, account, job_set_disabled, &c, e);
}

static bool job_end_sessions(struct tx *tx, void *ctx, struct err *e)
{
	const struct account_change *c = ctx;
	return account_raise_epoch(tx, &(struct account_raise_epoch_in){.account = c->account}, e) &&
	       end_sessions(tx, c, e);
}

bool people_end_sessions(struct store *s, int64_t account, struct str keep_token, struct err *e)
{
	struct account_change c = {.account = account, .token = keep_token};
	return write_at(s, account, job_end_sessions, &c, e);
}

/* --- Lists ------------------------------------------------------------------------------------------------------- */

enum { LIST_MOST = 100, ROLES_MOST = 100 };

struct list_job {
	struct account_list *out;
	int64_t after, institution;
};

static bool grow(struct tx *tx, struct account_list *l)
{
	if (l->items == NULL) {
		l->items = arena_new(tx_arena(tx), struct account_line, 500);
	}
	return l->items != NULL && l->n < 500;
}

static bool job_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list_job *j = ctx;
	struct account_all_rows rows;
	struct account_all_out row;
	*j->out = (struct account_list){0};
	if (!account_all_open(tx, &(struct account_all_in){.after = j->after}, &rows, e)) {
		return false;
	}
	while (account_all_next(&rows, &row)) {
		if (!grow(tx, j->out)) {
			break;
		}
		j->out->items[j->out->n++] = (struct account_line){
			.account = row.account, .email = row.email, .is_disabled = row.is_disabled, .made_us = row.made_at};
	}
	return account_all_close(&rows, e);
}

static bool job_list_staff(struct tx *tx, void *ctx, struct err *e)
{
	struct list_job *j = ctx;
	struct staff_list_rows rows;
	struct staff_list_out row;
	*j->out = (struct account_list){0};
	if (!staff_list_open(tx, &(struct staff_list_in){.institution = j->institution}, &rows, e)) {
		return false;
	}
	while (staff_list_next(&rows, &row)) {
		struct account_line *last = j->out->n > 0 ? &j->out->items[j->out->n - 1] : NULL;
		if (last == NULL || last->account != row.account) {
			if (!grow(tx, j->out)) {
				break;
			}
			last = &j->out->items[j->out->n++];
			*last = (struct account_line){.account = row.account,
			                              .made_us = row.made_at,
			                              .roles = arena_new(tx_arena(tx), struct viewer_role, ROLE_END - 1)};
		}
		if (last->roles != NULL && last->role_n < ROLE_END - 1) {
			last->roles[last->role_n++] = (struct viewer_role){(enum role_kind)row.kind, j->institution};
		}
	}
	return staff_list_close(&rows, e);
}

static bool job_fill_line(struct tx *tx, void *ctx, struct err *e)
{
	struct account_line *l = ctx;
	struct account_viewer_out row;
	if (!account_viewer(tx, &(struct account_viewer_in){.account = l->account}, &row, e)) {
		return false;
	}
	if (row.found) {
		l->name = row.name;
		l->email = row.email;
		l->is_disabled = row.is_disabled;
	}
	if (l->roles != NULL) {
		return true;
	}
	l->roles = arena_new(tx_arena(tx), struct viewer_role, ROLES_MOST);
	struct role_list_rows rows;
	struct role_list_out role;
	if (!role_list_open(tx, &(struct role_list_in){.account = l->account}, &rows, e)) {
		return false;
	}
	while (role_list_next(&rows, &role) && l->roles != NULL && l->role_n < ROLES_MOST) {
		l->roles[l->role_n++] = (struct viewer_role){(enum role_kind)role.kind, role.institution};
	}
	return role_list_close(&rows, e);
}

static bool fill_lines(struct store *s, struct arena *a, struct account_list *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		l->items[i].name = STR_EMPTY;
		l->items[i].email = STR_EMPTY;
		if (!store_read(s, l->items[i].account, a, job_fill_line, &l->items[i], e)) {
			return false;
		}
	}
	return true;
}

bool people_list(struct store *s, struct arena *a, int64_t after, struct account_list *out, struct err *e)
{
	struct list_job j = {.out = out, .after = after};
	return store_read(s, 0, a, job_list, &j, e) && fill_lines(s, a, out, e);
}

bool people_staff(struct store *s, struct arena *a, int64_t institution, struct account_list *out, struct err *e)
{
	struct list_job j = {.out = out, .institution = institution};
	return store_read(s, institution, a, job_list_staff, &j, e) && fill_lines(s, a, out, e);
}

/* --- Guard ------------------------------------------------------------------------------------------------------- */

struct guard {
	const struct viewer *viewer;
	bool is_same;
};

static bool job_guard(struct tx *tx, void *ctx, struct err *e)
{
	struct guard *g = ctx;
	struct account_get_out row;
	if (!account_get(tx, &(struct account_get_in){.account = g->viewer->account}, &row, e)) {
		return false;
	}
	g->is_same = row.found && !row.is_disabled && row.epoch == g->viewer->epoch;
	return true;
}

bool people_still_allowed(struct store *s, const struct viewer *v, struct err *e)
{
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	struct guard g = {.viewer = v};
	bool ok =
		store_read(s, v->account, &a, job_guard, &g, e) &&
		(g.is_same || err_tell(e, ERR_FORBIDDEN, N_("Your rights were changed a moment ago. Open the page again."),
	                           "the account's epoch was raised during the request"));
	arena_release(&a);
	return ok;
}

/* --- Mandates ---------------------------------------------------------------------------------------------------- */

struct mandates_job {
	int64_t account;
	struct viewer_party *items;
	size_t n;
};

static bool job_mandates(struct tx *tx, void *ctx, struct err *e)
{
	enum { MOST = 100 };
	struct mandates_job *j = ctx;
	struct mandate_list_rows rows;
	struct mandate_list_out row;
	j->n = 0;
	j->items = arena_new(tx_arena(tx), struct viewer_party, MOST);
	if (j->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for mandates");
	}
	if (!mandate_list_open(tx, &(struct mandate_list_in){.account = j->account}, &rows, e)) {
		return false;
	}
	while (j->n < MOST && mandate_list_next(&rows, &row)) {
		j->items[j->n++] = (struct viewer_party){.party = row.party,
		                                         .name = row.name,
		                                         .is_organisation = true,
		                                         .identifier = row.has_identifier ? row.identifier : STR_EMPTY};
	}
	return mandate_list_close(&rows, e);
}

bool people_mandates(struct store *s, struct arena *a, int64_t account, struct viewer_party **out, size_t *n,
                     struct err *e)
{
	struct mandates_job j = {.account = account};
	if (!store_read(s, account, a, job_mandates, &j, e)) {
		return false;
	}
	*out = j.items;
	*n = j.n;
	return true;
}
