/* The life of one request between the library (mhd.c) and the handlers: head, body, answer. Private to src/http.
 *
 *	exchange_begin ... exchange_head, exchange_body*, exchange_end ... exchange_done
 *
 * All on the connection's thread. A connection has one exchange, used again for each of its requests. */
#ifndef CITYHALL_HTTP_EXCHANGE_H
#define CITYHALL_HTTP_EXCHANGE_H

#include <stdatomic.h>

#include "http/csrf.h"
#include "http/head.h"
#include "http/multipart.h"
#include "http/places.h"
#include "http/router.h"
#include "http/server.h"

enum {
	ARENA_MAX_BYTES = 4 << 20,
	OUT_MAX_BYTES = 4 << 20,
	FORM_MAX_BYTES = 1 << 20,     /* an urlencoded or raw body is held in the arena */
	DRAIN_MAX_BYTES = 32 << 20,   /* a refused body up to here is read to its end, so that the client sees why */
	ERROR_PAGE_BYTES = 256 << 10, /* on top of the arena's cap, for the page that says it is full */
	BODY_DEADLINE_S = 300,        /* for a whole body; nginx has it buffered already */
	PLACE_WAIT_MS = 2000,
	OUT_KEPT_BYTES = 32 << 10, /* what a connection keeps between requests */
};

struct http_server {
	struct http_options o;
	struct router *router;
	struct places places;
	struct csrf_key csrf_key;
	char *spool_dir; /* o.spool_dir points in here */
	uint64_t id_seed;
	_Atomic uint64_t id_next;
	_Atomic uint64_t requests, refused, by_status[6], connections;
	_Atomic bool is_stopping;
	struct MHD_Daemon *daemon;
	/* What http_stop waits for. */
	_Atomic int at_work;
	pthread_mutex_t lock;
	pthread_cond_t idle;
};

struct exchange {
	struct req r;
	struct http_server *s;
	struct head_facts head;
	struct found found;
	struct err early; /* why it was refused before the handler; code ERR_NONE: not */
	bool is_counted;  /* in s->at_work */
	bool is_open;     /* begun and not done */
	bool is_admitted;
	bool is_allowed;
	bool is_answered; /* the answer stands in r */
	bool must_close;  /* after the answer */
	bool is_draining; /* the body is read but not kept */
	bool has_place;
	bool has_fresh_sid; /* sid was made by this request and may still have to be sent */
	struct str sid;
	size_t kept_headers; /* out_headers that an error page keeps: those from before the handler */
	size_t header_room;
	int64_t started_us;
	char id[16];
	bool is_raw; /* the body is of the route's own type */
	char *body;  /* urlencoded or raw, as it arrives */
	size_t body_n;
	uint64_t body_seen;
	struct multipart *multipart;

	/* Random bytes fetched ahead and wiped as they are used: asking the kernel for each visitor who holds no cookie
	 * would cost more than the rest of the head. Kept from request to request. */
	uint8_t random[256];
	size_t random_left;
};

void exchange_init(struct exchange *x, struct http_server *s);
void exchange_release(struct exchange *x);

void exchange_begin(struct exchange *x);
enum exchange_next {
	EXCHANGE_GO_ON,      /* read the body, if there is one, then call exchange_end */
	EXCHANGE_ANSWER_NOW, /* the answer stands; the connection closes after it */
};
/* `why` not NULL: the library's glue has already found the head malformed. */
enum exchange_next exchange_head(struct exchange *x, const struct head *h, const char *why);
/* False: too slow, the connection is to be closed without an answer. */
bool exchange_body(struct exchange *x, struct str bytes);
void exchange_end(struct exchange *x);
void exchange_done(struct exchange *x);

/* Private helpers that req.c needs. */
void exchange_fresh_sid(struct exchange *x);

#endif
