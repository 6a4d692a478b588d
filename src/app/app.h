/* What the running program holds: made once by `serve`, read by every request. Any thread; what changes is atomic. */
#ifndef CITYHALL_APP_APP_H
#define CITYHALL_APP_APP_H

#include <stdatomic.h>

#include "base/time_source.h"
#include "http/req.h"
#include "store/blobs.h"
#include "store/event.h"
#include "store/store.h"

struct board;
struct case_serials;
struct closing;
struct credential_cache;
struct errands;
struct catalogue;
struct keys_client;
struct password_pool;
struct post_client;
struct process;
struct render_client;
struct repairs;
struct throttle;
struct traffic;

struct app {
	struct time_source time;
	struct store *store;
	struct blobs *blobs;
	struct process *process; /* the leases of this process; NULL: there is no other */
	struct relay *relay;     /* NULL while starting */
	const struct column_keys *column_keys;
	struct keys_client *keys;
	struct render_client *render;
	struct post_client *post; /* to other machines; NULL: nothing leaves */
	struct password_pool *passwords;
	struct throttle *throttle;                 /* sign-in, public look-ups */
	struct case_serials *serials;              /* case numbers leased to this process */
	struct credential_cache *credential_cache; /* public pages of documents; NULL: none is kept */
	struct catalogue *catalogue; /* definitions, institutions, calendars: see catalogue.h for how a snapshot is held */
	uint8_t code_key[32];        /* keyed hashes that are no column's: receipt codes, throttle keys */
	struct str public_url;       /* "http://localhost:8080": what stands in QR codes and letters */
	struct str data_dir;         /* of this installation */
	struct str city_name;        /* shown in English until the jurisdiction's own texts are there */
	_Atomic(struct closing *) closing; /* the town is being moved: see closing.h */
	_Atomic int64_t serving_said_us;   /* running time; 0: not yet: see installation/outage.h */
	bool is_demo;
	int64_t started_running_us;
	char sandbox[120];        /* what applied, for /healthz */
	struct http_server *http; /* NULL until it serves: /metrics asks it */
	struct sealer *sealer;
	struct timers *timers;
	struct errands *errands;            /* NULL while starting */
	struct board *board;                /* of supervision; NULL while starting, and in tests without one */
	struct traffic *traffic;            /* of the traffic room; NULL: not kept */
	struct repairs *repairs;            /* of running cases; NULL while starting */
	int64_t letter_delay_us;            /* how long a decision can be recalled: 10 minutes */
	int64_t draft_keep_us;              /* an application that is not sent lapses so long after its last change */
	int64_t session_idle_us;            /* a session ends after so long without a request */
	struct str mail_from, mail_bounces; /* addresses; mail_bounces may be empty */
	bool has_mail, has_sms;             /* there is a mail server, an SMS service */
	bool hooks_to_any;                  /* web hooks may lead anywhere, by http too: the operator says so */
	struct str scanner;                 /* of viruses in uploads, see os/scan.h; empty: none */
	/* Figures about single officials: of an office to its heads and supervisors, to each the own alone, or not at all.
	 */
	enum officials_figures { OFFICIALS_FIGURES_SHOWN, OFFICIALS_FIGURES_SELF, OFFICIALS_FIGURES_OFF } officials_figures;
	uint32_t dark_below, blurred_below; /* pictures of which their sender is asked whether they can be read */
};

/* Permissions: who may use a route. The people room decides. */
enum permission {
	MAY_ANYONE = 1, /* visitors too */
	MAY_SIGNED_IN,
	MAY_OFFICIAL, /* has a role at some institution; which one is checked against the case */
	MAY_ADMINISTRATOR,
	MAY_CLIENT,     /* programs: by a token with the scope of the endpoint, see src/app/api/endpoints.h */
	MAY_AUTHOR,     /* defines services somewhere; which files, the authoring room checks */
	MAY_SUPERVISOR, /* has that role at some institution; of which jurisdiction, the supervision room checks */
	MAY_TRAFFIC, /* works at some institution; whether at the one that looks after the signals, and as what, the traffic
	                room checks */
};

/* Runs a write with this request's operation id (form field `op`), its handler's place given back meanwhile. */
bool app_write(struct req *r, struct store_op *op, store_job *job, void *ctx, struct err *e) MUST_USE;
/* Fills route, id (from the form) and digest (SHA-256 over route, path, the form without csrf). */
bool app_op(struct req *r, int64_t route, struct store_op *op, struct err *e) MUST_USE;
/* Was this very form carried out before? Then pressing its button again is no conflict, though what it did cannot be
 * done twice: the answer is the way to what came of it. */
bool app_was_done(struct req *r, int64_t route) MUST_USE;
bool app_op_was_done(struct req *r, struct store_op *op) MUST_USE; /* the same of an operation that is filled in */

#endif
