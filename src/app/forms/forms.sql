# Drafts and uploads. A draft is a root row of its party; when it is submitted the casefile takes over its id and its files, and the
# row stays as what was sent.
room forms

table draft "an application that is being filled in, or was"
  party       id       internal  "the applicant"
  id          id       internal  "ordered in time; the casefile's id later"
  version     int      internal  "root row version: grows with every change of answers or files"
  state       int      internal  "1 open, 2 submitted, 3 submitted and being corrected, 4 filled in and waiting for another case"
  channel     int      internal  "how it comes: enum channel; when not 1, a row of intake says the rest"
  asked_by    id       internal  "party whose question to an office it was begun from; 0: none"
  enquiry     id       internal  "that question"
  service     text     public    "pack id of the service"
  definition  bytes    public    "digest of the definition that it was begun with"
  answers     json     identity  "canonical answers by question id, hidden ones too"
  former      bytes    public    "digest of the definition before the newest change of it; empty: there was none"
  lost        json     identity  "answers of before that the definition has no place for"
  begun_by    id       internal  "account that began it"
  begun_at    instant  internal  "legal time"
  changed_at  instant  internal  "legal time of the last change"
  key party id
  index by_state party state id

table file "an upload: the original, and the pictures that render made of it"
  party         id       internal  "the applicant"
  id            id       internal  "ordered in time"
  casefile      id       internal  "the draft's id, and later the case's"
  question      text     public    "id of the question that it answers"
  filename      text     identity  "as its owner called it"
  digest        bytes    internal  "SHA-256 of the original: names the blob"
  bytes         int      internal  "of the original"
  pages_digest  bytes    internal  "SHA-256 of the container of pictures: names the blob"
  pages_bytes   int      internal  "of the container"
  layout        json     internal  "type, size and place of each picture in the container"
  page_n        int      internal  "how many pictures"
  added_at      instant  internal  "legal time"
  is_replaced   flag     internal  "taken back by a correction; kept for the record"
  key party id
  index by_casefile party casefile id

table held "papers that we issued to a party: none of them is asked for again"
  party        id     internal  "whose it is"
  document     text   public    "id of facts.yaml"
  casefile     id     internal  "the case that gave it"
  service      text   public    "pack id of the service"
  number       text   public    "the document's number; the case's until it is made out"
  issued_on    date   internal  "the day of the decision"
  valid_until  date?  internal  "the last day on which it counts; none: without end"
  key party document casefile

table intake "how an application came that an official takes in for somebody; stays with the case"
  party              id       internal  "the applicant"
  draft              id       internal  "the draft's id, and later the case's"
  institution        id       internal  "where it was taken in"
  taken_by           id       internal  "account of the official"
  official           text     identity  "the official's name at that time"
  begun_at           instant  internal  "legal time at which it was entered"
  received_at        instant  internal  "when it counts: never after begun_at"
  proof              int      internal  "what shows the day, when it is an earlier one: enum receipt_proof"
  form               text     public    "number of the paper form that it was written on; empty: none"
  papers             json     internal  "what the official saw of each paper: evidence id to enum paper_state"
  note               text     personal  "the official's words for colleagues; the applicant's screen does not show them"
  confirmed_version  int      internal  "the draft's version that the applicant confirmed on the own screen; 0: none"
  confirmed_at       instant? internal  "when"
  key party draft

table intake_right "an official may fill in exactly this draft until it is sent; and where in it the official is"
  account      id       internal  "the official"
  draft        id       internal  "which draft"
  party        id       internal  "whose it is"
  institution  id       internal  "as whose official"
  made_at      instant  internal  "since when"
  place        text     internal  "the page that is open: what the applicant's screen shows; empty: none"
  seen_at      instant  internal  "since when it is open"
  key account draft

statement intake_insert exec 1
  route party
  insert into intake (party, draft, institution, taken_by, official, begun_at, received_at, proof, form, papers, note,
    confirmed_version, confirmed_at)
  values (:party, :draft, :institution, :taken_by, :official, :begun_at, :received_at, :proof, :form, :papers, :note, 0, null)

statement intake_get maybe
  route party
  select party, draft, institution, taken_by, official, begun_at, received_at, proof, form, papers, note, confirmed_version, confirmed_at
  from intake where party = :party and draft = :draft

statement intake_set_papers exec 1
  route party
  update intake set papers = :papers, note = :note where party = :party and draft = :draft

statement intake_confirm exec 1
  route party
  update intake set confirmed_version = :confirmed_version, confirmed_at = :confirmed_at where party = :party and draft = :draft

statement intake_delete exec any
  route party
  delete from intake where party = :party and draft = :draft

statement intake_right_add root exec 1 "again by the same press changes nothing"
  route account
  insert into intake_right (account, draft, party, institution, made_at, place, seen_at)
  values (:account, :draft, :party, :institution, :made_at, '', :made_at)
  on conflict (account, draft) do update set place = ''

statement intake_right_get maybe
  route account
  select party, institution, place, seen_at from intake_right where account = :account and draft = :draft

statement intake_right_list many "newest first"
  route account
  select draft, party, institution, made_at, place, seen_at from intake_right where account = :account
  order by account desc, draft desc limit 50

statement intake_right_leave exec any "one is at one place"
  route account
  update intake_right set place = '' where account = :account and draft <> :draft and place <> ''

statement intake_right_go root exec 1
  route account
  update intake_right set place = :place, seen_at = :seen_at where account = :account and draft = :draft

statement intake_right_sweep exec any
  in made_before instant
  route account
  delete from intake_right where account = :account and made_at < :made_before

statement held_insert exec any
  route party
  insert into held (party, document, casefile, service, number, issued_on, valid_until)
  values (:party, :document, :casefile, :service, :number, :issued_on, :valid_until)
  on conflict (party, document, casefile) do nothing

statement held_set exec any "the document itself was made out, renewed or withdrawn"
  route party
  update held set number = :number, valid_until = :valid_until
  where party = :party and document = :document and casefile = :casefile

statement held_list many
  route party
  select document, casefile, service, number, issued_on, valid_until from held where party = :party
  order by document, casefile limit 200

statement draft_insert root exec 1
  route party
  insert into draft (party, id, version, state, channel, asked_by, enquiry, service, definition, answers, former, lost, begun_by,
    begun_at, changed_at)
  values (:party, :id, 1, 1, :channel, :asked_by, :enquiry, :service, :definition, :answers, :former, :lost, :begun_by, :begun_at, :begun_at)

statement draft_insert_part exec 1 "a part of a bundle, with the answers that the whole gave it"
  route party
  insert into draft (party, id, version, state, channel, asked_by, enquiry, service, definition, answers, former, lost, begun_by,
    begun_at, changed_at)
  values (:party, :id, 1, :state, :channel, 0, 0, :service, :definition, :answers, :former, :lost, :begun_by, :begun_at, :begun_at)

statement draft_end_wait exec 1 "its turn has come, or will not come"
  route party
  update draft set version = version + 1, state = :state, changed_at = :changed_at where party = :party and id = :id and state = 4

statement draft_row maybe
  route party
  select party, id, version, state, channel, asked_by, enquiry, service, definition, answers, former, lost, begun_by, changed_at
  from draft where party = :party and id = :id

statement draft_touch root exec 1 "answers or files change; only while it is in this state"
  route party
  update draft set version = version + 1, changed_at = :changed_at
  where party = :party and id = :id and state = :state

statement draft_set_answers exec 1
  route party
  update draft set answers = :answers where party = :party and id = :id

statement draft_set_definition root exec 1 "another version of the service is in force"
  route party
  update draft set version = version + 1, changed_at = :changed_at, service = :service, definition = :definition, answers = :answers,
    former = :former, lost = :lost
  where party = :party and id = :id and version = :version and state = 1

statement draft_set_lost root exec 1 "what was lost has been read"
  route party
  update draft set version = version + 1, lost = :lost where party = :party and id = :id and state = 1

statement file_set_question exec any "its question is called otherwise"
  in old_question text
  route party
  update file set question = :question where party = :party and casefile = :casefile and question = :old_question

statement draft_close root exec 1 "submission"
  route party
  update draft set version = version + 1, state = 2, changed_at = :changed_at
  where party = :party and id = :id and version = :version and state = 1

statement draft_open_correction root exec 1
  route party
  update draft set version = version + 1, state = 3, changed_at = :changed_at
  where party = :party and id = :id and state = 2

statement draft_close_correction root exec 1
  route party
  update draft set version = version + 1, state = 2, changed_at = :changed_at
  where party = :party and id = :id and version = :version and state = 3

statement draft_delete root exec 1
  route party
  delete from draft where party = :party and id = :id and state = 1

statement draft_open_count count
  route party
  select count(*) from draft where party = :party and state = 1

statement draft_sent_list many "newest first: what was told before"
  route party
  in most int
  select id, service, definition, answers, changed_at from draft where party = :party and state = 2
  order by party desc, state desc, id desc limit :most

statement draft_open_list many "newest first"
  route party
  select id, service, definition, changed_at from draft where party = :party and state = 1
  order by party desc, state desc, id desc limit 50

statement file_insert exec 1
  route party
  insert into file (party, id, casefile, question, filename, digest, bytes, pages_digest, pages_bytes, layout, page_n, added_at, is_replaced)
  values (:party, :id, :casefile, :question, :filename, :digest, :bytes, :pages_digest, :pages_bytes, :layout, :page_n, :added_at, 0)

statement file_row_get maybe
  route party
  select party, id, casefile, question, filename, digest, bytes, pages_digest, pages_bytes, layout, page_n, added_at, is_replaced
  from file where party = :party and id = :id

statement file_list_of many
  route party
  select party, id, casefile, question, filename, digest, bytes, pages_digest, pages_bytes, layout, page_n, added_at, is_replaced
  from file where party = :party and casefile = :casefile order by id limit 1000

statement file_delete exec any
  route party
  delete from file where party = :party and id = :id and casefile = :casefile

statement file_delete_all exec any
  route party
  delete from file where party = :party and casefile = :casefile

statement file_set_replaced exec any
  route party
  update file set is_replaced = 1 where party = :party and id = :id and casefile = :casefile

statement file_naming_blob count "how many rows name it; for the sweep"
  route party
  select count(*) from file where party = :party and (digest = :digest or pages_digest = :digest)

statement file_all many scatter "for `store check`; has_draft: what it belongs to is there"
  in most int
  out has_draft flag
  select f.party, f.id, f.casefile, f.digest, f.bytes, f.pages_digest, f.pages_bytes,
    case when d.id is null then 0 else 1 end as has_draft
  from file f left join draft d on d.party = f.party and d.id = f.casefile
  where (f.party, f.id) > (:party, :id) order by f.party, f.id limit :most
