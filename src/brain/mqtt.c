#include "brain/mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <pthread.h>
#include <time.h>

#include "base/codec.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "os/socket.h"

enum { KEEP_ALIVE_S = 5, COME_BACK_S = 1, TOPIC_MAX_BYTES = 1024, PAYLOAD_MAX_BYTES = 256 * 1024 };

struct mqtt {
	struct mosquitto *client;
	const char *subscribe;
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct buf waiting; /* topics and payloads, by codec */
	bool is_up;
	uint64_t lost; /* came while there was no room */
};

static void connected(struct mosquitto *client, void *ctx, int why)
{
	struct mqtt *m = ctx;
	if (why == 0 && m->subscribe != NULL) {
		mosquitto_subscribe(client, NULL, m->subscribe, 0);
	}
	log_line(why == 0 ? LOG_INFO : LOG_WARN, why == 0 ? "broker-there" : "broker-refuses", LOG_I("code", why),
	         LOG_S("why", str_of(mosquitto_connack_string(why))));
	pthread_mutex_lock(&m->lock);
	m->is_up = why == 0;
	pthread_cond_broadcast(&m->came);
	pthread_mutex_unlock(&m->lock);
}

static void disconnected(struct mosquitto *client, void *ctx, int why)
{
	struct mqtt *m = ctx;
	(void)client;
	pthread_mutex_lock(&m->lock);
	bool was_up = m->is_up;
	m->is_up = false;
	pthread_mutex_unlock(&m->lock);
	if (was_up && why != 0) {
		log_line(LOG_WARN, "broker-lost", LOG_I("code", why));
	}
}

static void heard(struct mosquitto *client, void *ctx, const struct mosquitto_message *message)
{
	struct mqtt *m = ctx;
	struct str topic = str_of(message->topic);
	size_t n = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
	(void)client;
	/* What the broker kept from before says nothing of now. */
	if (message->retain || topic.n > TOPIC_MAX_BYTES || n > PAYLOAD_MAX_BYTES) {
		return;
	}
	pthread_mutex_lock(&m->lock);
	if (m->waiting.n + topic.n + n + 16 < MQTT_WAITING_MAX_BYTES) {
		codec_put_bytes(&m->waiting, topic);
		codec_put_bytes(&m->waiting, str_from(message->payload, n));
	} else {
		m->lost++;
	}
	pthread_cond_signal(&m->came);
	pthread_mutex_unlock(&m->lock);
}

bool mqtt_begin(struct mqtt **out, const struct mqtt_options *o, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	*out = NULL;
	pthread_once(&once, (void (*)(void))mosquitto_lib_init);
	struct mqtt *m = mem_alloc(1, sizeof *m);
	if (m == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the broker's client");
	}
	*m = (struct mqtt){.subscribe = o->subscribe, .client = mosquitto_new(NULL, true, m)};
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->came, &clock);
	pthread_condattr_destroy(&clock);
	buf_init(&m->waiting, MQTT_WAITING_MAX_BYTES);
	int why = m->client == NULL ? MOSQ_ERR_NOMEM : MOSQ_ERR_SUCCESS;
	if (why == 0) {
		mosquitto_connect_callback_set(m->client, connected);
		mosquitto_disconnect_callback_set(m->client, disconnected);
		mosquitto_message_callback_set(m->client, heard);
		mosquitto_reconnect_delay_set(m->client, COME_BACK_S, COME_BACK_S, false);
		why = mosquitto_username_pw_set(m->client, o->user, o->password);
	}
	if (why == 0 && o->authorities != NULL) {
		why = mosquitto_tls_set(m->client, o->authorities, NULL, NULL, NULL, NULL);
	}
	/* One that is away now is come to later, by the thread. */
	int there = why == 0 ? mosquitto_connect_async(m->client, o->host, o->port, KEEP_ALIVE_S) : 0;
	if (there != MOSQ_ERR_SUCCESS && there != MOSQ_ERR_ERRNO) {
		why = there;
	}
	why = why == 0 ? mosquitto_loop_start(m->client) : why;
	if (why != 0) {
		err_set(e, ERR_CONFIG, "the broker's client does not begin: %s", mosquitto_strerror(why));
		mqtt_end(m);
		return false;
	}
	*out = m;
	return true;
}

void mqtt_end(struct mqtt *m)
{
	if (m == NULL) {
		return;
	}
	if (m->client != NULL) {
		mosquitto_disconnect(m->client);
		mosquitto_loop_stop(m->client, true);
		mosquitto_destroy(m->client);
	}
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->came);
	buf_release(&m->waiting);
	mem_free(m);
}

bool mqtt_is_up(const struct mqtt *m)
{
	struct mqtt *own = (struct mqtt *)(uintptr_t)m;
	pthread_mutex_lock(&own->lock);
	bool is_up = m->is_up;
	pthread_mutex_unlock(&own->lock);
	return is_up;
}

void mqtt_publish(struct mqtt *m, struct str topic, struct str payload)
{
	char name[TOPIC_MAX_BYTES + 1];
	if (topic.n <= TOPIC_MAX_BYTES && payload.n <= PAYLOAD_MAX_BYTES && mqtt_is_up(m)) {
		memcpy(name, topic.p, topic.n);
		name[topic.n] = '\0';
		mosquitto_publish(m->client, NULL, name, (int)payload.n, payload.p, 0, false);
	}
}

void mqtt_collect(struct mqtt *m, struct buf *into, int64_t deadline)
{
	pthread_mutex_lock(&m->lock);
	while (m->waiting.n == 0 && deadline_left(deadline) > 0) {
		struct timespec until;
		int64_t left_us = deadline_left(deadline);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += left_us / US_PER_S;
		until.tv_nsec += left_us % US_PER_S * 1000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (pthread_cond_timedwait(&m->came, &m->lock, &until) == ETIMEDOUT) {
			break;
		}
	}
	struct buf full = m->waiting;
	m->waiting = *into;
	*into = full;
	buf_reset(&m->waiting);
	uint64_t lost = m->lost;
	m->lost = 0;
	pthread_mutex_unlock(&m->lock);
	if (lost > 0) {
		log_line(LOG_WARN, "messages-lost", LOG_I("number", lost));
	}
}

bool mqtt_next(struct str *rest, struct str *topic, struct str *payload)
{
	struct codec c = codec_of(*rest);
	*topic = codec_bytes(&c, TOPIC_MAX_BYTES);
	*payload = codec_bytes(&c, PAYLOAD_MAX_BYTES);
	*rest = c.rest;
	return !c.failed;
}
