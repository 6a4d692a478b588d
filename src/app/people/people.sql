# Parties, how they sign in, for whom they act and what they may do. Everything belongs to a party but two tables: the look-up of
# addresses (claimed in a step of its own, because an address is unique over all routes) and the list of an institution's people,
# a read model that the relay keeps.
room people

table party "a person or an organisation: who a case is for"
  party       id       internal  "63 random bits, never a national number"
  kind        int      internal  "1 person, 2 organisation, 3 program"
  name        text     identity  "full name as on the document"
  scheme      text?    internal  "scheme of the identifier: cn-uscc, lei, ..."
  identifier  text?    identity  "number in a public register; organisations only"
  made_at     instant  internal  "when the record was made"
  key party

table account "how a person signs in; the root row of everything that belongs to the account"
  account       id       internal  "the account's own party"
  version       int      internal  "root row version"
  epoch         int      internal  "raised whenever rights change or all sessions end"
  email         text     identity  "address as typed"
  lang          text     internal  "preferred language; empty: as the browser asks"
  is_disabled   flag     internal  "nobody can sign in"
  has_mandates  flag     internal  "there are, or were, rows in mandate or same_as: spares a look"
  has_roles     flag     internal  "there are rows in role: spares a look"
  made_at       instant  internal  "when the account was made"
  key account

table password "what a password is checked against"
  account     id       internal  "whose"
  hash        text     secret    "Argon2id with parameters and salt"
  changed_at  instant  internal  "when it was set"
  key account

table session "a browser that is signed in"
  account  id       internal  "whose"
  token    bytes    internal  "SHA-256 of the cookie's secret"
  made_at  instant  internal  "wall clock without demo time travel"
  seen_at  instant  internal  "last request, five minutes exact; the same clock"
  device   text     personal  "browser and system in two words, for the person to recognise it"
  key account token

table kept_form "what was posted when a session had ended in the middle, until its account signs in again"
  account  id       internal  "whose"
  token    bytes    internal  "of the session that ended, then of the new one on the same browser"
  path     text     internal  "where it was sent"
  form     json     identity  "names and values in turn"
  kept_at  instant  internal  "wall clock without demo time travel"
  key account token

table mandate "an account may act for another party"
  account     id       internal  "who acts"
  party       id       internal  "for whom"
  name        text     identity  "the party's name, copied"
  scheme      text?    internal  "of the identifier, copied"
  identifier  text?    identity  "the party's number, copied"
  made_at     instant  internal  "since when"
  made_by     id       internal  "account that entered it; 0: the operator"
  key account party

table role "what an official may do, and where"
  account      id       internal  "who"
  institution  id       internal  "where"
  kind         int      internal  "1 official, 2 administrator, 3 author"
  made_at      instant  internal  "since when"
  made_by      id       internal  "account that granted it; 0: the operator"
  key account institution kind

table absence "an official is away; a deputy stands in meanwhile"
  institution  id       internal  "where"
  id           id       internal  "ordered in time"
  account      id       internal  "who is away"
  name         text     internal  "the official's name at that time"
  from_day     date     internal  "the first day"
  until_day    date     internal  "the last day"
  deputy       id       internal  "account of who stands in; 0: nobody does"
  deputy_name  text     internal  "that one's name at that time"
  made_by      id       internal  "account that entered it: the official's own, or a head's"
  made_at      instant  internal  "when"
  key institution id
  index by_until institution until_day id

table email_lookup "which account an address belongs to; unique over all routes"
  bucket      id       internal  "the first 63 bits of the hash"
  hash        bytes    internal  "keyed hash of the address in small letters"
  account     id       internal  "whose; the account may not be there yet"
  claimed_at  instant  internal  "when the address was taken"
  key bucket hash

table staff "read model: the people of an institution"
  institution  id       internal  "where"
  account      id       internal  "who"
  kind         int      internal  "1 official, 2 administrator, 3 author"
  made_at      instant  internal  "since when"
  key institution account kind

table record "what an official wrote down about somebody who came: so that the record is found again"
  party        id       internal  "who"
  version      int      internal  "root row version"
  birth        text     identity  "YYYY-MM-DD; empty: not written down"
  scheme       text     internal  "of the number; empty: none"
  identifier   text     identity  "canonical number of the document; empty: none"
  phone        text     identity  "E.164; empty: none"
  email        text     identity  "empty: none"
  made_at      instant  internal  "when"
  made_by      id       internal  "account of the official"
  institution  id       internal  "where"
  key party

table twin "read model: which records share a number, a name and birthday, a phone or an address; from the events of records"
  bucket  id     internal  "the first 63 bits of the hash"
  hash    bytes  internal  "keyed hash of the kind and what is shared"
  party   id     internal  "whose record has it"
  kind    int    internal  "enum twin_kind"
  key bucket hash party

table same_as "two records of one person, joined; taken apart again it stays as a row that has ended"
  party     id       internal  "who sees the other's cases too"
  other     id       internal  "the other record"
  name      text     identity  "the other record's name, copied"
  made_at   instant  internal  "when it was joined last"
  made_by   id       internal  "account that joined them"
  ended_at  instant? internal  "taken apart"
  ended_by  id       internal  "account that did; 0: nobody"
  key party other

table invitation "a code on a receipt with which a person makes an account for the record that an official made"
  bucket   id       internal  "the first 63 bits of the hash"
  hash     bytes    internal  "keyed hash of the code"
  party    id       internal  "whose record"
  made_at  instant  internal  "when"
  made_by  id       internal  "account of the official"
  used_at  instant? internal  "it opens nothing any more"
  used_by  id       internal  "account; 0: nobody"
  key bucket hash

# --- Records made by officials --------------------------------------------------------------------------------------------

statement record_insert exec 1
  route party
  insert into record (party, version, birth, scheme, identifier, phone, email, made_at, made_by, institution)
  values (:party, 1, :birth, :scheme, :identifier, :phone, :email, :made_at, :made_by, :institution)

statement record_get maybe
  route party
  select party, version, birth, scheme, identifier, phone, email, made_at, made_by, institution from record where party = :party

statement twin_add exec any
  route bucket
  insert into twin (bucket, hash, party, kind) values (:bucket, :hash, :party, :kind)
  on conflict (bucket, hash, party) do nothing

statement twin_list many
  route bucket
  select party from twin where bucket = :bucket and hash = :hash order by party limit 20

statement twin_all many scatter
  in most int
  select bucket, hash, party, kind from twin
  where (bucket, hash, party) > (:bucket, :hash, :party) order by bucket, hash, party limit :most

statement same_as_put root exec 1
  route party
  insert into same_as (party, other, name, made_at, made_by, ended_at, ended_by)
  values (:party, :other, :name, :made_at, :made_by, null, 0)
  on conflict (party, other) do update set ended_at = null, ended_by = 0, made_at = excluded.made_at, made_by = excluded.made_by

statement same_as_end root exec 1 "ERR_CONFLICT: it was taken apart already"
  route party
  update same_as set ended_at = :ended_at, ended_by = :ended_by where party = :party and other = :other and ended_at is null

statement same_as_list many "those that are joined"
  route party
  select party, other, name, made_at, made_by from same_as where party = :party and ended_at is null order by other limit 50

statement same_as_count count
  route party
  select count(*) from same_as where party = :party and ended_at is null

statement invitation_insert root exec 1
  route bucket
  insert into invitation (bucket, hash, party, made_at, made_by, used_at, used_by)
  values (:bucket, :hash, :party, :made_at, :made_by, null, 0)

statement invitation_get maybe
  route bucket
  select party, made_at, used_at from invitation where bucket = :bucket and hash = :hash

statement invitation_use root exec 1 "ERR_CONFLICT: it was used already"
  route bucket
  update invitation set used_at = :used_at, used_by = :used_by where bucket = :bucket and hash = :hash and used_at is null

# --- Making -------------------------------------------------------------------------------------------------------------

statement party_insert root exec 1
  route party
  insert into party (party, kind, name, scheme, identifier, made_at)
  values (:party, :kind, :name, :scheme, :identifier, :made_at)

statement party_get maybe
  route party
  select party, kind, name, scheme, identifier from party where party = :party

statement account_insert root exec 1
  route account
  insert into account (account, version, epoch, email, lang, is_disabled, has_mandates, has_roles, made_at)
  values (:account, 1, 1, :email, :lang, 0, 0, 0, :made_at)

statement account_get maybe
  route account
  select account, version, epoch, email, lang, is_disabled, has_mandates, has_roles, made_at
  from account where account = :account

statement account_viewer maybe "all that a request asks of its account"
  route account
  select a.account, a.epoch, a.email, a.lang, a.is_disabled, a.has_mandates, a.has_roles, p.party, p.name, p.kind
  from account a join party p on p.party = a.account where a.account = :account and p.party = :account

statement account_touch root exec 1 "a change that leaves rights alone"
  route account
  update account set version = version + 1 where account = :account and is_disabled = 0

statement account_raise_epoch root exec 1 "rights change or all sessions end"
  route account
  update account set version = version + 1, epoch = epoch + 1 where account = :account

statement account_disable root exec 1
  route account
  update account set version = version + 1, epoch = epoch + 1, is_disabled = :is_disabled where account = :account

statement account_has_mandates exec 1
  route account
  update account set has_mandates = 1 where account = :account

statement account_has_roles exec 1
  route account
  update account set has_roles = :has_roles where account = :account

statement account_all scatter many "for the operator's list"
  in after id
  select account, email, is_disabled, has_roles, made_at from account where account > :after order by account limit 100

# --- Passwords ----------------------------------------------------------------------------------------------------------

statement password_get maybe
  route account
  select account, hash, changed_at from password where account = :account

statement password_insert exec 1
  route account
  insert into password (account, hash, changed_at) values (:account, :hash, :changed_at)

statement password_update exec 1
  route account
  update password set hash = :hash, changed_at = :changed_at where account = :account

# --- Addresses ----------------------------------------------------------------------------------------------------------

statement email_claim root exec 1
  route bucket
  insert into email_lookup (bucket, hash, account, claimed_at) values (:bucket, :hash, :account, :claimed_at)

statement email_take_over root exec 1 "a claim whose account was never made"
  in old_account id
  route bucket
  update email_lookup set account = :account, claimed_at = :claimed_at
  where bucket = :bucket and hash = :hash and account = :old_account

statement email_get maybe
  route bucket
  select account, claimed_at from email_lookup where bucket = :bucket and hash = :hash

# --- Sessions -----------------------------------------------------------------------------------------------------------

statement session_get maybe
  route account
  select made_at, seen_at from session where account = :account and token = :token

statement session_insert exec 1
  route account
  insert into session (account, token, made_at, seen_at, device)
  values (:account, :token, :made_at, :seen_at, :device)

statement session_touch root exec 1
  in stale_at instant
  route account
  update session set seen_at = :seen_at where account = :account and token = :token and seen_at < :stale_at

statement session_hold root exec 1 "the session is there, though it may have run out"
  route account
  update session set device = device where account = :account and token = :token

statement kept_form_insert exec 1
  route account
  insert into kept_form (account, token, path, form, kept_at) values (:account, :token, :path, :form, :kept_at)

statement kept_form_get maybe
  route account
  select path, form, kept_at from kept_form where account = :account and token = :token

statement kept_form_delete exec any
  route account
  delete from kept_form where account = :account and token = :token

statement kept_form_sweep exec any
  in kept_before instant
  route account
  delete from kept_form where account = :account and kept_at < :kept_before

statement session_list many
  route account
  select token, made_at, seen_at, device from session where account = :account order by token limit 100

statement session_end root exec 1 "signing out"
  route account
  delete from session where account = :account and token = :token

statement session_end_others exec any
  route account
  delete from session where account = :account and token <> :token

statement session_end_all exec any
  route account
  delete from session where account = :account

statement session_sweep exec any "of one account, when it signs in again"
  in made_before instant
  in seen_before instant
  route account
  delete from session where account = :account and (made_at < :made_before or seen_at < :seen_before)

# --- Mandates and roles -------------------------------------------------------------------------------------------------

statement mandate_insert exec 1
  route account
  insert into mandate (account, party, name, scheme, identifier, made_at, made_by)
  values (:account, :party, :name, :scheme, :identifier, :made_at, :made_by)

statement mandate_get maybe
  route account
  select made_at from mandate where account = :account and party = :party

statement mandate_list many
  route account
  select account, party, name, scheme, identifier from mandate where account = :account order by party limit 100

statement role_insert exec 1
  route account
  insert into role (account, institution, kind, made_at, made_by)
  values (:account, :institution, :kind, :made_at, :made_by)

statement role_get maybe
  route account
  select made_at from role where account = :account and institution = :institution and kind = :kind

statement role_delete exec 1 "No row: somebody else took it meanwhile"
  route account
  delete from role where account = :account and institution = :institution and kind = :kind

statement role_list many
  route account
  select institution, kind, made_at from role where account = :account order by made_at, institution, kind limit 100

statement role_count count
  route account
  select count(*) from role where account = :account

statement staff_forget exec any
  route institution
  delete from staff where institution = :institution and account = :account and kind = :kind

statement staff_insert exec 1
  route institution
  insert into staff (institution, account, kind, made_at) values (:institution, :account, :kind, :made_at)

statement staff_list many
  route institution
  select account, kind, made_at from staff where institution = :institution order by account, kind limit 500

# --- Absence ------------------------------------------------------------------------------------------------------------

statement absence_insert root exec 1
  route institution
  insert into absence (institution, id, account, name, from_day, until_day, deputy, deputy_name, made_by, made_at)
  values (:institution, :id, :account, :name, :from_day, :until_day, :deputy, :deputy_name, :made_by, :made_at)

statement absence_end root exec 1 "the day before the first: it never was"
  route institution
  in today date
  update absence set until_day = :until_day where institution = :institution and id = :id and until_day >= :today

statement absence_list many "those that are not over"
  route institution
  in today date
  select id, account, name, from_day, until_day, deputy, deputy_name, made_by, made_at from absence
  where institution = :institution and until_day >= :today order by institution, until_day, id limit 500

# --- For `store check`: everything, piece by piece ------------------------------------------------------------------------

statement account_check_page many scatter "has_party: the account's own party is there"
  in most int
  out has_party flag
  select a.account, case when p.party is null then 0 else 1 end as has_party
  from account a left join party p on p.party = a.account where a.account > :account order by a.account limit :most

statement mandate_check_page many scatter "has_account: who acts is there"
  in most int
  out has_account flag
  select m.account, m.party, case when a.account is null then 0 else 1 end as has_account
  from mandate m left join account a on a.account = m.account
  where (m.account, m.party) > (:account, :party) order by m.account, m.party limit :most

statement role_check_page many scatter "has_account: who has it is there"
  in most int
  out has_account flag
  select r.account, r.institution, r.kind, case when a.account is null then 0 else 1 end as has_account
  from role r left join account a on a.account = r.account
  where (r.account, r.institution, r.kind) > (:account, :institution, :kind)
  order by r.account, r.institution, r.kind limit :most

statement staff_all many scatter
  in most int
  select institution, account, kind, made_at from staff
  where (institution, account, kind) > (:institution, :account, :kind) order by institution, account, kind limit :most
