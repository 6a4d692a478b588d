#include "app/people/absence.h"

#include "app/people/people.sql.h"
#include "app/people/viewer.h"

struct load {
	int64_t institution;
	day_number today;
	struct absence_list *out;
};

static bool job_list(struct tx *tx, void *ctx, struct err *e)
{
	const struct load *in = ctx;
	struct absence_list_rows rows;
	struct absence_list_out row;
	*in->out = (struct absence_list){.items = arena_new(tx_arena(tx), struct absence, ABSENCES_MOST)};
	if (in->out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for absences");
	}
	if (!absence_list_open(tx, &(struct absence_list_in){.institution = in->institution, .today = in->today}, &rows,
	                       e)) {
		return false;
	}
	while (in->out->n < ABSENCES_MOST && absence_list_next(&rows, &row)) {
		in->out->items[in->out->n++] = (struct absence){.id = row.id,
		                                                .account = row.account,
		                                                .deputy = row.deputy,
		                                                .name = row.name,
		                                                .deputy_name = row.deputy_name,
		                                                .from = row.from_day,
		                                                .until = row.until_day};
	}
	return absence_list_close(&rows, e);
}

bool people_absences(struct store *s, struct arena *a, int64_t institution, day_number today, struct absence_list *out,
                     struct err *e)
{
	struct load in = {institution, today, out};
	return store_read(s, institution, a, job_list, &in, e);
}

void absences_stood_in(const struct absence_list *l, day_number today, int64_t account, int64_t of[STAND_IN_MOST],
                       size_t *n)
{
	*n = 0;
	/* of[] grows while it is walked: who stands in for a deputy stands in for those whom the deputy stands in for. */
	for (size_t k = 0; k <= *n; k++) {
		int64_t deputy = k == 0 ? account : of[k - 1];
		for (size_t i = 0; i < l->n && *n < STAND_IN_MOST; i++) {
			const struct absence *a = &l->items[i];
			bool is_there = a->deputy != deputy || a->account == account || a->from > today || a->until < today;
			for (size_t x = 0; x < *n && !is_there; x++) {
				is_there = of[x] == a->account;
			}
			if (!is_there) {
				of[(*n)++] = a->account;
			}
		}
	}
}

bool people_stands_in_for(struct store *s, struct arena *a, int64_t institution, day_number today, int64_t account,
                          int64_t of[STAND_IN_MOST], size_t *n, struct err *e)
{
	struct absence_list list;
	*n = 0;
	if (!people_absences(s, a, institution, today, &list, e)) {
		return false;
	}
	absences_stood_in(&list, today, account, of, n);
	return true;
}

bool people_absence_add_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct absence_change *in = ctx;
	return absence_insert(tx,
	                      &(struct absence_insert_in){.institution = in->institution,
	                                                  .id = id_in_time(tx_now_us(tx)),
	                                                  .account = in->absence.account,
	                                                  .name = in->absence.name,
	                                                  .from_day = in->absence.from,
	                                                  .until_day = in->absence.until,
	                                                  .deputy = in->absence.deputy,
	                                                  .deputy_name = in->absence.deputy_name,
	                                                  .made_by = in->by,
	                                                  .made_at = tx_now_us(tx)},
	                      e);
}

bool people_absence_end_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct absence_ending *in = ctx;
	return absence_end(tx,
	                   &(struct absence_end_in){
						   .institution = in->institution, .id = in->id, .until_day = in->last, .today = in->today},
	                   e);
}

struct official {
	int64_t account, institution;
	bool is;
};

static bool job_official(struct tx *tx, void *ctx, struct err *e)
{
	struct official *o = ctx;
	struct role_get_out role;
	struct account_get_out account;
	if (!role_get(tx,
	              &(struct role_get_in){.account = o->account, .institution = o->institution, .kind = ROLE_OFFICIAL},
	              &role, e) ||
	    !account_get(tx, &(struct account_get_in){.account = o->account}, &account, e)) {
		return false;
	}
	o->is = role.found && account.found && !account.is_disabled;
	return true;
}

bool people_is_official(struct store *s, struct arena *a, int64_t account, int64_t institution, bool *is, struct err *e)
{
	struct official o = {account, institution, false};
	bool ok = store_read(s, account, a, job_official, &o, e);
	*is = o.is;
	return ok;
}
