#include "app/closing.h"

#include "base/fault.h"
#include "html/translate.h"
#include "store/standing.h"

/* Never changed once it can be seen; the ones before are kept, since a request may still look at them. */
struct closing {
	struct standing standing;
	int64_t number;
	struct closing *before;
};

static int64_t number_of(const struct standing *s)
{
	return s->since_us * 4 + s->kind;
}

bool closing_read(struct tx *tx, int64_t *now, struct err *e)
{
	struct standing s;
	if (!standing_get_job(tx, &s, e)) {
		return false;
	}
	*now = number_of(&s);
	return true;
}

bool closing_follow(struct app *app, int64_t now, struct err *e)
{
	struct closing *known = atomic_load(&app->closing);
	if ((known ? known->number : 0) == now) {
		return true;
	}
	struct closing *c = mem_alloc(1, sizeof *c);
	if (c == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a notice");
	}
	if (!store_standing(app->store, &c->standing, e)) {
		mem_free(c);
		return false;
	}
	c->number = number_of(&c->standing);
	c->before = known;
	atomic_store(&app->closing, c);
	store_set_standing(app->store, c->standing.kind);
	return true;
}

bool closing_begin(struct app *app, struct err *e)
{
	struct standing s;
	return store_standing(app->store, &s, e) && standing_may_serve(&s, e) && closing_follow(app, number_of(&s), e);
}

void closing_end(struct app *app)
{
	struct closing *c = atomic_load(&app->closing);
	while (c) {
		struct closing *before = c->before;
		mem_free(c);
		c = before;
	}
	atomic_store(&app->closing, NULL);
}

struct str closing_notice(struct req *r)
{
	const struct closing *c = atomic_load(&r->app->closing);
	if (c == NULL || c->standing.kind == STANDING_OPEN) {
		return STR_EMPTY;
	}
	if (c->standing.kind == STANDING_MOVED) {
		return tr(r->lang,
		          N_("The city hall has moved: this is how it was then. Nothing can be sent from here any more."));
	}
	if (c->standing.until[0] == '\0') {
		return tr(r->lang, N_("The city hall is moving to other machines. You can read everything; sending is "
		                      "closed for a little while."));
	}
	struct buf b;
	buf_init(&b, 2048);
	const struct tr_arg args[] = {TR_O("time", str_of(c->standing.until))};
	tr_put_plain(&b,
	             tr(r->lang, N_("The city hall is moving to other machines. You can read everything; sending is "
	                            "closed until {time}.")),
	             args, 1);
	struct str text = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return text;
}
