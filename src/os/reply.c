#include "os/reply.h"

void reply_put_err(struct buf *to, const struct err *e)
{
	buf_reset(to);
	codec_put_flag(to, false);
	codec_put_u32(to, e->code);
	codec_put_str(to, str_of(e->text));
	codec_put_str(to, str_of(e->say));
}

bool reply_begin(struct codec *c, const char *const *says, struct err *e)
{
	if (codec_flag(c)) {
		return true;
	}
	uint32_t code = codec_u32(c);
	struct str text = codec_str(c, REPLY_OVERHEAD_BYTES);
	struct str sentence = codec_str(c, REPLY_OVERHEAD_BYTES);
	if (!codec_end(c, e)) {
		return false;
	}
	const char *say = NULL;
	for (; says && *says && !say; says++) {
		say = str_is(sentence, *says) ? *says : NULL;
	}
	return err_tell(e, code > ERR_NONE && code <= ERR_CONFIG ? (enum err_code)code : ERR_INTERNAL, say, "%.*s",
	                STR_ARG(text));
}
