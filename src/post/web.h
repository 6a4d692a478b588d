/* A POST by HTTP over a curl handle that keeps its connections. */
#ifndef CITYHALL_POST_WEB_H
#define CITYHALL_POST_WEB_H

#include <curl/curl.h>

#include "os/post_client.h"
#include "post/session.h"

/* `reply` gets the answer's body, cut off at its cap. */
void web_send(CURL *curl, const struct post_settings *s, const struct post_request *request, struct buf *reply,
              struct post_answer *out);

#endif
