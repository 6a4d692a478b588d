#include "app/cases/queue.h"

#include "app/cases/moves.h"

enum queue_lane queue_lane_of(unsigned waits)
{
	return waits & WAITS_OFFICE                        ? LANE_OFFICE
	       : waits & (WAITS_APPLICANT | WAITS_COLLECT) ? LANE_APPLICANT
	       : waits & WAITS_SIGNATURE                   ? LANE_SIGNER
	                                                   : LANE_OTHERS;
}

/* --- One stretch of one index
 * ------------------------------------------------------------------------------------------------ */

/* The statements select the same columns; sqlgen gives each a struct of its own. */
#define STRETCH(name)                                                                                       \
	static bool read_##name(struct tx *tx, const struct name##_in *in, struct queue_key *keys, size_t *n,   \
	                        struct err *e)                                                                  \
	{                                                                                                       \
		struct name##_rows rows;                                                                            \
		struct name##_out o;                                                                                \
		*n = 0;                                                                                             \
		if (!name##_open(tx, in, &rows, e)) {                                                               \
			return false;                                                                                   \
		}                                                                                                   \
		while (*n < QUEUE_STEP && name##_next(&rows, &o)) {                                                 \
			keys[(*n)++] = (struct queue_key){                                                              \
				{o.due_day, o.casefile}, o.service, o.state, o.waits, o.lane, o.handler, o.event, o.actor}; \
		}                                                                                                   \
		return name##_close(&rows, e);                                                                      \
	}
STRETCH(queue_keys)
STRETCH(queue_keys_of_handler)
STRETCH(queue_keys_of_lane)
STRETCH(queue_keys_of_service)
#undef STRETCH

/* How many stretches a way has, and the i-th of them. */
static size_t stretches(const struct queue_way *w)
{
	bool is_by_lanes = w->service.n > 0 && w->lane == 0;
	return w->handler_n > 0 ? w->handler_n + w->has_to_sign : is_by_lanes ? LANE_COUNT - 1 : 1;
}

static bool read_lane(struct tx *tx, const struct queue_way *w, enum queue_lane lane, struct queue_place after,
                      struct queue_key *keys, size_t *n, struct err *e)
{
	return read_queue_keys_of_lane(tx,
	                               &(struct queue_keys_of_lane_in){.institution = w->institution,
	                                                               .lane = lane,
	                                                               .after_due = after.due,
	                                                               .after_case = after.casefile,
	                                                               .until = w->until,
	                                                               .most = QUEUE_STEP},
	                               keys, n, e);
}

static bool read_stretch(struct tx *tx, const struct queue_way *w, size_t i, struct queue_place after,
                         struct queue_key *keys, size_t *n, struct err *e)
{
	if (i < w->handler_n) {
		return read_queue_keys_of_handler(tx,
		                                  &(struct queue_keys_of_handler_in){.institution = w->institution,
		                                                                     .handler = w->handlers[i],
		                                                                     .after_due = after.due,
		                                                                     .after_case = after.casefile,
		                                                                     .until = w->until,
		                                                                     .most = QUEUE_STEP},
		                                  keys, n, e);
	}
	if (w->handler_n > 0) {
		return read_lane(tx, w, LANE_SIGNER, after, keys, n, e);
	}
	if (w->service.n > 0) {
		return read_queue_keys_of_service(
			tx,
			&(struct queue_keys_of_service_in){.institution = w->institution,
		                                       .service = w->service,
		                                       .lane = w->lane ? (int64_t)w->lane : (int64_t)i + 1,
		                                       .after_due = after.due,
		                                       .after_case = after.casefile,
		                                       .until = w->until,
		                                       .most = QUEUE_STEP},
			keys, n, e);
	}
	if (w->lane != 0) {
		return read_lane(tx, w, w->lane, after, keys, n, e);
	}
	return read_queue_keys(tx,
	                       &(struct queue_keys_in){.institution = w->institution,
	                                               .after_due = after.due,
	                                               .after_case = after.casefile,
	                                               .until = w->until,
	                                               .most = QUEUE_STEP},
	                       keys, n, e);
}

/* --- Steps
 * ------------------------------------------------------------------------------------------------------------------ */

static bool is_before(struct queue_place a, struct queue_place b)
{
	return a.due != b.due ? a.due < b.due : a.casefile < b.casefile;
}

/* Two ordered lists into one; what does not fit is read again by the next step. */
static void merge(struct queue_key *into, size_t *n, const struct queue_key *more, size_t more_n)
{
	struct queue_key old[QUEUE_STEP];
	size_t old_n = *n, i = 0, k = 0;
	memcpy(old, into, old_n * sizeof *old);
	*n = 0;
	while (*n < QUEUE_STEP && (i < old_n || k < more_n)) {
		bool is_same = i < old_n && k < more_n && old[i].at.casefile == more[k].at.casefile;
		bool is_old = k == more_n || (i < old_n && is_before(old[i].at, more[k].at));
		k += is_same; /* it lies on both: a signer's own case */
		into[(*n)++] = is_old || is_same ? old[i++] : more[k++];
	}
}

bool queue_step(struct tx *tx, const struct queue_way *way, struct queue_place after, struct queue_key keys[QUEUE_STEP],
                size_t *n, struct err *e)
{
	struct queue_key more[QUEUE_STEP];
	size_t more_n;
	must(way->handler_n <= QUEUE_HANDLERS_MAX);
	*n = 0;
	for (size_t i = 0; i < stretches(way); i++) {
		if (!read_stretch(tx, way, i, after, more, &more_n, e)) {
			return false;
		}
		merge(keys, n, more, more_n);
	}
	return true;
}

bool queue_rows_of(struct tx *tx, int64_t institution, const int64_t *casefiles, size_t n, struct queue_rows_out *rows,
                   struct err *e)
{
	memset(rows, 0, n * sizeof *rows);
	for (size_t from = 0; from < n; from += STORE_LIST_MAX) {
		struct queue_rows_in in = {.institution = institution};
		struct queue_rows_rows found;
		struct queue_rows_out row;
		while (in.casefiles_n < STORE_LIST_MAX && from + in.casefiles_n < n) {
			in.casefiles[in.casefiles_n] = casefiles[from + in.casefiles_n];
			in.casefiles_n++;
		}
		if (!queue_rows_open(tx, &in, &found, e)) {
			return false;
		}
		while (queue_rows_next(&found, &row)) {
			for (size_t i = from; i < n && i < from + STORE_LIST_MAX; i++) {
				if (casefiles[i] == row.casefile) {
					rows[i] = row;
				}
			}
		}
		if (!queue_rows_close(&found, e)) {
			return false;
		}
	}
	return true;
}
