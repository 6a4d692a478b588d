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

# --- What cases are found by --------------------------------------------------------------------------------------------

table found_case "read model: what a search shows of the cases of an institution, decided ones too; not of those that it forwarded"
  institution  id    internal  "who may find it"
  casefile     id    internal  "the case"
  party        id    internal  "whose it is"
  number       text  public    "case number"
  service      text  public    "pack id"
  name         text  identity  "of the applicant; empty: erased"
  key institution casefile

table found_key "read model: beginnings of names and identity numbers as keyed hashes; nobody reads a name off it"
  institution  id    internal  "who may search"
  hash         id    internal  "63 bits of the keyed hash of institution and piece"
  casefile     id    internal  "the case"
  key institution hash casefile
  small

statement found_add exec any "or again, when the relay runs twice"
  route institution
  insert into found_case (institution, casefile, party, number, service, name)
  values (:institution, :casefile, :party, :number, :service, :name)
  on conflict (institution, casefile) do nothing

statement found_key_add exec any
  route institution
  insert into found_key (institution, hash, casefile) values (:institution, :hash, :casefile)
  on conflict (institution, hash, casefile) do nothing

statement found_remove exec any
  route institution
  delete from found_case where institution = :institution and casefile = :casefile

statement found_key_remove exec any
  route institution
  delete from found_key where institution = :institution and hash = :hash and casefile = :casefile

statement found_keys many "newest first"
  route institution
  in before id
  in most int
  select casefile from found_key
  where institution = :institution and hash = :hash and casefile < :before
  order by institution desc, hash desc, casefile desc limit :most

statement found_rows many
  route institution
  in casefiles id[]
  select institution, casefile, party, number, service, name from found_case
  where institution = :institution and casefile in :casefiles

statement found_case_all many scatter
  in most int
  select institution, casefile, party, number, service, name from found_case
  where (institution, casefile) > (:institution, :casefile) order by institution, casefile limit :most

# --- Notes --------------------------------------------------------------------------------------------------------------

table note "what officials say to each other about a case; the applicant reads it only by a request for access"
  party      id       internal  "the applicant"
  casefile   id       internal  "about which case"
  id         id       internal  "ordered in time"
  account    id       internal  "who wrote it"
  name       text     internal  "the official's name at that time"
  noted_at   instant  internal  "when"
  words      text     identity  "the note"
  key party casefile id

statement note_insert root exec 1
  route party
  insert into note (party, casefile, id, account, name, noted_at, words)
  values (:party, :casefile, :id, :account, :name, :noted_at, :words)

statement note_list many
  route party
  select party, casefile, id, account, name, noted_at, words from note
  where party = :party and casefile = :casefile order by id limit 200
