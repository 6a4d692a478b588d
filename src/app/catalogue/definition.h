/* A service's definition: service.yaml read into plain structs. Immutable; lives as long as the catalogue's snapshot
 * (or the loaded copy) that it belongs to. Texts exist per language. */
#ifndef CITYHALL_APP_CATALOGUE_DEFINITION_H
#define CITYHALL_APP_CATALOGUE_DEFINITION_H

#include "base/digest.h"
#include "base/legal_clock.h"
#include "base/str.h"

#define LANG_COUNT 3   /* en, zh-Hans, ar-XB: order of `languages` in html/translate.h */
#define LANG_MADE_UP 2 /* its texts are made from the English ones */

struct text { /* of a pack, in every language; all empty when there is none. English is always there else */
	struct str in[LANG_COUNT];
};
/* In the page's language, or in English. */
struct str text_in(const struct text *t, struct str lang);
size_t text_language(struct str lang); /* index of `in` */
bool text_is_empty(const struct text *t);

enum question_type {
	QUESTION_TEXT, /* one line */
	QUESTION_LONG_TEXT,
	QUESTION_WHOLE,  /* whole number */
	QUESTION_MONEY,  /* typed in units, kept in minor units */
	QUESTION_DATE,   /* three fields, kept as YYYY-MM-DD */
	QUESTION_YES_NO, /* "yes" or "no" */
	QUESTION_ONE_OF,
	QUESTION_SEVERAL_OF,
	QUESTION_EMAIL,
	QUESTION_PHONE,      /* kept as E.164 */
	QUESTION_IDENTIFIER, /* of a scheme, with its check digits */
	QUESTION_FILES,      /* evidence by upload */
	QUESTION_DECIMAL,    /* kept in figures with a point and no needless zeros: "-12.5" */
	QUESTION_ADDRESS,    /* kept in parts, see question_parts() */
	QUESTION_PERSON_NAME,
	QUESTION_GROUP, /* the same few questions for each of several things */
};
enum { QUESTION_PARTS_MAX = 4 };
/* An answer of several fields: the names of its parts in their order, ended by NULL; NULL for other types. The fields
 * of a form are called ID-PART. */
const char *const *question_parts(enum question_type type);
/* public ... as in design: decides storage, logs, erasure. */
enum data_class { CLASS_PUBLIC, CLASS_INTERNAL, CLASS_PERSONAL, CLASS_IDENTITY, CLASS_HEALTH };

struct choice {
	struct str id;
	struct text label, hint;
};
/* "question is value" / "question is not value": shown only then. question empty: always. The question stands on an
 * earlier page and is answered by choices or yes and no; "is" is false while its question is not shown itself. */
struct condition {
	struct str question;
	bool is_not;
	struct str value;
};
struct question {
	struct str id;
	enum question_type type;
	struct text label, hint, unit;
	bool is_optional;
	struct condition show_if;
	struct choice *choices;
	size_t choice_n;
	bool has_min, has_max;
	/* whole, money (minor), decimal (in units of its last digit), length of text in characters (max always there);
	 * date: day numbers; group: how many entries (both always there) */
	int64_t min, max;
	bool has_min_days, has_max_days;
	int32_t min_days, max_days; /* date: relative to today */
	struct str scheme;          /* identifier: a name of identifier_schemes */
	struct str currency;        /* money */
	struct str evidence;        /* files: which evidence this is */
	struct str fact;            /* what of the pack's vocabulary it asks for; empty: nothing that others ask too */
	struct str was;             /* its id in the version before; empty: the same */
	struct str usual;           /* one of several: the answer of who says nothing; or empty */
	int files_max;              /* files: 1 to 10 */
	int digits;                 /* decimal: after the point, 1 to 6 */
	struct text item;           /* group: what one entry is called: "Child" */
	struct question *questions; /* group: what is asked for each; never groups or files */
	size_t question_n;
	struct text error;   /* what would be right, in words; empty: the type's own sentence */
	struct text purpose; /* why we ask */
	enum data_class data_class;
	struct str autocomplete; /* HTML autofill token or empty */
};
struct form_page {
	struct str id;
	struct text title, intro;
	struct condition show_if;
	bool is_at_review; /* has usual answers: reached from the review, not on the way there */
	struct question *questions;
	size_t question_n;
};
enum evidence_source { EVIDENCE_REGISTRY, EVIDENCE_UPLOAD, EVIDENCE_DECLARATION };
struct evidence {
	struct str id;
	enum evidence_source source;
	struct text name, hint;
	bool is_optional;
	struct condition show_if;
	int effort_visits, effort_days; /* what it costs to get: visits elsewhere, days of waiting */
	int64_t effort_minor;           /* and money, in the service's fee_currency */
	struct str document;            /* which paper of the pack's vocabulary it is; or empty */
	struct str from;                /* the service of this pack that issues it; or empty */
	int line;                       /* in its file, for what can only be checked with the other services */
};
/* What may stand in braces in a text block. */
#define TEXT_BLOCK_WORDS "applicant", "number", "service", "output", "promised", "today", "official"
struct pair_of_texts {
	struct text term, text;
};
/* The document that a grant gives. In its texts {name} stands for the answer to that question or to the one that asks
 * for that fact, or for applicant, number, case, issued, valid-until, office. A line whose answer is not given is left
 * out. */
struct document_line {
	struct text term, text; /* without a term it is a paragraph */
};
enum hand_over { HAND_OVER_DOWNLOAD = 1 << 0, HAND_OVER_COLLECT = 1 << 1, HAND_OVER_POST = 1 << 2 };
enum { DOCUMENT_NOTICES_MAX = 4 };
struct document_template {
	struct text title; /* empty: none is made */
	struct document_line *lines;
	size_t line_n;
	unsigned ways;                         /* enum hand_over, at least one */
	int notice_days[DOCUMENT_NOTICES_MAX]; /* before its end, the holder is told */
	size_t notice_n;
	int line; /* in its file, for what can only be checked with the institution */
};
/* A text with places piece by piece: plain text, then the name of a place (empty: the text ends there). */
bool template_next(struct str text, size_t *at, struct str *plain, struct str *name);

struct service;
/* By its id or by its fact; NULL: there is none. */
const struct question *document_question(const struct service *s, struct str name);
struct bundle_member {
	const struct service *service;
	struct str *after; /* ids of services before it, whose grant it waits for */
	size_t after_n;
};
struct bundle_alias {
	size_t member;
	struct str question; /* its own id there */
	struct str asked;    /* the id under which the whole asks it; empty: nobody is asked */
};
enum audience { FOR_PERSONS = 1, FOR_ORGANISATIONS = 2 };
/* Why the clock may stand, and what ends that beside its longest time. */
enum stop_end {
	STOP_ENDS_BY_ANSWER = 1, /* of the applicant: a correction */
	STOP_ENDS_BY_OPINION,    /* the last one that was asked for is given, or no longer waited for */
	STOP_ENDS_BY_HAND,       /* somebody of the office says so: a hearing, a court */
	STOP_ENDS_AT_ONCE,       /* of no service: it was closed meanwhile */
};
struct stop_reason {
	struct str id;
	struct text name; /* "waits for a hearing" */
	enum stop_end ends;
	int32_t most_days; /* working days; 0: any */
};

/* Steps of the work that may have a limit of their own. Each begins with what gives the office something to do and ends
 * with the move that does it (cases/steps.c). */
enum case_step_kind {
	STEP_ACCEPTANCE, /* received: accepted, or not */
	STEP_CORRECTION, /* corrected by the applicant: looked at again */
	STEP_OPINION,    /* asked of other offices: given */
	STEP_DECISION,   /* accepted: decided, or proposed */
	STEP_SIGNATURE,  /* proposed: signed second, or sent back */
	STEP_REPLY,      /* asked by the applicant: answered */
	STEP_HAND_OVER,  /* granted, and the document made out: posted; who collects it comes when it suits */
	STEP_KINDS
};
extern const char *const case_step_words[STEP_KINDS + 1]; /* as service.yaml and events say them; the last is NULL */

struct service {
	struct str id; /* "labour-dispatch-permit" */
	int version;
	day_number in_force_day;
	uint8_t digest[SHA256_BYTES];
	struct str institution; /* pack id of the institution */
	enum audience audience;
	struct text name, summary, keywords;
	struct str *life_events;
	size_t life_event_n;
	struct pair_of_texts *conditions; /* is it for you: term, small print */
	size_t condition_n;
	struct text instead;         /* who needs another service */
	struct pair_of_texts *steps; /* what happens */
	size_t step_n;
	struct pair_of_texts *law; /* legal basis, silence, ... */
	size_t law_n;
	struct text source; /* public source of the service's rules */
	/* limits: how long it may take; both limits in one unit. */
	struct clock_rule clock;
	int32_t extension; /* by how much the limits may be extended, once, in that unit; 0: they may not */
	struct stop_reason *stops;
	size_t stop_n;
	struct str step_limits; /* "acceptance 2 working-days reply 8 working-hours"; empty: none */
	int usual_days;         /* what it usually takes; 0: not said */
	int check_days;         /* completeness looked at within */
	int visits;             /* how often one comes in person for it */
	struct text visit_note; /* and why */
	int64_t fee_minor;
	struct str fee_currency;
	struct text fee_note;
	struct evidence *evidence;
	size_t evidence_n;
	struct form_page *pages;
	size_t page_n;
	int minutes; /* usual time to fill in */
	struct text declaration;
	struct text output;         /* what is issued, in words */
	struct str issues_document; /* which paper of the pack's vocabulary that is; or empty */
	int issues_years;           /* how long it is valid; 0: without end */
	struct document_template document;
	struct pair_of_texts *faq; /* questions and answers */
	size_t faq_n;
	struct text objection;                 /* how to object, for the letter */
	struct pair_of_texts *refusal_reasons; /* term: for the official's list; text: the sentence of the letter */
	struct str *refusal_reason_ids;        /* the same order */
	size_t refusal_reason_n;
	int retention_years;
	int receipt_back_days; /* on paper, by post, by phone: at most so many working days before they are entered */
	/* moves: which part of a case's life it uses. */
	bool accepts_by_act;               /* by an act of its own; else by taking */
	struct pair_of_texts *text_blocks; /* as refusal_reasons; the text may hold {placeholders}, see TEXT_BLOCK_WORDS */
	struct str *text_block_ids;
	size_t text_block_n;
	struct pair_of_texts *not_accepted_reasons; /* as refusal_reasons */
	struct str *not_accepted_ids;
	size_t not_accepted_n;
	struct pair_of_texts *overtaking_reasons; /* why a later case may be decided before an older one; the same */
	struct str *overtaking_ids;
	size_t overtaking_n;
	struct str *gap_papers; /* ids of evidence that may be promised; none: no gap is accepted */
	size_t gap_paper_n;
	int gap_days;                   /* working days for them */
	bool gap_lapses;                /* when they are not brought; else the official goes on */
	struct str commitment_question; /* the yes-no question by which the applicant commits itself; empty: none */
	int commitment_days;            /* working days in which it is checked */
	bool needs_second_signature;
	int lapses_after_days;        /* a correction that is not answered: working days; 0: never */
	int objection_days;           /* days, as the calendar has them; 0: not here */
	struct str objection_service; /* of this pack: an objection is a case of its own */
	/* A bundle made into one form: what it was made of. */
	const struct bundle_member *members;
	size_t member_n; /* 0: an ordinary service */
	const struct bundle_alias *aliases;
	size_t alias_n;
};
/* That ends so; with an id, that one. NULL: the service lists none. */
const struct stop_reason *service_stop(const struct service *s, struct str id, enum stop_end ends);
/* Under which id a bundle asks a member's question; empty: it does not. */
struct str bundle_asked_as(const struct service *bundle, size_t member, struct str question);
size_t service_question_count(const struct service *s); /* conditional ones too */
/* Without those on conditional pages and without conditional questions: what everybody is asked. */
size_t service_question_least(const struct service *s);
/* The conditional ones too, but not those that have usual answers: what somebody is asked at most on the way. */
size_t service_question_most(const struct service *s);
const struct question *service_question(const struct service *s, struct str id, const struct form_page **page);
const struct evidence *service_evidence(const struct service *s, struct str id);
const struct form_page *service_page(const struct service *s, struct str id, size_t *index); /* index may be NULL */
/* Neither optional nor asked under a condition. */
bool evidence_is_for_all(const struct evidence *ev);
/* Uploads: what everybody has to send, and what only some answers ask for. */
size_t service_papers(const struct service *s);
size_t service_papers_of_some(const struct service *s);

/* Digits after the point of an ISO 4217 currency; -1: there is no such currency. */
int currency_digits(struct str code);
/* The identifier schemes that forms can check, ended by NULL. */
extern const char *const identifier_schemes[];

/* The pack's vocabulary: what is asked about somebody, and papers; so that each is asked for once. */
struct fact {
	struct str id;
	enum question_type type;
	struct text name;
};
struct document_kind {
	struct str id;
	struct text name;
};
struct life_event {
	struct str id;
	struct text name;
};
/* Services that a person meets together. */
struct bundle_part {
	struct str service;
	struct str *after; /* services of the bundle that come before it */
	size_t after_n;
};
struct bundle {
	struct str id, life_event;
	enum audience audience;
	struct text name, summary;
	struct bundle_part *parts; /* in their order */
	size_t part_n;
};

/* When a supervision office is told of an alert of an institution that another one, below it, watches over: of those
 * from a level on (1 orange, 2 red, 3 past) that are unanswered so many working days after the one below was told. */
struct hearing_rule {
	int level; /* 0: never */
	int32_t days;
};
enum { HEARING_DAYS_MAX = 60 };

struct institution {
	int64_t id;         /* made from the pack id, stable */
	struct str pack_id; /* "work-and-social-security" */
	struct str code;    /* "WSS": begins the numbers of its documents; may be empty */
	struct text name, address, hours;
	struct str phone, email;           /* E.164; email may be empty */
	struct str phone_href, email_href; /* "tel:...", "mailto:..." */
	struct str jurisdiction;           /* pack id */
	struct str supervises;             /* pack id of the jurisdiction that it watches over, and all below; or empty */
	bool has_signals;                  /* it looks after the city's traffic signals */
	struct hearing_rule hears;         /* what a supervision office hears of when it is not the nearest one */
	struct str calendar_id;
	const struct calendar *calendar; /* the newest version */
};
enum jurisdiction_level { LEVEL_NATION = 1, LEVEL_PROVINCE, LEVEL_CITY, LEVEL_DISTRICT };
struct jurisdiction {
	struct str pack_id, code; /* "port-linden", "PL": in case numbers */
	enum jurisdiction_level level;
	struct text name;
	struct str zone_name, currency, parent; /* inherited from the parent when not said */
	const struct zone *zone;
};

#endif
