/* What `serve` and the post process say to each other (base/codec.h), shared by both ends.
 *
 *	serve                                   post
 *	POST_MAIL from, to, message        ->
 *	                                   <-   POST_READY, or POST_END answer
 *	POST_GO                            ->
 *	                                   <-   POST_END answer
 *	POST_HTTP target, url, time, n, headers, body
 *	                                   <-   POST_END answer, body
 *	POST_STATUS                        ->
 *	                                   <-   POST_END ...
 */
#ifndef CITYHALL_OS_POST_PROTOCOL_H
#define CITYHALL_OS_POST_PROTOCOL_H

#include "base/codec.h"
#include "os/post_client.h"

enum post_message {
	POST_MAIL = 1,   /* from, to (str), message (bytes) */
	POST_GO = 2,     /* the message may be ended */
	POST_HTTP = 3,   /* target (u8), url (str), milliseconds (i64), n (u8), n times name, value (str), body (bytes) */
	POST_STATUS = 4, /* -> flags has_smtp, has_sms, mails, requests (i64), sandbox (str) */
	POST_READY = 16, /* all but the end is with the server */
	POST_END = 17,   /* end (u8), code (u32), said (str); of POST_HTTP then the body (bytes) */
};

#define POST_REQUEST_MAX (POST_MESSAGE_MAX + 64 * 1024)
#define POST_ANSWER_MAX (POST_REPLY_MAX + 4096)
#define POST_ADDRESS_MAX 320
#define POST_URL_MAX 2000
#define POST_HEADER_MAX 4000

#endif
