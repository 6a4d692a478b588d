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

statement alert_get maybe
  route institution
  select casefile, party, service, level, is_legal, due_day, due_at, handler, raised_at, acted_at from alert
  where institution = :institution and id = :id

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
  select party, number, service, handler, level, stands, is_counted, due_day, alerts, event from board_case
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

# --- Triggers: what they know of cases, what they found, and what became of it --------------------------------------------

table case_watch "read model: what the triggers know of a case; an open one, and for half a year what its office decided"
  institution  id       internal  "whose case it is"
  casefile     id       internal  "the case"
  party        id       internal  "the applicant"
  number       text     public    "case number"
  service      text     public    "pack id"
  handler      id       internal  "account; 0: nobody yet"
  start_day    date     internal  "when it was submitted"
  came_day     date     internal  "when it came to this office"
  is_ready     flag     internal  "it could be decided: in hand, the clock runs, nothing is waited for but the office"
  stands       flag     internal  "its clock"
  level        int      internal  "of its clock, as the newest event says"
  corrections  int      internal  "how often the applicant was asked for one"
  decided_day  date?    internal  "first decided; null: not yet"
  ran_minutes  int      internal  "working time up to that decision"
  event        id       internal  "the newest event that is in here"
  key institution casefile
  index by_hand institution service handler start_day casefile

table pace "read model: how long decisions of a service took in a quarter"
  institution  id    internal  "whose service it is"
  service      text  public    "pack id"
  official     id    internal  "account; 0: all of the office"
  quarter      int   internal  "year * 4 + quarter"
  counts       text  internal  "decided cases in each class of working time, from the shortest on"
  key institution service official quarter

table finding "what a rule found: something that a person judges"
  institution  id       internal  "where it was found"
  id           id       internal  "of what it is about: found again it is the same"
  version      int      internal  "root row version"
  sign         text     internal  "word of what fired"
  service      text     public    "pack id"
  official     id       internal  "account of who has or had the case; 0: nobody"
  casefile     id       internal  "the case; 0: it is about an official's work"
  figure       int      internal  "the number that its sentence says"
  cases        json     internal  "the cases that it names: id, party, number, day, working minutes"
  found_at     instant  internal  "when it happened"
  state        int      internal  "enum finding_state"
  judged_by    id       internal  "account of the supervisor; 0: nobody yet"
  judged_name  text     internal  "the supervisor's name"
  judged_at    instant? internal  "when"
  words        text     internal  "why it was set aside"
  inquiry      id       internal  "that was begun from it; 0: none"
  key institution id
  index by_state institution state found_at id

table inquiry "a supervisor's question to the head of an institution: the root row"
  institution  id       internal  "who is asked"
  id           id       internal  "ordered in time"
  version      int      internal  "root row version"
  finding      id       internal  "from which it was begun; 0: from a case"
  sign         text     internal  "word of what fired; empty: none"
  service      text     public    "pack id; empty: none"
  official     id       internal  "account of the official whom it concerns; 0: nobody by name"
  cases        json     internal  "the cases that it names, as in a finding"
  office       id       internal  "the supervision office that asks"
  asked_by     id       internal  "account of the supervisor"
  asked_name   text     internal  "the supervisor's name"
  asked_at     instant  internal  "when"
  state        int      internal  "enum inquiry_state"
  outcome      int      internal  "enum inquiry_outcome"
  due_day      date     internal  "last day of the answer; when it is closed, of the appeal"
  is_overdue   flag     internal  "no answer came in time"
  closed_at    instant? internal  "when the outcome was said first"
  closed_by    id       internal  "account of who said it; 0: nobody yet"
  key institution id
  index by_state institution state id
  index by_outcome institution outcome asked_at

table inquiry_step "what happened in an inquiry, in order"
  institution  id       internal  "of the inquiry"
  inquiry      id       internal  "the inquiry"
  id           id       internal  "ordered in time"
  kind         int      internal  "enum inquiry_step_kind"
  account      id       internal  "who; 0: the program"
  name         text     internal  "who"
  words        text     personal  "what was said"
  outcome      int      internal  "enum inquiry_outcome, where one was said"
  at           instant  internal  "when"
  key institution inquiry id
  refers institution inquiry to inquiry institution id

statement case_watch_get maybe
  route institution
  select party, number, service, handler, start_day, came_day, is_ready, stands, level, corrections, decided_day, ran_minutes
  from case_watch where institution = :institution and casefile = :casefile

statement case_watch_put exec any "as it is now"
  route institution
  insert into case_watch (institution, casefile, party, number, service, handler, start_day, came_day, is_ready, stands, level,
    corrections, decided_day, ran_minutes, event)
  values (:institution, :casefile, :party, :number, :service, :handler, :start_day, :came_day, :is_ready, :stands, :level,
    :corrections, :decided_day, :ran_minutes, :event)
  on conflict (institution, casefile) do update set number = :number, handler = :handler, start_day = :start_day,
    came_day = :came_day, is_ready = :is_ready, stands = :stands, level = :level, corrections = :corrections,
    decided_day = :decided_day, ran_minutes = :ran_minutes, event = :event

statement case_watch_remove exec any
  route institution
  delete from case_watch where institution = :institution and casefile = :casefile

statement case_watch_older many "that came before a day and could be decided, the oldest first"
  route institution
  in before date
  in most int
  select casefile, party, number, start_day, ran_minutes from case_watch
  where institution = :institution and service = :service and handler = :handler and start_day < :before and is_ready = 1
  order by institution, service, handler, start_day, casefile limit :most

statement case_watch_decided many "what an official decided of a service since a day"
  route institution
  in since date
  in most int
  select casefile, party, number, start_day, ran_minutes from case_watch
  where institution = :institution and service = :service and handler = :handler and decided_day is not null
    and decided_day >= :since
  order by institution, service, handler, start_day desc, casefile desc limit :most

statement case_watch_forget exec any "what was decided long ago, and so began before: the index spares the newer ones"
  route institution
  in before date
  delete from case_watch
  where institution = :institution and service = :service and handler = :handler and start_day < :before
    and decided_day is not null and decided_day < :before

statement case_watch_all many scatter
  in after_institution id
  in after_casefile id
  in most int
  select institution, casefile, party, number, service, handler, start_day, came_day, is_ready, stands, level, corrections, ran_minutes,
    event
  from case_watch where (institution, casefile) > (:after_institution, :after_casefile)
  order by institution, casefile limit :most

statement pace_of many "of an official, or of the office (0), in a quarter and the one before"
  route institution
  in quarter int
  select quarter, counts from pace
  where institution = :institution and service = :service and official = :official and quarter >= :quarter - 1
    and quarter <= :quarter

statement pace_put exec any
  route institution
  insert into pace (institution, service, official, quarter, counts)
  values (:institution, :service, :official, :quarter, :counts)
  on conflict (institution, service, official, quarter) do update set counts = :counts

statement finding_add exec any "once"
  route institution
  insert into finding (institution, id, version, sign, service, official, casefile, figure, cases, found_at, state, judged_by,
    judged_name, judged_at, words, inquiry)
  values (:institution, :id, 1, :sign, :service, :official, :casefile, :figure, :cases, :found_at, 1, 0, '', null, '', 0)
  on conflict (institution, id) do nothing

statement finding_judge root exec 1 "the guard: nobody judged it since it was read"
  route institution
  update finding set version = version + 1, state = :state, judged_by = :judged_by, judged_name = :judged_name,
    judged_at = :judged_at, words = :words, inquiry = :inquiry
  where institution = :institution and id = :id and version = :version and state = 1

statement finding_get maybe
  route institution
  select version, sign, service, official, casefile, figure, cases, found_at, state, judged_name, judged_at, words, inquiry
  from finding where institution = :institution and id = :id

statement finding_list many "newest first"
  route institution
  in before_at instant
  in before_id id
  in most int
  select id, sign, service, official, casefile, figure, cases, found_at, state, judged_name, words, inquiry
  from finding where institution = :institution and state = :state and (found_at, id) < (:before_at, :before_id)
  order by institution, state, found_at desc, id desc limit :most

statement inquiry_insert exec 1 "its root is the finding, or itself: see inquiry_begin"
  route institution
  insert into inquiry (institution, id, version, finding, sign, service, official, cases, office, asked_by, asked_name, asked_at,
    state, outcome, due_day, is_overdue, closed_at, closed_by)
  values (:institution, :id, 1, :finding, :sign, :service, :official, :cases, :office, :asked_by, :asked_name, :asked_at,
    1, 0, :due_day, 0, null, 0)

statement inquiry_begin root exec 1 "without a finding"
  route institution
  insert into inquiry (institution, id, version, finding, sign, service, official, cases, office, asked_by, asked_name, asked_at,
    state, outcome, due_day, is_overdue, closed_at, closed_by)
  values (:institution, :id, 1, 0, '', :service, :official, :cases, :office, :asked_by, :asked_name, :asked_at,
    1, 0, :due_day, 0, null, 0)

statement inquiry_move root exec 1 "the guard: nothing happened in it since it was read"
  route institution
  update inquiry set version = version + 1 where institution = :institution and id = :id and version = :version

statement inquiry_set exec 1
  route institution
  update inquiry set state = :state, outcome = :outcome, due_day = :due_day, is_overdue = :is_overdue, closed_at = :closed_at,
    closed_by = :closed_by
  where institution = :institution and id = :id

statement inquiry_get maybe
  route institution
  select institution, id, version, finding, sign, service, official, cases, office, asked_by, asked_name, asked_at, state, outcome,
    due_day, is_overdue, closed_at, closed_by
  from inquiry where institution = :institution and id = :id

statement inquiry_list many "newest first"
  route institution
  in before id
  in most int
  select institution, id, sign, service, official, asked_name, asked_at, state, outcome, due_day, is_overdue
  from inquiry where institution = :institution and id < :before order by institution desc, id desc limit :most

statement inquiry_open_count count "that wait for an answer; about an official's work, or all (0)"
  route institution
  select count(*) from inquiry where institution = :institution and state = 1 and (:official = 0 or official = :official)

statement inquiry_card_count count "with an outcome, asked since"
  route institution
  in since instant
  select count(*) from inquiry where institution = :institution and outcome = :outcome and asked_at >= :since

statement inquiry_step_add exec 1
  route institution
  insert into inquiry_step (institution, inquiry, id, kind, account, name, words, outcome, at)
  values (:institution, :inquiry, :id, :kind, :account, :name, :words, :outcome, :at)

statement inquiry_steps many
  route institution
  in most int
  select id, kind, account, name, words, outcome, at from inquiry_step
  where institution = :institution and inquiry = :inquiry order by institution, inquiry, id limit :most

# --- Alerts that somebody of the office has answered with a word ------------------------------------------------------------

table alert_word "somebody of the office has seen an alert and says what is done about it; once"
  institution  id       internal  "whose alert"
  casefile     id       internal  "of which case"
  id           id       internal  "the alert"
  account      id       internal  "who says it"
  name         text     internal  "the name at that time"
  word         text     internal  "what is done about it"
  said_at      instant  internal  "when"
  key institution casefile id

statement alert_word_add root exec 1 "once: a second one is a conflict"
  route institution
  insert into alert_word (institution, casefile, id, account, name, word, said_at)
  values (:institution, :casefile, :id, :account, :name, :word, :said_at)

statement alert_word_of_case many
  route institution
  in most int
  select id, name, word, said_at from alert_word where institution = :institution and casefile = :casefile order by id desc limit :most

# --- Who is written to about an alert ---------------------------------------------------------------------------------------

table told_alert "somebody who is written to about an alert: once, whatever is done again"
  account      id    internal  "who"
  alert        id    internal  "the alert"
  institution  id    internal  "whose alert"
  casefile     id    internal  "of which case"
  service      text  public    "pack id"
  level        int   internal  "enum clock_level"
  due_day      date  internal  "of the limit, as it was then"
  is_above     flag  internal  "as somebody of a supervision office; else of the office itself"
  pace         int   internal  "enum told_pace: with the next digest, or at once"
  mail         id    internal  "the mail that names it; 0: it waits for the next one"
  key account alert
  index told_by_mail account mail pace alert

table told_person "when somebody was last written to about alerts: the root row of those mails"
  account  id       internal  "who"
  pace     int      internal  "enum told_pace"
  version  int      internal  "root row version"
  sent_at  instant  internal  "when the last mail was made up"
  is_set   flag     internal  "a timer is on its way for the next one"
  key account pace
  small

statement told_person_root root exec 1
  route account
  insert into told_person (account, pace, version, sent_at, is_set) values (:account, :pace, 1, 0, 0)
  on conflict (account, pace) do update set version = told_person.version + 1

statement told_person_get maybe
  route account
  select sent_at, is_set from told_person where account = :account and pace = :pace

statement told_person_set exec 1
  route account
  update told_person set sent_at = :sent_at, is_set = :is_set where account = :account and pace = :pace

statement told_alert_add exec any "once"
  route account
  insert into told_alert (account, alert, institution, casefile, service, level, due_day, is_above, pace, mail)
  values (:account, :alert, :institution, :casefile, :service, :level, :due_day, :is_above, :pace, 0)
  on conflict (account, alert) do nothing

statement told_alert_mail exec any "all that waits, in one mail"
  route account
  update told_alert set mail = :mail where account = :account and mail = 0 and pace = :pace

statement told_alert_of_mail many "what is worst first"
  route account
  in most int
  select alert, institution, casefile, service, level, due_day, is_above, pace from told_alert
  where account = :account and mail = :mail order by level desc, due_day, alert limit :most
