/* The shapes. Names of fields are small words with underscores, as in the pages' definitions. */
#include "app/api/schema.h"

#define END \
	{       \
		0   \
	}

static const struct api_field problem_error_fields[] = {
	F("detail", API_TEXT, "What would be right, in the language asked for"),
	F("pointer", API_TEXT, "JSON pointer into what was sent: \"/answers/email\"", .is_optional = true),
	F("parameter", API_TEXT, "Name of a query parameter", .is_optional = true),
	END,
};
static const struct api_schema problem_error = {"ProblemError", "One thing that is wrong", problem_error_fields};
static const struct api_field problem_fields[] = {
	F("type", API_TEXT, "Address of what this code means"),
	F("title", API_TEXT, "The same for each code, in the language asked for"),
	F("status", API_INTEGER, "The HTTP status"),
	F("code", API_TEXT, "For programs: \"invalid\", \"conflict\", ..."),
	F("detail", API_TEXT, "What happened here, where more can be said", .is_optional = true),
	F("errors", API_OBJECT, "Each thing that is wrong", .of = &problem_error, .is_list = true, .is_optional = true),
	F("request", API_TEXT, "The request's id, for whoever looks into the log"),
	END,
};
const struct api_schema schema_problem = {"Problem", "What went wrong (RFC 9457)", problem_fields};

#define PAGE_OF(schema_)                                                   \
	F("items", API_OBJECT, "In order", .of = &(schema_), .is_list = true), \
		F("next", API_TEXT, "Send it as `after` for what follows; null: this was the last", .is_nullable = true)

/* --- Token ------------------------------------------------------------------------------------------------------- */

static const struct api_field party_fields[] = {
	F("id", API_ID, "The party"),
	F("name", API_TEXT, "As on the document or in the register"),
	F("is_organisation", API_FLAG, "A firm, not a person"),
	END,
};
static const struct api_schema party_schema = {"Party", "A person or an organisation", party_fields};
static const struct api_field role_fields[] = {
	F("role", API_TEXT, "official, administrator, author, head"),
	F("institution", API_TEXT, "Where: id of the pack", .is_nullable = true),
	END,
};
static const struct api_schema role_schema = {"Role", "What an official may do, and where", role_fields};
static const struct api_field me_fields[] = {
	F("account", API_ID, "Whose token it is"),
	F("name", API_TEXT, "Of the account"),
	F("token", API_ID, "The token's id"),
	F("program", API_TEXT, "What its owner calls it"),
	F("scopes", API_TEXT, "What it may do", .is_list = true),
	F("ends_at", API_INSTANT, "Not taken from then on"),
	F("parties", API_OBJECT, "For whom the account acts", .of = &party_schema, .is_list = true),
	F("roles", API_OBJECT, "Where it works", .of = &role_schema, .is_list = true),
	END,
};
const struct api_schema schema_me = {"Me", "The token's owner", me_fields};

/* --- Catalogue --------------------------------------------------------------------------------------------------- */

static const struct api_field money_fields[] = {
	F("minor", API_INTEGER, "In the currency's smallest unit"),
	F("currency", API_TEXT, "ISO 4217"),
	END,
};
const struct api_schema schema_money = {"Money", "An amount of money", money_fields};

static const struct api_field term_fields[] = {
	F("term", API_TEXT, "In a few words"),
	F("text", API_TEXT, "And more of it; may be empty"),
	END,
};
static const struct api_schema term_schema = {"Term", "Something said in two steps", term_fields};

static const struct api_field condition_fields[] = {
	F("question", API_TEXT, "Id of a question on an earlier page"),
	F("is_not", API_FLAG, "Holds when the answer is another"),
	F("value", API_TEXT, "The answer: a choice's id, \"yes\" or \"no\""),
	END,
};
static const struct api_schema condition_schema = {"Condition", "Shown only when it holds", condition_fields};

static const struct api_field choice_fields[] = {
	F("id", API_TEXT, "What is sent"),
	F("label", API_TEXT, "What people read"),
	F("hint", API_TEXT, "And more of it", .is_optional = true),
	END,
};
static const struct api_schema choice_schema = {"Choice", "One of several answers", choice_fields};

#define QUESTION_WORDS \
	"text long-text whole money date yes-no one-of several-of email phone identifier files decimal address name group"
#define QUESTION_FIELDS                                                                                             \
	F("id", API_TEXT, "The key in `answers`"), F("type", API_WORD, "What kind of answer", .words = QUESTION_WORDS), \
		F("label", API_TEXT, "The question"), F("hint", API_TEXT, "How to answer it", .is_optional = true),         \
		F("purpose", API_TEXT, "Why it is asked", .is_optional = true),                                             \
		F("is_optional", API_FLAG, "May stay without an answer"),                                                   \
		F("show_if", API_OBJECT, "Asked only then", .of = &condition_schema, .is_optional = true),                  \
		F("choices", API_OBJECT, "one-of, several-of", .of = &choice_schema, .is_list = true, .is_optional = true), \
		F("min", API_INTEGER, "Least: whole, money in minor units, entries of a group", .is_optional = true),       \
		F("max", API_INTEGER, "Most: the same, and characters of a text", .is_optional = true),                     \
		F("digits", API_INTEGER, "decimal: at most so many after the point", .is_optional = true),                  \
		F("currency", API_TEXT, "money: ISO 4217", .is_optional = true),                                            \
		F("scheme", API_TEXT, "identifier: whose check digits it has", .is_optional = true),                        \
		F("unit", API_TEXT, "What is counted", .is_optional = true),                                                \
		F("files_max", API_INTEGER, "files: how many", .is_optional = true),                                        \
		F("evidence", API_TEXT, "files: which paper it is", .is_optional = true),                                   \
		F("fact", API_TEXT, "What of the vocabulary it asks for", .is_optional = true),                             \
		F("parts", API_TEXT, "address, name: keys of the answer", .is_list = true, .is_optional = true)
static const struct api_field inner_fields[] = {QUESTION_FIELDS, END};
static const struct api_schema inner_schema = {"GroupQuestion", "A question asked for each entry", inner_fields};
static const struct api_field question_fields[] = {
	QUESTION_FIELDS,
	F("item", API_TEXT, "group: what one entry is called", .is_optional = true),
	F("questions", API_OBJECT, "group: asked for each entry", .of = &inner_schema, .is_list = true,
      .is_optional = true),
	END,
};
static const struct api_schema question_schema = {"Question", "A question of a form", question_fields};

static const struct api_field form_page_fields[] = {
	F("id", API_TEXT, "Of the page"),
	F("title", API_TEXT, "Its title"),
	F("intro", API_TEXT, "What stands above its questions", .is_optional = true),
	F("show_if", API_OBJECT, "Asked only then", .of = &condition_schema, .is_optional = true),
	F("questions", API_OBJECT, "In order", .of = &question_schema, .is_list = true),
	END,
};
static const struct api_schema form_page_schema = {"FormPage", "Questions that belong together", form_page_fields};

static const struct api_field evidence_fields[] = {
	F("id", API_TEXT, "Named by questions of type files"),
	F("name", API_TEXT, "Which paper"),
	F("source", API_WORD, "How it comes", .words = "registry upload declaration"),
	F("is_optional", API_FLAG, "Not needed by everybody"),
	F("show_if", API_OBJECT, "Needed only then", .of = &condition_schema, .is_optional = true),
	F("document", API_TEXT, "Which paper of the vocabulary", .is_optional = true),
	F("from", API_TEXT, "The service that issues it", .is_optional = true),
	END,
};
static const struct api_schema evidence_schema = {"Evidence", "A paper or a fact that is needed", evidence_fields};

static const struct api_field effort_fields[] = {
	F("visits", API_INTEGER, "How often one comes in person"),
	F("documents", API_INTEGER, "Papers to send"),
	F("whole_visits", API_INTEGER, "With what must be fetched first"),
	F("whole_documents", API_INTEGER, "With what must be fetched first"),
	F("days", API_INTEGER, "Working days until the slowest of those is there"),
	END,
};
static const struct api_schema effort_schema = {"Effort", "Counted from the citizen's door", effort_fields};

static const struct api_field refusal_fields[] = {
	F("id", API_TEXT, "What is sent as `ground`"),
	F("term", API_TEXT, "For the list"),
	F("text", API_TEXT, "The letter's sentence"),
	END,
};
static const struct api_schema refusal_schema = {"RefusalReason", "A ground for a refusal", refusal_fields};

#define STEP_WORDS "acceptance correction-review opinion decision second-signature reply hand-over"
#define UNIT_WORDS "working-hours working-days calendar-days months"
static const struct api_field step_limit_fields[] = {
	F("step", API_WORD, "Of the office's work", .words = STEP_WORDS),
	F("limit", API_INTEGER, "How long it may take"),
	F("unit", API_WORD, "Counted in", .words = UNIT_WORDS),
	END,
};
static const struct api_schema step_limit_schema = {"StepLimit", "How long a step may take", step_limit_fields};

static const struct api_field member_fields[] = {
	F("service", API_TEXT, "Id"),
	F("after", API_TEXT, "Services whose grant it waits for", .is_list = true),
	END,
};
static const struct api_schema member_schema = {"BundleMember", "A service of a bundle", member_fields};

#define SERVICE_FIELDS                                                                             \
	F("id", API_TEXT, "Of the pack"), F("name", API_TEXT, "What people call it"),                  \
		F("summary", API_TEXT, "In a sentence"),                                                   \
		F("audience", API_WORD, "Who applies", .words = "persons organisations", .is_list = true), \
		F("institution", API_TEXT, "Who decides: id of the pack"),                                 \
		F("life_events", API_TEXT, "Where it belongs", .is_list = true),                           \
		F("promised_days", API_INTEGER, "Working days in which a decision is promised"),           \
		F("legal_days", API_INTEGER, "Working days that the law allows"),                          \
		F("fee", API_OBJECT, "What it costs; null: not said", .of = &schema_money, .is_nullable = true)
static const struct api_field service_line_fields[] = {SERVICE_FIELDS, END};
static const struct api_schema service_line = {"ServiceLine", "A service in a list", service_line_fields};
static const struct api_field service_page_fields[] = {PAGE_OF(service_line), END};
const struct api_schema schema_service_page = {"ServicePage", "A page of services", service_page_fields};
static const struct api_field found_fields[] = {
	F("items", API_OBJECT, "Best first", .of = &service_line, .is_list = true),
	END,
};
const struct api_schema schema_found = {"Found", "What a query may mean", found_fields};

static const struct api_field service_fields[] = {
	SERVICE_FIELDS,
	F("version", API_INTEGER, "Of the definition; a bundle has none: 0"),
	F("digest", API_TEXT, "Of the definition, hexadecimal: cases name it"),
	F("minutes", API_INTEGER, "Usual time to fill it in"),
	F("visits", API_INTEGER, "How often one comes in person"),
	F("effort", API_OBJECT, "What it takes", .of = &effort_schema),
	F("conditions", API_OBJECT, "Who it is for", .of = &term_schema, .is_list = true),
	F("steps", API_OBJECT, "What happens", .of = &term_schema, .is_list = true),
	F("step_limits", API_OBJECT, "Limits of single steps; a case keeps those of its beginning, or of a repair",
      .of = &step_limit_schema, .is_list = true),
	F("law", API_OBJECT, "Legal basis", .of = &term_schema, .is_list = true),
	F("evidence", API_OBJECT, "What is needed", .of = &evidence_schema, .is_list = true),
	F("pages", API_OBJECT, "The form", .of = &form_page_schema, .is_list = true),
	F("declaration", API_TEXT, "To be declared when it is sent; empty: nothing"),
	F("output", API_TEXT, "What is issued"),
	F("objection", API_TEXT, "How to object"),
	F("refusal_reasons", API_OBJECT, "Grounds for a refusal", .of = &refusal_schema, .is_list = true),
	F("members", API_OBJECT, "A bundle's services, in order", .of = &member_schema, .is_list = true,
      .is_optional = true),
	END,
};
const struct api_schema schema_service = {"Service", "A service, or a bundle made into one form", service_fields};

static const struct api_field institution_fields[] = {
	F("id", API_TEXT, "Of the pack"),
	F("name", API_TEXT, "As it is called"),
	F("address", API_TEXT, "Where it is"),
	F("hours", API_TEXT, "When it is open"),
	F("phone", API_TEXT, "E.164", .is_nullable = true),
	F("email", API_TEXT, "Its address", .is_nullable = true),
	F("jurisdiction", API_TEXT, "Id of the pack"),
	END,
};
const struct api_schema schema_institution = {"Institution", "Who is competent for services", institution_fields};
static const struct api_field institution_page_fields[] = {
	F("items", API_OBJECT, "All of them", .of = &schema_institution, .is_list = true),
	END,
};
const struct api_schema schema_institution_page = {"InstitutionList", "Institutions", institution_page_fields};

static const struct api_field life_event_fields[] = {
	F("id", API_TEXT, "Of the pack"),
	F("name", API_TEXT, "What happens in a life"),
	F("services", API_TEXT, "Ids", .is_list = true),
	F("bundles", API_TEXT, "Ids", .is_list = true),
	END,
};
const struct api_schema schema_life_event = {"LifeEvent", "Services that a person meets together", life_event_fields};
static const struct api_field life_event_page_fields[] = {
	F("items", API_OBJECT, "All of them", .of = &schema_life_event, .is_list = true),
	END,
};
const struct api_schema schema_life_event_page = {"LifeEventList", "Life events", life_event_page_fields};

static const struct api_field bundle_fields[] = {
	F("id", API_TEXT, "Of the pack"),
	F("name", API_TEXT, "What people call it"),
	F("summary", API_TEXT, "In a sentence"),
	F("life_event", API_TEXT, "Where it belongs"),
	F("services", API_TEXT, "Ids, in order", .is_list = true),
	END,
};
static const struct api_schema bundle_schema = {"Bundle", "Services applied for together", bundle_fields};
static const struct api_field bundle_page_fields[] = {
	F("items", API_OBJECT, "All of them", .of = &bundle_schema, .is_list = true),
	END,
};
const struct api_schema schema_bundle_page = {"BundleList", "Bundles", bundle_page_fields};

/* --- Applications ------------------------------------------------------------------------------------------------ */

static const struct api_field draft_line_fields[] = {
	F("id", API_ID, "Of the draft, later of its case"),
	F("service", API_TEXT, "Service or bundle"),
	F("party", API_ID, "Who applies"),
	F("changed_at", API_INSTANT, "Last change"),
	F("kept_until", API_DATE, "It lapses after this day"),
	END,
};
static const struct api_schema draft_line = {"DraftLine", "An application in a list", draft_line_fields};
static const struct api_field draft_list_fields[] = {
	F("items", API_OBJECT, "Newest first, party by party", .of = &draft_line, .is_list = true),
	END,
};
const struct api_schema schema_draft_list = {"DraftList", "Applications that were not sent", draft_list_fields};
static const struct api_field new_draft_fields[] = {
	F("service", API_TEXT, "Service or bundle", .max = 100),
	F("party", API_ID, "Who applies; may be left out when there is one who may", .is_optional = true),
	END,
};
const struct api_schema schema_new_draft = {"NewDraft", "For what, and who applies", new_draft_fields};

static const struct api_field file_fields[] = {
	F("id", API_ID, "Of the file"),
	F("question", API_TEXT, "Which it answers"),
	F("name", API_TEXT, "As it was called"),
	F("bytes", API_INTEGER, "As it was sent"),
	F("pages", API_INTEGER, "Pictures made of it, counted from 0"),
	F("added_at", API_INSTANT, "When it came"),
	END,
};
static const struct api_schema file_schema = {"File", "A file that was sent", file_fields};
static const struct api_field file_list_fields[] = {
	F("items", API_OBJECT, "The files of the question", .of = &file_schema, .is_list = true),
	F("note", API_TEXT, "To look at once more: it is dark, or blurred", .is_nullable = true),
	END,
};
const struct api_schema schema_file_list = {"FileList", "Files of a question", file_list_fields};
static const struct api_field offset_fields[] = {
	F("offset", API_INTEGER, "Where to go on"),
	END,
};
const struct api_schema schema_offset = {"Offset", "How many bytes are there", offset_fields};
static const struct api_field whole_fields[] = {
	F("key", API_TEXT, "As with the pieces", .max = 128),
	F("total", API_INTEGER, "Bytes of the whole", .least = 1, .most = 20000000),
	F("name", API_TEXT, "What the file is called", .max = 200),
	END,
};
const struct api_schema schema_whole = {"Whole", "A file whose pieces are there", whole_fields};

static const struct api_field asked_page_fields[] = {
	F("id", API_TEXT, "Of the page"),
	F("questions", API_TEXT, "Those that are asked now", .is_list = true),
	END,
};
static const struct api_schema asked_page = {"AskedPage", "What a page asks, as the answers are", asked_page_fields};
static const struct api_field draft_fields[] = {
	F("id", API_ID, "Of the draft, later of its case"),
	F("service", API_TEXT, "Service or bundle"),
	F("party", API_ID, "Who applies"),
	F("applicant", API_TEXT, "The party's name"),
	F("is_sent", API_FLAG, "It is a case now"),
	F("is_offered", API_FLAG, "False: the service was withdrawn, it cannot be sent"),
	F("changed_at", API_INSTANT, "Last change"),
	F("kept_until", API_DATE, "It lapses after this day"),
	F("answers", API_ANSWERS, "So far; of questions for files their names"),
	F("files", API_OBJECT, "So far", .of = &file_schema, .is_list = true),
	F("pages", API_OBJECT, "What is asked, as the answers are", .of = &asked_page, .is_list = true),
	F("open", API_TEXT, "Questions that need another look", .is_list = true),
	END,
};
const struct api_schema schema_draft = {"Draft", "An application", draft_fields};
static const struct api_field new_answers_fields[] = {
	F("answers", API_ANSWERS, "By question; null takes an answer away"),
	END,
};
const struct api_schema schema_new_answers = {"NewAnswers", "Answers to be kept", new_answers_fields};
static const struct api_field open_question_fields[] = {
	F("question", API_TEXT, "Its id"),
	F("page", API_TEXT, "Where it is asked"),
	F("detail", API_TEXT, "What would be right"),
	END,
};
static const struct api_schema open_question = {"OpenQuestion", "What needs another look", open_question_fields};
static const struct api_field draft_check_fields[] = {
	F("is_complete", API_FLAG, "It can be sent"),
	F("declaration", API_TEXT, "To be declared with it; empty: nothing"),
	F("open", API_OBJECT, "What needs another look", .of = &open_question, .is_list = true),
	END,
};
const struct api_schema schema_draft_check = {"DraftCheck", "Can it be sent?", draft_check_fields};
static const struct api_field offer_fields[] = {
	F("question", API_TEXT, "Its id"),
	F("answer", API_ANSWER, "What was told"),
	F("service", API_TEXT, "Where: the service's name"),
	F("told_at", API_INSTANT, "When"),
	END,
};
static const struct api_schema offer_schema = {"Offer", "What was told before", offer_fields};
static const struct api_field offer_list_fields[] = {
	F("items", API_OBJECT, "One a question", .of = &offer_schema, .is_list = true),
	END,
};
const struct api_schema schema_offer_list = {"OfferList", "What need not be asked again", offer_list_fields};
static const struct api_field submit_fields[] = {
	F("declaration", API_FLAG, "The applicant declares what the service asks to be declared", .is_optional = true),
	END,
};
const struct api_schema schema_submit = {"Submit", "The last button", submit_fields};
static const struct api_field submitted_fields[] = {
	F("case", API_ID, "The case; null: they are several", .is_nullable = true),
	F("bundle", API_ID, "The bundle; null: it is one case", .is_nullable = true),
	F("number", API_TEXT, "The case's number", .is_nullable = true),
	END,
};
const struct api_schema schema_submitted = {"Submitted", "What came of it", submitted_fields};

/* --- Cases ------------------------------------------------------------------------------------------------------- */

#define STATE_WORDS "received in-work asked corrected to-sign decided closed withdrawn not-accepted lapsed open"
#define DATE_FIELDS                                                                                                 \
	F("promised", API_DATE, "Last day of the promise"), F("legal", API_DATE, "Last day by law"),                    \
		F("promised_at", API_INSTANT, "When the promise runs out; null: its limit is not in hours",                 \
	      .is_nullable = true),                                                                                     \
		F("days_left", API_INTEGER,                                                                                 \
	      "Working days to the promised day, today counted; negative: late; null: the clock has ended",             \
	      .is_nullable = true),                                                                                     \
		F("hours_left", API_INTEGER,                                                                                \
	      "The same in working hours, begun ones counted; null: its limit is not in hours, or the clock has ended", \
	      .is_nullable = true),                                                                                     \
		F("clock_stands", API_FLAG, "Time does not run until what it waits for is there"),                          \
		F("clock_ended", API_FLAG, "Decided, or ended otherwise: nothing is left and nothing is late"),             \
		F("waits_for", API_WORD, "Of several, who can do something about it; null: nobody",                         \
	      .words = "applicant opinion hand-over signature office", .is_nullable = true)
static const struct api_field tracked_fields[] = {
	F("state", API_WORD, "Where it stands", .words = STATE_WORDS),
	F("state_text", API_TEXT, "The same in words"),
	F("submitted_at", API_INSTANT, "When it was sent"),
	DATE_FIELDS,
	END,
};
const struct api_schema schema_tracked = {"Tracked", "What a receipt opens", tracked_fields};
static const struct api_field case_line_fields[] = {
	F("id", API_ID, "The case"),
	F("number", API_TEXT, "As on the receipt"),
	F("service", API_TEXT, "Its service"),
	F("institution", API_TEXT, "Who decides"),
	F("party", API_ID, "Who applied"),
	F("state", API_WORD, "Where it stands", .words = STATE_WORDS),
	F("outcome", API_WORD, "When it is closed", .words = "granted refused", .is_nullable = true),
	F("submitted_at", API_INSTANT, "When it was sent"),
	DATE_FIELDS,
	END,
};
static const struct api_schema case_line = {"CaseLine", "A case in a list", case_line_fields};
static const struct api_field case_page_fields[] = {PAGE_OF(case_line), END};
const struct api_schema schema_case_page = {"CasePage", "A page of cases", case_page_fields};

static const struct api_field correction_fields[] = {
	F("id", API_ID, "Of the correction"),
	F("asked_at", API_INSTANT, "When"),
	F("reason", API_TEXT, "In the official's words"),
	F("questions", API_TEXT, "To be answered anew", .is_list = true),
	END,
};
static const struct api_schema correction_schema = {"Correction", "What is to be put right", correction_fields};
static const struct api_field decision_fields[] = {
	F("outcome", API_WORD, "What was decided", .words = "granted refused"),
	F("ground", API_TEXT, "Of a refusal: id", .is_nullable = true),
	F("reason", API_TEXT, "In the official's words"),
	F("official", API_TEXT, "Who"),
	F("decided_at", API_INSTANT, "When"),
	END,
};
static const struct api_schema decision_schema = {"Decision", "What was decided", decision_fields};
static const struct api_field story_fields[] = {
	F("when", API_TEXT, "In the language asked for, where the office is"),
	F("title", API_TEXT, "What happened"),
	F("text", API_TEXT, "What it means"),
	F("quote", API_TEXT, "Somebody's words"),
	F("is_next", API_FLAG, "It is still to come"),
	END,
};
static const struct api_schema story_schema = {"Event", "What happened to a case", story_fields};
static const struct api_field look_fields[] = {
	F("name", API_TEXT, "Who; behind an official the program that was used"),
	F("purpose", API_TEXT, "What for"),
	F("first_at", API_INSTANT, "For the first time"),
	F("last_at", API_INSTANT, "For the last time"),
	F("times", API_INTEGER, "How often"),
	END,
};
static const struct api_schema look_schema = {"Look", "Who looked at the case", look_fields};
static const struct api_field case_step_fields[] = {
	F("step", API_WORD, "Of the office's work", .words = STEP_WORDS),
	F("limit", API_INTEGER, "How long it may take"),
	F("unit", API_WORD, "Counted in", .words = UNIT_WORDS),
	F("since", API_DATE, "Since when it goes on"),
	F("due", API_DATE, "Its last day; while the clock stands it moves on"),
	F("due_at", API_INSTANT, "When it has run out"),
	F("is_past", API_FLAG, "It has run out"),
	END,
};
static const struct api_schema case_step_schema = {"CaseStep", "A step that goes on and has a limit of its own",
                                                   case_step_fields};
static const struct api_field case_fields[] = {
	F("id", API_ID, "The case"),
	F("number", API_TEXT, "As on the receipt"),
	F("service", API_TEXT, "Its service"),
	F("institution", API_TEXT, "Who decides"),
	F("party", API_ID, "Who applied"),
	F("applicant", API_TEXT, "The party's name"),
	F("state", API_WORD, "Where it stands", .words = STATE_WORDS),
	F("state_text", API_TEXT, "The same in words"),
	F("outcome", API_WORD, "When it is told", .words = "granted refused", .is_nullable = true),
	F("handler", API_TEXT, "The official who has it", .is_nullable = true),
	F("submitted_at", API_INSTANT, "When it was sent"),
	DATE_FIELDS,
	F("steps", API_OBJECT, "Of the office's work, for its officials: those that go on and have limits; else empty",
      .of = &case_step_schema, .is_list = true),
	F("answers", API_ANSWERS, "As sent, corrected where corrections were answered"),
	F("files", API_OBJECT, "Its papers", .of = &file_schema, .is_list = true),
	F("correction", API_OBJECT, "That is open", .of = &correction_schema, .is_nullable = true),
	F("decision", API_OBJECT, "That is told, or at the desk made", .of = &decision_schema, .is_nullable = true),
	F("story", API_OBJECT, "Oldest first", .of = &story_schema, .is_list = true),
	F("looks", API_OBJECT, "Who looked", .of = &look_schema, .is_list = true),
	END,
};
const struct api_schema schema_case = {"Case", "One request and all that happened to it", case_fields};

static const struct api_field move_field_fields[] = {
	F("name", API_TEXT, "The key in the body"),
	F("type", API_WORD, "What it takes", .words = "text one-of several-of date files"),
	F("label", API_TEXT, "What it is"),
	F("is_optional", API_FLAG, "May be left out"),
	F("choices", API_OBJECT, "one-of, several-of", .of = &choice_schema, .is_list = true),
	END,
};
static const struct api_schema move_field = {"MoveField", "What a move asks for", move_field_fields};
static const struct api_field move_fields[] = {
	F("name", API_TEXT, "The last piece of its address"),
	F("title", API_TEXT, "What people read"),
	F("fields", API_OBJECT, "Its body", .of = &move_field, .is_list = true),
	END,
};
static const struct api_schema move_schema_ = {"Move", "Something that can be done now", move_fields};
static const struct api_field move_list_fields[] = {
	F("items", API_OBJECT, "All that can be done now", .of = &move_schema_, .is_list = true),
	END,
};
const struct api_schema schema_move_list = {"MoveList", "What can be done to a case", move_list_fields};
static const struct api_field opinion_fields[] = {
	F("case", API_ID, "The case"),
	F("number", API_TEXT, "Its number"),
	F("service", API_TEXT, "Its service"),
	F("institution", API_TEXT, "Who asks"),
	F("asked_by", API_TEXT, "The official who asked"),
	F("asked_at", API_INSTANT, "When"),
	F("question", API_TEXT, "In the official's words"),
	F("until", API_DATE, "By when it is expected", .is_nullable = true),
	F("is_open", API_FLAG, "It can be given"),
	F("answers", API_ANSWERS, "Those that may be read while it is open"),
	F("opinion", API_WORD, "When it was given", .words = "for conditions against", .is_nullable = true),
	F("reason", API_TEXT, "When it was given", .is_nullable = true),
	END,
};
const struct api_schema schema_opinion = {"Opinion", "An opinion that is asked of the own office", opinion_fields};
static const struct api_field moved_fields[] = {
	F("case", API_ID, "The case"),
	F("number", API_TEXT, "As on the receipt"),
	F("move", API_TEXT, "What was done"),
	END,
};
const struct api_schema schema_moved = {"Moved", "It is done", moved_fields};

static const struct api_field queue_line_fields[] = {
	F("id", API_ID, "The case"),
	F("number", API_TEXT, "As on the receipt"),
	F("service", API_TEXT, "Its service"),
	F("applicant", API_TEXT, "The party's name"),
	F("state", API_WORD, "Where it stands", .words = STATE_WORDS),
	F("handler", API_TEXT, "The official who has it", .is_nullable = true),
	F("is_mine", API_FLAG, "The token's owner has it"),
	DATE_FIELDS,
	END,
};
static const struct api_schema queue_line = {"QueueLine", "An open case", queue_line_fields};
static const struct api_field queue_fields[] = {
	F("institution", API_TEXT, "Whose queue"),
	PAGE_OF(queue_line),
	END,
};
const struct api_schema schema_queue = {"Queue", "A page of open cases", queue_fields};

/* --- Web hooks --------------------------------------------------------------------------------------------------- */

static const struct api_field hook_fields[] = {
	F("id", API_ID, "Of the hook"),
	F("institution", API_TEXT, "Whose cases", .is_nullable = true),
	F("party", API_ID, "Or whose", .is_nullable = true),
	F("url", API_TEXT, "Where news are sent"),
	F("events", API_TEXT, "Which; empty: all", .is_list = true),
	F("is_off", API_FLAG, "Nothing is sent"),
	F("why", API_TEXT, "Why it is off", .is_nullable = true),
	F("failing_since", API_INSTANT, "No good answer since then", .is_nullable = true),
	F("made_at", API_INSTANT, "When it was registered"),
	END,
};
static const struct api_schema hook_schema = {"Hook", "Where news are sent", hook_fields};
static const struct api_field hook_list_fields[] = {
	F("items", API_OBJECT, "Of all institutions and parties of the owner", .of = &hook_schema, .is_list = true),
	END,
};
const struct api_schema schema_hook_list = {"HookList", "Web hooks", hook_list_fields};
static const struct api_field new_hook_fields[] = {
	F("url", API_TEXT, "https://...", .max = 500),
	F("events", API_TEXT, "Kinds of events; left out or empty: all", .is_list = true, .max = 60, .is_optional = true),
	F("institution", API_TEXT, "Of this institution's cases", .is_optional = true, .max = 100),
	F("party", API_ID, "Of this party's cases", .is_optional = true),
	END,
};
const struct api_schema schema_new_hook = {"NewHook", "Where to send news", new_hook_fields};
static const struct api_field hook_secret_fields[] = {
	F("id", API_ID, "Of the hook"),
	F("institution", API_TEXT, "Whose cases", .is_nullable = true),
	F("party", API_ID, "Or whose", .is_nullable = true),
	F("secret", API_TEXT, "What signatures are made with: shown this once"),
	END,
};
const struct api_schema schema_hook_secret = {"HookSecret", "A hook's secret", hook_secret_fields};
static const struct api_field delivery_fields[] = {
	F("id", API_ID, "The header Cityhall-Delivery"),
	F("event", API_TEXT, "What happened"),
	F("case", API_ID, "To which case", .is_nullable = true),
	F("happened_at", API_INSTANT, "When"),
	F("state", API_WORD, "What came of it", .words = "waits done failed"),
	F("tries", API_INTEGER, "So often it was sent"),
	F("code", API_INTEGER, "HTTP status of the last answer; 0: none came"),
	F("said", API_TEXT, "The last answer in words", .is_nullable = true),
	F("tried_at", API_INSTANT, "When it was sent last", .is_nullable = true),
	END,
};
static const struct api_schema delivery_schema = {"Delivery", "A piece of news", delivery_fields};
static const struct api_field delivery_page_fields[] = {PAGE_OF(delivery_schema), END};
const struct api_schema schema_delivery_page = {"DeliveryPage", "A page of deliveries", delivery_page_fields};

/* --- Mailbox ----------------------------------------------------------------------------------------------------- */

#define MESSAGE_FIELDS                                                                                           \
	F("id", API_ID, "Of the message"), F("party", API_ID, "Whose mailbox"), F("kind", API_TEXT, "For programs"), \
		F("title", API_TEXT, "What it says"), F("case", API_ID, "What it is about", .is_nullable = true),        \
		F("draft", API_ID, "Or what was not sent", .is_nullable = true),                                         \
		F("institution", API_TEXT, "Who writes", .is_nullable = true),                                           \
		F("service", API_TEXT, "Of which service", .is_nullable = true),                                         \
		F("number", API_TEXT, "The case's", .is_nullable = true), F("posted_at", API_INSTANT, "When"),           \
		F("read_at", API_INSTANT, "When it was opened", .is_nullable = true),                                    \
		F("needs_proof", API_FLAG, "The office sees that it was opened")
static const struct api_field message_line_fields[] = {MESSAGE_FIELDS, END};
static const struct api_schema message_line = {"MessageLine", "A message in a list", message_line_fields};
static const struct api_field message_page_fields[] = {PAGE_OF(message_line), END};
const struct api_schema schema_message_page = {"MessagePage", "A page of messages", message_page_fields};
static const struct api_field message_fields[] = {
	MESSAGE_FIELDS,
	F("text", API_TEXT, "In the language asked for"),
	F("words", API_TEXT, "Of the official, as they were written"),
	F("official", API_TEXT, "Who", .is_nullable = true),
	F("has_letter", API_FLAG, "The case's letter belongs to it"),
	END,
};
const struct api_schema schema_message = {"Message", "What a party was told", message_fields};

/* --- Query parameters -------------------------------------------------------------------------------------------- */

#define PAGE_PARAMETERS                                                     \
	F("after", API_TEXT, "`next` of the page before", .is_optional = true), \
		F("limit", API_INTEGER, "How many, 50 when it is not said", .is_optional = true, .least = 1, .most = 100)
const struct api_field api_q_page[] = {PAGE_PARAMETERS, END};
const struct api_field api_q_services[] = {
	PAGE_PARAMETERS,
	F("audience", API_WORD, "For whom", .words = "persons organisations", .is_optional = true),
	F("institution", API_TEXT, "Of this one alone", .is_optional = true, .max = 100),
	F("life_event", API_TEXT, "Of this one alone", .is_optional = true, .max = 100),
	END,
};
const struct api_field api_q_search[] = {
	F("q", API_TEXT, "What somebody typed", .max = 200),
	F("limit", API_INTEGER, "How many, 50 when it is not said", .is_optional = true, .least = 1, .most = 100),
	END,
};
const struct api_field api_q_pieces[] = {
	F("key", API_TEXT, "The same for the same file: best its SHA-256 in hexadecimal, which is checked", .max = 128),
	F("total", API_INTEGER, "Bytes of the whole", .least = 1, .most = 20000000),
	END,
};
const struct api_field api_q_piece[] = {
	F("key", API_TEXT, "The same for the same file: best its SHA-256 in hexadecimal, which is checked", .max = 128),
	F("total", API_INTEGER, "Bytes of the whole", .least = 1, .most = 20000000),
	F("offset", API_INTEGER, "Where this piece belongs", .least = 0, .most = 20000000),
	END,
};
const struct api_field api_q_track[] = {
	F("number", API_TEXT, "The case's number; left out with the code of a QR code", .is_optional = true, .max = 60),
	F("code", API_TEXT, "The code beside the number, or the QR code's", .max = 64),
	END,
};
const struct api_field api_q_queue[] = {
	PAGE_PARAMETERS,
	F("institution", API_TEXT, "Which office; the first when it is not said", .is_optional = true, .max = 100),
	F("tab", API_WORD, "For whom it waits", .words = "me nobody applicant others", .is_optional = true),
	F("service", API_TEXT, "Of this service alone", .is_optional = true, .max = 100),
	F("due", API_WORD, "Promised up to then", .words = "late today 3 10", .is_optional = true),
	END,
};
