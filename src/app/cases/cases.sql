# Casefiles and what belongs to them. A casefile belongs to one party, the applicant; the queue of an institution and the look-ups are
# read models that the relay keeps.
room cases

table casefile "one request and all that happened to it: the root row of every move"
  party            id       internal  "the applicant"
  id               id       internal  "the draft's id: a draft becomes one casefile"
  version          int      internal  "root row version"
  number           text     public    "the case number on the receipt"
  state            int      internal  "enum case_state"
  outcome          int      internal  "enum case_outcome"
  acceptance       int      internal  "enum case_acceptance"
  flags            int      internal  "enum case_flag: what stands beside the state"
  service          text     public    "pack id of the service"
  institution      id       internal  "who decides"
  submitted_by     id       internal  "account that pressed the button"
  submitted_at     instant  internal  "when it was sent, or entered by an official"
  channel          int      internal  "how it came: enum channel"
  received_at      instant  internal  "when it counts: submitted_at, or before it when it came on paper, by post or by phone"
  intake_by        id       internal  "account of the official who took it in; 0: nobody did"
  handler          id       internal  "account of the official who has it; 0: nobody yet"
  runs             flag     internal  "it is in process: its clock is counted anew when the calendar changes"
  calendar         text     public    "the calendar its clock counts by"
  calendar_version int      public    "and which version of it"
  given_until      instant  internal  "times without service that ended by then are in its days"
  start_day        date     internal  "local date of submission; the next working day is the first that counts"
  limit_unit       int      public    "enum clock_unit: what the limits are counted in"
  clock_from       int      public    "enum clock_start: from submission or from acceptance"
  committed        int      public    "promised, in that unit"
  statutory        int      public    "by law, in that unit"
  orange_percent   int      public    "the alert's lead: a share of the limit"
  orange_most      int      public    "and at most so much: working hours when limits are in hours, else working days"
  red_percent      int      public    "the same for red"
  red_most         int      public    "the same for red"
  silence          int      public    "enum clock_silence: what no decision in time means"
  extension        int      public    "by how much it was extended, in that unit; 0: it was not"
  extended_at      instant? internal  "and when: a limit that had run out by then stays so"
  accepted_at      instant? internal  "when it was accepted first"
  accepted_day     date?    internal  "and its local date"
  ended_at         instant? internal  "decided then: the clock has stopped for good"
  ended_day        date?    internal  "and its local date"
  stops            int      internal  "how many rows of clock_stop it has"
  step_limits      text     public    "limits of single steps, as the service had them: id, number and unit, with spaces between"
  steps            int      internal  "how many rows of case_step are open"
  said_committed   int      internal  "enum clock_level against the promise that was said last: no alert is said twice"
  said_statutory   int      internal  "the same against the law"
  turns_at         instant? internal  "the instant that its timer waits for"
  begun_day        date?    internal  "of the clock as the newest event said it: the day it is counted from; null: it has not begun"
  due_day          date     internal  "the same: promised day"
  due_at           instant  internal  "the same: when the promise has run out"
  legal_day        date     internal  "the same: last day by law"
  stood_days       int      internal  "the same: working days that it stood"
  stood_until      date?    internal  "the same: the last day that stood; null: none, or it stands"
  stands_since     date?    internal  "the same: it stands from the next working day after this one"
  said_at          instant  internal  "as of when this was said: while it stands, dates move on from there"
  letter_at        instant? internal  "when the decision's letter leaves"
  decision         id       internal  "the decision in force; 0: none"
  correction       id       internal  "the correction that is open; 0: none"
  bundle           id       internal  "the bundle that it is a part of; 0: none"
  gap_day          date?    internal  "until then promised papers are brought"
  answer_day       date?    internal  "until then the correction is answered, else it lapses"
  objection        id       internal  "the case that objects to this one; 0: none"
  objects_to       id       internal  "the case that this one objects to; 0: none"
  was_due          date?    internal  "counted anew with others, and its event is still to be said: the promised day before; null: it is said"
  was_legal        date?    internal  "the same: the last day by law before"
  moved_at         instant? internal  "the same: when it was counted anew"
  moved_why        int      internal  "the same: enum case_moved_why"
  moved_day        date?    internal  "the same: the day that is worked no more, or now"
  moved_worked     flag     internal  "which of the two"
  moved_until      date?    internal  "the same: the applicant's own limit, where that moved"
  key party id
  index by_calendar calendar runs party id
  small

table application "what is wide of a casefile: read with it, seldom written, so that moves write little"
  party            id       internal  "the applicant"
  casefile         id       internal  "of which case"
  definition       bytes    public    "digest of the definition that this case follows"
  answers          json     identity  "as submitted, corrected where corrections were answered"
  receipt_code     bytes    secret    "128 random bits in the receipt's QR code"
  key party casefile

table correction "a request to the applicant to put answers right, and what came back"
  party        id       internal  "the applicant"
  casefile     id       internal  "of which case"
  id           id       internal  "ordered in time"
  asked_by     id       internal  "account of the official"
  asked_at     instant  internal  "when"
  questions    json     internal  "ids of the questions that may be answered anew"
  reason       text     identity  "what is wrong, for the applicant"
  answered_by  id       internal  "account that answered; 0: nobody yet"
  answered_at  instant? internal  "when"
  before       json     identity  "the asked answers as they were"
  key party casefile id

table clock_stop "why a case's clock stands or stood; what it stood is computed from these rows"
  party      id       internal  "the applicant"
  casefile   id       internal  "of which case"
  id         id       internal  "ordered in time"
  reason     text     public    "id of the service's list; applicant: a correction; closed: it had ended and was opened again"
  ends       int      internal  "enum stop_end: what ends it"
  most       int      public    "at most so many working days; 0: any"
  since_at   instant  internal  "when it began"
  since_day  date     internal  "and its local date"
  until_at   instant? internal  "when it ended"
  until_day  date?    internal  "and its local date"
  lapsed     flag     internal  "its longest time was over"
  key party casefile id

table case_step "a step of the work that has a limit of its own, as often as it began"
  party     id       internal  "the applicant"
  casefile  id       internal  "of which case"
  id        id       internal  "ordered in time"
  kind      int      internal  "enum case_step_kind"
  n         int      public    "its limit, in that unit"
  unit      int      public    "enum clock_unit"
  since_at  instant  internal  "when it began"
  since_day date     internal  "and its local date"
  due_at    instant  internal  "as the newest event said it: when it has run out"
  due_day   date     internal  "and its last day"
  is_past   flag     internal  "that it has run out was said"
  until_at  instant? internal  "when it was done, or no longer needed"
  key party casefile id

table matter "what is asked, promised or added in a case beside its corrections, and what came of it"
  party        id       internal  "the applicant"
  casefile     id       internal  "of which case"
  id           id       internal  "ordered in time"
  kind         int      internal  "enum matter_kind"
  institution  id       internal  "whose opinion is asked; 0: none"
  opened_by    id       internal  "account"
  opened_name  text     identity  "of the official at that time; empty: the applicant"
  opened_at    instant  internal  "when"
  words        text     identity  "what is asked or said"
  about        json     internal  "ids: questions that an opinion may read, the paper that is promised"
  due_day      date?    internal  "by when"
  closed_by    id       internal  "account that answered; 0: nobody yet, or nobody any more"
  closed_name  text     identity  "of the official at that time"
  closed_at    instant? internal  "answered, brought, or no longer needed"
  answer       text     identity  "what came of it"
  opinion      int      internal  "enum opinion"
  key party casefile id

table decision "a decision, kept also when it was recalled"
  party       id       internal  "the applicant"
  casefile    id       internal  "of which case"
  id          id       internal  "ordered in time"
  outcome     int      internal  "enum case_outcome"
  ground      text     internal  "id of the refusal reason; empty when granted"
  reason      text     identity  "in the official's words"
  decided_by  id       internal  "account of the official"
  official    text     identity  "the official's name at that time, for the letter"
  decided_at  instant  internal  "when"
  recalled_at instant? internal  "taken back before the letter left"
  recall_reason text   identity  "why"
  document    text     public    "the paper of facts.yaml that a grant gives; empty: none"
  valid_years int      public    "how long; 0: without end"
  signed_by   id       internal  "account of who signed second; 0: nobody, or not yet"
  signer      text     identity  "the name at that time"
  key party casefile id

table bundle "services applied for together, in one form: the root row of what one decision means for the others"
  party    id    internal  "the applicant"
  id       id    internal  "the id of the draft that was filled in"
  version  int   internal  "root row version"
  name     text  public    "pack id of the bundle"
  definition bytes public  "digest of the form that was filled in"
  submitted_at instant internal "when it was sent"
  key party id

table bundle_part "one case of a bundle: begun, or waiting for what others decide"
  party         id     internal  "the applicant"
  bundle        id     internal  "the bundle"
  n             int    internal  "its place, from 0"
  casefile      id     internal  "the case's id, and that of its draft"
  service       text   public    "pack id of the service"
  state         int    internal  "enum part_state"
  after         text   internal  "places of the parts whose grant it waits for, with spaces between"
  number        text   public    "the case's number, promised at once"
  receipt_code  bytes  secret    "128 random bits for its receipt"
  institution   id     internal  "who decides"
  applicant     text   identity  "name at the submission"
  submitted_by  id     internal  "account that pressed the button"
  key party bundle n

table queue "read model: the open cases of an institution"
  institution      id       internal  "whose queue"
  casefile         id       internal  "the case"
  party            id       internal  "the applicant"
  number           text     public    "case number"
  applicant        text     identity  "name, for the list"
  service          text     public    "pack id"
  state            int      internal  "enum case_state"
  waits            int      internal  "enum case_wait: for whom"
  lane             int      internal  "enum queue_lane: who has to do something next"
  handler          id       internal  "account; 0: nobody yet"
  handler_name     text     internal  "the official's name"
  due_day          date     internal  "promised day as last computed: the order of the list"
  due_at           instant  internal  "of the clock, as in casefile"
  legal_day        date     internal  "of the clock"
  begun_day        date?    internal  "of the clock"
  limit_unit       int      public    "of the clock"
  committed        int      public    "of the clock"
  statutory        int      public    "of the clock"
  level            int      public    "enum clock_level, the highest"
  stop             text     public    "why it stands; empty: it does not"
  stood_days       int      internal  "of the clock"
  stood_until      date?    internal  "of the clock"
  stands_since     date?    internal  "of the clock"
  said_at          instant  internal  "of the clock"
  step             text     public    "id of the step that runs out first; empty: none that has a limit"
  step_unit        int      public    "of it: enum clock_unit"
  step_since       date?    internal  "of it: the day on which it began"
  step_due         date?    internal  "of it: the last day"
  step_due_at      instant? internal  "of it: when it has run out"
  part             int      internal  "enum case_part: as what the institution has to do with it"
  event            id       internal  "the newest event that is in here"
  actor            id       internal  "whose it is: account; 0: the program"
  key institution casefile
  index by_due institution due_day casefile
  index by_handler institution handler due_day casefile
  index by_lane institution lane due_day casefile
  index by_service institution service lane due_day casefile

table participation "read model: cases that an institution has or had to do with, open and closed"
  institution  id  internal  "who takes part"
  casefile     id  internal  "in which case"
  party        id  internal  "whose it is"
  part         int internal  "enum case_part: the most that it has to do with it"
  key institution casefile
  small

table number_lookup "read model: which case a number belongs to; unique over all routes"
  bucket    id     internal  "hash of the number"
  number    text   public    "the case number"
  party     id     internal  "the applicant"
  casefile  id     internal  "the case"
  typed     id     internal  "first 63 bits of the keyed hash of number and typed code"
  event     id     internal  "the newest event that is in here"
  key bucket number

table receipt_try "wrong codes that were typed for a number, at all servers together; nothing is proved by it, so it may be lost"
  bucket    id      internal  "hash of the number"
  number    text    public    "the case number"
  origin    id      internal  "first 63 bits of the keyed hash of number and network; 0: of all networks together"
  empty_at  instant internal  "the moment at which, counted back, no try was left"
  key bucket number origin
  small

table receipt_lookup "read model: which case a receipt's code belongs to"
  bucket    id     internal  "first 63 bits of the hash"
  hash      bytes  internal  "keyed hash of the code"
  party     id     internal  "the applicant"
  casefile  id     internal  "the case"
  key bucket hash

table serial "case serials are leased to a process in blocks"
  jurisdiction  id    internal  "hash of its code"
  year          int   public    "in its zone"
  version       int   internal  "root row version"
  next          int   internal  "the first serial that nobody has"
  key jurisdiction year

# --- Casefile: reading --------------------------------------------------------------------------------------------------

statement casefile_get maybe
  route party
  select c.party, c.id, c.version, c.number, c.state, c.outcome, c.acceptance, c.flags, c.service, a.definition, c.institution,
    a.answers, c.submitted_by, c.submitted_at, c.channel, c.received_at, c.intake_by, c.handler, a.receipt_code, c.calendar,
    c.calendar_version, c.given_until, c.start_day, c.limit_unit, c.clock_from, c.committed, c.statutory, c.orange_percent,
    c.orange_most, c.red_percent, c.red_most, c.silence, c.extension, c.extended_at, c.accepted_at, c.accepted_day, c.ended_at,
    c.ended_day, c.stops, c.step_limits, c.steps, c.said_committed, c.said_statutory, c.turns_at, c.begun_day, c.due_day,
    c.due_at, c.legal_day, c.stood_days, c.stood_until, c.stands_since, c.said_at, c.letter_at, c.decision, c.correction,
    c.bundle, c.gap_day, c.answer_day, c.objection, c.objects_to, c.was_due, c.was_legal, c.moved_at, c.moved_why, c.moved_day,
    c.moved_worked, c.moved_until
  from casefile c join application a on a.party = c.party and a.casefile = c.id
  where c.party = :party and c.id = :id and a.party = :party and a.casefile = :id

statement casefile_of_party many "newest first"
  route party
  in most int
  in before id
  select c.party, c.id, c.number, c.state, c.outcome, c.flags, c.service, a.definition, c.institution, c.submitted_at, c.handler,
    c.calendar, c.calendar_version, c.limit_unit, c.begun_day, c.due_day, c.due_at, c.legal_day, c.stood_days, c.stood_until,
    c.stands_since, c.said_at, c.said_committed, c.said_statutory, c.ended_day
  from casefile c join application a on a.party = c.party and a.casefile = c.id
  where c.party = :party and c.id < :before order by c.party desc, c.id desc limit :most

statement correction_list many
  route party
  select party, casefile, id, asked_by, asked_at, questions, reason, answered_by, answered_at, before
  from correction where party = :party and casefile = :casefile order by id

statement decision_get maybe
  route party
  select party, casefile, id, outcome, ground, reason, decided_by, official, decided_at, recalled_at, recall_reason, document,
    valid_years, signed_by, signer
  from decision where party = :party and casefile = :casefile and id = :id

# --- Casefile: moves. Each begins with its root statement -----------------------------------------------------------------

statement casefile_insert root exec 1
  route party
  insert into casefile (party, id, version, number, state, outcome, acceptance, flags, service, institution, submitted_by,
    submitted_at, channel, received_at, intake_by, handler, runs, calendar, calendar_version, given_until, start_day, limit_unit,
    clock_from, committed, statutory, orange_percent, orange_most, red_percent, red_most, silence, extension, extended_at,
    accepted_at, accepted_day, ended_at, ended_day, stops, step_limits, steps, said_committed, said_statutory, turns_at,
    begun_day, due_day, due_at, legal_day, stood_days, stood_until, stands_since, said_at, letter_at, decision, correction,
    bundle, gap_day, answer_day, objection, objects_to, was_due, was_legal, moved_at, moved_why, moved_day, moved_worked,
    moved_until)
  values (:party, :id, 1, :number, :state, 0, 0, 0, :service, :institution, :submitted_by, :submitted_at, :channel, :received_at,
    :intake_by, 0, 1, :calendar, :calendar_version, :given_until, :start_day, :limit_unit, :clock_from, :committed, :statutory,
    :orange_percent, :orange_most, :red_percent, :red_most, :silence, 0, null, null, null, null, null, 0, :step_limits, :steps,
    0, 0, :turns_at, :begun_day, :due_day, :due_at, :legal_day, 0, null, null, :said_at, null, 0, 0, :bundle, null, null, 0,
    :objects_to, null, null, null, 0, null, 0, null)

statement application_insert exec 1
  route party
  insert into application (party, casefile, definition, answers, receipt_code) values (:party, :casefile, :definition, :answers, :receipt_code)

statement casefile_move root exec 1 "the guard of every move: nobody moved it since it was read"
  route party
  update casefile set version = version + 1 where party = :party and id = :id and version = :version

statement casefile_set exec 1 "all that moves change; what was still to be said of its clock they have said"
  route party
  update casefile set state = :state, outcome = :outcome, acceptance = :acceptance, flags = :flags, institution = :institution,
    handler = :handler, committed = :committed, statutory = :statutory, extension = :extension, extended_at = :extended_at, calendar_version = :calendar_version, given_until = :given_until,
    accepted_at = :accepted_at, accepted_day = :accepted_day, ended_at = :ended_at, ended_day = :ended_day, stops = :stops,
    steps = :steps,
    said_committed = :said_committed, said_statutory = :said_statutory, turns_at = :turns_at, begun_day = :begun_day, due_day = :due_day,
    due_at = :due_at, legal_day = :legal_day, stood_days = :stood_days, stood_until = :stood_until, stands_since = :stands_since,
    said_at = :said_at, letter_at = :letter_at,
    decision = :decision, correction = :correction, gap_day = :gap_day, answer_day = :answer_day, objection = :objection, runs = :runs,
    was_due = null, was_legal = null, moved_at = null, moved_why = 0, moved_day = null, moved_worked = 0, moved_until = null
  where party = :party and id = :id

statement application_set_answers exec 1 "corrected"
  route party
  update application set answers = :answers where party = :party and casefile = :casefile

statement application_set_definition exec 1 "a repair: the same form in better words"
  route party
  update application set definition = :definition where party = :party and casefile = :casefile

statement casefile_set_step_limits exec 1 "a repair"
  route party
  update casefile set step_limits = :step_limits where party = :party and id = :id

statement application_set_receipt exec 1 "the receipt was lost: the code before is dead"
  route party
  update application set receipt_code = :receipt_code where party = :party and casefile = :casefile

statement clock_stop_insert exec 1
  route party
  insert into clock_stop (party, casefile, id, reason, ends, most, since_at, since_day, until_at, until_day, lapsed)
  values (:party, :casefile, :id, :reason, :ends, :most, :since_at, :since_day, :until_at, :until_day, 0)

statement clock_stop_end exec 1 "once"
  route party
  update clock_stop set until_at = :until_at, until_day = :until_day, lapsed = :lapsed
  where party = :party and casefile = :casefile and id = :id and until_at is null

statement clock_stop_list many "by when they began"
  route party
  in most int
  select id, reason, ends, most, since_at, since_day, until_at, until_day, lapsed from clock_stop
  where party = :party and casefile = :casefile order by id limit :most

statement case_step_insert exec 1
  route party
  insert into case_step (party, casefile, id, kind, n, unit, since_at, since_day, due_at, due_day, is_past, until_at)
  values (:party, :casefile, :id, :kind, :n, :unit, :since_at, :since_day, :due_at, :due_day, 0, null)

statement case_step_move exec 1 "counted anew, or its limit was repaired"
  route party
  update case_step set n = :n, unit = :unit, due_at = :due_at, due_day = :due_day where party = :party and casefile = :casefile and id = :id

statement case_step_say exec 1 "once"
  route party
  update case_step set is_past = 1 where party = :party and casefile = :casefile and id = :id and is_past = 0

statement case_step_end exec 1 "once"
  route party
  update case_step set until_at = :until_at where party = :party and casefile = :casefile and id = :id and until_at is null

statement case_step_open_list many "by when they began"
  route party
  in most int
  select id, kind, n, unit, since_at, since_day, due_at, due_day, is_past from case_step
  where party = :party and casefile = :casefile and until_at is null order by id limit :most

statement correction_insert exec 1
  route party
  insert into correction (party, casefile, id, asked_by, asked_at, questions, reason, answered_by, answered_at, before)
  values (:party, :casefile, :id, :asked_by, :asked_at, :questions, :reason, 0, null, :before)

statement correction_answer exec 1
  route party
  update correction set answered_by = :answered_by, answered_at = :answered_at
  where party = :party and casefile = :casefile and id = :id and answered_by = 0

statement decision_insert exec 1
  route party
  insert into decision (party, casefile, id, outcome, ground, reason, decided_by, official, decided_at, recalled_at, recall_reason,
    document, valid_years, signed_by, signer)
  values (:party, :casefile, :id, :outcome, :ground, :reason, :decided_by, :official, :decided_at, null, :recall_reason,
    :document, :valid_years, :signed_by, :signer)

statement decision_sign exec 1 "it is made when it is signed second"
  route party
  update decision set signed_by = :signed_by, signer = :signer, decided_at = :decided_at
  where party = :party and casefile = :casefile and id = :id and signed_by = 0 and recalled_at is null

statement decision_by count "did this account decide or sign it, now or before?"
  route party
  in account id
  select count(*) from decision where party = :party and casefile = :casefile and (decided_by = :account or signed_by = :account)

statement matter_insert exec 1
  route party
  insert into matter (party, casefile, id, kind, institution, opened_by, opened_name, opened_at, words, about, due_day, closed_by,
    closed_name, closed_at, answer, opinion)
  values (:party, :casefile, :id, :kind, :institution, :opened_by, :opened_name, :opened_at, :words, :about, :due_day, 0,
    :closed_name, :closed_at, :answer, 0)

statement matter_close exec 1 "once"
  route party
  update matter set closed_by = :closed_by, closed_name = :closed_name, closed_at = :closed_at, answer = :answer, opinion = :opinion
  where party = :party and casefile = :casefile and id = :id and closed_at is null

statement matter_open_list many "of a kind, in order"
  route party
  in most int
  select party, casefile, id, institution, about, due_day from matter
  where party = :party and casefile = :casefile and kind = :kind and closed_at is null order by id limit :most

statement matter_list many
  route party
  in most int
  select party, casefile, id, kind, institution, opened_by, opened_name, opened_at, words, about, due_day, closed_by, closed_name,
    closed_at, answer, opinion
  from matter where party = :party and casefile = :casefile order by id limit :most

statement decision_recall exec 1
  route party
  update decision set recalled_at = :recalled_at, recall_reason = :recall_reason
  where party = :party and casefile = :casefile and id = :id and recalled_at is null

# --- Bundles ------------------------------------------------------------------------------------------------------------

statement bundle_insert exec 1
  route party
  insert into bundle (party, id, version, name, definition, submitted_at) values (:party, :id, 1, :name, :definition, :submitted_at)

statement bundle_touch exec 1 "before its parts are read: two decisions at once are one after the other"
  route party
  update bundle set version = version + 1 where party = :party and id = :id

statement bundle_get maybe
  route party
  select name, definition, submitted_at from bundle where party = :party and id = :id

statement bundle_of_party many "newest first"
  route party
  in most int
  select id, name, definition, submitted_at from bundle where party = :party order by party desc, id desc limit :most

statement bundle_part_insert exec 1
  route party
  insert into bundle_part (party, bundle, n, casefile, service, state, after, number, receipt_code, institution, applicant, submitted_by)
  values (:party, :bundle, :n, :casefile, :service, :state, :after, :number, :receipt_code, :institution, :applicant, :submitted_by)

statement bundle_part_list many
  route party
  select n, casefile, service, state, after, number, receipt_code, institution, applicant, submitted_by
  from bundle_part
  where party = :party and bundle = :bundle order by n limit 20

statement bundle_part_set exec 1
  route party
  update bundle_part set state = :state where party = :party and bundle = :bundle and n = :n

# --- Queue --------------------------------------------------------------------------------------------------------------

statement queue_add exec any "or again, when the relay runs twice"
  route institution
  insert into queue (institution, casefile, party, number, applicant, service, state, waits, lane, handler, handler_name, due_day,
    due_at, legal_day, begun_day, limit_unit, committed, statutory, level, stop, stood_days, stood_until, stands_since, said_at, step,
    step_unit, step_since, step_due, step_due_at, part, event, actor)
  values (:institution, :casefile, :party, :number, :applicant, :service, :state, :waits, :lane, 0, '', :due_day,
    :due_at, :legal_day, :begun_day, :limit_unit, :committed, :statutory, :level, :stop, :stood_days, :stood_until, :stands_since,
    :said_at, :step, :step_unit, :step_since, :step_due, :step_due_at, :part, :event, :actor)
  on conflict (institution, casefile) do nothing

statement queue_set exec any "only forward: an older event changes nothing"
  route institution
  update queue set state = :state, waits = :waits, lane = :lane, handler = :handler, due_day = :due_day, due_at = :due_at,
    legal_day = :legal_day, begun_day = :begun_day, committed = :committed, statutory = :statutory, level = :level, stop = :stop,
    stood_days = :stood_days, stood_until = :stood_until, stands_since = :stands_since, said_at = :said_at, step = :step,
    step_unit = :step_unit, step_since = :step_since, step_due = :step_due, step_due_at = :step_due_at, event = :event, actor = :actor
  where institution = :institution and casefile = :casefile and event < :event

statement queue_after many "all open cases that are its own, in the order of their ids"
  route institution
  in most int
  select institution, casefile, party, service from queue
  where institution = :institution and casefile > :casefile and part = 1 order by institution, casefile limit :most

statement queue_set_handler exec any
  route institution
  update queue set handler_name = :handler_name where institution = :institution and casefile = :casefile

statement queue_remove exec any
  route institution
  delete from queue where institution = :institution and casefile = :casefile

statement participation_add exec any
  route institution
  insert into participation (institution, casefile, party, part) values (:institution, :casefile, :party, :part)
  on conflict (institution, casefile) do update set part = excluded.part where excluded.part < participation.part

statement participation_leave exec any "forwarded: from then on it is another's"
  route institution
  update participation set part = 3 where institution = :institution and casefile = :casefile

statement participation_get maybe
  route institution
  select party, part from participation where institution = :institution and casefile = :casefile

statement queue_get maybe
  route institution
  select institution, casefile, party, number, state, handler, handler_name from queue
  where institution = :institution and casefile = :casefile

# What is due first comes first, in steps (queue.h): each statement is one stretch of one index.

statement queue_keys many
  route institution
  in after_due date
  in after_case id
  in until date
  in most int
  select casefile, due_day, service, state, waits, lane, handler, event, actor from queue
  where institution = :institution and (due_day, casefile) > (:after_due, :after_case) and due_day <= :until
  order by institution, due_day, casefile limit :most

statement queue_keys_of_handler many
  route institution
  in after_due date
  in after_case id
  in until date
  in most int
  select casefile, due_day, service, state, waits, lane, handler, event, actor from queue
  where institution = :institution and handler = :handler and (due_day, casefile) > (:after_due, :after_case) and due_day <= :until
  order by institution, handler, due_day, casefile limit :most

statement queue_keys_of_lane many
  route institution
  in after_due date
  in after_case id
  in until date
  in most int
  select casefile, due_day, service, state, waits, lane, handler, event, actor from queue
  where institution = :institution and lane = :lane and (due_day, casefile) > (:after_due, :after_case) and due_day <= :until
  order by institution, lane, due_day, casefile limit :most

statement queue_keys_of_service many
  route institution
  in after_due date
  in after_case id
  in until date
  in most int
  select casefile, due_day, service, state, waits, lane, handler, event, actor from queue
  where institution = :institution and service = :service and lane = :lane and (due_day, casefile) > (:after_due, :after_case)
    and due_day <= :until
  order by institution, service, lane, due_day, casefile limit :most

statement queue_count count "of an official, or of nobody (0), with promised days up to one; by_handler: a lane has the whole office's cases"
  route institution
  in until date
  in lane int
  select count(*) from queue
  where institution = :institution and handler = :handler and due_day <= :until and lane + 0 = :lane

statement queue_older count "of an official and a service, in hand, that came before a day: what a decision would overtake"
  route institution
  in before date
  select count(*) from queue
  where institution = :institution and handler = :handler and service = :service and begun_day is not null and begun_day < :before and part = 1
    and state in (2, 4) and waits = 2 and stands_since is null

statement queue_rows many "what a page of the queue shows"
  route institution
  in casefiles id[]
  select institution, casefile, party, number, applicant, service, state, waits, lane, handler, handler_name, due_day, due_at,
    legal_day, begun_day, limit_unit, committed, statutory, level, stop, stood_days, stood_until, stands_since, said_at, step, step_unit,
    step_since, step_due, step_due_at, part, event, actor
  from queue where institution = :institution and casefile in :casefiles

# --- Look-ups -----------------------------------------------------------------------------------------------------------

statement number_add exec any
  route bucket
  insert into number_lookup (bucket, number, party, casefile, typed, event)
  values (:bucket, :number, :party, :casefile, :typed, :event)
  on conflict (bucket, number) do nothing

statement number_set exec any "only forward: an older event changes nothing"
  route bucket
  update number_lookup set typed = :typed, event = :event where bucket = :bucket and number = :number and event < :event

statement number_get maybe
  route bucket
  select party, casefile, typed from number_lookup where bucket = :bucket and number = :number

statement receipt_try_get maybe
  route bucket
  select empty_at from receipt_try where bucket = :bucket and number = :number and origin = :origin

statement receipt_try_take root exec 1 "full: what a bucket that is full was emptied at; empty_at: that, with one try less"
  route bucket
  in full instant
  in every_us int
  insert into receipt_try (bucket, number, origin, empty_at) values (:bucket, :number, :origin, :empty_at)
  on conflict (bucket, number, origin) do update set empty_at =
    case when receipt_try.empty_at < :full then excluded.empty_at else receipt_try.empty_at + :every_us end

statement receipt_try_forget exec any "networks that have all their tries again"
  route bucket
  delete from receipt_try where bucket = :bucket and number = :number and origin <> 0 and empty_at < :empty_at

statement receipt_add exec any
  route bucket
  insert into receipt_lookup (bucket, hash, party, casefile) values (:bucket, :hash, :party, :casefile)
  on conflict (bucket, hash) do nothing

statement receipt_get maybe
  route bucket
  select party, casefile from receipt_lookup where bucket = :bucket and hash = :hash

# --- Serials ------------------------------------------------------------------------------------------------------------

statement serial_get maybe
  route jurisdiction
  select version, next from serial where jurisdiction = :jurisdiction and year = :year

statement serial_begin root exec 1
  route jurisdiction
  in block int
  insert into serial (jurisdiction, year, version, next) values (:jurisdiction, :year, 1, :block)

statement serial_lease root exec 1
  route jurisdiction
  in block int
  update serial set version = version + 1, next = next + :block
  where jurisdiction = :jurisdiction and year = :year and version = :version

# --- For `store check`: everything, piece by piece ------------------------------------------------------------------------

statement casefile_all many scatter "has_x: the row that it names is there"
  in most int
  out has_decision flag
  out has_correction flag
  select c.party, c.id, c.version, c.number, c.state, a.definition, c.decision, c.correction,
    case when d.id is null then 0 else 1 end as has_decision, case when r.id is null then 0 else 1 end as has_correction
  from casefile c join application a on a.party = c.party and a.casefile = c.id left join decision d on d.party = c.party and d.casefile = c.id and d.id = c.decision
    left join correction r on r.party = c.party and r.casefile = c.id and r.id = c.correction
  where (c.party, c.id) > (:party, :id) order by c.party, c.id limit :most

statement queue_all many scatter
  in most int
  select institution, casefile, party, number, applicant, service, state, waits, lane, handler, handler_name, due_day, due_at,
    legal_day, begun_day, limit_unit, committed, statutory, level, stop, stood_days, stood_until, stands_since, said_at, step, step_unit,
    step_since, step_due, step_due_at, part, event, actor
  from queue where (institution, casefile) > (:institution, :casefile) order by institution, casefile limit :most

statement participation_all many scatter
  in most int
  select institution, casefile, party, part from participation
  where (institution, casefile) > (:institution, :casefile) order by institution, casefile limit :most

statement number_all many scatter
  in most int
  select bucket, number, party, casefile, typed, event from number_lookup
  where (bucket, number) > (:bucket, :number) order by bucket, number limit :most

statement receipt_all many scatter
  in most int
  select bucket, hash, party, casefile from receipt_lookup
  where (bucket, hash) > (:bucket, :hash) order by bucket, hash limit :most

# --- Clocks that are counted anew ---------------------------------------------------------------------------------------

table recalculation "a calendar that changes, or a time in which nobody served, and the clocks that are counted anew for it: the root row"
  id           id       internal  "hash of what it is for, or of who asked for it"
  version      int      internal  "root row version"
  cause        int      internal  "enum recalculation_cause"
  state        int      internal  "enum recalculation_state"
  calendar     text     public    "pack id; empty: all, for nobody served"
  from_version int      public    "of the calendar, before"
  to_version   int      public    "of the calendar; 0: it is not published yet"
  body         bytes    public    "the calendar's file as it would be; empty: it is published"
  title        text     public    "what the day is called in it"
  day          date?    public    "the day that is added; null: it came with a pack"
  institution  id       internal  "at whose desk it was entered; 0: none"
  asked_by     id       internal  "account; 0: the program"
  asked_name   text     internal  "and its name at that time"
  begun_at     instant  internal  "legal time"
  ended_at     instant? internal  "legal time"
  at_institution id     internal  "where it has come to: the first institution that counts by a calendar stands for it"
  at_party     id       internal  "and among the clocks that count by it, in the order of their keys"
  at_casefile  id       internal  "the same"
  pass         int      internal  "how often it has gone through all: the last time moves none"
  looked       int      internal  "clocks that were looked at, in this pass"
  moved        int      internal  "clocks whose day moves"
  pass_moved   int      internal  "in this pass: the last one moves none"
  least_days   int      internal  "by how many days at least"
  most_days    int      internal  "and at most; below 0: it comes earlier"
  told         int      internal  "clocks of which those concerned were told since"
  key id
  index by_state state begun_at id
  replicated

statement recalculation_insert root exec 1
  route none
  insert into recalculation (id, version, cause, state, calendar, from_version, to_version, body, title, day, institution, asked_by,
    asked_name, begun_at, ended_at, at_institution, at_party, at_casefile, pass, looked, moved, pass_moved, least_days, most_days, told)
  values (:id, 1, :cause, :state, :calendar, :from_version, :to_version, :body, :title, :day, :institution, :asked_by,
    :asked_name, :begun_at, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

statement recalculation_get maybe
  route none
  select id, version, cause, state, calendar, from_version, to_version, body, title, day, institution, asked_by, asked_name, begun_at,
    ended_at, at_institution, at_party, at_casefile, pass, looked, moved, pass_moved, least_days, most_days, told
  from recalculation where id = :id

statement recalculation_newest maybe "of a calendar, of those that are published"
  route none
  select id, to_version from recalculation where calendar = :calendar and to_version > 0 order by to_version desc limit 1

statement recalculation_of_state many "the newest first"
  route none
  in most int
  select id, version, cause, state, calendar, from_version, to_version, body, title, day, institution, asked_by, asked_name, begun_at,
    ended_at, at_institution, at_party, at_casefile, pass, looked, moved, pass_moved, least_days, most_days, told
  from recalculation where state = :state order by state desc, begun_at desc, id desc limit :most

statement recalculation_step root exec 1
  route none
  update recalculation set version = version + 1, state = :state, ended_at = :ended_at, at_institution = :at_institution,
    at_party = :at_party, at_casefile = :at_casefile, pass = :pass, looked = :looked, moved = :moved, pass_moved = :pass_moved,
    least_days = :least_days, most_days = :most_days, told = :told
  where id = :id and version = :version

statement recalculation_publish exec 1 "counted, and published in the job that publishes: the clocks follow"
  route none
  update recalculation set version = version + 1, state = :state, to_version = :to_version, asked_by = :asked_by, asked_name = :asked_name,
    at_institution = 0, at_party = 0, at_casefile = 0, pass = 0, looked = 0, moved = 0, pass_moved = 0
  where id = :id and version = :version and to_version = 0

statement casefile_count_on root exec 1 "on another version of its calendar, with the same days: no move"
  route party
  update casefile set calendar_version = :calendar_version, given_until = :given_until
  where party = :party and id = :id and version = :version

# Many clocks of a place in one job: a read finds them in the order of their keys and counts, the job writes what it found.

statement casefile_clocks many scatter "that run, count by a calendar and are behind, in a stretch of the keys"
  in most int
  in until id
  in below int
  in given instant
  select party, id, version, state, flags, institution, received_at, calendar, calendar_version, given_until, start_day,
    limit_unit, clock_from, committed, statutory, orange_percent, orange_most, red_percent, red_most, silence, extension,
    extended_at, accepted_at, accepted_day, ended_at, ended_day, stops, steps, said_committed, said_statutory, turns_at,
    begun_day, due_day, due_at, legal_day, stood_days, stood_until, stands_since, said_at, gap_day, answer_day, was_due,
    was_legal, moved_why, moved_day, moved_worked, moved_until
  from casefile
  where calendar = :calendar and runs = 1 and (party, id) > (:party, :id) and party <= :until
    and (calendar_version < :below or given_until < :given)
  order by party, id limit :most

statement casefile_count_anew exec 1 scatter "moved: its own event is still to be said, and makes the version"
  route party
  in was_version int
  update casefile set calendar_version = :calendar_version, given_until = :given_until,
    said_committed = :said_committed, said_statutory = :said_statutory, turns_at = :turns_at, begun_day = :begun_day, due_day = :due_day,
    due_at = :due_at, legal_day = :legal_day, stood_days = :stood_days, stood_until = :stood_until, stands_since = :stands_since,
    said_at = :said_at, gap_day = :gap_day, answer_day = :answer_day, was_due = :was_due, was_legal = :was_legal, moved_at = :moved_at,
    moved_why = :moved_why, moved_day = :moved_day, moved_worked = :moved_worked, moved_until = :moved_until
  where party = :party and id = :id and version = :version and calendar_version = :was_version

statement casefile_count_over exec 1 scatter "on another version of its calendar, with the same days"
  route party
  update casefile set calendar_version = :calendar_version, given_until = :given_until
  where party = :party and id = :id and version = :version

statement case_step_count_anew exec 1 scatter
  route party
  update case_step set due_at = :due_at, due_day = :due_day where party = :party and casefile = :casefile and id = :id

statement casefile_unsaid many scatter "clocks that were moved with others, and of which nothing was said yet"
  in most int
  select party, id, version, calendar, calendar_version
  from casefile where calendar = :calendar and runs = 1 and was_due is not null and (party, id) > (:party, :id)
  order by party, id limit :most

statement casefile_said exec 1 "that it was moved"
  route party
  update casefile set was_due = null, was_legal = null, moved_at = null, moved_why = 0, moved_day = null, moved_worked = 0,
    moved_until = null
  where party = :party and id = :id

statement casefile_say_two exec 1 "a move that first says what happened before it: one more event, so one more version"
  route party
  update casefile set version = version + 1 where party = :party and id = :id
