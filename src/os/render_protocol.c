#include "os/render_protocol.h"

const char *const render_says[] = {
#define X(name, sentence) sentence,
	RENDER_SAYS(X)
#undef X
		NULL};

void document_put(struct buf *to, const struct document *d)
{
	codec_put_str(to, d->title);
	codec_put_str(to, d->lang);
	codec_put_flag(to, d->is_rtl);
	codec_put_str(to, d->city);
	codec_put_str(to, d->place);
	codec_put_str(to, d->institution);
	codec_put_str(to, d->footer);
	codec_put_str(to, d->page_label);
	codec_put_i64(to, d->made_us);
	codec_put_u32(to, (uint32_t)d->block_n);
	for (size_t i = 0; i < d->block_n; i++) {
		const struct document_block *b = &d->blocks[i];
		codec_put_u8(to, (uint8_t)b->kind);
		codec_put_u32(to, b->level);
		codec_put_u8(to, (uint8_t)b->style);
		codec_put_str(to, b->text);
		codec_put_str(to, b->caption);
		codec_put_u32(to, (uint32_t)b->item_n);
		for (size_t j = 0; j < b->item_n; j++) {
			codec_put_str(to, b->items[j].term);
			codec_put_str(to, b->items[j].value);
			codec_put_str(to, b->items[j].note);
		}
	}
}

static bool get_block(struct codec *from, struct arena *a, struct document_block *b)
{
	b->kind = (enum block_kind)codec_u8(from);
	b->level = codec_u32(from);
	b->style = (enum paragraph_style)codec_u8(from);
	b->text = codec_str(from, DOCUMENT_BYTES_MAX);
	b->caption = codec_str(from, DOCUMENT_BYTES_MAX);
	b->item_n = codec_u32(from);
	if (b->kind < BLOCK_HEADING || b->kind > BLOCK_PAGE || b->style > PARAGRAPH_SMALL ||
	    b->item_n > DOCUMENT_ITEMS_MAX) {
		return false;
	}
	struct document_item *items = arena_new(a, struct document_item, b->item_n);
	if (b->item_n > 0 && !items) {
		return false;
	}
	for (size_t i = 0; i < b->item_n; i++) {
		items[i].term = codec_str(from, DOCUMENT_BYTES_MAX);
		items[i].value = codec_str(from, DOCUMENT_BYTES_MAX);
		items[i].note = codec_str(from, DOCUMENT_BYTES_MAX);
	}
	b->items = items;
	return !from->failed;
}

bool document_get(struct codec *from, struct arena *a, struct document *out, struct err *e)
{
	out->title = codec_str(from, DOCUMENT_BYTES_MAX);
	out->lang = codec_str(from, 35); /* RFC 5646 section 4.4.1 asks for no more */
	out->is_rtl = codec_flag(from);
	out->city = codec_str(from, DOCUMENT_BYTES_MAX);
	out->place = codec_str(from, DOCUMENT_BYTES_MAX);
	out->institution = codec_str(from, DOCUMENT_BYTES_MAX);
	out->footer = codec_str(from, DOCUMENT_BYTES_MAX);
	out->page_label = codec_str(from, DOCUMENT_BYTES_MAX);
	out->made_us = codec_i64(from);
	out->block_n = codec_u32(from);
	if (out->block_n > DOCUMENT_BLOCKS_MAX) {
		return err_set(e, ERR_TOO_LARGE, "a document of %zu blocks", out->block_n);
	}
	struct document_block *blocks = arena_new(a, struct document_block, out->block_n);
	for (size_t i = 0; i < out->block_n; i++) {
		if (!blocks || !get_block(from, a, &blocks[i])) {
			return err_set(e, a->is_full ? ERR_MEMORY : ERR_CORRUPT, "block %zu of a document cannot be read", i);
		}
	}
	out->blocks = blocks;
	return codec_end(from, e);
}
