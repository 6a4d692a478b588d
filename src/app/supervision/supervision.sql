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
  handler      id       internal  "who had the case; 0: nobody"
  raised_at    instant  internal  "when it counts from"
  acted_at     instant? internal  "first act of somebody of the office after it; none yet"
  key institution casefile id

statement alert_add exec any "or again, when the relay runs twice"
  route institution
  insert into alert (institution, casefile, id, party, service, level, is_legal, due_day, left_days, handler, raised_at, acted_at)
  values (:institution, :casefile, :id, :party, :service, :level, :is_legal, :due_day, :left_days, :handler, :raised_at, null)
  on conflict (institution, casefile, id) do nothing

statement alert_act exec any "the first act counts"
  route institution
  update alert set acted_at = :acted_at
  where institution = :institution and casefile = :casefile and id < :id and acted_at is null

statement alert_of_case many
  route institution
  select id, level, is_legal, due_day, left_days, handler, raised_at, acted_at from alert
  where institution = :institution and casefile = :casefile order by id
