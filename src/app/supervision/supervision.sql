# Who watches over institutions: what is late, and who was told. Read models of the events of cases, routed by institution.
room supervision

table alert "read model: a warning that a clock raised; one row for each time that a case turned orange, red or past its limit"
  institution  id       internal  "who has the case"
  casefile     id       internal  "the case"
  id           id       internal  "the event that raised it: ordered in time"
  party        id       internal  "the applicant"
  service      text     public    "pack id"
  level        int      internal  "enum clock_level: 1 orange, 2 red, 3 past"
  is_legal     flag     internal  "the limit is that of the law, else the promise"
  due_day      date     internal  "the day of that limit as it was then"
  left_days    int      internal  "working days left"
  number       text     public    "case number"
  handler      id       internal  "who had the case; 0: nobody"
  raised_at    instant  internal  "when it counts from"
  day          date     internal  "on which board_day counts it"
  due_at       instant  internal  "the instant of the limit, as it was then"
  acted_at     instant? internal  "first act of somebody of the office after it; none yet"
  key institution casefile id
  index alert_newest institution id

statement alert_add exec any "or again, when the relay runs twice"
  route institution
  insert into alert (institution, casefile, id, party, service, number, level, is_legal, due_day, left_days, handler, raised_at,
    day, due_at, acted_at)
  values (:institution, :casefile, :id, :party, :service, :number, :level, :is_legal, :due_day, :left_days, :handler, :raised_at,
    :day, :due_at, null)
  on conflict (institution, casefile, id) do nothing

statement alert_acted exec any "the first act counts"
  route institution
  update alert set acted_at = :acted_at
  where institution = :institution and casefile = :casefile and id = :id and acted_at is null

statement alert_of_case many "newest first"
  route institution
  in most int
  select id, party, service, number, level, is_legal, due_day, due_at, left_days, handler, raised_at, day, acted_at from alert
  where institution = :institution and casefile = :casefile order by id desc limit :most

statement alert_newest many "of the institution"
  route institution
  in most int
  in before id
  select id, casefile, party, service, number, level, is_legal, due_day, due_at, left_days, handler, raised_at, acted_at from alert
  where institution = :institution and id < :before order by institution desc, id desc limit :most

statement alert_all many scatter
  in most int
  select institution, casefile, id, party, service, number, level, is_legal, due_day, due_at, left_days, handler, raised_at, day, acted_at
  from alert where (institution, casefile, id) > (:institution, :casefile, :id) order by institution, casefile, id limit :most

# --- The board: what runs, turns and stands, as counters ------------------------------------------------------------------

table board_case "read model: a running case as the board counts it"
  institution  id       internal  "who has the case"
  casefile     id       internal  "the case"
  party        id       internal  "the applicant"
  number       text     public    "case number; empty while no event said it"
  service      text     public    "pack id"
  handler      id       internal  "who has it; 0: nobody"
  level        int      internal  "0 green, 1 orange, 2 red, 3 past"
  stands       flag     internal  "its clock does"
  is_counted   flag     internal  "not decided yet"
  due_day      date     internal  "of the limit that comes next"
  alerts       int      internal  "raised, and nobody acted after them"
  event        id       internal  "the newest event that is in here"
  key institution casefile
  index board_case_by_level institution stands level due_day casefile
  index board_case_by_service institution service due_day casefile
  index board_case_by_handler institution handler due_day casefile

table board_count "read model: how many cases of a service an official has"
  institution  id    internal  "of which institution"
  service      text  public    "pack id"
  handler      id    internal  "account; 0: cases that nobody has"
  running      int   public    "clocks that run, those with an alert included"
  standing     int   public    "clocks that stand"
  orange       int   public    "of the running ones"
  red          int   public    "about to be due"
  past         int   public    "past a limit"
  key institution handler service

table board_total "read model: the sums of an institution, and up to which event everything of the board counts"
  institution  id    internal  "of which institution"
  running      int   public    "as in board_count"
  standing     int   public    "as in board_count"
  orange       int   public    "as in board_count"
  red          int   public    "as in board_count"
  past         int   public    "as in board_count"
  event        id    internal  "the newest event that is counted"
  key institution
  small

table board_due "read model: how many clocks that run end on a day"
  institution  id    internal  "of which institution"
  due_day      date  public    "last day of the limit that comes next"
  n            int   public    "running cases"
  key institution due_day
  small

table board_day "read model: what changed on a day of an institution, so that the end of each day is known, and what was done on it"
  institution  id    internal  "of which institution"
  day          date  public    "in its zone"
  running      int   public    "more, or fewer, of them than the day before"
  orange       int   public    "the same"
  red          int   public    "the same, those past a limit included"
  ended        int   public    "cases that the office brought to their end on it"
  raised       int   public    "alerts raised on it"
  acted        int   public    "of these, those that somebody acted after"
  key institution day
  small

statement board_case_get maybe
  route institution
  select number, service, handler, level, stands, is_counted, due_day, alerts, event from board_case
  where institution = :institution and casefile = :casefile

statement board_case_put exec any
  route institution
  insert into board_case (institution, casefile, party, number, service, handler, level, stands, is_counted, due_day, alerts, event)
  values (:institution, :casefile, :party, :number, :service, :handler, :level, :stands, :is_counted, :due_day, :alerts, :event)
  on conflict (institution, casefile) do update set number = excluded.number, service = excluded.service,
    handler = excluded.handler, level = excluded.level, stands = excluded.stands, is_counted = excluded.is_counted,
    due_day = excluded.due_day, alerts = excluded.alerts, event = excluded.event

statement board_case_remove exec any
  route institution
  delete from board_case where institution = :institution and casefile = :casefile

statement board_case_all many scatter
  in most int
  select institution, casefile, party, number, service, handler, level, stands, is_counted, due_day, alerts, event from board_case
  where (institution, casefile) > (:institution, :casefile) order by institution, casefile limit :most

statement board_cases_at many "of a level, running or standing, what is due first first"
  route institution
  in after_due date
  in after_case id
  in most int
  select casefile, party, number, service, handler, level, stands, due_day from board_case
  where institution = :institution and stands = :stands and level = :level and is_counted = 1
    and (due_day, casefile) > (:after_due, :after_case)
  order by institution, stands, level, due_day, casefile limit :most

statement board_cases_of_service many
  route institution
  in after_due date
  in after_case id
  in most int
  select casefile, party, number, service, handler, level, stands, due_day from board_case
  where institution = :institution and service = :service and is_counted = 1 and (due_day, casefile) > (:after_due, :after_case)
  order by institution, service, due_day, casefile limit :most

statement board_cases_of_handler many
  route institution
  in after_due date
  in after_case id
  in most int
  select casefile, party, number, service, handler, level, stands, due_day from board_case
  where institution = :institution and handler = :handler and is_counted = 1 and (due_day, casefile) > (:after_due, :after_case)
  order by institution, handler, due_day, casefile limit :most

statement board_count_add exec any "differences"
  route institution
  insert into board_count (institution, service, handler, running, standing, orange, red, past)
  values (:institution, :service, :handler, :running, :standing, :orange, :red, :past)
  on conflict (institution, handler, service) do update set running = board_count.running + excluded.running,
    standing = board_count.standing + excluded.standing, orange = board_count.orange + excluded.orange,
    red = board_count.red + excluded.red, past = board_count.past + excluded.past

statement board_count_list many
  route institution
  select service, handler, running, standing, orange, red, past from board_count
  where institution = :institution and running + standing > 0 order by handler, service limit 4000

statement board_count_all many scatter
  in most int
  select institution, service, handler, running, standing, orange, red, past from board_count
  where (institution, handler, service) > (:institution, :handler, :service) order by institution, handler, service limit :most

statement board_total_add exec any "differences"
  route institution
  insert into board_total (institution, running, standing, orange, red, past, event)
  values (:institution, :running, :standing, :orange, :red, :past, :event)
  on conflict (institution) do update set running = board_total.running + excluded.running,
    standing = board_total.standing + excluded.standing, orange = board_total.orange + excluded.orange,
    red = board_total.red + excluded.red, past = board_total.past + excluded.past,
    event = case when excluded.event > board_total.event then excluded.event else board_total.event end

statement board_total_all many scatter
  in most int
  select institution, running, standing, orange, red, past, event from board_total
  where institution > :institution order by institution limit :most

statement board_due_add exec any "a difference"
  route institution
  insert into board_due (institution, due_day, n) values (:institution, :due_day, :n)
  on conflict (institution, due_day) do update set n = board_due.n + excluded.n

statement board_due_list many "of the days to come"
  route institution
  in until date
  select due_day, n from board_due where institution = :institution and due_day >= :due_day and due_day <= :until and n > 0
  order by due_day limit 40

statement board_due_all many scatter
  in most int
  select institution, due_day, n from board_due
  where (institution, due_day) > (:institution, :due_day) order by institution, due_day limit :most

statement board_day_add exec any "differences"
  route institution
  insert into board_day (institution, day, running, orange, red, ended, raised, acted)
  values (:institution, :day, :running, :orange, :red, :ended, :raised, 0)
  on conflict (institution, day) do update set running = board_day.running + excluded.running,
    orange = board_day.orange + excluded.orange, red = board_day.red + excluded.red, ended = board_day.ended + excluded.ended,
    raised = board_day.raised + excluded.raised

statement board_day_act exec any "after an alert of an earlier day"
  route institution
  update board_day set acted = acted + 1 where institution = :institution and day = :day

statement board_day_list many
  route institution
  in since date
  select day, running, orange, red, ended, raised, acted from board_day where institution = :institution and day >= :since
  order by day limit 80

statement board_day_all many scatter
  in most int
  select institution, day, running, orange, red, ended, raised, acted from board_day
  where (institution, day) > (:institution, :day) order by institution, day limit :most
