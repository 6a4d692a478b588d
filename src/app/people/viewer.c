#include "app/people/viewer.h"

#include "app/people/people.sql.h"

bool viewer_is_signed_in(const struct viewer *v)
{
	return v->account != 0;
}

const struct viewer_party *viewer_acts_for(const struct viewer *v, int64_t party)
{
	for (size_t i = 0; i < v->party_n; i++) {
		if (v->parties[i].party == party) {
			return &v->parties[i];
		}
	}
	return NULL;
}

bool viewer_has_role(const struct viewer *v, enum role_kind kind, int64_t institution)
{
	for (size_t i = 0; i < v->role_n; i++) {
		if (v->roles[i].kind == kind && (institution == 0 || v->roles[i].institution == institution)) {
			return true;
		}
	}
	return false;
}

int64_t viewer_institution(const struct viewer *v)
{
	for (size_t i = 0; i < v->role_n; i++) {
		if (v->roles[i].kind == ROLE_OFFICIAL) {
			return v->roles[i].institution;
		}
	}
	return 0;
}

bool people_name(struct tx *tx, int64_t party, struct str *name, struct err *e)
{
	struct party_get_out row;
	*name = STR_EMPTY;
	if (!party_get(tx, &(struct party_get_in){.party = party}, &row, e)) {
		return false;
	}
	if (!row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such party");
	}
	*name = row.name;
	return true;
}

bool people_number(struct tx *tx, int64_t party, struct str *number, struct err *e)
{
	struct party_get_out row;
	*number = STR_EMPTY;
	if (!party_get(tx, &(struct party_get_in){.party = party}, &row, e)) {
		return false;
	}
	*number = row.found && row.has_scheme ? row.identifier : STR_EMPTY;
	return true;
}

bool people_name_and_language(struct tx *tx, int64_t party, struct str *name, struct str *lang, struct err *e)
{
	struct party_get_out row;
	struct account_get_out account;
	if (!party_get(tx, &(struct party_get_in){.party = party}, &row, e) ||
	    !account_get(tx, &(struct account_get_in){.account = party}, &account, e)) {
		return false;
	}
	*name = row.found ? row.name : STR_EMPTY;
	*lang = account.found ? account.lang : STR_EMPTY;
	return true;
}

bool people_official(struct tx *tx, int64_t account, struct people_official *out, struct err *e)
{
	struct account_get_out a;
	struct role_list_rows rows;
	struct role_list_out role;
	*out = (struct people_official){0};
	if (!account_get(tx, &(struct account_get_in){.account = account}, &a, e)) {
		return false;
	}
	if (!a.found || a.is_disabled || !a.has_roles) {
		return true;
	}
	out->email = a.email;
	out->lang = a.lang;
	if (!role_list_open(tx, &(struct role_list_in){.account = account}, &rows, e)) {
		return false;
	}
	while (role_list_next(&rows, &role)) {
		bool is_known = role.kind != ROLE_OFFICIAL && role.kind != ROLE_HEAD;
		for (size_t i = 0; i < out->office_n; i++) {
			is_known = is_known || out->offices[i] == role.institution;
		}
		if (!is_known && out->office_n < OFFICES_MOST) {
			out->offices[out->office_n++] = role.institution;
		}
	}
	return role_list_close(&rows, e);
}
