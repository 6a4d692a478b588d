# Events and what follows from them: the relay's queue, the log, the seal, timers, errands.
room event

table event "What happened: each move appends one row; none is ever changed or removed"
  route           id       internal  "the party, or whoever the root row belongs to"
  id              id       internal  "ordered in time"
  room            text     internal  "which part of the program: cases"
  kind            text     internal  "what happened: submitted"
  version         int      internal  "of the kind's payload"
  casefile        id       internal  "0: none"
  institution     id       internal  "0: none"
  service         text     internal  "the service's name; empty: none"
  actor           id       internal  "party of the account that did it; 0: the program"
  effective_at    instant  internal  "when it counts"
  recorded_at     instant  internal  "legal time of the append"
  payload_digest  bytes    internal  "SHA-256 of salt and personal payload; empty: there was none"
  public_payload  text     internal  "JSON without personal data, kept for ever; empty: none"
  key route id
  index by_casefile route casefile id
  small

table event_payload "The personal part of an event; erasure deletes the row and leaves the event and its seal whole"
  route    id     internal  "the event's"
  event    id     internal  "the event's id"
  salt     bytes  internal  "16 random bytes, so that the digest tells nothing once this row is gone"
  payload  json   personal  "what the event says about people"
  key route event
  refers route event to event route id

table outbox "Events that not every subscriber has seen yet"
  route      id    internal  "the event's"
  id         id    internal  "the event's id"
  tries      int   internal  "how often a subscriber failed on it; from 8 on it no longer holds up others"
  is_logged  flag  internal  "it stands in event_log already"
  key route id
  index by_order id
  small

table applied "Which event a subscriber has worked into which target: it is never worked in twice"
  target      id    internal  "the route of the read model's rows"
  subscriber  text  internal  "the subscriber's name"
  event       id    internal  "the event's id"
  key target subscriber event
  small

table event_log "The order of all events, as the relay took them out of the outbox; what the seal covers"
  log       id     internal  "which log: 1, for there is one"
  position  int    internal  "1, 2, 3 ... without gaps"
  route     id     internal  "the event's"
  event     id     internal  "the event's id"
  leaf      bytes  internal  "Merkle leaf hash of the event without its personal payload"
  key log position
  unique by_event log event route
  small

table seal "Signed batches of the log, each naming the one before"
  log        id       internal  "the log's"
  batch      int      internal  "1, 2, 3 ...; as a key it lets only one sealer win"
  first      int      internal  "position of its first event in event_log"
  leaves     int      internal  "how many events"
  root       bytes    internal  "Merkle root, RFC 6962, SHA-256"
  previous   bytes    internal  "hash of the seal before; zeros for the first"
  hash       bytes    internal  "SHA-256 of the signed message"
  signature  bytes    internal  "Ed25519 over the message"
  sealed_at  instant  internal  "legal time"
  key log batch
  small

table timer "Hints that something is due; who fires reads again whether it still is"
  route    id       internal  "whose transaction fires it"
  kind     text     internal  "which call: cases.clock"
  subject  id       internal  "what it is about: a casefile"
  bucket   int      internal  "hash of the route: who may fire it holds the lease on the bucket"
  due_at   instant  internal  "legal time"
  tries    int      internal  "how often firing failed"
  key route kind subject
  index by_due bucket due_at
  small

table errand "What is to be done outside the store: a mail, a web hook, a document; gone when it is done"
  route    id       internal  "the party or institution whose move it follows from"
  kind     text     internal  "which call: mail.notice"
  subject  id       internal  "what it is about: a notice"
  bucket   int      internal  "hash of the route: who runs it holds the lease on the bucket"
  due_at   instant  internal  "legal time; after a try that failed, when the next one is"
  tries    int      internal  "how often it was tried"
  version  int      internal  "counts how often it was added: one added while it runs is run again"
  begun    id       internal  "for what is done at most once: the process that began it; 0: nobody"
  key route kind subject
  index by_due kind bucket due_at
  small

statement event_insert exec 1
  route route
  insert into event (route, id, room, kind, version, casefile, institution, service, actor, effective_at, recorded_at,
    payload_digest, public_payload)
  values (:route, :id, :room, :kind, :version, :casefile, :institution, :service, :actor, :effective_at, :recorded_at,
    :payload_digest, :public_payload)

statement event_payload_insert exec 1
  route route
  insert into event_payload (route, event, salt, payload) values (:route, :event, :salt, :payload)

statement event_payload_erase exec any "Erasure: the event and its digest stay"
  route route
  delete from event_payload where route = :route and event = :event

statement outbox_insert exec 1
  route route
  insert into outbox (route, id, tries, is_logged) values (:route, :id, 0, 0)

statement event_newest maybe "of a casefile, or of those without one"
  route route
  select id from event where route = :route and casefile = :casefile order by route desc, casefile desc, id desc limit 1

statement event_of_casefile many "By its index (id > 0: all): who has many cases has many more events"
  route route
  select e.id, e.room, e.kind, e.version, e.institution, e.service, e.actor, e.effective_at, e.recorded_at,
    e.payload_digest, e.public_payload, p.payload
  from event e left join event_payload p on p.route = e.route and p.event = e.id
  where e.route = :route and e.casefile = :casefile and e.id > 0 order by e.id

# --- Relay. Its reads see every route; rows of several routes of one place are changed together.

statement outbox_keys many scatter "The order of all that waits at one moment"
  in most int
  select id, route from outbox order by id, route limit :most

statement outbox_page many scatter "In order of appending, after a place in that order"
  in most int
  select o.route, o.id, o.tries, o.is_logged, e.room, e.kind, e.version, e.casefile, e.institution, e.service, e.actor,
    e.effective_at, e.recorded_at, e.payload_digest, e.public_payload, p.payload
  from outbox o join event e on e.route = o.route and e.id = o.id
    left join event_payload p on p.route = o.route and p.event = o.id
  where o.id > :id or (o.id = :id and o.route > :route) order by o.id, o.route limit :most

statement outbox_count count scatter
  select count(*) from outbox

statement outbox_count_tried count scatter
  in least int
  select count(*) from outbox where tries >= :least

statement outbox_done exec any scatter "No row: another relay took it off"
  route route
  delete from outbox where route = :route and id = :id

statement outbox_tried exec any scatter
  route route
  update outbox set tries = tries + 1, is_logged = :is_logged where route = :route and id = :id

statement applied_insert exec any scatter "No row: worked in already. Opens the job, before any root row of the target"
  route target
  insert into applied (target, subscriber, event) values (:target, :subscriber, :event)
  on conflict (target, subscriber, event) do nothing

statement applied_trim exec any "Before the oldest event of the outbox nothing comes again"
  route target
  in before id
  delete from applied where target = :target and subscriber = :subscriber and event < :before

# --- The log and its seal.

statement event_log_end count scatter "Opens the job that appends"
  route log
  select coalesce(max(position), 0) from event_log where log = :log

statement event_log_has many "which of these are in the log already"
  route log
  in events id[]
  select route, event from event_log where log = :log and event in :events

statement event_log_insert exec 1
  route log
  insert into event_log (log, position, route, event, leaf) values (:log, :position, :route, :event, :leaf)

statement event_log_page many
  route log
  in most int
  select position, route, event, leaf from event_log where log = :log and position >= :position order by position limit :most

statement event_sealed maybe "What the leaf of the log stands for"
  route route
  out has_payload flag
  select e.room, e.kind, e.version, e.casefile, e.institution, e.service, e.actor, e.effective_at, e.recorded_at, e.payload_digest,
    e.public_payload, case when p.event is null then 0 else 1 end as has_payload, p.salt, p.payload
  from event e left join event_payload p on p.route = e.route and p.event = e.id
  where e.route = :route and e.id = :id

statement event_keys many scatter "All events, to count them piece by piece"
  in most int
  select route, id from event where (route, id) > (:route, :id) order by route, id limit :most

statement event_page many scatter "All events with what they say, for recomputing; waits: not every subscriber has seen it"
  in most int
  out waits flag
  select e.route, e.id, e.room, e.kind, e.version, e.casefile, e.institution, e.service, e.actor, e.effective_at, e.recorded_at,
    e.payload_digest, e.public_payload, p.payload, case when o.id is null then 0 else 1 end as waits
  from event e left join event_payload p on p.route = e.route and p.event = e.id
    left join outbox o on o.route = e.route and o.id = e.id
  where (e.route, e.id) > (:route, :id) order by e.route, e.id limit :most

statement outbox_unlogged many scatter "Events that wait for the log, or stand in it and wait to be taken off the outbox"
  in most int
  select route, id from outbox where is_logged = 0 and (route, id) > (:route, :id) order by route, id limit :most

statement seal_last maybe scatter
  route log
  select batch, first, leaves, root, previous, hash, signature, sealed_at from seal where log = :log
  order by log desc, batch desc limit 1

statement seal_get maybe
  route log
  select batch, first, leaves, root, previous, hash, signature, sealed_at from seal where log = :log and batch = :batch

statement seal_insert exec 1 root
  route log
  insert into seal (log, batch, first, leaves, root, previous, hash, signature, sealed_at)
  values (:log, :batch, :first, :leaves, :root, :previous, :hash, :signature, :sealed_at)

# --- Timers.

statement timer_put exec 1
  route route
  insert into timer (route, kind, subject, bucket, due_at, tries) values (:route, :kind, :subject, :bucket, :due_at, 0)
  on conflict (route, kind, subject) do update set due_at = excluded.due_at, tries = 0

statement timer_remove exec any
  route route
  delete from timer where route = :route and kind = :kind and subject = :subject

statement timer_put_near exec 1 scatter "Of another route of the same place"
  route route
  insert into timer (route, kind, subject, bucket, due_at, tries) values (:route, :kind, :subject, :bucket, :due_at, 0)
  on conflict (route, kind, subject) do update set due_at = excluded.due_at, tries = 0

statement timer_remove_near exec any scatter "The same"
  route route
  delete from timer where route = :route and kind = :kind and subject = :subject

statement timer_take exec any scatter "No row: it was cleared, moved or fired. Opens the job, before the root row"
  route route
  in now instant
  delete from timer where route = :route and kind = :kind and subject = :subject and due_at <= :now

statement timer_failed exec any scatter
  route route
  update timer set tries = tries + 1 where route = :route and kind = :kind and subject = :subject

statement timer_any maybe scatter "Of some buckets the first with something due"
  in buckets id[]
  in now instant
  select bucket from timer where bucket in :buckets and due_at <= :now order by bucket limit 1

statement timer_due many scatter "Of a bucket in order of due time, after a place in that order"
  in most int
  in now instant
  in after instant
  select route, kind, subject, due_at, tries from timer
  where bucket = :bucket and due_at <= :now and (due_at, route, kind, subject) > (:after, :route, :kind, :subject)
  order by due_at, route, kind, subject limit :most

# --- Errands (store/errand.h).

statement errand_put exec 1
  route route
  insert into errand (route, kind, subject, bucket, due_at, tries, version, begun)
  values (:route, :kind, :subject, :bucket, :due_at, 0, 1, 0)
  on conflict (route, kind, subject) do update set due_at = excluded.due_at, tries = 0, version = errand.version + 1

statement errand_remove exec any
  route route
  delete from errand where route = :route and kind = :kind and subject = :subject and begun = 0

# --- Those that run them: each opens a job of its own, before any root row.

statement errand_mark exec any scatter "No row: it ended, or somebody else has begun it"
  route route
  in by id
  update errand set begun = :by where route = :route and kind = :kind and subject = :subject and begun = :begun

statement errand_over exec any scatter "No row: it was added again meanwhile"
  route route
  delete from errand where route = :route and kind = :kind and subject = :subject and version = :version

statement errand_again exec any scatter "No row: it was added again meanwhile"
  route route
  update errand set tries = tries + 1, due_at = :due_at, begun = 0
  where route = :route and kind = :kind and subject = :subject and version = :version

statement errand_free exec any scatter "Added while it ran: it is begun by nobody"
  route route
  update errand set begun = 0 where route = :route and kind = :kind and subject = :subject

statement errand_any maybe scatter "Of some buckets the first with something due"
  in buckets id[]
  in now instant
  select bucket from errand where kind = :kind and bucket in :buckets and due_at <= :now order by bucket limit 1

statement errand_due many scatter "The first ones of a bucket"
  in most int
  in now instant
  select route, subject, tries, version, begun from errand
  where kind = :kind and bucket = :bucket and due_at <= :now order by due_at limit :most

statement errand_count count scatter
  select count(*) from errand
