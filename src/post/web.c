#include "post/web.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "os/post_protocol.h"
#include "post/smtp.h"

enum { CONNECT_SECONDS = 10 };

/* --- Where a public address may not lead ---------------------------------------------------------------------------
 */

static const struct {
	uint32_t net;
	int bits;
} private_nets[] = {
	{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8}, {0xa9fe0000, 16}, {0xac100000, 12},
	{0xc0000000, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xe0000000, 4}, {0xf0000000, 4},
};

static bool is_public4(uint32_t a)
{
	for (size_t i = 0; i < sizeof private_nets / sizeof private_nets[0]; i++) {
		if ((a ^ private_nets[i].net) >> (32 - private_nets[i].bits) == 0) {
			return false;
		}
	}
	return true;
}

static bool is_public6(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_V4MAPPED(a)) {
		uint32_t v4;
		memcpy(&v4, a->s6_addr + 12, sizeof v4);
		return is_public4(ntohl(v4));
	}
	/* 2000::/3 is what was given out, without 6to4 and Teredo, which carry an address of the other kind. */
	bool is_global = (a->s6_addr[0] & 0xe0) == 0x20;
	bool is_6to4 = a->s6_addr[0] == 0x20 && a->s6_addr[1] == 0x02;
	bool is_special = a->s6_addr[0] == 0x20 && a->s6_addr[1] == 0x01 && a->s6_addr[2] == 0;
	return is_global && !is_6to4 && !is_special;
}

/* Looked at where the connection is made, so that a name cannot mean another address by then. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	bool must_be_public = *(const bool *)ctx, ok = true;
	if (address->family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, &address->addr, sizeof in);
		ok = is_public4(ntohl(in.sin_addr.s_addr));
	} else if (address->family == AF_INET6) {
		struct sockaddr_in6 in6 = {0};
		memcpy(&in6, &address->addr, address->addrlen < sizeof in6 ? address->addrlen : sizeof in6);
		ok = is_public6(&in6.sin6_addr);
	} else {
		ok = false;
	}
	if (must_be_public && !ok) {
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* --- The request ---------------------------------------------------------------------------------------------------
 */

static size_t take_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct buf *to = ctx;
	size_t room = to->cap - to->n;
	buf_put_bytes(to, bytes, size * n < room ? size * n : room);
	return size * n;
}

static bool is_header(struct str s)
{
	return s.n > 0 && !str_has_control(s, "");
}

static bool add_header(struct curl_slist **list, struct str name, struct str value)
{
	char line[2 * POST_HEADER_MAX];
	if (!is_header(name) || str_has_control(value, "") || name.n + value.n > POST_HEADER_MAX) {
		return false;
	}
	snprintf(line, sizeof line, "%.*s: %.*s", STR_ARG(name), STR_ARG(value));
	struct curl_slist *more = curl_slist_append(*list, line);
	*list = more ? more : *list;
	return more != NULL;
}

static void judge(CURLcode rc, long code, const char *words, struct post_answer *out)
{
	char said[64];
	snprintf(said, sizeof said, "HTTP %ld", code);
	if (rc != CURLE_OK) {
		bool is_never = rc == CURLE_URL_MALFORMAT || rc == CURLE_UNSUPPORTED_PROTOCOL;
		answer_say(out, is_never ? POST_REFUSED : POST_AGAIN, 0, words);
	} else if (code >= 200 && code < 300) {
		answer_say(out, POST_TAKEN, code, said);
	} else if (code == 408 || code == 425 || code == 429 || code >= 500) {
		answer_say(out, POST_AGAIN, code, said);
	} else {
		answer_say(out, POST_REFUSED, code, said);
	}
}

void web_send(CURL *curl, const struct post_settings *s, const struct post_request *r, struct buf *reply,
              struct post_answer *out)
{
	char words[CURL_ERROR_SIZE] = "", url[POST_URL_MAX + 1], token[POST_HEADER_MAX];
	struct curl_slist *headers = NULL;
	bool is_sms = r->target == POST_TO_SMS, must_be_public = r->target == POST_TO_PUBLIC;
	long code = 0;
	if (is_sms && !s->sms_url) {
		answer_say(out, POST_AGAIN, 0, "no SMS service is set");
		return;
	}
	snprintf(url, sizeof url, "%.*s", STR_ARG(is_sms ? str_of(s->sms_url) : r->url));
	bool ok = true;
	for (size_t i = 0; ok && i < r->header_n; i++) {
		ok = add_header(&headers, r->headers[i].name, r->headers[i].value);
	}
	if (ok && is_sms && s->sms_token) {
		snprintf(token, sizeof token, "Bearer %s", s->sms_token);
		ok = add_header(&headers, STR("Authorization"), str_of(token));
	}
	ok = ok && add_header(&headers, STR("Expect"), STR_EMPTY);
	if (!ok) {
		answer_say(out, POST_REFUSED, 0, "this request cannot be sent");
		curl_slist_free_all(headers);
		return;
	}
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Cityhall");
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body.n > 0 ? r->body.p : "");
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &must_be_public);
	/* A connection kept from a call that may go anywhere is not one of a call that may not. */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, must_be_public ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, must_be_public ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(r->timeout_us / 1000));
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
	CURLcode rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	judge(rc, code, words[0] != '\0' ? words : curl_easy_strerror(rc), out);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
}
