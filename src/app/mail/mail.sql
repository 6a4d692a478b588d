# Mailboxes, how people want to be told, and the notices that say that a message is there.
room mail

table message "what a party was told; the text is made from the kind in the reader's language"
  party        id        internal  "whose mailbox"
  id           id        internal  "ordered in time"
  kind         text      internal  "a word of MAIL_KINDS: decided"
  casefile     id        internal  "what it is about; 0: nothing of this kind"
  draft        id        internal  "an application that is not sent yet; 0: none"
  institution  id        internal  "who writes"
  service      text      internal  "pack id; empty: none"
  official     text      personal  "who of the institution; empty: the program"
  words        text      personal  "of the official, as written"
  number       text      internal  "of case, permit or parcel; empty: none"
  day          date      internal  "the date in the text"
  has_letter   flag      internal  "the decision letter of the case belongs to it"
  needs_proof  flag      internal  "its opening is shown to the office"
  posted_at    instant   internal  "when it was put there"
  is_unread    flag      internal  "nobody has opened it"
  read_at      instant?  internal  "when it was opened first"
  read_by      id        internal  "account that opened it; 0: nobody"
  key party id
  index by_unread party is_unread
  index by_casefile party casefile id

table notice "that a message is there, told outside"
  party        id       internal  "who is told"
  id           id       internal  "ordered in time"
  version      int      internal  "root row version"
  message      id       internal  "what it tells of"
  institution  id       internal  "whose print queue and list of failures it may come to"
  way          int      internal  "enum mail_way; 0: not decided yet"
  state        int      internal  "enum notice_state"
  address      text     identity  "where it went"
  name         text     identity  "of the party, for the office's lists"
  why          text     personal  "what the other side said last"
  made_at      instant  internal  "when the message was put there, or the notice asked for again"
  changed_at   instant  internal  "since when it is in this state"
  key party id
  refers party message to message party id

table way "how a party wants to be told; no row: by letter"
  party         id        internal  "who"
  version       int       internal  "root row version"
  way           int       internal  "enum mail_way"
  email         text      identity  "confirmed address, or empty"
  email_asked   text      identity  "address that is to be confirmed, or empty"
  asked_at      instant   internal  "when that was asked: part of the link's proof"
  phone         text      identity  "for SMS, E.164, or empty"
  post_address  text      identity  "for letters: lines, or empty"
  lang          text      internal  "tag of the language, or empty"
  failed_at     instant?  internal  "the address failed: letters until another one is chosen"
  key party

table desk_mail "read model: an institution's letters to print and notices that did not arrive"
  institution  id       internal  "whose"
  notice       id       internal  "the notice"
  party        id       internal  "to whom"
  list         int      internal  "enum mail_list"
  way          int      internal  "enum mail_way"
  name         text     identity  "of the party"
  why          text     personal  "what the other side said"
  changed_at   instant  internal  "since when"
  event        id       internal  "the newest event that is in here"
  key institution notice
  index by_list institution list notice

# --- Messages -----------------------------------------------------------------------------------------------------------

statement message_insert exec 1
  route party
  insert into message (party, id, kind, casefile, draft, institution, service, official, words, number, day, has_letter,
    needs_proof, posted_at, is_unread, read_at, read_by)
  values (:party, :id, :kind, :casefile, :draft, :institution, :service, :official, :words, :number, :day, :has_letter,
    :needs_proof, :posted_at, 1, null, 0)

# --- Notices ------------------------------------------------------------------------------------------------------------

statement notice_insert exec 1
  route party
  insert into notice (party, id, version, message, institution, way, state, address, name, why, made_at, changed_at)
  values (:party, :id, 1, :message, :institution, :way, :state, :address, :name, :why, :made_at, :made_at)

statement notice_get maybe
  route party
  select party, id, version, message, institution, way, state, address, name, why, made_at, changed_at
  from notice where party = :party and id = :id

statement notice_of_message many "oldest first"
  route party
  in most int
  select party, id, way, state, changed_at from notice where party = :party and message = :message order by id limit :most

statement notice_set root exec 1 "the guard: it is as it was read"
  route party
  update notice set version = version + 1, way = :way, state = :state, address = :address, why = :why,
    changed_at = :changed_at
  where party = :party and id = :id and version = :version

statement notice_touch root exec 1 "opens a job that then reads what it is; no row: there is no such notice"
  route party
  update notice set version = version + 1 where party = :party and id = :id

statement notice_renew exec any "from now on it is tried anew"
  route party
  update notice set made_at = :made_at, name = :name where party = :party and id = :id

# --- The mailbox --------------------------------------------------------------------------------------------------------

statement message_get maybe
  route party
  select party, id, kind, casefile, draft, institution, service, official, words, number, day, has_letter, needs_proof,
    posted_at, is_unread, read_at, read_by
  from message where party = :party and id = :id

statement message_page many "newest first"
  route party
  in before id
  in most int
  select id, kind, casefile, draft, institution, service, official, words, number, day, has_letter, needs_proof,
    posted_at, is_unread, read_at, read_by
  from message where party = :party and id < :before order by party desc, id desc limit :most

statement message_of_case many "newest first"
  route party
  in most int
  select id, kind, institution, day, needs_proof, posted_at, is_unread, read_at, read_by
  from message where party = :party and casefile = :casefile order by party desc, casefile desc, id desc limit :most

statement message_unproved many "of a case, unopened, whose opening is to be proved"
  route party
  in most int
  select id, kind, institution, service from message
  where party = :party and casefile = :casefile and is_unread = 1 and needs_proof = 1
  order by party desc, casefile desc, id desc limit :most

statement message_unread many "counted up to a limit"
  route party
  in most int
  select id from message where party = :party and is_unread = 1 limit :most

statement message_open root exec 1 "the first time"
  route party
  update message set is_unread = 0, read_at = :read_at, read_by = :read_by
  where party = :party and id = :id and is_unread = 1

# --- Ways ---------------------------------------------------------------------------------------------------------------

statement way_get maybe
  route party
  select party, version, way, email, email_asked, asked_at, phone, post_address, lang, failed_at
  from way where party = :party

statement way_insert root exec 1
  route party
  insert into way (party, version, way, email, email_asked, asked_at, phone, post_address, lang, failed_at)
  values (:party, 1, :way, :email, :email_asked, :asked_at, :phone, :post_address, :lang, null)

statement way_set root exec 1
  route party
  update way set version = version + 1, way = :way, email = :email, email_asked = :email_asked, asked_at = :asked_at,
    phone = :phone, post_address = :post_address, lang = :lang, failed_at = :failed_at
  where party = :party and version = :version

statement way_fail exec any "what came back went to the address that is still the one"
  route party
  update way set version = version + 1, failed_at = :failed_at where party = :party

# --- The office ---------------------------------------------------------------------------------------------------------

statement desk_mail_put exec any
  route institution
  insert into desk_mail (institution, notice, party, list, way, name, why, changed_at, event)
  values (:institution, :notice, :party, :list, :way, :name, :why, :changed_at, :event)
  on conflict (institution, notice) do update set list = excluded.list, way = excluded.way, name = excluded.name,
    why = excluded.why, changed_at = excluded.changed_at, event = excluded.event
  where excluded.event > desk_mail.event

statement desk_mail_drop exec any
  route institution
  delete from desk_mail where institution = :institution and notice = :notice and event < :event

statement desk_mail_get maybe
  route institution
  select notice, party, list, way, name, why, changed_at from desk_mail where institution = :institution and notice = :notice

statement desk_mail_page many "oldest first"
  route institution
  in after id
  in most int
  select notice, party, way, name, why, changed_at from desk_mail
  where institution = :institution and list = :list and notice > :after order by institution, list, notice limit :most

statement desk_mail_all many scatter
  in after_institution id
  in after_notice id
  in most int
  select institution, notice, party, list, way, name, why, changed_at, event from desk_mail
  where (institution, notice) > (:after_institution, :after_notice) order by institution, notice limit :most
