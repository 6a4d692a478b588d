/* Tokens: what a program shows instead of a cookie. A token is bound to an account and never may more than that
 * account; its scopes say how much of that. It is shown once and kept as a hash. Request threads, but for token_make.
 */
#ifndef CITYHALL_APP_API_TOKEN_H
#define CITYHALL_APP_API_TOKEN_H

#include "app/app.h"

/* scope, word, sentence for the person who gives it */
#define API_SCOPES(X)                                                                                   \
	X(SCOPE_CATALOGUE_READ, 1U, "catalogue:read", N_("Read services, institutions and life events"))    \
	X(SCOPE_DRAFTS_WRITE, 2U, "drafts:write", N_("Begin, fill in and send applications"))               \
	X(SCOPE_CASES_READ, 4U, "cases:read", N_("Read cases and their documents"))                         \
	X(SCOPE_CASES_MOVE, 8U, "cases:move", N_("Act on cases: answer, withdraw, take, decide and so on")) \
	X(SCOPE_QUEUE_READ, 16U, "queue:read", N_("Read the queue of the offices where the owner works"))   \
	X(SCOPE_MAILBOX_READ, 32U, "mailbox:read", N_("Read the mailbox"))                                  \
	X(SCOPE_HOOKS, 64U, "hooks", N_("Say where news of cases are sent to"))

enum api_scope {
#define X(scope, bit, word, sentence) scope = (bit),
	API_SCOPES(X)
#undef X
		SCOPES_ALL = 127
};
/* "cases:read cases:move"; false: a word that is none, or none at all. */
bool scopes_read(struct str words, unsigned *out);
void scopes_put(struct buf *to, unsigned scopes);
struct scope_line {
	unsigned bit;
	const char *word, *sentence;
};
extern const struct scope_line scope_lines[]; /* ended by bit 0 */

#define TOKEN_PREFIX "cht_"
enum { TOKEN_CHARS = 4 + 13 + 13 + 1 + 43, TOKEN_NAME_MAX = 100, TOKEN_DAYS_MAX = 366, TOKENS_MOST = 50 };

struct token {
	int64_t account, id;
	struct str name; /* of the program, as its owner calls it */
	unsigned scopes;
	int64_t made_us, ends_us, used_us; /* legal time; used_us 0: never */
	int64_t ended_us;                  /* 0: not ended early */
};
struct token_list {
	struct token *items;
	size_t n;
};
/* Durable; *text is the only copy of the secret, in the arena. ERR_TOO_MANY over TOKENS_MOST that count. */
bool token_make(struct store *s, struct arena *a, int64_t account, struct str name, unsigned scopes, int64_t ends_us,
                struct str *text, struct err *e) MUST_USE;
/* The tokens of an account, that which ends last first; those that ended too. */
bool token_list(struct store *s, struct arena *a, int64_t account, struct token_list *out, struct err *e) MUST_USE;
/* Ended already is no error; ERR_NOT_FOUND when it is another's. */
bool token_end(struct store *s, int64_t account, int64_t id, struct err *e) MUST_USE;
/* Of a text as sent: ERR_NOT_SIGNED_IN when it is none, ended or was ended. Notes the day and hour of its use. */
bool token_admit(struct req *r, struct str text, struct token *out, struct err *e) MUST_USE;

#endif
