#include "html/assets.h"

#include "base/err.h"

const struct asset *asset_find(struct str path)
{
	for (size_t i = 0; i < asset_n; i++) {
		if (str_is(path, assets[i].path)) {
			return &assets[i];
		}
	}
	return NULL;
}

const char *asset_url(const char *name)
{
	const struct asset *found = NULL;
	for (size_t i = 0; i < asset_n && found == NULL; i++) {
		found = strcmp(assets[i].name, name) == 0 ? &assets[i] : NULL;
	}
	must(found != NULL);
	return found->path;
}
