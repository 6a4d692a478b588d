# Enquiries: a question to an institution and what is said in the same thread. The words are the events' personal part. An answer that
# is worth it becomes a question and answer on the service's page, proposed by one official and published by another.
room enquiries

table enquiry "a question to an institution: the root row of its thread"
  party        id       internal  "who asks"
  id           id       internal  "ordered in time"
  version      int      internal  "root row version"
  institution  id       internal  "who answers"
  service      text     internal  "pack id of the service it is about; empty: the institution"
  state        int      internal  "enum enquiry_state"
  asked_by     id       internal  "account that asked"
  asked_at     instant  internal  "when it was asked first"
  changed_at   instant  internal  "when something was said last"
  draft        id       internal  "the application that was begun from it; 0: none"
  key party id

table enquiry_queue "read model: the enquiries of an institution"
  institution  id       internal  "who answers"
  enquiry      id       internal  "the enquiry"
  party        id       internal  "who asks"
  name         text     identity  "for the list"
  service      text     internal  "pack id or empty"
  state        int      internal  "enum enquiry_state"
  changed_at   instant  internal  "when something was said last"
  event        id       internal  "the newest event that is in here"
  key institution enquiry
  index by_state institution state enquiry

table faq "a question and answer for a service's page, without a word about anybody"
  institution   id       internal  "whose service it is"
  id            id       internal  "ordered in time"
  version       int      internal  "root row version"
  service       text     public    "pack id of the service"
  state         int      internal  "enum faq_state"
  question_en   text     public    "in English; empty: only in Chinese"
  answer_en     text     public    "the same"
  question_zh   text     public    "in Chinese; empty: only in English"
  answer_zh     text     public    "the same"
  proposed_by   id       internal  "account of the official"
  proposed_name text     internal  "the official's name"
  decided_by    id       internal  "account of the one who published or declined it; 0: nobody yet"
  changed_at    instant  internal  "when it was proposed, published or taken away"
  key institution id
  index by_service institution service id

statement enquiry_insert root exec 1
  route party
  insert into enquiry (party, id, version, institution, service, state, asked_by, asked_at, changed_at, draft)
  values (:party, :id, 1, :institution, :service, :state, :asked_by, :asked_at, :changed_at, 0)

statement enquiry_move root exec 1 "the guard: nobody said anything since it was read"
  route party
  update enquiry set version = version + 1, state = :state, changed_at = :changed_at
  where party = :party and id = :id and version = :version

statement enquiry_set_draft root exec 1
  route party
  update enquiry set version = version + 1, draft = :draft where party = :party and id = :id and version = :version

statement enquiry_get maybe
  route party
  select party, id, version, institution, service, state, asked_by, asked_at, changed_at, draft
  from enquiry where party = :party and id = :id

statement enquiry_of_party many "newest first"
  route party
  in most int
  select party, id, institution, service, state, changed_at
  from enquiry where party = :party order by party desc, id desc limit :most

statement enquiry_queue_add exec any "or again, when the relay runs twice"
  route institution
  insert into enquiry_queue (institution, enquiry, party, name, service, state, changed_at, event)
  values (:institution, :enquiry, :party, :name, :service, :state, :changed_at, :event)
  on conflict (institution, enquiry) do nothing

statement enquiry_queue_set exec any "only forward"
  route institution
  update enquiry_queue set state = :state, changed_at = :changed_at, event = :event
  where institution = :institution and enquiry = :enquiry and event < :event

statement enquiry_queue_get maybe
  route institution
  select party, service, state from enquiry_queue where institution = :institution and enquiry = :enquiry

statement enquiry_queue_page many "oldest first"
  route institution
  in state int
  in after id
  in most int
  select enquiry, party, name, service, state, changed_at
  from enquiry_queue where institution = :institution and state = :state and enquiry > :after
  order by institution, state, enquiry limit :most

statement enquiry_queue_all many scatter
  in after_institution id
  in after_enquiry id
  in most int
  select institution, enquiry, party, name, service, state, changed_at, event
  from enquiry_queue where (institution, enquiry) > (:after_institution, :after_enquiry)
  order by institution, enquiry limit :most

statement faq_insert root exec 1
  route institution
  insert into faq (institution, id, version, service, state, question_en, answer_en, question_zh, answer_zh, proposed_by,
    proposed_name, decided_by, changed_at)
  values (:institution, :id, 1, :service, :state, :question_en, :answer_en, :question_zh, :answer_zh, :proposed_by,
    :proposed_name, 0, :changed_at)

statement faq_decide root exec 1
  route institution
  update faq set version = version + 1, state = :state, decided_by = :decided_by, changed_at = :changed_at
  where institution = :institution and id = :id and version = :version

statement faq_get maybe
  route institution
  select id, version, service, state, question_en, answer_en, question_zh, answer_zh, proposed_by
  from faq where institution = :institution and id = :id

statement faq_of_office many "proposed and published, oldest first"
  route institution
  in most int
  select id, version, service, state, question_en, answer_en, question_zh, answer_zh, proposed_by, proposed_name
  from faq where institution = :institution and state < 3 order by institution, id limit :most

statement faq_of_service many "published, oldest first"
  route institution
  in service text
  in most int
  select question_en, answer_en, question_zh, answer_zh
  from faq where institution = :institution and service = :service and state = 2 order by institution, service, id limit :most
