#include "os/keys_client.h"

#include <stdatomic.h>

#include "base/codec.h"
#include "base/fault.h"
#include "os/file.h"
#include "os/keys_process.h"
#include "os/reply.h"
#include "os/socket.h"

enum { MESSAGE_MAX = KEYS_SIGN_MAX + KEYS_INSTITUTION_MAX + 64, KEY_BYTES = 32, SIGNATURE_BYTES = 64 };
#define TIMEOUT_US INT64_C(5000000)

struct keys_client {
	char *dir;
	char *path;
	_Atomic int64_t timeout_us;
};

bool keys_client_new(struct str dir, struct keys_client **out, struct err *e)
{
	struct keys_client *c = mem_alloc(1, sizeof *c);
	if (!c) {
		return err_set(e, ERR_MEMORY, "no memory for the keys client");
	}
	c->dir = file_path(dir, STR_EMPTY);
	c->path = file_path(dir, STR(KEYS_SOCKET));
	atomic_store(&c->timeout_us, TIMEOUT_US);
	if (!c->dir || !c->path) {
		keys_client_free(c);
		return err_set(e, ERR_MEMORY, "no memory for the keys client");
	}
	*out = c;
	return true;
}

void keys_client_free(struct keys_client *c)
{
	if (c) {
		mem_free(c->dir);
		mem_free(c->path);
		mem_free(c);
	}
}

void keys_client_set_timeout(struct keys_client *c, int64_t us)
{
	atomic_store(&c->timeout_us, us);
}

/* Every message may be repeated without harm, so a process that died under the first try is asked again. The reply's
 * fields begin at *in. */
static bool call(struct keys_client *c, struct str request, struct message *reply, struct codec *in, struct err *e)
{
	int64_t deadline = deadline_in(atomic_load(&c->timeout_us));
	struct err why;
	bool ok = message_call(str_of(c->path), request, NULL, 0, reply, deadline, &why);
	if (!ok && why.code == ERR_GONE) {
		ok = message_call(str_of(c->path), request, NULL, 0, reply, deadline, &why);
	}
	if (!ok) {
		enum err_code code = why.code == ERR_GONE ? ERR_BUSY : why.code;
		return err_set(e, code, "the keys process: %s", why.text);
	}
	*in = codec_of(buf_str(&reply->bytes));
	return reply_begin(in, NULL, e);
}

/* Asks for n bytes. `institution` empty: a message without one. */
static bool ask_bytes(struct keys_client *c, enum keys_message kind, struct str institution, const struct str *argument,
                      uint8_t *to, size_t n, struct err *e)
{
	struct buf request;
	struct message reply;
	struct codec in;
	buf_init(&request, MESSAGE_MAX);
	message_init(&reply, MESSAGE_MAX);
	codec_put_u8(&request, (uint8_t)kind);
	if (institution.n > 0) {
		codec_put_str(&request, institution);
	}
	if (argument) {
		codec_put_bytes(&request, *argument);
	}
	bool ok = buf_ok(&request, e) && call(c, buf_str(&request), &reply, &in, e);
	if (ok) {
		struct str bytes = codec_bytes(&in, n);
		ok = codec_end(&in, e) && (bytes.n == n || err_set(e, ERR_CORRUPT, "the keys process sent too little"));
		if (ok) {
			memcpy(to, bytes.p, n);
		}
	}
	buf_release(&request);
	message_release_secret(&reply);
	return ok;
}

bool keys_public(struct keys_client *c, uint8_t seal_public[KEY_BYTES], struct err *e)
{
	return ask_bytes(c, KEYS_PUBLIC, STR_EMPTY, NULL, seal_public, KEY_BYTES, e);
}

bool keys_sign_seal(void *ctx, struct str message, uint8_t signature[SIGNATURE_BYTES], struct err *e)
{
	if (message.n > KEYS_SIGN_MAX) {
		return err_set(e, ERR_TOO_LARGE, "%zu bytes to sign", message.n);
	}
	return ask_bytes(ctx, KEYS_SIGN_SEAL, STR_EMPTY, &message, signature, SIGNATURE_BYTES, e);
}

bool keys_unwrap(struct keys_client *c, struct str wrapped, uint8_t out[KEY_BYTES], struct err *e)
{
	return ask_bytes(c, KEYS_UNWRAP, STR_EMPTY, &wrapped, out, KEY_BYTES, e);
}

bool keys_institution_public(struct keys_client *c, struct str institution, uint8_t out[KEY_BYTES], struct err *e)
{
	return ask_bytes(c, KEYS_INSTITUTION_PUBLIC, institution, NULL, out, KEY_BYTES, e);
}

bool keys_sign_document(struct keys_client *c, struct str institution, struct str statement,
                        uint8_t signature[SIGNATURE_BYTES], struct err *e)
{
	if (statement.n > KEYS_SIGN_MAX) {
		return err_set(e, ERR_TOO_LARGE, "%zu bytes to sign", statement.n);
	}
	return ask_bytes(c, KEYS_SIGN_DOCUMENT, institution, &statement, signature, SIGNATURE_BYTES, e);
}

bool keys_load(struct keys_client *c, struct data_keys *out, struct err *e)
{
	uint8_t *const to[DATA_KEY_COUNT] = {
#define X(name, what) out->name,
		DATA_KEYS(X)
#undef X
	};
	struct str wrapped[DATA_KEY_COUNT];
	struct buf file;
	buf_init(&file, 64U * 1024);
	bool ok = keys_read_wrapped(str_of(c->dir), &file, wrapped, e);
	for (size_t i = 0; ok && i < DATA_KEY_COUNT; i++) {
		ok = keys_unwrap(c, wrapped[i], to[i], e);
	}
	buf_release(&file);
	if (!ok) {
		mem_wipe(out, sizeof *out);
	}
	return ok;
}

bool keys_ask_status(struct keys_client *c, struct keys_status *out, struct err *e)
{
	struct buf request;
	struct message reply;
	struct codec in;
	buf_init(&request, MESSAGE_MAX);
	message_init(&reply, MESSAGE_MAX);
	memset(out, 0, sizeof *out);
	codec_put_u8(&request, KEYS_STATUS);
	bool ok = buf_ok(&request, e) && call(c, buf_str(&request), &reply, &in, e);
	if (ok) {
		out->served = codec_i64(&in);
		struct str sandbox = codec_str(&in, sizeof out->sandbox - 1);
		ok = codec_end(&in, e);
		if (ok) {
			memcpy(out->sandbox, sandbox.p, sandbox.n);
		}
	}
	buf_release(&request);
	message_release(&reply);
	return ok;
}
