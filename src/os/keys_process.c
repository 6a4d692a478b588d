#include "os/keys_process.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/codec.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/keys_files.h"
#include "os/reply.h"
#include "os/sandbox.h"
#include "os/signal.h"
#include "os/socket.h"
#include "os/supervisor.h"

enum { MESSAGE_MAX = KEYS_SIGN_MAX + KEYS_INSTITUTION_MAX + 64, WAIT_US = 2000000 };

struct keys {
	struct key_material material; /* in memory that is never swapped or dumped */
	uint8_t seal_secret[crypto_sign_SECRETKEYBYTES];
	uint8_t seal_public[crypto_sign_PUBLICKEYBYTES];
	int64_t served;
	struct sandbox_state sandbox;
};

static bool sign(struct keys *k, struct codec *in, struct buf *out, struct err *e)
{
	uint8_t signature[crypto_sign_BYTES];
	struct str message = codec_bytes(in, KEYS_SIGN_MAX);
	if (!codec_end(in, e)) {
		return false;
	}
	crypto_sign_detached(signature, NULL, (const unsigned char *)message.p, message.n, k->seal_secret);
	codec_put_bytes(out, str_from(signature, sizeof signature));
	return true;
}

/* The key pair of an institution; the caller wipes it. */
static bool institution_keys(struct keys *k, struct str institution, uint8_t public_key[crypto_sign_PUBLICKEYBYTES],
                             uint8_t secret[crypto_sign_SECRETKEYBYTES], struct err *e)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	if (!keys_institution_seed(&k->material, institution, seed, e)) {
		return false;
	}
	crypto_sign_seed_keypair(public_key, secret, seed);
	mem_wipe(seed, sizeof seed);
	return true;
}

static bool institution_public(struct keys *k, struct codec *in, struct buf *out, struct err *e)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	struct str institution = codec_str(in, KEYS_INSTITUTION_MAX);
	if (!codec_end(in, e) || !institution_keys(k, institution, public_key, secret, e)) {
		return false;
	}
	mem_wipe(secret, sizeof secret);
	codec_put_bytes(out, str_from(public_key, sizeof public_key));
	return true;
}

static bool sign_document(struct keys *k, struct codec *in, struct buf *out, struct err *e)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
	struct str institution = codec_str(in, KEYS_INSTITUTION_MAX);
	struct str statement = codec_bytes(in, KEYS_SIGN_MAX);
	if (!codec_end(in, e)) {
		return false;
	}
	struct str begin = STR(KEYS_STATEMENT);
	struct str rest = str_sub(statement, begin.n, SIZE_MAX);
	if (!str_starts(statement, begin) || !str_starts(rest, institution) || rest.n <= institution.n ||
	    rest.p[institution.n] != '\n') {
		return err_set(e, ERR_BAD_INPUT, "no statement of that institution about a document");
	}
	if (!institution_keys(k, institution, public_key, secret, e)) {
		return false;
	}
	crypto_sign_detached(signature, NULL, (const unsigned char *)statement.p, statement.n, secret);
	mem_wipe(secret, sizeof secret);
	codec_put_bytes(out, str_from(signature, sizeof signature));
	return true;
}

static bool unwrap(struct keys *k, struct codec *in, struct buf *out, struct err *e)
{
	uint8_t key[32];
	struct str wrapped = codec_bytes(in, MESSAGE_MAX);
	if (!codec_end(in, e) || !keys_unwrap_with(&k->material, wrapped, key, e)) {
		return false;
	}
	codec_put_bytes(out, str_from(key, sizeof key));
	mem_wipe(key, sizeof key);
	return true;
}

static bool answer(struct keys *k, struct str request, struct buf *out, struct err *e)
{
	struct codec in = codec_of(request);
	uint8_t kind = codec_u8(&in);
	codec_put_flag(out, true);
	switch (kind) {
	case KEYS_STATUS:
		codec_put_i64(out, k->served);
		codec_put_str(out, str_of(k->sandbox.text));
		return codec_end(&in, e);
	case KEYS_PUBLIC:
		codec_put_bytes(out, str_from(k->seal_public, sizeof k->seal_public));
		return codec_end(&in, e);
	case KEYS_SIGN_SEAL:
		return sign(k, &in, out, e);
	case KEYS_UNWRAP:
		return unwrap(k, &in, out, e);
	case KEYS_INSTITUTION_PUBLIC:
		return institution_public(k, &in, out, e);
	case KEYS_SIGN_DOCUMENT:
		return sign_document(k, &in, out, e);
	default:
		return err_set(e, ERR_BAD_INPUT, "keys knows no message %u", kind);
	}
}

static void serve_one(struct keys *k, int fd)
{
	struct err e;
	struct message m;
	struct buf out;
	message_init(&m, MESSAGE_MAX);
	buf_init(&out, MESSAGE_MAX);
	if (!socket_peer_is_ours(fd)) {
		log_line(LOG_WARN, "keys-refused", LOG_S("why", STR("another user")));
	} else if (message_recv(fd, &m, deadline_in(WAIT_US), &e)) {
		if (!answer(k, buf_str(&m.bytes), &out, &e) || !buf_ok(&out, &e)) {
			log_err(LOG_WARN, "keys-refused", &e);
			reply_put_err(&out, &e);
		}
		k->served++;
		if (!message_send(fd, buf_str(&out), NULL, 0, deadline_in(WAIT_US), &e)) {
			log_err(LOG_WARN, "keys-reply", &e);
		}
	} else if (e.code != ERR_GONE) {
		log_err(LOG_WARN, "keys-request", &e);
	}
	message_release_secret(&m);
	buf_release_secret(&out);
}

static int serve(struct keys *k, int listen_fd, struct signals *signals)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = signals->fd, .events = POLLIN}, {.fd = listen_fd, .events = POLLIN}};
		if (poll(p, 2, -1) < 0 && errno != EINTR) {
			return EXIT_FAILED;
		}
		if (p[0].revents && signals_wait(signals, 0) == SIGNAL_STOP) {
			return EXIT_STOPPED;
		}
		if (p[1].revents) {
			struct err e;
			int fd = -1;
			if (socket_accept(listen_fd, deadline_in(0), &fd, &e)) {
				serve_one(k, fd);
				socket_close(&fd);
			} else if (e.code != ERR_BUSY) {
				log_err(LOG_ERROR, "keys-accept", &e);
				return EXIT_FAILED;
			}
		}
	}
}

int keys_process_run(struct str dir, int listen_fd)
{
	struct err e;
	struct signals signals = {-1};
	int code = EXIT_UNUSABLE;
	if (sodium_init() < 0) {
		return EXIT_FAILED;
	}
	struct keys *k = sodium_malloc(sizeof *k);
	if (!k) {
		return EXIT_FAILED;
	}
	memset(k, 0, sizeof *k);
	/* No debugger, no core file, no reading through /proc by another process of this user. */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "keys");
	if (!keys_read_master(dir, &k->material, &e)) {
		log_err(LOG_ERROR, "keys-unusable", &e);
		goto out;
	}
	crypto_sign_seed_keypair(k->seal_public, k->seal_secret, k->material.seal_seed);
	struct sandbox_spec spec = {.role = SANDBOX_KEYS, .files_max = 64};
	code = EXIT_FAILED;
	if (!signals_open(&signals, &e) || !sandbox_lock(&spec, &k->sandbox, &e)) {
		log_err(LOG_ERROR, "keys-not-started", &e);
		goto out;
	}
	log_line(LOG_INFO, "keys-ready", LOG_S("sandbox", str_of(k->sandbox.text)));
	code = serve(k, listen_fd, &signals);
out:
	signals_close(&signals);
	sodium_free(k); /* wipes */
	return code;
}
