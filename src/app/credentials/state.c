#include "app/credentials/credentials.h"

enum credential_state credential_state_of(bool is_suspended, bool is_withdrawn, bool has_end, day_number valid_until,
                                          day_number today)
{
	return is_withdrawn                     ? CREDENTIAL_WITHDRAWN
	       : has_end && today > valid_until ? CREDENTIAL_EXPIRED
	       : is_suspended                   ? CREDENTIAL_SUSPENDED
	                                        : CREDENTIAL_VALID;
}

static const struct {
	const char *word, *sentence;
} states[] = {
	[CREDENTIAL_VALID] = {N_("Valid"), N_("We issued this document, and it is valid.")},
	[CREDENTIAL_SUSPENDED] = {N_("Suspended"), N_("We issued this document. It is suspended: it is not valid now.")},
	[CREDENTIAL_EXPIRED] = {N_("Expired"),
                            N_("We issued this document. Its time has run out: it is not valid any more.")},
	[CREDENTIAL_WITHDRAWN] = {N_("Withdrawn"),
                              N_("We issued this document and withdrew it: it is not valid any more.")},
};

const char *credential_state_word(enum credential_state s)
{
	return states[s].word;
}

const char *credential_state_sentence(enum credential_state s)
{
	return states[s].sentence;
}

struct str credential_way_word(struct str lang, enum hand_over way)
{
	const struct hand_over_way *w = hand_over_of(way);
	return w ? tr(lang, w->name) : STR_EMPTY;
}
