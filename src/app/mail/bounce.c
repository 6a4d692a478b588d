#include "app/mail/bounce.h"

#include <stdio.h>

#include "app/mail/notice.h"
#include "base/digest.h"

enum { PROOF_CHARS = 16, TOKEN_CHARS = 2 * ID_CHARS + PROOF_CHARS + 2, WHY_BYTES = 200, READ_BYTES = 512 * 1024 };

static void proof_of(const struct app *app, int64_t party, int64_t notice, char out[PROOF_CHARS + 1])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t mac[SHA256_BYTES];
	char text[80];
	snprintf(text, sizeof text, "bounce %s %s", id_text(party).c, id_text(notice).c);
	hmac_sha256(str_from(app->code_key, sizeof app->code_key), str_of(text), mac);
	for (int i = 0; i < PROOF_CHARS; i++) {
		out[i] = digits[mac[i] & 31];
	}
	out[PROOF_CHARS] = '\0';
}

void bounce_address(const struct app *app, int64_t party, int64_t notice, struct buf *out)
{
	struct str local, domain;
	char proof[PROOF_CHARS + 1];
	if (app->mail_bounces.n == 0 || !str_cut(app->mail_bounces, '@', &local, &domain)) {
		buf_put(out, app->mail_from);
		return;
	}
	proof_of(app, party, notice, proof);
	buf_printf(out, "%.*s+%s.%s.%s@%.*s", STR_ARG(local), id_text(party).c, id_text(notice).c, proof, STR_ARG(domain));
}

struct mark {
	int64_t party, notice;
};

/* The mark in an address, if it is one of ours. */
static bool read_mark(const struct app *app, struct str text, struct mark *out)
{
	char proof[PROOF_CHARS + 1];
	for (size_t at = 0; at + TOKEN_CHARS < text.n; at++) {
		struct str token = str_sub(text, at + 1, TOKEN_CHARS);
		if (text.p[at] != '+' || token.p[ID_CHARS] != '.' || token.p[2 * ID_CHARS + 1] != '.' ||
		    !id_parse(str_sub(token, 0, ID_CHARS), &out->party) ||
		    !id_parse(str_sub(token, ID_CHARS + 1, ID_CHARS), &out->notice)) {
			continue;
		}
		proof_of(app, out->party, out->notice, proof);
		if (str_eq(str_sub(token, 2 * ID_CHARS + 2, PROOF_CHARS), str_of(proof))) {
			return true;
		}
	}
	return false;
}

/* --- The report ----------------------------------------------------------------------------------------------------
 */

static struct str lower(struct str line, char *room, size_t n)
{
	size_t some = line.n < n ? line.n : n;
	for (size_t i = 0; i < some; i++) {
		room[i] = line.p[i] >= 'A' && line.p[i] <= 'Z' ? (char)(line.p[i] + 32) : line.p[i];
	}
	return str_from(room, some);
}

struct report {
	bool is_delayed; /* it is still tried */
	char why[WHY_BYTES];
};

/* RFC 3464: "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 ...". A mail without them is taken for a
 * failure: it came to an address that only failures come to. */
static void read_report(struct str mail, struct report *out)
{
	struct str line;
	char room[WHY_BYTES];
	*out = (struct report){0};
	while (str_next(&mail, '\n', &line)) {
		struct str l = lower(str_trim(line), room, sizeof room);
		if (str_starts(l, STR("action:"))) {
			struct str word = str_trim(str_sub(l, 7, SIZE_MAX));
			out->is_delayed = str_is(word, "delayed") || str_is(word, "delivered") || str_is(word, "relayed") ||
			                  str_is(word, "expanded");
		} else if (str_starts(l, STR("diagnostic-code:")) || (str_starts(l, STR("status:")) && out->why[0] == '\0')) {
			struct str words = str_trim(str_sub(str_trim(line), str_find_byte(line, ':') + 1, WHY_BYTES - 1));
			for (size_t i = 0; i <= words.n; i++) {
				bool is_plain = i < words.n && words.p[i] >= 0x20 && words.p[i] <= 0x7e;
				out->why[i] = i == words.n ? '\0' : is_plain ? words.p[i] : '?';
			}
		}
	}
	if (out->why[0] == '\0') {
		snprintf(out->why, sizeof out->why, "returned without a reason");
	}
}

/* --- What follows --------------------------------------------------------------------------------------------------
 */

struct taking {
	struct app *app;
	struct mark mark;
	const struct report *report;
	bool was_ours; /* out: it was sent, and is taken as returned now */
};

/* Told in the mailbox, without a notice of its own: the letter comes with the one that came back. */
static bool tell(struct tx *tx, const struct notice_get_out *n, struct err *e)
{
	struct mail_message m = {
		.party = n->party, .kind = MAIL_ADDRESS_FAILED, .institution = n->institution, .has_no_notice = true};
	return mail_post(tx, &m, e);
}

static bool take_job(struct tx *tx, void *ctx, struct err *e)
{
	struct taking *t = ctx;
	struct notice_get_out n;
	struct mail_target target;
	t->was_ours = false;
	if (!notice_touch(tx, &(struct notice_touch_in){t->mark.party, t->mark.notice}, e) ||
	    !notice_get(tx, &(struct notice_get_in){t->mark.party, t->mark.notice}, &n, e)) {
		return false;
	}
	/* The same report twice, or of what the office has settled: nothing more to do. */
	if (!n.found || (n.state != NOTICE_SENT && n.state != NOTICE_UNSURE) || n.way != WAY_EMAIL) {
		return true;
	}
	t->was_ours = true;
	if (!mail_target(tx, t->app, n.party, &target, e)) {
		return false;
	}
	struct notice_step step = {
		.from = &n,
		.to = NOTICE_BOUNCED,
		.way = WAY_EMAIL,
		.address = n.address,
		.name = target.name,
		.why = str_of(t->report->why),
	};
	int64_t now_us = tx_now_us(tx), id = id_after(n.id, now_us);
	bool is_current = target.row.found && str_eq(target.row.email, n.address) && !target.row.has_failed_at;
	struct notice_insert_in letter = {
		.party = n.party,
		.id = id,
		.message = n.message,
		.institution = n.institution,
		.way = WAY_UNDECIDED,
		.state = NOTICE_WAITS,
		.made_at = now_us,
	};
	return notice_step(tx, &step, e) &&
	       (!is_current || (way_fail(tx, &(struct way_fail_in){true, now_us, n.party}, NULL, e) && tell(tx, &n, e))) &&
	       notice_insert(tx, &letter, e) && errand_add(tx, n.party, STR(MAIL_NOTICE), id, now_us, e);
}

bool bounce_take(struct app *app, struct str to, struct str mail, struct buf *done, struct err *e)
{
	struct report report;
	struct taking t = {.app = app, .report = &report};
	if (!(to.n > 0 ? read_mark(app, to, &t.mark) : read_mark(app, str_sub(mail, 0, READ_BYTES), &t.mark))) {
		return err_set(e, ERR_INVALID, "this mail did not come back from a notice of ours");
	}
	read_report(mail, &report);
	if (report.is_delayed) {
		buf_put_c(done, "still on its way: nothing to do\n");
		return true;
	}
	struct store_op op = {.route = t.mark.party, .is_background = true};
	if (!store_write(app->store, &op, take_job, &t, e)) {
		return false;
	}
	if (app->relay) {
		relay_nudge(app->relay);
	}
	buf_put_c(done, t.was_ours ? "noted: the party is told by letter\n" : "known already\n");
	return true;
}
