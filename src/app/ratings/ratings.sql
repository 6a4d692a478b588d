# Ratings: how applicants found a decision or a visit at a counter, and the loop that a bad one opens. What was said is the personal part
# of the events. An institution's list, the appeals of a jurisdiction and the published counts are read models.
room ratings

table rating "how one occasion was for its applicant: the root row of its loop"
  party         id        internal  "who rates"
  id            id        internal  "ordered in time; the office sees it, and learns no case by it"
  version       int       internal  "root row version"
  casefile      id        internal  "the case of the occasion"
  about         id        internal  "the event that was the occasion"
  institution   id        internal  "where it was"
  service       text      internal  "pack id"
  occasion      int       internal  "enum rating_occasion"
  month         int       internal  "of the occasion, where the institution is: 202611"
  level         int       internal  "1 (very bad) to 5 (very good)"
  has_words     flag      internal  "words stand with it"
  is_named      flag      internal  "the person agreed that the office sees who it was"
  handler       id        internal  "account of the official whom it is about; 0: the program"
  rated_by      id        internal  "account"
  rated_at      instant   internal  "when"
  state         int       internal  "enum rating_state"
  contact_by    date?     internal  "day by which the person is contacted; none: the rating is not bad"
  remedy_by     date?     internal  "day by which it is put right"
  late          int       internal  "enum rating_late: which of the two days passed first"
  contacted_at  instant?  internal  "when the office wrote first"
  appealed_by   id        internal  "account of the official who appealed; 0: nobody has"
  appealed_day  date?     internal  "when, where the institution is"
  key party id
  unique once party about
  index by_casefile party casefile id

table rating_line "read model: the ratings of an institution"
  institution  id    internal  "whose"
  rating       id    internal  "the rating"
  party        id    internal  "its route; no page shows it"
  service      text  internal  "pack id"
  occasion     int   internal  "enum rating_occasion"
  month        int   internal  "of the occasion"
  level        int   internal  "1 to 5"
  has_words    flag  internal  "words stand with it"
  handler      id    internal  "account of the official whom it is about; 0: the program"
  state        int   internal  "enum rating_state"
  due          date  internal  "the day that comes next: by which the person is contacted, then by which it is put right; 0: none"
  event        id    internal  "the newest event that is in here"
  key institution rating
  index by_state institution state due rating

table rating_appeal "read model: appeals that wait for somebody outside of the office"
  jurisdiction id    internal  "in which they are judged: ratings_judges()"
  rating       id    internal  "the rating"
  institution  id    internal  "who appeals"
  service      text  internal  "pack id"
  level        int   internal  "1 to 5"
  event        id    internal  "of the appeal"
  key jurisdiction rating

table rating_count "read model: how many occasions there were in a month, and what was said of them"
  institution  id    public  "where"
  service      text  public  "pack id"
  month        int   public  "of the occasions: 202611"
  occasion     int   public  "enum rating_occasion"
  asked        int   public  "occasions: the denominator"
  very_bad     int   public  "ratings of level 1 that count"
  bad          int   public  "of level 2"
  fair         int   public  "of level 3"
  good         int   public  "of level 4"
  very_good    int   public  "of level 5"
  struck       int   public  "judged to be mistaken: they count no more"
  loops        int   public  "bad ones that opened a loop, the struck ones included"
  late         int   public  "of these, how many were contacted or put right late"
  remedied     int   public  "of these, how many were put right"
  key institution month occasion service

# --- The rating ---------------------------------------------------------------------------------------------------------

statement rating_insert root exec 1 "ERR_CONFLICT: this occasion was rated"
  route party
  insert into rating (party, id, version, casefile, about, institution, service, occasion, month, level, has_words, is_named, handler,
    rated_by, rated_at, state, contact_by, remedy_by, late, contacted_at, appealed_by, appealed_day)
  values (:party, :id, 1, :casefile, :about, :institution, :service, :occasion, :month, :level, :has_words, :is_named, :handler,
    :rated_by, :rated_at, :state, :contact_by, :remedy_by, 0, null, 0, null)

statement rating_move root exec 1 "the guard: nothing happened since it was read"
  route party
  update rating set version = version + 1 where party = :party and id = :id and version = :version

statement rating_set exec 1
  route party
  update rating set state = :state, remedy_by = :remedy_by, late = :late, contacted_at = :contacted_at,
    appealed_by = :appealed_by, appealed_day = :appealed_day
  where party = :party and id = :id

statement rating_get maybe
  route party
  select party, id, version, casefile, about, institution, service, occasion, month, level, has_words, is_named, handler, rated_by,
    rated_at, state, contact_by, remedy_by, late, contacted_at, appealed_by, appealed_day
  from rating where party = :party and id = :id

statement rating_of_case many
  route party
  select id, about, state from rating where party = :party and casefile = :casefile order by party, casefile, id

# --- Read models --------------------------------------------------------------------------------------------------------

statement rating_line_put exec any "only forward"
  route institution
  insert into rating_line (institution, rating, party, service, occasion, month, level, has_words, handler, state, due, event)
  values (:institution, :rating, :party, :service, :occasion, :month, :level, :has_words, :handler, :state, :due, :event)
  on conflict (institution, rating) do update set state = excluded.state, due = excluded.due, event = excluded.event
  where rating_line.event < excluded.event

statement rating_line_get maybe
  route institution
  select party, state, level, handler from rating_line where institution = :institution and rating = :rating

statement rating_line_by_due many "those of a state, what is due first first"
  route institution
  in most int
  select rating, service, occasion, month, level, has_words, handler, state, due
  from rating_line where institution = :institution and state = :state order by institution, state, due, rating limit :most

statement rating_line_page many "newest first"
  route institution
  in before id
  in most int
  select rating, service, occasion, month, level, has_words, handler, state, due
  from rating_line where institution = :institution and rating < :before order by institution desc, rating desc limit :most

statement rating_line_all many scatter
  in after_institution id
  in after_rating id
  in most int
  select institution, rating, party, service, occasion, month, level, has_words, handler, state, due, event
  from rating_line where (institution, rating) > (:after_institution, :after_rating)
  order by institution, rating limit :most

statement rating_appeal_add exec any
  route jurisdiction
  insert into rating_appeal (jurisdiction, rating, institution, service, level, event)
  values (:jurisdiction, :rating, :institution, :service, :level, :event)
  on conflict (jurisdiction, rating) do nothing

statement rating_appeal_remove exec any
  route jurisdiction
  delete from rating_appeal where jurisdiction = :jurisdiction and rating = :rating

statement rating_appeal_page many "oldest first"
  route jurisdiction
  in most int
  select rating, institution, service, level from rating_appeal where jurisdiction = :jurisdiction order by jurisdiction, rating limit :most

statement rating_appeal_all many scatter
  in after_jurisdiction id
  in after_rating id
  in most int
  select jurisdiction, rating, institution, service, level, event
  from rating_appeal where (jurisdiction, rating) > (:after_jurisdiction, :after_rating) order by jurisdiction, rating limit :most

statement rating_count_add exec 1 "numbers that come on top"
  route institution
  insert into rating_count (institution, service, month, occasion, asked, very_bad, bad, fair, good, very_good, struck, loops, late,
    remedied)
  values (:institution, :service, :month, :occasion, :asked, :very_bad, :bad, :fair, :good, :very_good, :struck, :loops, :late,
    :remedied)
  on conflict (institution, month, occasion, service) do update set asked = rating_count.asked + excluded.asked,
    very_bad = rating_count.very_bad + excluded.very_bad, bad = rating_count.bad + excluded.bad,
    fair = rating_count.fair + excluded.fair, good = rating_count.good + excluded.good,
    very_good = rating_count.very_good + excluded.very_good, struck = rating_count.struck + excluded.struck,
    loops = rating_count.loops + excluded.loops, late = rating_count.late + excluded.late,
    remedied = rating_count.remedied + excluded.remedied

statement rating_count_of many "months from one on"
  route institution
  in since int
  in most int
  select service, month, occasion, asked, very_bad, bad, fair, good, very_good, struck, loops, late, remedied
  from rating_count where institution = :institution and month >= :since order by institution, month, occasion, service limit :most

statement rating_count_all many scatter
  in after_institution id
  in after_month int
  in after_occasion int
  in after_service text
  in most int
  select institution, service, month, occasion, asked, very_bad, bad, fair, good, very_good, struck, loops, late, remedied
  from rating_count
  where (institution, month, occasion, service) > (:after_institution, :after_month, :after_occasion, :after_service)
  order by institution, month, occasion, service limit :most
