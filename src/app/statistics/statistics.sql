# The picture: what the relay has counted of cases, by month; closed months, objections to own figures, exports.
room statistics

table counted_case "read model: of each case of an institution, what the figures have counted of it"
  institution    id    internal  "whose case it is"
  casefile       id    internal  "the case"
  service        text  public    "pack id"
  handler        id    internal  "account of who has it, or had it last; 0: nobody"
  start_day      date  internal  "when its clock began"
  month          int   internal  "of its end, year * 12 + month - 1; 0: it has not ended"
  fate           int   internal  "1 granted, 2 refused, 3 decided otherwise, 4 not accepted, 5 withdrawn, 6 lapsed; 0: none yet"
  outcome        int   internal  "of the decision whose letter has not left: 0 none, 1 granted, 2 refused"
  decided_day    date  internal  "when it was decided; 0: it is not"
  due_day        date  internal  "promised; 0: nothing is"
  legal_day      date  internal  "by law; 0: no day is"
  ran            int   internal  "working minutes on which its clock ran; -1: not known"
  stood          int   internal  "working minutes on which it stood"
  stop           text  internal  "the reason for which it stands; empty: it runs"
  stood_before   int   internal  "minutes that it had stood when that stop began"
  corrections    int   internal  "how often the applicant was asked to put something right"
  times_ended    int   internal  "how often it has ended: opened again, it ends again"
  key institution casefile
  index by_month institution month casefile

statement counted_get maybe
  route institution
  select service, handler, start_day, month, fate, outcome, decided_day, due_day, legal_day, ran, stood, stop, stood_before,
    corrections, times_ended
  from counted_case where institution = :institution and casefile = :casefile

statement counted_put exec 1
  route institution
  insert into counted_case (institution, casefile, service, handler, start_day, month, fate, outcome, decided_day, due_day,
    legal_day, ran, stood, stop, stood_before, corrections, times_ended)
  values (:institution, :casefile, :service, :handler, :start_day, :month, :fate, :outcome, :decided_day, :due_day, :legal_day,
    :ran, :stood, :stop, :stood_before, :corrections, :times_ended)
  on conflict (institution, casefile) do update set service = excluded.service, handler = excluded.handler,
    start_day = excluded.start_day, month = excluded.month, fate = excluded.fate, outcome = excluded.outcome,
    decided_day = excluded.decided_day, due_day = excluded.due_day, legal_day = excluded.legal_day, ran = excluded.ran,
    stood = excluded.stood, stop = excluded.stop, stood_before = excluded.stood_before, corrections = excluded.corrections,
    times_ended = excluded.times_ended

statement counted_forget exec any "forwarded: another institution counts it"
  route institution
  delete from counted_case where institution = :institution and casefile = :casefile and times_ended = 0

statement counted_page many "cases that ended in these months, for an export"
  route institution
  in after_month int
  in after_casefile id
  in to_month int
  in most int
  select month, casefile, service, handler, start_day, fate, decided_day, due_day, legal_day, ran, stood, corrections, times_ended
  from counted_case
  where institution = :institution and (month, casefile) > (:after_month, :after_casefile) and month <= :to_month
  order by institution, month, casefile limit :most

statement counted_all many scatter
  in most int
  select institution, casefile, service, handler, start_day, month, fate, outcome, decided_day, due_day, legal_day, ran, stood,
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

statement month_figures many "by month, as they were when it was over"
  route institution
  in from_month int
  in to_month int
  out total int
  select month, kind, sum(n) as total from service_figure
  where institution = :institution and month >= :from_month and month <= :to_month and entered = 0
  group by month, kind order by month, kind

statement service_figures many
  route institution
  in from_month int
  in to_month int
  in from_entered date
  in until_entered date
  out total int
  select service, kind, sum(n) as total from service_figure
  where institution = :institution and month >= :from_month and month <= :to_month
    and entered >= :from_entered and entered < :until_entered
  group by service, kind order by service, kind

statement official_figures many
  route institution
  in from_month int
  in to_month int
  in until_entered date
  out total int
  select official, kind, sum(n) as total from official_figure
  where institution = :institution and month >= :from_month and month <= :to_month and entered < :until_entered
  group by official, kind order by official, kind

statement month_spreads many
  route institution
  in from_month int
  in to_month int
  out total int
  select month, bucket, sum(n) as total from service_spread
  where institution = :institution and month >= :from_month and month <= :to_month and entered = 0
  group by month, bucket order by month, bucket

statement service_spreads many
  route institution
  in from_month int
  in to_month int
  in until_entered date
  out total int
  select service, bucket, sum(n) as total from service_spread
  where institution = :institution and month >= :from_month and month <= :to_month and entered < :until_entered
  group by service, bucket order by service, bucket

statement official_spreads many
  route institution
  in from_month int
  in to_month int
  in until_entered date
  out total int
  select official, bucket, sum(n) as total from official_spread
  where institution = :institution and month >= :from_month and month <= :to_month and entered < :until_entered
  group by official, bucket order by official, bucket

statement service_stops many
  route institution
  in from_month int
  in to_month int
  in until_entered date
  out times int
  out stood int
  select reason, sum(n) as times, sum(minutes) as stood from service_stop
  where institution = :institution and month >= :from_month and month <= :to_month and entered < :until_entered
  group by reason order by reason

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
