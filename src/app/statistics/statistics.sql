# The picture: what the relay has counted of cases, by month and by day; closed months, objections to own figures, exports.
room statistics

table counted_case "read model: of each case of an institution, what the figures have counted of it"
  institution    id    internal  "whose case it is"
  casefile       id    internal  "the case"
  service        text  public    "pack id"
  handler        id    internal  "account of who has it, or had it last; 0: nobody"
  start_day      date  internal  "when its clock began"
  end_day        date  internal  "on which it ended; 0: it has not"
  fate           int   internal  "1 granted, 2 refused, 3 decided otherwise, 4 not accepted, 5 withdrawn, 6 lapsed; 0: none yet"
  outcome        int   internal  "of the decision whose letter has not left: 0 none, 1 granted, 2 refused"
  decided_day    date  internal  "when it was decided; 0: it is not"
  due_day        date  internal  "promised; 0: nothing is"
  legal_day      date  internal  "by law; 0: no day is"
  late           int   internal  "bits of the decision: 1 later than promised, 2 later than the law allows"
  ran            int   internal  "working minutes on which its clock ran; -1: not known"
  stood          int   internal  "working minutes on which it stood"
  stop           text  internal  "the reason for which it stands; empty: it runs"
  stood_before   int   internal  "minutes that it had stood when that stop began"
  corrections    int   internal  "how often the applicant was asked to put something right"
  times_ended    int   internal  "how often it has ended: opened again, it ends again"
  key institution casefile
  index by_end institution end_day casefile

statement counted_get maybe
  route institution
  select service, handler, start_day, end_day, fate, outcome, decided_day, due_day, legal_day, late, ran, stood, stop,
    stood_before, corrections, times_ended
  from counted_case where institution = :institution and casefile = :casefile

statement counted_put exec 1
  route institution
  insert into counted_case (institution, casefile, service, handler, start_day, end_day, fate, outcome, decided_day, due_day,
    legal_day, late, ran, stood, stop, stood_before, corrections, times_ended)
  values (:institution, :casefile, :service, :handler, :start_day, :end_day, :fate, :outcome, :decided_day, :due_day, :legal_day,
    :late, :ran, :stood, :stop, :stood_before, :corrections, :times_ended)
  on conflict (institution, casefile) do update set service = excluded.service, handler = excluded.handler,
    start_day = excluded.start_day, end_day = excluded.end_day, fate = excluded.fate, outcome = excluded.outcome,
    decided_day = excluded.decided_day, due_day = excluded.due_day, legal_day = excluded.legal_day, late = excluded.late, ran = excluded.ran,
    stood = excluded.stood, stop = excluded.stop, stood_before = excluded.stood_before, corrections = excluded.corrections,
    times_ended = excluded.times_ended

statement counted_forget exec any "forwarded: another institution counts it"
  route institution
  delete from counted_case where institution = :institution and casefile = :casefile and times_ended = 0

statement counted_page many "cases that ended on these days, for an export"
  route institution
  in after_day date
  in after_casefile id
  in to_day date
  in most int
  select end_day, casefile, service, handler, start_day, fate, decided_day, due_day, legal_day, ran, stood, corrections, times_ended
  from counted_case
  where institution = :institution and (end_day, casefile) > (:after_day, :after_casefile) and end_day <= :to_day
  order by institution, end_day, casefile limit :most

statement counted_all many scatter
  in most int
  select institution, casefile, service, handler, start_day, end_day, fate, outcome, decided_day, due_day, legal_day, late, ran, stood,
    stop, stood_before, corrections, times_ended
  from counted_case where (institution, casefile) > (:institution, :casefile) order by institution, casefile limit :most

# --- Counts -------------------------------------------------------------------------------------------------------------

table service_figure "read model: how many, by month, service and what is counted"
  institution  id    internal  "whose cases"
  month        int   internal  "year * 12 + month - 1"
  entered      date  internal  "0; or the day on which it was entered, when the month was over by then"
  service      text  public    "pack id"
  kind         int   internal  "what is counted: FIGURES in statistics/figures.h"
  n            int   internal  "how many, or minutes"
  key institution month entered service kind
  small

table official_figure "read model: the same by who had the case"
  institution  id    internal  "whose cases"
  month        int   internal  "year * 12 + month - 1"
  entered      date  internal  "0; or the day on which it was entered, when the month was over by then"
  official     id    internal  "account"
  kind         int   internal  "what is counted: FIGURES in statistics/figures.h"
  n            int   internal  "how many, or minutes"
  key institution month entered official kind
  small

table service_spread "read model: how many decided cases took how much working time"
  institution  id    internal  "whose cases"
  month        int   internal  "year * 12 + month - 1"
  entered      date  internal  "0; or the day on which it was entered, when the month was over by then"
  service      text  public    "pack id"
  bucket       int   internal  "of working minutes: base/spread.h"
  n            int   internal  "how many"
  key institution month entered service bucket
  small

table official_spread "read model: the same by who had the case"
  institution  id    internal  "whose cases"
  month        int   internal  "year * 12 + month - 1"
  entered      date  internal  "0; or the day on which it was entered, when the month was over by then"
  official     id    internal  "account"
  bucket       int   internal  "of working minutes: base/spread.h"
  n            int   internal  "how many"
  key institution month entered official bucket
  small

table service_stop "read model: why clocks stood, and for how long"
  institution  id    internal  "whose cases"
  month        int   internal  "in which the stop ended, year * 12 + month - 1"
  entered      date  internal  "0; or the day on which it was entered, when the month was over by then"
  service      text  public    "pack id"
  reason       text  public    "of the service's list"
  n            int   internal  "how many stops"
  minutes      int   internal  "working minutes"
  key institution month entered service reason
  small

statement service_figure_add exec 1
  route institution
  insert into service_figure (institution, month, entered, service, kind, n)
  values (:institution, :month, :entered, :service, :kind, :n)
  on conflict (institution, month, entered, service, kind) do update set n = service_figure.n + excluded.n

statement official_figure_add exec 1
  route institution
  insert into official_figure (institution, month, entered, official, kind, n)
  values (:institution, :month, :entered, :official, :kind, :n)
  on conflict (institution, month, entered, official, kind) do update set n = official_figure.n + excluded.n

statement service_spread_add exec 1
  route institution
  insert into service_spread (institution, month, entered, service, bucket, n)
  values (:institution, :month, :entered, :service, :bucket, :n)
  on conflict (institution, month, entered, service, bucket) do update set n = service_spread.n + excluded.n

statement official_spread_add exec 1
  route institution
  insert into official_spread (institution, month, entered, official, bucket, n)
  values (:institution, :month, :entered, :official, :bucket, :n)
  on conflict (institution, month, entered, official, bucket) do update set n = official_spread.n + excluded.n

statement service_stop_add exec 1
  route institution
  insert into service_stop (institution, month, entered, service, reason, n, minutes)
  values (:institution, :month, :entered, :service, :reason, :n, :minutes)
  on conflict (institution, month, entered, service, reason) do update set n = service_stop.n + excluded.n,
    minutes = service_stop.minutes + excluded.minutes

# Of a closed month its figures are those that were entered before the day of closing; service_later has the others.
statement month_figures many
  route institution
  in from_month int
  in to_month int
  out total int
  select month, kind, cast(sum(n) as bigint) as total from service_figure
  where institution = :institution and month >= :from_month and month <= :to_month
    and (entered = 0 or entered < coalesce((select c.until from month_closing c
      where c.institution = service_figure.institution and c.month = service_figure.month), 3000000))
  group by month, kind order by month, kind

statement service_figures many
  route institution
  in from_month int
  in to_month int
  out total int
  select service, kind, cast(sum(n) as bigint) as total from service_figure
  where institution = :institution and month >= :from_month and month <= :to_month
    and (entered = 0 or entered < coalesce((select c.until from month_closing c
      where c.institution = service_figure.institution and c.month = service_figure.month), 3000000))
  group by service, kind order by service, kind

statement official_figures many
  route institution
  in from_month int
  in to_month int
  out total int
  select official, kind, cast(sum(n) as bigint) as total from official_figure
  where institution = :institution and month >= :from_month and month <= :to_month
    and (entered = 0 or entered < coalesce((select c.until from month_closing c
      where c.institution = official_figure.institution and c.month = official_figure.month), 3000000))
  group by official, kind order by official, kind

statement month_spreads many
  route institution
  in from_month int
  in to_month int
  out total int
  select month, bucket, cast(sum(n) as bigint) as total from service_spread
  where institution = :institution and month >= :from_month and month <= :to_month
    and (entered = 0 or entered < coalesce((select c.until from month_closing c
      where c.institution = service_spread.institution and c.month = service_spread.month), 3000000))
  group by month, bucket order by month, bucket

statement service_spreads many
  route institution
  in from_month int
  in to_month int
  out total int
  select service, bucket, cast(sum(n) as bigint) as total from service_spread
  where institution = :institution and month >= :from_month and month <= :to_month
    and (entered = 0 or entered < coalesce((select c.until from month_closing c
      where c.institution = service_spread.institution and c.month = service_spread.month), 3000000))
  group by service, bucket order by service, bucket

statement official_spreads many
  route institution
  in from_month int
  in to_month int
  out total int
  select official, bucket, cast(sum(n) as bigint) as total from official_spread
  where institution = :institution and month >= :from_month and month <= :to_month
    and (entered = 0 or entered < coalesce((select c.until from month_closing c
      where c.institution = official_spread.institution and c.month = official_spread.month), 3000000))
  group by official, bucket order by official, bucket

statement service_stops many
  route institution
  in from_month int
  in to_month int
  out times int
  out stood int
  select reason, cast(sum(n) as bigint) as times, cast(sum(minutes) as bigint) as stood from service_stop
  where institution = :institution and month >= :from_month and month <= :to_month
    and (entered = 0 or entered < coalesce((select c.until from month_closing c
      where c.institution = service_stop.institution and c.month = service_stop.month), 3000000))
  group by reason order by reason

statement service_later many "what was entered when its month was closed"
  route institution
  in from_month int
  in to_month int
  out total int
  select kind, cast(sum(n) as bigint) as total from service_figure
  where institution = :institution and month >= :from_month and month <= :to_month
    and entered >= coalesce((select c.until from month_closing c
      where c.institution = service_figure.institution and c.month = service_figure.month), 3000000)
  group by kind order by kind

statement service_figure_all many scatter
  in most int
  select institution, month, entered, service, kind, n from service_figure
  where (institution, month, entered, service, kind) > (:institution, :month, :entered, :service, :kind)
  order by institution, month, entered, service, kind limit :most

statement official_figure_all many scatter
  in most int
  select institution, month, entered, official, kind, n from official_figure
  where (institution, month, entered, official, kind) > (:institution, :month, :entered, :official, :kind)
  order by institution, month, entered, official, kind limit :most

statement service_spread_all many scatter
  in most int
  select institution, month, entered, service, bucket, n from service_spread
  where (institution, month, entered, service, bucket) > (:institution, :month, :entered, :service, :bucket)
  order by institution, month, entered, service, bucket limit :most

statement official_spread_all many scatter
  in most int
  select institution, month, entered, official, bucket, n from official_spread
  where (institution, month, entered, official, bucket) > (:institution, :month, :entered, :official, :bucket)
  order by institution, month, entered, official, bucket limit :most

statement service_stop_all many scatter
  in most int
  select institution, month, entered, service, reason, n, minutes from service_stop
  where (institution, month, entered, service, reason) > (:institution, :month, :entered, :service, :reason)
  order by institution, month, entered, service, reason limit :most

# --- The same by day: read where a time begins or ends within a month. Each row is of a service and an official together, and
# an event adds to one row, so that days cost little beside the months. Ratings have months alone: the day would tell who rated.

table day_figure "read model: how many, by day, service and who had the case; the columns are FIGURES in statistics/figures.h"
  institution    id    internal  "whose cases"
  day            date  internal  "on which it counts, where the institution is"
  entered        date  internal  "0; or the day on which it was entered, when the month was over by then"
  service        text  public    "pack id"
  official       id    internal  "account; 0: nobody had it"
  applications    int   internal  "sent"
  cases           int   internal  "begun here"
  at_counter      int   internal  "taken in by officials"
  decided         int   internal  "the letter has left"
  granted         int   internal  "of these"
  refused         int   internal  "of these"
  not_accepted    int   internal  "ended so"
  withdrawn       int   internal  "ended so"
  lapsed          int   internal  "ended so"
  never_sent      int   internal  "drafts thrown away"
  promised        int   internal  "decided with a promise"
  promise_kept    int   internal  "of these"
  limited         int   internal  "decided with a legal limit"
  law_kept        int   internal  "of these"
  timed           int   internal  "decided with a known time"
  ran             int   internal  "working minutes of these"
  stood           int   internal  "minutes standing of these"
  corrections     int   internal  "asked for"
  corrected       int   internal  "decided after a correction"
  forwarded       int   internal  "forwarded here"
  objections      int   internal  "made"
  objections_won  int   internal  "won"
  reopened        int   internal  "opened again"
  orange          int   internal  "turned so"
  red             int   internal  "turned so"
  stops           int   internal  "that ended"
  key institution day entered service official
  small

table day_spread "read model: how many decided cases took how much working time, by day"
  institution  id    internal  "whose cases"
  day          date  internal  "on which it counts, where the institution is"
  entered      date  internal  "0; or the day on which it was entered, when the month was over by then"
  service      text  public    "pack id"
  official     id    internal  "account; 0: nobody had it"
  bucket       int   internal  "of working minutes: base/spread.h"
  n            int   internal  "how many"
  key institution day entered service official bucket
  small

table day_stop "read model: why clocks stood, and for how long, by the day on which the stop ended"
  institution  id    internal  "whose cases"
  day          date  internal  "where the institution is"
  entered      date  internal  "0; or the day on which it was entered, when the month was over by then"
  service      text  public    "pack id"
  reason       text  public    "of the service's list"
  n            int   internal  "how many stops"
  minutes      int   internal  "working minutes"
  key institution day entered service reason
  small

statement day_figure_add exec 1
  route institution
  insert into day_figure (institution, day, entered, service, official,
    applications, cases, at_counter, decided, granted, refused, not_accepted, withdrawn, lapsed, never_sent, promised,
    promise_kept, limited, law_kept, timed, ran, stood, corrections, corrected, forwarded, objections, objections_won,
    reopened, orange, red, stops)
  values (:institution, :day, :entered, :service, :official,
    :applications, :cases, :at_counter, :decided, :granted, :refused, :not_accepted, :withdrawn, :lapsed, :never_sent,
    :promised, :promise_kept, :limited, :law_kept, :timed, :ran, :stood, :corrections, :corrected, :forwarded, :objections,
    :objections_won, :reopened, :orange, :red, :stops)
  on conflict (institution, day, entered, service, official) do update set
    applications = day_figure.applications + excluded.applications, cases = day_figure.cases + excluded.cases,
    at_counter = day_figure.at_counter + excluded.at_counter, decided = day_figure.decided + excluded.decided,
    granted = day_figure.granted + excluded.granted, refused = day_figure.refused + excluded.refused,
    not_accepted = day_figure.not_accepted + excluded.not_accepted, withdrawn = day_figure.withdrawn + excluded.withdrawn,
    lapsed = day_figure.lapsed + excluded.lapsed, never_sent = day_figure.never_sent + excluded.never_sent,
    promised = day_figure.promised + excluded.promised, promise_kept = day_figure.promise_kept + excluded.promise_kept,
    limited = day_figure.limited + excluded.limited, law_kept = day_figure.law_kept + excluded.law_kept,
    timed = day_figure.timed + excluded.timed, ran = day_figure.ran + excluded.ran,
    stood = day_figure.stood + excluded.stood, corrections = day_figure.corrections + excluded.corrections,
    corrected = day_figure.corrected + excluded.corrected, forwarded = day_figure.forwarded + excluded.forwarded,
    objections = day_figure.objections + excluded.objections,
    objections_won = day_figure.objections_won + excluded.objections_won,
    reopened = day_figure.reopened + excluded.reopened, orange = day_figure.orange + excluded.orange, red = day_figure.red + excluded.red,
    stops = day_figure.stops + excluded.stops

statement day_spread_add exec 1
  route institution
  insert into day_spread (institution, day, entered, service, official, bucket, n)
  values (:institution, :day, :entered, :service, :official, :bucket, :n)
  on conflict (institution, day, entered, service, official, bucket) do update set n = day_spread.n + excluded.n

statement day_stop_add exec 1
  route institution
  insert into day_stop (institution, day, entered, service, reason, n, minutes)
  values (:institution, :day, :entered, :service, :reason, :n, :minutes)
  on conflict (institution, day, entered, service, reason) do update set n = day_stop.n + excluded.n,
    minutes = day_stop.minutes + excluded.minutes

statement day_figures many "days of one month, and of its closing what was entered until then, or from then on"
  route institution
  in from_day date
  in to_day date
  in from_entered date
  in until_entered date
  select day, service, official,
    applications, cases, at_counter, decided, granted, refused, not_accepted, withdrawn, lapsed, never_sent, promised,
    promise_kept, limited, law_kept, timed, ran, stood, corrections, corrected, forwarded, objections, objections_won,
    reopened, orange, red, stops
  from day_figure where institution = :institution and day >= :from_day and day <= :to_day
    and entered >= :from_entered and entered < :until_entered
  order by institution, day, entered, service, official

statement day_spreads many
  route institution
  in from_day date
  in to_day date
  in until_entered date
  select day, service, official, bucket, n from day_spread
  where institution = :institution and day >= :from_day and day <= :to_day and entered < :until_entered
  order by institution, day, entered, service, official, bucket

statement day_stops many
  route institution
  in from_day date
  in to_day date
  in until_entered date
  out times int
  out stood int
  select reason, cast(sum(n) as bigint) as times, cast(sum(minutes) as bigint) as stood from day_stop
  where institution = :institution and day >= :from_day and day <= :to_day and entered < :until_entered
  group by reason order by reason

statement day_figure_all many scatter
  in most int
  select institution, day, entered, service, official,
    applications, cases, at_counter, decided, granted, refused, not_accepted, withdrawn, lapsed, never_sent, promised,
    promise_kept, limited, law_kept, timed, ran, stood, corrections, corrected, forwarded, objections, objections_won,
    reopened, orange, red, stops
  from day_figure
  where (institution, day, entered, service, official) > (:institution, :day, :entered, :service, :official)
  order by institution, day, entered, service, official limit :most

statement day_spread_all many scatter
  in most int
  select institution, day, entered, service, official, bucket, n from day_spread
  where (institution, day, entered, service, official, bucket) > (:institution, :day, :entered, :service, :official, :bucket)
  order by institution, day, entered, service, official, bucket limit :most

statement day_stop_all many scatter
  in most int
  select institution, day, entered, service, reason, n, minutes from day_stop
  where (institution, day, entered, service, reason) > (:institution, :day, :entered, :service, :reason)
  order by institution, day, entered, service, reason limit :most

# --- Closed months ------------------------------------------------------------------------------------------------------

table month_closing "a month that is closed: its figures are those that were entered before the day of closing"
  institution  id       internal  "whose month"
  month        int      internal  "year * 12 + month - 1"
  closed_at    instant  internal  "when"
  until        date     internal  "the day of closing: what was entered from it on stands beside the month"
  closed_by    id       internal  "account"
  name         text     internal  "of who closed it, as it was then"
  key institution month

statement closing_get maybe
  route institution
  select closed_at, until, name from month_closing where institution = :institution and month = :month

statement closings_of many "months in order"
  route institution
  in from_month int
  in to_month int
  select month, until from month_closing
  where institution = :institution and month >= :from_month and month <= :to_month order by institution, month

statement closing_add root exec 1
  route institution
  insert into month_closing (institution, month, closed_at, until, closed_by, name)
  values (:institution, :month, :closed_at, :until, :closed_by, :name)

table month_effort "what a service asked of people when a month was closed, from their door"
  institution  id    internal  "whose service"
  month        int   internal  "year * 12 + month - 1"
  service      text  public    "pack id"
  visits       int   public    "in person"
  documents    int   public    "to be brought"
  questions    int   public    "that everybody is asked"
  days         int   public    "working days until the slowest paper is there"
  key institution month service
  small

statement effort_add exec 1
  route institution
  insert into month_effort (institution, month, service, visits, documents, questions, days)
  values (:institution, :month, :service, :visits, :documents, :questions, :days)

statement efforts_of many
  route institution
  in from_month int
  in to_month int
  select month, service, visits, documents, questions, days from month_effort
  where institution = :institution and month >= :from_month and month <= :to_month order by institution, month, service

# --- What was counted before this program -------------------------------------------------------------------------------

table brought_month "a month whose figures a town brought from before: once"
  institution  id    internal  "whose"
  month        int   internal  "year * 12 + month - 1"
  has_days     flag  internal  "its days were brought too: it can be cut"
  key institution month
  small

statement brought_add root exec 1
  route institution
  insert into brought_month (institution, month, has_days) values (:institution, :month, :has_days)

statement brought_whole maybe "the first of these months that is known as a whole alone"
  route institution
  in from_month int
  in to_month int
  select month from brought_month
  where institution = :institution and month >= :from_month and month <= :to_month and has_days = 0
  order by institution, month limit 1

# --- Objections to own figures ------------------------------------------------------------------------------------------

table figure_objection "an official says that the own figures of a month are not right"
  institution  id        internal  "where"
  id           id        internal  "ordered in time"
  version      int       internal  "1; 2: answered"
  month        int       internal  "year * 12 + month - 1"
  official     id        internal  "account"
  name         text      internal  "as it was then"
  words        text      personal  "what is not right"
  objected_at  instant   internal  "when"
  is_right     flag      internal  "the answer: the objection is right, the month is not ranked for this official"
  answer       text      personal  "in words; empty: none yet"
  answered_by  id        internal  "account; 0: nobody yet"
  answerer     text      internal  "name of who answered"
  key institution id

statement objection_add root exec 1
  route institution
  insert into figure_objection (institution, id, version, month, official, name, words, objected_at, is_right, answer, answered_by,
    answerer)
  values (:institution, :id, 1, :month, :official, :name, :words, :objected_at, 0, '', 0, '')

statement objection_answer root exec 1
  route institution
  update figure_objection set version = 2, is_right = :is_right, answer = :answer, answered_by = :answered_by,
    answerer = :answerer
  where institution = :institution and id = :id and version = 1

statement objections_of many "of a month, in order"
  route institution
  select id, version, official, name, words, objected_at, is_right, answer, answerer from figure_objection
  where institution = :institution and month = :month order by institution, id limit 500

statement objections_open count
  route institution
  select count(*) from figure_objection where institution = :institution and month = :month and version = 1

# --- Exports ------------------------------------------------------------------------------------------------------------

table figure_export "a file of figures that somebody asked for: made by a job, kept for a week"
  account      id       internal  "who asked"
  id           id       internal  "ordered in time"
  version      int      internal  "1: asked for; then raised by each step"
  institution  id       internal  "of whose cases"
  from_day     date     internal  "cases that ended from this day on"
  to_day       date     internal  "the last day"
  form         int      internal  "1 CSV, 2 XLSX"
  lang         text     internal  "of the heads of its columns"
  state        int      internal  "1 waits or is being made, 2 made, 3 could not be made"
  lines        int      internal  "written so far"
  bytes        int      internal  "of the file, when it is made"
  asked_at     instant  internal  "when"
  key account id

statement export_add root exec 1
  route account
  insert into figure_export (account, id, version, institution, from_day, to_day, form, lang, state, lines, bytes, asked_at)
  values (:account, :id, 1, :institution, :from_day, :to_day, :form, :lang, 1, 0, 0, :asked_at)

statement export_get maybe
  route account
  select version, institution, from_day, to_day, form, lang, state, lines, bytes, asked_at from figure_export
  where account = :account and id = :id

statement export_step root exec 1
  route account
  update figure_export set version = version + 1, state = :state, lines = :lines, bytes = :bytes
  where account = :account and id = :id

statement exports_of many "newest first"
  route account
  select id, institution, from_day, to_day, form, state, lines, bytes, asked_at from figure_export
  where account = :account order by account desc, id desc limit 20
