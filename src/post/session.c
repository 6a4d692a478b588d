#include "post/session.h"

#include "base/log.h"
#include "os/post_protocol.h"
#include "os/socket.h"
#include "post/smtp.h"
#include "post/web.h"

#define SEND_US INT64_C(10000000)
/* Between "all but the end is there" and the order to end it lies one commit. */
#define GO_US INT64_C(60000000)

struct session {
	struct post_settings *settings;
	int fd;
	CURL *curl;
	struct message go;
};

static bool put_answer(const struct session *s, const struct post_answer *a, const struct buf *body, struct err *e)
{
	struct buf out;
	buf_init(&out, POST_ANSWER_MAX);
	codec_put_u8(&out, POST_END);
	codec_put_u8(&out, (uint8_t)a->end);
	codec_put_u32(&out, (uint32_t)a->code);
	codec_put_str(&out, str_of(a->said));
	if (body) {
		codec_put_bytes(&out, buf_str(body));
	}
	bool ok = buf_ok(&out, e) && message_send(s->fd, buf_str(&out), NULL, 0, deadline_in(SEND_US), e);
	buf_release(&out);
	return ok;
}

static bool may_end(void *ctx)
{
	struct session *s = ctx;
	static const char ready[] = {POST_READY};
	struct err e;
	return message_send(s->fd, str_from(ready, sizeof ready), NULL, 0, deadline_in(SEND_US), &e) &&
	       message_recv(s->fd, &s->go, deadline_in(GO_US), &e) && s->go.bytes.n == 1 &&
	       (uint8_t)s->go.bytes.p[0] == POST_GO;
}

static bool mail(struct session *s, struct codec *in, struct err *e)
{
	struct smtp_mail m = {.may_end = may_end, .ctx = s};
	struct post_answer answer;
	m.from = codec_str(in, POST_ADDRESS_MAX);
	m.to = codec_str(in, POST_ADDRESS_MAX);
	m.message = codec_bytes(in, POST_MESSAGE_MAX);
	if (!codec_end(in, e)) {
		return false;
	}
	smtp_send(&s->curl, s->settings, &m, &answer);
	atomic_fetch_add(&s->settings->mails, answer.end == POST_TAKEN);
	return put_answer(s, &answer, NULL, e);
}

static bool web(struct session *s, struct codec *in, struct err *e)
{
	struct post_request r = {.target = (enum post_target)codec_u8(in)};
	struct post_answer answer;
	struct buf body;
	r.url = codec_str(in, POST_URL_MAX);
	r.timeout_us = codec_i64(in) * 1000;
	r.header_n = codec_u8(in);
	if (in->failed || r.header_n > POST_HEADERS_MAX || r.target > POST_TO_ANY || r.timeout_us <= 0) {
		return err_set(e, ERR_BAD_INPUT, "a request that cannot be");
	}
	for (size_t i = 0; i < r.header_n; i++) {
		r.headers[i].name = codec_str(in, POST_HEADER_MAX);
		r.headers[i].value = codec_str(in, POST_HEADER_MAX);
	}
	r.body = codec_bytes(in, POST_MESSAGE_MAX);
	if (!codec_end(in, e)) {
		return false;
	}
	buf_init(&body, POST_REPLY_MAX);
	web_send(s->curl, s->settings, &r, &body, &answer);
	atomic_fetch_add(&s->settings->requests, 1);
	bool ok = put_answer(s, &answer, &body, e);
	buf_release(&body);
	return ok;
}

static bool status(struct session *s, struct codec *in, struct err *e)
{
	struct buf out;
	buf_init(&out, POST_ANSWER_MAX);
	codec_put_u8(&out, POST_END);
	codec_put_flag(&out, s->settings->smtp_url != NULL);
	codec_put_flag(&out, s->settings->sms_url != NULL);
	codec_put_i64(&out, atomic_load(&s->settings->mails));
	codec_put_i64(&out, atomic_load(&s->settings->requests));
	codec_put_str(&out, str_of(s->settings->sandbox.text));
	bool ok =
		codec_end(in, e) && buf_ok(&out, e) && message_send(s->fd, buf_str(&out), NULL, 0, deadline_in(SEND_US), e);
	buf_release(&out);
	return ok;
}

static bool answer_one(struct session *s, struct str request, struct err *e)
{
	struct codec in = codec_of(request);
	switch (codec_u8(&in)) {
	case POST_MAIL:
		return mail(s, &in, e);
	case POST_HTTP:
		return web(s, &in, e);
	case POST_STATUS:
		return status(s, &in, e);
	default:
		return err_set(e, ERR_BAD_INPUT, "the post process does not know this message");
	}
}

void session_run(struct post_settings *settings, int fd)
{
	struct session s = {.settings = settings, .fd = fd, .curl = curl_easy_init()};
	struct message m;
	struct err e = {0};
	message_init(&m, POST_REQUEST_MAX);
	message_init(&s.go, 16);
	bool ok = true;
	while (ok && s.curl) {
		ok = message_recv(s.fd, &m, DEADLINE_NEVER, &e) && answer_one(&s, buf_str(&m.bytes), &e);
	}
	if (e.code != ERR_NONE && e.code != ERR_GONE) {
		log_err(LOG_WARN, "post-session", &e);
	}
	message_release(&m);
	message_release(&s.go);
	curl_easy_cleanup(s.curl);
	socket_close(&s.fd);
}
