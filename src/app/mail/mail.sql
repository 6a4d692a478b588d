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
