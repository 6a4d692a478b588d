# Documents of what was granted, their papers as PDF, and how they reach their holder. They belong to a casefile: what changes
# them is a move of that casefile (root: the casefile), except a new edition, which is made afterwards (root: the credential).
room credentials

table credential "a document that was granted: made out once, then only its state and its validity change"
  party         id        internal  "the holder"
  casefile      id        internal  "the case that granted it"
  id            id        internal  "ordered in time"
  version       int       internal  "root row version of new editions"
  number        text      public    "institution, year, serial"
  code          text      secret    "of its public page: 16 characters, the last a check"
  service       text      public    "pack id of the service"
  definition    bytes     public    "digest of the definition whose template it follows"
  institution   id        internal  "who granted it"
  document      text      public    "which paper of facts.yaml it is"
  case_number   text      public    "of the case that granted it"
  holder        text      identity  "name as it stands in it"
  issued_on     date      internal  "the day of the decision"
  valid_until   date?     internal  "the last day; none: without end"
  edition       int       internal  "of the papers that lie here; counted up by each renewal"
  wanted        int       internal  "the edition that is to be made; more than edition: it is on its way"
  statement     text      identity  "what was sealed: number, holder, validity, digests of the papers"
  signature     bytes     public    "Ed25519 over the statement, by the institution's key"
  made_at       instant   internal  "when this edition was made"
  suspended_at  instant?  internal  "not valid from then on; none: it is not suspended"
  withdrawn_at  instant?  internal  "not valid any more from then on"
  way           int       internal  "enum hand_over: how it is to reach its holder"
  way_by        id        internal  "account that chose the way; 0: nobody, the service's first"
  second        text      identity  "who else may collect it, as the holder named them"
  address       text      identity  "where it is to be posted"
  handed_at     instant?  internal  "handed over, posted or downloaded"
  handed_by     id        internal  "account that did that; 0: nobody yet"
  official      text      identity  "name of the official who handed it over"
  receiver      text      identity  "who got it"
  tracking      text      internal  "of the post"
  key party casefile id
  index by_party party id

table print "a document that we made, as PDF: one row a kind and language, the newest"
  party     id       internal  "whose it is"
  casefile  id       internal  "of which case"
  kind      int      internal  "enum paper_kind"
  lang      text     public    "its language"
  source    bytes    internal  "SHA-256 of what it was set from: another one has to be made when that changes"
  digest    bytes    internal  "of the PDF: the name of its blob"
  bytes     int      internal  "its size"
  made_at   instant  internal  "when"
  key party casefile kind lang

table credential_lookup "look-up: which document a public page's code belongs to; written when it is made out"
  bucket      id     internal  "first 63 bits of the hash"
  hash        bytes  internal  "keyed hash of the code"
  party       id     internal  "the holder"
  casefile    id     internal  "the case"
  credential  id     internal  "the document"
  key bucket hash

# --- Documents ----------------------------------------------------------------------------------------------------------

statement credential_get maybe "the newest of a case"
  route party
  select party, casefile, id, version, number, code, service, definition, institution, document, case_number, holder, issued_on,
    valid_until, edition, wanted, statement, signature, made_at, suspended_at, withdrawn_at, way, way_by, second, address, handed_at,
    handed_by, official, receiver, tracking
  from credential where party = :party and casefile = :casefile order by id desc limit 1

statement credential_of_party many "newest first"
  route party
  in most int
  select party, casefile, id, number, holder, definition, institution, issued_on, valid_until, suspended_at, withdrawn_at
  from credential where party = :party order by id desc limit :most

statement credential_insert exec 1
  route party
  insert into credential (party, casefile, id, version, number, code, service, definition, institution, document, case_number, holder,
    issued_on, valid_until, edition, wanted, statement, signature, made_at, suspended_at, withdrawn_at, way, way_by, second, address,
    handed_at, handed_by, official, receiver, tracking)
  values (:party, :casefile, :id, 1, :number, :code, :service, :definition, :institution, :document, :case_number, :holder, :issued_on,
    :valid_until, 1, 1, :statement, :signature, :made_at, null, null, :way, :way_by, :second, :address, null, 0, :official, :receiver, '')

statement credential_set_suspended exec 1
  route party
  update credential set suspended_at = :suspended_at where party = :party and casefile = :casefile and id = :id

statement credential_set_withdrawn exec 1
  route party
  update credential set withdrawn_at = :withdrawn_at where party = :party and casefile = :casefile and id = :id and withdrawn_at is null

statement credential_set_validity exec 1 "renewed: the next edition is wanted"
  route party
  update credential set valid_until = :valid_until, wanted = edition + 1 where party = :party and casefile = :casefile and id = :id

statement credential_edition root exec 1 "the next edition is made"
  route party
  update credential set version = version + 1, edition = wanted, statement = :statement, signature = :signature, made_at = :made_at
  where party = :party and casefile = :casefile and id = :id and version = :version and wanted > edition

statement credential_set_way exec 1
  route party
  update credential set way = :way, way_by = :way_by, second = :second, address = :address, handed_at = null, handed_by = 0
  where party = :party and casefile = :casefile and id = :id

statement credential_set_handed exec 1
  route party
  update credential set way = :way, handed_at = :handed_at, handed_by = :handed_by, official = :official, receiver = :receiver,
    tracking = :tracking
  where party = :party and casefile = :casefile and id = :id

# --- Papers -------------------------------------------------------------------------------------------------------------

statement print_get maybe
  route party
  select source, digest, bytes from print where party = :party and casefile = :casefile and kind = :kind and lang = :lang

statement print_put exec any
  route party
  insert into print (party, casefile, kind, lang, source, digest, bytes, made_at)
  values (:party, :casefile, :kind, :lang, :source, :digest, :bytes, :made_at)
  on conflict (party, casefile, kind, lang)
  do update set source = :source, digest = :digest, bytes = :bytes, made_at = :made_at

statement print_first root exec 1 "of papers that no move makes: the first of a kind and language"
  route party
  insert into print (party, casefile, kind, lang, source, digest, bytes, made_at)
  values (:party, :casefile, :kind, :lang, :source, :digest, :bytes, :made_at)

statement print_again root exec 1 "and another, when what it was set from changed"
  route party
  in former bytes
  update print set source = :source, digest = :digest, bytes = :bytes, made_at = :made_at
  where party = :party and casefile = :casefile and kind = :kind and lang = :lang and source = :former

statement print_naming_blob count "how many rows name it; for the sweep"
  route party
  select count(*) from print where party = :party and digest = :digest

# --- The public page ----------------------------------------------------------------------------------------------------

statement credential_lookup_add root exec 1
  route bucket
  insert into credential_lookup (bucket, hash, party, casefile, credential) values (:bucket, :hash, :party, :casefile, :credential)

statement credential_lookup_get maybe
  route bucket
  select party, casefile, credential from credential_lookup where bucket = :bucket and hash = :hash

# --- For `store check` --------------------------------------------------------------------------------------------------

statement credential_all many scatter
  in most int
  in after_party id
  in after_casefile id
  in after_id id
  select party, casefile, id, number, code, statement, made_at
  from credential where (party, casefile, id) > (:after_party, :after_casefile, :after_id) order by party, casefile, id limit :most

statement credential_lookup_all many scatter
  in most int
  in after_bucket id
  in after_hash bytes
  select bucket, hash, party, casefile, credential
  from credential_lookup where (bucket, hash) > (:after_bucket, :after_hash) order by bucket, hash limit :most

statement print_all many scatter
  in most int
  in after_party id
  in after_casefile id
  in after_kind int
  in after_lang text
  select party, casefile, kind, lang, digest, bytes
  from print where (party, casefile, kind, lang) > (:after_party, :after_casefile, :after_kind, :after_lang)
  order by party, casefile, kind, lang limit :most
