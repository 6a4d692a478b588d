# The desk of an official: what was looked at, filters kept, notes, absences, and what cases are found by.
room desk

table seen "read marks: up to which event an official has seen a case; nothing is proved by it, so it may be lost"
  institution  id       internal  "at whose desk"
  casefile     id       internal  "the case"
  account      id       internal  "who looked"
  event        id       internal  "the newest event that was there"
  seen_at      instant  internal  "when it was first seen"
  before       id       internal  "the newest event of the look before that one; 0: there was none"
  before_at    instant  internal  "when that was first seen"
  key institution casefile account
  small

statement seen_get maybe
  route institution
  select event, seen_at, before, before_at from seen
  where institution = :institution and casefile = :casefile and account = :account

statement seen_put root exec 1
  route institution
  insert into seen (institution, casefile, account, event, seen_at, before, before_at)
  values (:institution, :casefile, :account, :event, :seen_at, :before, :before_at)
  on conflict (institution, casefile, account) do update set event = excluded.event, seen_at = excluded.seen_at,
    before = excluded.before, before_at = excluded.before_at

statement seen_of_cases many
  route institution
  in casefiles id[]
  select casefile, event from seen
  where institution = :institution and casefile in :casefiles and account = :account

# --- Filters ------------------------------------------------------------------------------------------------------------

table saved_filter "a filter of the queue that an official gave a name; the page's address is all of it"
  account  id    internal  "whose"
  id       id    internal  "ordered in time"
  name     text  personal  "as its owner calls it"
  query    text  internal  "what stands behind /queue?"
  key account id

statement filter_list many
  route account
  select id, name, query from saved_filter where account = :account order by id limit 50

statement filter_add root exec 1
  route account
  insert into saved_filter (account, id, name, query) values (:account, :id, :name, :query)

statement filter_remove root exec 1
  route account
  delete from saved_filter where account = :account and id = :id
