#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "brain/ntcip_inside.h"
#include "os/socket.h"

/* Round trips under way at once: more would overrun a socket's buffer. */
enum { AT_ONCE = 48, SILENT_AFTER = 3, NAMED_AGAIN_AFTER = 10 };
#define ANSWERS_WITHIN_US (US_PER_S * 3 / 10)

enum { ASK_STATUS, ASK_ORDERS, ASKS };

struct ask {
	struct ntcip_master *master;
	uint32_t peer;
	bool is_under_way;
};

/* Peers at one address with one engine have one session. */
struct line {
	struct sockaddr_in address;
	uint8_t engine[NTCIP_ENGINE_MAX];
	size_t engine_n;
	void *session; /* NULL: it could not be opened yet */
	int fd;
	uint32_t waits; /* polls until it is tried again */
};

struct ntcip_master {
	struct ntcip_peer *peers;
	uint32_t peer_n, line_n;
	struct ask *asks[ASKS]; /* by peer */
	uint32_t *line_of;
	struct groups (*orders)[AGENT_ORDERS];
	bool *has_orders;
	struct line *lines;
	struct pollfd *polled;
	uint32_t under_way;
	char user[NTCIP_CONTEXT_MAX + 1];
	uint8_t auth_key[USM_AUTH_KU_LEN], priv_key[USM_PRIV_KU_LEN];
	size_t auth_key_n, priv_key_n;
};

/* --- Lines -----------------------------------------------------------------------------------------------------------
 */

static bool make_key(struct str word, uint8_t *key, size_t *n, struct err *e)
{
	uint8_t copy[NTCIP_WORD_MAX];
	memcpy(copy, word.p, word.n);
	bool ok = generate_Ku(usmHMAC192SHA256AuthProtocol, OID_LENGTH(usmHMAC192SHA256AuthProtocol), copy, word.n, key,
	                      n) == SNMPERR_SUCCESS;
	memset(copy, 0, sizeof copy);
	return ok || err_set(e, ERR_INTERNAL, "the SNMP library makes no key");
}

static void open_line(struct ntcip_master *m, struct line *l)
{
	char address[40], host[INET_ADDRSTRLEN] = "";
	netsnmp_session s;
	inet_ntop(AF_INET, &l->address.sin_addr, host, sizeof host);
	snprintf(address, sizeof address, "udp:%s:%u", host, ntohs(l->address.sin_port));
	snmp_sess_init(&s);
	s.peername = address;
	s.version = SNMP_VERSION_3;
	s.timeout = ANSWERS_WITHIN_US;
	s.retries = 1;
	s.securityName = m->user;
	s.securityNameLen = strlen(m->user);
	s.securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
	s.securityModel = USM_SEC_MODEL_NUMBER;
	s.securityAuthProto = (oid *)(uintptr_t)usmHMAC192SHA256AuthProtocol;
	s.securityAuthProtoLen = OID_LENGTH(usmHMAC192SHA256AuthProtocol);
	memcpy(s.securityAuthKey, m->auth_key, m->auth_key_n);
	s.securityAuthKeyLen = m->auth_key_n;
	s.securityPrivProto = (oid *)(uintptr_t)usmAESPrivProtocol;
	s.securityPrivProtoLen = OID_LENGTH(usmAESPrivProtocol);
	memcpy(s.securityPrivKey, m->priv_key, m->priv_key_n);
	s.securityPrivKeyLen = m->priv_key_n;
	if (l->engine_n > 0) {
		s.securityEngineID = l->engine;
		s.securityEngineIDLen = l->engine_n;
	}
	/* Without the engine's name this asks for it, and waits for the answer. */
	l->session = snmp_sess_open(&s);
	l->fd = l->session ? snmp_sess_transport(l->session)->sock : -1;
	l->waits = NAMED_AGAIN_AFTER;
	if (l->session == NULL) {
		log_line(LOG_WARN, "signal-line-closed", LOG_S("address", str_of(address)));
	}
}

static uint32_t line_for(struct ntcip_master *m, const struct ntcip_peer *p)
{
	for (uint32_t i = 0; i < m->line_n; i++) {
		const struct line *l = &m->lines[i];
		if (l->address.sin_addr.s_addr == p->address.sin_addr.s_addr && l->address.sin_port == p->address.sin_port &&
		    l->engine_n == p->engine_n && memcmp(l->engine, p->engine, p->engine_n) == 0) {
			return i;
		}
	}
	struct line *l = &m->lines[m->line_n];
	*l = (struct line){.address = p->address, .engine_n = p->engine_n, .fd = -1};
	memcpy(l->engine, p->engine, p->engine_n);
	return m->line_n++;
}

bool ntcip_master_begin(struct ntcip_master **out, struct ntcip_peer *peers, uint32_t peer_n,
                        const struct ntcip_secret *secret, struct err *e)
{
	*out = NULL;
	if (!ntcip_secret_ok(secret, e)) {
		return false;
	}
	ntcip_library();
	struct ntcip_master *m = mem_alloc(1, sizeof *m);
	if (m == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for signals");
	}
	*m = (struct ntcip_master){.peers = peers,
	                           .peer_n = peer_n,
	                           .line_of = mem_alloc(peer_n + 1, sizeof *m->line_of),
	                           .orders = mem_alloc(peer_n + 1, sizeof *m->orders),
	                           .has_orders = mem_alloc(peer_n + 1, sizeof *m->has_orders),
	                           .lines = mem_alloc(peer_n + 1, sizeof *m->lines),
	                           .polled = mem_alloc(peer_n + 1, sizeof *m->polled),
	                           .auth_key_n = USM_AUTH_KU_LEN,
	                           .priv_key_n = USM_PRIV_KU_LEN};
	for (int k = 0; k < ASKS; k++) {
		m->asks[k] = mem_alloc(peer_n + 1, sizeof *m->asks[k]);
	}
	bool ok = (m->line_of && m->orders && m->has_orders && m->lines && m->polled && m->asks[0] && m->asks[1]) ||
	          err_set(e, ERR_MEMORY, "no memory for signals");
	snprintf(m->user, sizeof m->user, "%.*s", STR_ARG(secret->user));
	ok = ok && make_key(secret->authentication, m->auth_key, &m->auth_key_n, e) &&
	     make_key(secret->privacy, m->priv_key, &m->priv_key_n, e);
	if (!ok) {
		ntcip_master_end(m);
		return false;
	}
	for (uint32_t i = 0; i < peer_n; i++) {
		m->line_of[i] = line_for(m, &peers[i]);
		for (int k = 0; k < ASKS; k++) {
			m->asks[k][i] = (struct ask){.master = m, .peer = i};
		}
	}
	for (uint32_t i = 0; i < m->line_n; i++) {
		open_line(m, &m->lines[i]);
	}
	*out = m;
	return true;
}

void ntcip_master_end(struct ntcip_master *m)
{
	if (m == NULL) {
		return;
	}
	for (uint32_t i = 0; i < m->line_n; i++) {
		if (m->lines[i].session != NULL) {
			snmp_sess_close(m->lines[i].session);
		}
	}
	for (int k = 0; k < ASKS; k++) {
		mem_free(m->asks[k]);
	}
	mem_free(m->line_of);
	mem_free(m->orders);
	mem_free(m->has_orders);
	mem_free(m->lines);
	mem_free(m->polled);
	memset(m->auth_key, 0, sizeof m->auth_key);
	memset(m->priv_key, 0, sizeof m->priv_key);
	mem_free(m);
}

/* --- Answers ---------------------------------------------------------------------------------------------------------
 */

static void take(struct ntcip_peer *p, const netsnmp_variable_list *v)
{
	const oid *n = v->name + NTCIP_ASC_N;
	if (v->type != ASN_INTEGER || v->name_length < NTCIP_ASC_N + 3 ||
	    memcmp(v->name, NTCIP_ASC, sizeof NTCIP_ASC) != 0) {
		return;
	}
	long value = *v->val.integer;
	if (v->name_length == NTCIP_ASC_N + 3 && n[0] == NTCIP_UNIT) {
		p->mode = n[1] == NTCIP_CONTROL_STATUS ? (enum agent_mode)value : p->mode;
		p->backup_s = n[1] == NTCIP_BACKUP_TIME && value >= 0 ? (uint32_t)value : p->backup_s;
	}
	for (size_t i = 0; v->name_length == NTCIP_OBJECT_N && i < NTCIP_COLUMNS_N; i++) {
		const struct ntcip_column *c = &NTCIP_COLUMNS[i];
		if (!c->is_order && n[0] == c->node && n[1] == c->table && n[2] == 1 && n[3] == c->column && n[4] >= 1 &&
		    n[4] <= GROUPS_MAX / 8 && value >= 0 && value <= 255) {
			groups_set_eight(ntcip_field(&p->status, c), (uint32_t)n[4] - 1, (uint8_t)value);
		}
	}
}

void ntcip_take_status(struct ntcip_peer *p, const netsnmp_variable_list *list)
{
	p->status = (struct agent_status){0}; /* what it does not say is not as it was before */
	for (const netsnmp_variable_list *v = list; v; v = v->next_variable) {
		take(p, v);
	}
}

static int hear(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *ctx)
{
	struct ask *a = ctx;
	struct ntcip_master *m = a->master;
	struct ntcip_peer *p = &m->peers[a->peer];
	bool is_status = a == &m->asks[ASK_STATUS][a->peer];
	(void)session;
	(void)request;
	if (!a->is_under_way) {
		return 1;
	}
	a->is_under_way = false;
	m->under_way--;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->command != SNMP_MSG_RESPONSE) {
		return 1;
	}
	p->answers++;
	p->refusals += pdu->errstat != SNMP_ERR_NOERROR;
	if (!is_status) {
		p->refuses = pdu->errstat != SNMP_ERR_NOERROR;
		return 1;
	}
	if (pdu->errstat == SNMP_ERR_NOERROR) {
		p->is_heard = true;
		p->silent = 0;
		ntcip_take_status(p, pdu->variables);
	}
	return 1;
}

/* --- Questions -------------------------------------------------------------------------------------------------------
 */

static void add_null(netsnmp_pdu *pdu, const oid *rest, size_t n)
{
	oid name[NTCIP_OBJECT_N];
	memcpy(name, NTCIP_ASC, sizeof NTCIP_ASC);
	memcpy(name + NTCIP_ASC_N, rest, n * sizeof *rest);
	snmp_add_null_var(pdu, name, NTCIP_ASC_N + n);
}

static void add_number(netsnmp_pdu *pdu, const oid *rest, size_t n, long value)
{
	oid name[NTCIP_OBJECT_N];
	memcpy(name, NTCIP_ASC, sizeof NTCIP_ASC);
	memcpy(name + NTCIP_ASC_N, rest, n * sizeof *rest);
	snmp_pdu_add_variable(pdu, name, NTCIP_ASC_N + n, ASN_INTEGER, &value, sizeof value);
}

static const oid backup_time[] = {NTCIP_UNIT, NTCIP_BACKUP_TIME, 0},
				 control_status[] = {NTCIP_UNIT, NTCIP_CONTROL_STATUS, 0};

static void fill(const struct ntcip_master *m, netsnmp_pdu *pdu, uint32_t peer, int kind)
{
	const struct ntcip_peer *p = &m->peers[peer];
	for (size_t i = 0; i < NTCIP_COLUMNS_N; i++) {
		const struct ntcip_column *c = &NTCIP_COLUMNS[i];
		uint32_t rows = ntcip_groups(c->node == NTCIP_PHASE ? p->phase_n : p->channel_n);
		for (uint32_t g = 0; g < rows; g++) {
			const oid name[] = {c->node, c->table, 1, c->column, g + 1};
			if (kind == ASK_STATUS && c->is_polled) {
				add_null(pdu, name, 5);
			} else if (kind == ASK_ORDERS && c->is_order) {
				add_number(pdu, name, 5, groups_eight(&m->orders[peer][c->field], g));
			}
		}
	}
	if (kind == ASK_STATUS) {
		add_null(pdu, control_status, 3);
		add_null(pdu, backup_time, 3);
	} else if (p->backup_s != AGENT_BACKUP_S) {
		add_number(pdu, backup_time, 3, AGENT_BACKUP_S);
	}
}

static void send_one(struct ntcip_master *m, uint32_t peer, int kind)
{
	const struct ntcip_peer *p = &m->peers[peer];
	struct ask *a = &m->asks[kind][peer];
	void *session = m->lines[m->line_of[peer]].session;
	if (a->is_under_way || session == NULL) {
		return;
	}
	netsnmp_pdu *pdu = snmp_pdu_create(kind == ASK_STATUS ? SNMP_MSG_GET : SNMP_MSG_SET);
	if (pdu == NULL) {
		return;
	}
	size_t n = strlen(p->context);
	pdu->contextName = netsnmp_memdup(p->context, n);
	pdu->contextNameLen = pdu->contextName ? n : 0;
	fill(m, pdu, peer, kind);
	a->is_under_way = true;
	m->under_way++;
	if (snmp_sess_async_send(session, pdu, hear, a) == 0) {
		snmp_free_pdu(pdu);
		a->is_under_way = false;
		m->under_way--;
	}
}

/* Takes what comes, for at most so long; counts what did not come as lost. */
static void hark(struct ntcip_master *m, int wait_ms)
{
	netsnmp_large_fd_set fds;
	for (uint32_t i = 0; i < m->line_n; i++) {
		m->polled[i] = (struct pollfd){.fd = m->lines[i].fd, .events = POLLIN};
	}
	int ready = poll(m->polled, m->line_n, wait_ms);
	for (uint32_t i = 0; i < m->line_n; i++) {
		struct line *l = &m->lines[i];
		if (l->session == NULL) {
			continue;
		}
		if (ready > 0 && m->polled[i].revents != 0) {
			netsnmp_large_fd_set_init(&fds, l->fd + 1);
			netsnmp_large_fd_setfd(l->fd, &fds);
			snmp_sess_read2(l->session, &fds);
			netsnmp_large_fd_set_cleanup(&fds);
		}
		snmp_sess_timeout(l->session);
	}
}

static bool is_waited_for(const struct ntcip_master *m, uint32_t peer, int kind)
{
	return m->asks[kind][peer].is_under_way && m->peers[peer].silent < SILENT_AFTER;
}

static uint32_t waited_for(const struct ntcip_master *m, int kind)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < m->peer_n; i++) {
		n += is_waited_for(m, i, kind);
	}
	return n;
}

/* To all that have something to be asked: those that use to answer first. */
static void ask_all(struct ntcip_master *m, int kind, int64_t deadline)
{
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < m->peer_n; i++) {
			bool is_silent = m->peers[i].silent >= SILENT_AFTER;
			if (is_silent != (round == 1) || (kind == ASK_ORDERS && !m->has_orders[i])) {
				continue;
			}
			send_one(m, i, kind);
			m->has_orders[i] = m->has_orders[i] && kind != ASK_ORDERS;
			while (round == 0 && m->under_way >= AT_ONCE && waited_for(m, kind) >= AT_ONCE &&
			       deadline_left(deadline) > 0) {
				hark(m, (int)(deadline_left(deadline) / 1000) + 1);
			}
		}
	}
	do {
		uint32_t left = waited_for(m, kind);
		hark(m, left > 0 ? (int)(deadline_left(deadline) / 1000) + 1 : 0);
	} while (waited_for(m, kind) > 0 && deadline_left(deadline) > 0);
}

void ntcip_poll(struct ntcip_master *m, int64_t deadline)
{
	for (uint32_t i = 0; i < m->line_n; i++) {
		if (m->lines[i].session == NULL && m->lines[i].waits-- == 0) {
			open_line(m, &m->lines[i]);
		}
	}
	for (uint32_t i = 0; i < m->peer_n; i++) {
		m->peers[i].is_heard = false;
	}
	ask_all(m, ASK_STATUS, deadline);
	for (uint32_t i = 0; i < m->peer_n; i++) {
		m->peers[i].silent += !m->peers[i].is_heard && m->peers[i].silent < UINT32_MAX;
	}
}

void ntcip_order(struct ntcip_master *m, uint32_t peer, const struct groups orders[AGENT_ORDERS])
{
	memcpy(m->orders[peer], orders, sizeof m->orders[peer]);
	m->has_orders[peer] = true;
}

void ntcip_send(struct ntcip_master *m, int64_t deadline)
{
	ask_all(m, ASK_ORDERS, deadline);
}
