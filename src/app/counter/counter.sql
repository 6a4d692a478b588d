# The counter: numbered paper forms of an office, and the applicant's own screen beside an official's. What is taken in lies with the
# draft (room forms), who it is for with the people (room people).
room counter

table form_series "an office's numbered paper forms: the next number"
  institution  id   internal  "whose"
  version      int  internal  "root row version"
  next         int  internal  "the first number that was never printed"
  key institution

table form_block "forms that were printed together"
  institution  id       internal  "whose"
  id           id       internal  "ordered in time"
  service      text     public    "pack id of the service"
  first        int      internal  "the first of its numbers"
  n            int      internal  "how many"
  printed_by   id       internal  "account of the official"
  printed_at   instant  internal  "when"
  key institution id

table numbered_form "one numbered form: printed, being entered, entered; each number once"
  institution  id        internal  "whose"
  n            int       internal  "its serial"
  block        id        internal  "printed with"
  service      text      public    "pack id of the service"
  printed_at   instant   internal  "when"
  claim        id        internal  "of the press that enters it; 0: nobody does"
  claimed_by   id        internal  "account of the official; 0: nobody"
  official     text      internal  "the official's name"
  claimed_at   instant?  internal  "since when"
  party        id        internal  "the applicant; 0: not entered"
  draft        id        internal  "the draft that it became; 0: none"
  casefile     id        internal  "the case, once it is sent; 0: none. Brought by the relay"
  key institution n
  index by_open institution casefile n

table screen "an applicant's own screen that is paired with an official's"
  bucket     id       internal  "the first 63 bits of the code's hash"
  code       text     internal  "what the screen shows and the official types"
  account    id       internal  "the official; 0: parted again"
  paired_at  instant  internal  "when"
  key bucket code

table clerk "an official at the counter: the root row of what belongs to the desk"
  account  id    internal  "the official"
  version  int   internal  "root row version"
  screen   text  internal  "code of the applicant's screen; empty: none"
  key account

# --- Numbered forms -----------------------------------------------------------------------------------------------------

statement form_series_get maybe
  route institution
  select version, next from form_series where institution = :institution

statement form_series_take root exec 1
  in count int
  in after int
  route institution
  insert into form_series (institution, version, next) values (:institution, 1, :after)
  on conflict (institution) do update set version = form_series.version + 1, next = form_series.next + :count

statement form_block_insert exec 1
  route institution
  insert into form_block (institution, id, service, first, n, printed_by, printed_at)
  values (:institution, :id, :service, :first, :n, :printed_by, :printed_at)

statement form_block_get maybe
  route institution
  select service, first, n, printed_at from form_block where institution = :institution and id = :id

statement numbered_form_insert exec 1
  route institution
  insert into numbered_form (institution, n, block, service, printed_at, claim, claimed_by, official, claimed_at, party, draft, casefile)
  values (:institution, :n, :block, :service, :printed_at, 0, 0, '', null, 0, 0, 0)

statement numbered_form_get maybe
  route institution
  select institution, n, block, service, printed_at, claim, claimed_by, official, claimed_at, party, draft, casefile
  from numbered_form where institution = :institution and n = :n

statement numbered_form_claim root exec 1 "ERR_CONFLICT: somebody else enters it, or did"
  in stale_at instant
  route institution
  update numbered_form set claim = :claim, claimed_by = :claimed_by, official = :official, claimed_at = :claimed_at
  where institution = :institution and n = :n and draft = 0 and casefile = 0
    and (claim = 0 or claim = :claim or claimed_at < :stale_at)

statement numbered_form_enter root exec 1
  route institution
  update numbered_form set party = :party, draft = :draft where institution = :institution and n = :n and claim = :claim and casefile = 0

statement numbered_form_free root exec 1 "its draft was thrown away, or lapsed"
  in old_draft id
  route institution
  update numbered_form set claim = 0, claimed_by = 0, official = '', claimed_at = null, party = 0, draft = 0
  where institution = :institution and n = :n and draft = :old_draft and casefile = 0

statement numbered_form_close exec any "only once: the first case that names it"
  route institution
  update numbered_form set casefile = :casefile, party = :party, draft = :casefile
  where institution = :institution and n = :n and casefile = 0

statement numbered_form_open_list many "those that are not entered"
  in most int
  route institution
  select institution, n, service, printed_at, claim, official, claimed_at, draft from numbered_form
  where institution = :institution and casefile = 0 and n > :n order by institution, casefile, n limit :most

# --- The applicant's screen ---------------------------------------------------------------------------------------------

statement screen_put root exec 1
  route bucket
  insert into screen (bucket, code, account, paired_at) values (:bucket, :code, :account, :paired_at)
  on conflict (bucket, code) do update set account = excluded.account, paired_at = excluded.paired_at

statement screen_part root exec 1 "ERR_CONFLICT: it is another's by now"
  route bucket
  update screen set account = 0 where bucket = :bucket and code = :code and account = :account

statement screen_get maybe
  route bucket
  select account, paired_at from screen where bucket = :bucket and code = :code

statement clerk_put root exec 1
  route account
  insert into clerk (account, version, screen) values (:account, 1, :screen)
  on conflict (account) do update set version = clerk.version + 1, screen = excluded.screen

statement clerk_touch root exec 1 "something happened at the counter that belongs to no draft"
  route account
  insert into clerk (account, version, screen) values (:account, 1, '')
  on conflict (account) do update set version = clerk.version + 1

statement clerk_get maybe
  route account
  select screen from clerk where account = :account
