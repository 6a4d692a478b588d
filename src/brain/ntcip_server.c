#include <poll.h>
#include <stdio.h>

#include "base/fault.h"
#include "brain/ntcip_inside.h"
#include "os/socket.h"

struct ntcip_server {
	struct ntcip_server_options o;
	char user[NTCIP_CONTEXT_MAX + 1];
	void *session;
	int fd;
	uint16_t port;
	int64_t now_ms;
	bool *is_cut;
	uint64_t refused;
};

/* --- Objects ---------------------------------------------------------------------------------------------------------
 */

struct object {
	const struct ntcip_column *column; /* NULL: a scalar */
	uint32_t group;
	uint32_t node, scalar;
};

static bool find(const struct agent *a, const netsnmp_variable_list *v, struct object *out)
{
	const oid *n = v->name + NTCIP_ASC_N;
	*out = (struct object){0};
	if (v->name_length < NTCIP_ASC_N || memcmp(v->name, NTCIP_ASC, sizeof NTCIP_ASC) != 0) {
		return false;
	}
	if (v->name_length == NTCIP_ASC_N + 3 && n[2] == 0) {
		out->node = (uint32_t)n[0];
		out->scalar = (uint32_t)n[1];
		bool is_count = (n[0] == NTCIP_PHASE || n[0] == NTCIP_CHANNEL) && (n[1] == 1 || n[1] == 3);
		return is_count || (n[0] == NTCIP_UNIT && (n[1] == NTCIP_BACKUP_TIME || n[1] == NTCIP_CONTROL_STATUS));
	}
	for (size_t i = 0; v->name_length == NTCIP_OBJECT_N && i < NTCIP_COLUMNS_N; i++) {
		const struct ntcip_column *c = &NTCIP_COLUMNS[i];
		uint32_t rows = ntcip_groups(c->node == NTCIP_PHASE ? a->phases.n : a->signal->plan.group_n);
		if (n[0] == c->node && n[1] == c->table && n[2] == 1 && n[3] == c->column && n[4] >= 1 && n[4] <= rows) {
			out->column = c;
			out->group = (uint32_t)n[4] - 1;
			return true;
		}
	}
	return false;
}

static long value(const struct agent *a, const struct object *o, struct agent_status *status)
{
	if (o->column != NULL) {
		return groups_eight(o->column->is_order ? &a->orders[o->column->field] : ntcip_field(status, o->column),
		                    o->group);
	}
	if (o->node == NTCIP_UNIT) {
		return o->scalar == NTCIP_BACKUP_TIME ? (long)a->backup_s : (long)a->mode;
	}
	uint32_t n = o->node == NTCIP_PHASE ? a->phases.n : a->signal->plan.group_n;
	return (long)(o->scalar == 1 ? n : ntcip_groups(n));
}

static void get(const struct ntcip_server *s, const struct agent *a, netsnmp_pdu *reply)
{
	struct agent_status status;
	agent_status(a, s->now_ms, &status);
	for (netsnmp_variable_list *v = reply->variables; v; v = v->next_variable) {
		struct object o;
		if (find(a, v, &o)) {
			long n = value(a, &o, &status);
			snmp_set_var_typed_integer(v, ASN_INTEGER, n);
		} else {
			snmp_set_var_typed_value(v, SNMP_NOSUCHINSTANCE, NULL, 0);
		}
	}
}

static int may_set(const struct agent *a, const netsnmp_variable_list *v, struct object *o)
{
	if (!find(a, v, o)) {
		return SNMP_ERR_NOCREATION;
	}
	bool is_backup = o->column == NULL && o->node == NTCIP_UNIT && o->scalar == NTCIP_BACKUP_TIME;
	if (!is_backup && (o->column == NULL || !o->column->is_order)) {
		return SNMP_ERR_NOTWRITABLE;
	}
	if (v->type != ASN_INTEGER) {
		return SNMP_ERR_WRONGTYPE;
	}
	return *v->val.integer < 0 || *v->val.integer > (is_backup ? AGENT_BACKUP_MOST_S : 255) ? SNMP_ERR_WRONGVALUE
	                                                                                        : SNMP_ERR_NOERROR;
}

/* All or nothing. */
static void set(struct ntcip_server *s, struct agent *a, netsnmp_pdu *reply)
{
	struct object o;
	long i = 1;
	for (const netsnmp_variable_list *v = reply->variables; v; v = v->next_variable, i++) {
		int why = may_set(a, v, &o);
		if (why != SNMP_ERR_NOERROR) {
			reply->errstat = why;
			reply->errindex = i;
			s->refused++;
			return;
		}
	}
	for (const netsnmp_variable_list *v = reply->variables; v; v = v->next_variable) {
		if (may_set(a, v, &o) != SNMP_ERR_NOERROR) {
			return;
		}
		if (o.column != NULL) {
			agent_set(a, (enum agent_order)o.column->field, o.group, (uint8_t)*v->val.integer, s->now_ms);
		} else {
			a->backup_s = (uint32_t)*v->val.integer;
		}
	}
}

/* --- Messages --------------------------------------------------------------------------------------------------------
 */

static struct agent *agent_of(const struct ntcip_server *s, const netsnmp_pdu *pdu)
{
	uint64_t i;
	if (pdu->contextNameLen < 2 || pdu->contextName[0] != 's' ||
	    !str_to_u64(str_from(pdu->contextName + 1, pdu->contextNameLen - 1), &i) || i >= s->o.agent_n) {
		return NULL;
	}
	return s->o.agents[i].signal == NULL || s->is_cut[i] ? NULL : &s->o.agents[i];
}

static int answer(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *ctx)
{
	struct ntcip_server *s = ctx;
	(void)session;
	(void)request;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) {
		return 1;
	}
	struct agent *a = agent_of(s, pdu);
	bool is_ours = pdu->version == SNMP_VERSION_3 && pdu->securityLevel == SNMP_SEC_LEVEL_AUTHPRIV &&
	               str_eq(str_from(pdu->securityName, pdu->securityNameLen), str_of(s->user));
	if (!is_ours || (pdu->command != SNMP_MSG_GET && pdu->command != SNMP_MSG_SET)) {
		s->refused++;
		return 1;
	}
	netsnmp_pdu *reply = a == NULL ? NULL : snmp_clone_pdu(pdu);
	if (reply == NULL) {
		return 1; /* no such controller: silence */
	}
	reply->command = SNMP_MSG_RESPONSE;
	reply->errstat = reply->errindex = 0;
	if (pdu->command == SNMP_MSG_GET) {
		get(s, a, reply);
	} else {
		set(s, a, reply);
	}
	if (snmp_sess_send(s->session, reply) == 0) {
		snmp_free_pdu(reply);
	}
	return 1;
}

static bool add_user(const struct ntcip_secret *secret, struct err *e)
{
	char line[400];
	snprintf(line, sizeof line, "createUser %.*s SHA-256 \"%.*s\" AES \"%.*s\"", STR_ARG(secret->user),
	         STR_ARG(secret->authentication), STR_ARG(secret->privacy));
	bool ok = netsnmp_config(line) == SNMPERR_SUCCESS;
	memset(line, 0, sizeof line);
	return ok || err_set(e, ERR_INTERNAL, "the SNMP library does not take its user");
}

bool ntcip_serve(struct ntcip_server **out, const struct ntcip_server_options *o, struct err *e)
{
	char address[40];
	netsnmp_session session;
	*out = NULL;
	if (!ntcip_secret_ok(&o->secret, e)) {
		return false;
	}
	ntcip_library();
	struct ntcip_server *s = mem_alloc(1, sizeof *s);
	bool *is_cut = mem_alloc(o->agent_n + 1, sizeof *is_cut);
	if (s == NULL || is_cut == NULL) {
		mem_free(s);
		mem_free(is_cut);
		return err_set(e, ERR_MEMORY, "no memory for controllers");
	}
	*s = (struct ntcip_server){.o = *o, .is_cut = is_cut, .fd = -1};
	snprintf(s->user, sizeof s->user, "%.*s", STR_ARG(o->secret.user));
	snprintf(address, sizeof address, "udp:127.0.0.1:%u", o->port);
	netsnmp_transport *t = netsnmp_transport_open_server("cityhall", address);
	snmp_sess_init(&session);
	session.peername = SNMP_DEFAULT_PEERNAME;
	session.version = SNMP_DEFAULT_VERSION;
	session.callback = answer;
	session.callback_magic = s;
	session.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
	s->fd = t ? t->sock : -1;
	s->session = t ? snmp_sess_add(&session, t, NULL, NULL) : NULL;
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	bool ok = (s->session != NULL && getsockname(s->fd, (struct sockaddr *)&at, &n) == 0) ||
	          err_set(e, ERR_CONFIG, "cannot listen for SNMP on port %u", o->port);
	s->port = ok ? ntohs(at.sin_port) : 0;
	ok = ok && add_user(&o->secret, e);
	if (!ok) {
		ntcip_server_stop(s);
		return false;
	}
	*out = s;
	return true;
}

void ntcip_server_stop(struct ntcip_server *s)
{
	if (s != NULL) {
		if (s->session != NULL) {
			snmp_sess_close(s->session);
		}
		mem_free(s->is_cut);
		mem_free(s);
	}
}

uint16_t ntcip_server_port(const struct ntcip_server *s)
{
	return s->port;
}

uint64_t ntcip_server_refused(const struct ntcip_server *s)
{
	return s->refused;
}

void ntcip_put_engine(struct buf *to)
{
	uint8_t engine[NTCIP_ENGINE_MAX];
	size_t n = snmpv3_get_engineID(engine, sizeof engine);
	buf_put_hex(to, engine, n);
}

void ntcip_server_cut(struct ntcip_server *s, uint32_t agent, bool is_cut)
{
	s->is_cut[agent] = is_cut;
}

void ntcip_server_pump(struct ntcip_server *s, int64_t now_ms, int64_t deadline)
{
	netsnmp_large_fd_set fds;
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	s->now_ms = now_ms;
	int wait_ms = (int)((deadline_left(deadline) + 999) / 1000);
	netsnmp_large_fd_set_init(&fds, s->fd + 1);
	while (poll(&p, 1, wait_ms) > 0) {
		netsnmp_large_fd_setfd(s->fd, &fds);
		snmp_sess_read2(s->session, &fds);
		wait_ms = 0;
	}
	netsnmp_large_fd_set_cleanup(&fds);
}
