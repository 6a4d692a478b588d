#include "post/smtp.h"

#include <stdio.h>
#include <string.h>

enum { CONNECT_SECONDS = 20, LINE_BYTES = 256 };

void answer_say(struct post_answer *out, enum post_end end, long code, const char *said)
{
	*out = (struct post_answer){.end = end, .code = (int)code};
	struct str s = str_sub(str_of(said), 0, sizeof out->said - 1);
	for (size_t i = 0; i < s.n; i++) {
		/* What a server says is anything. */
		out->said[i] = (unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] > 0x7e ? '?' : s.p[i];
	}
}

struct state {
	const struct smtp_mail *mail;
	size_t at;
	bool was_asked, may_end;
	char line[LINE_BYTES]; /* the server's last one with a code */
};

static size_t read_message(char *to, size_t size, size_t n, void *ctx)
{
	struct state *s = ctx;
	size_t room = size * n, left = s->mail->message.n - s->at;
	if (left == 0) {
		/* What follows is the end of the message: the point of no return. */
		if (!s->was_asked) {
			s->was_asked = true;
			s->may_end = s->mail->may_end(s->mail->ctx);
		}
		return s->may_end ? 0 : CURL_READFUNC_ABORT;
	}
	size_t some = left < room ? left : room;
	memcpy(to, s->mail->message.p + s->at, some);
	s->at += some;
	return some;
}

/* The server's lines come as headers. */
static size_t read_line(char *line, size_t size, size_t n, void *ctx)
{
	struct state *s = ctx;
	size_t bytes = size * n, some = bytes < sizeof s->line - 1 ? bytes : sizeof s->line - 1;
	memcpy(s->line, line, some);
	while (some > 0 && (s->line[some - 1] == '\n' || s->line[some - 1] == '\r')) {
		some--;
	}
	s->line[some] = '\0';
	return bytes;
}

/* An address that could not be told from a command is not sent. */
static bool is_address(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f || strchr("<>\"\\(),;", s.p[i])) {
			return false;
		}
	}
	return s.n > 0 && s.n < 300 && str_find_byte(s, '@') != SIZE_MAX;
}

static void judge(CURLcode rc, long code, const struct state *s, const char *words, struct post_answer *out)
{
	/* The server's words where it refused; where the connection failed, what it said before explains nothing. */
	const char *said = s->line[0] != '\0' && (rc == CURLE_OK || code >= 400) ? s->line : words;
	if (rc == CURLE_OK) {
		answer_say(out, POST_TAKEN, code, said);
	} else if (s->was_asked && !s->may_end) {
		answer_say(out, POST_AGAIN, 0, "given up before the end of the message");
	} else if (code >= 500 && rc != CURLE_OPERATION_TIMEDOUT && rc != CURLE_LOGIN_DENIED) {
		answer_say(out, POST_REFUSED, code, said);
	} else if (code >= 400) {
		/* A password that is not taken is the operator's matter, not the mail's. */
		answer_say(out, POST_AGAIN, code, said);
	} else if (s->was_asked) {
		answer_say(out, POST_UNSURE, 0, words);
	} else {
		answer_say(out, POST_AGAIN, 0, words);
	}
}

void smtp_send(CURL **handle, const struct post_settings *s, const struct smtp_mail *mail, struct post_answer *out)
{
	CURL *curl = *handle;
	char from[POST_SAID_MAX], to[POST_SAID_MAX], words[CURL_ERROR_SIZE] = "";
	struct state state = {.mail = mail};
	struct curl_slist *recipients = NULL;
	long code = 0;
	if (!s->smtp_url) {
		answer_say(out, POST_AGAIN, 0, "no mail server is set");
		return;
	}
	if (!is_address(mail->from) || !is_address(mail->to)) {
		answer_say(out, POST_REFUSED, 0, "this address cannot be sent to");
		return;
	}
	snprintf(from, sizeof from, "<%.*s>", STR_ARG(mail->from));
	snprintf(to, sizeof to, "<%.*s>", STR_ARG(mail->to));
	recipients = curl_slist_append(NULL, to);
	if (!recipients) {
		answer_say(out, POST_AGAIN, 0, "no memory");
		return;
	}
	curl_easy_reset(curl); /* keeps connections */
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_URL, s->smtp_url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(s->wants_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	if (s->smtp_ca.n > 0) {
		struct curl_blob pem = {.data = s->smtp_ca.p, .len = s->smtp_ca.n, .flags = CURL_BLOB_NOCOPY};
		curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &pem);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (s->smtp_user) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, s->smtp_user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, s->smtp_password);
	}
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
	curl_easy_setopt(curl, CURLOPT_READDATA, &state);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, read_line);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &state);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, s->wait_s);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5 * s->wait_s);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
	CURLcode rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	judge(rc, code, &state, words[0] != '\0' ? words : curl_easy_strerror(rc), out);
	/* The error buffer and the list are gone when the handle is used again. */
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(recipients);
	if (rc != CURLE_OK) {
		/* libcurl may keep a connection on which an answer is still to come: it would be taken for the next mail's. */
		curl_easy_cleanup(curl);
		*handle = curl_easy_init();
	}
}
