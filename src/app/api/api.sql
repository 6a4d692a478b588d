# What programs come with: their tokens; and the programs of institutions and firms. A token belongs to an account, that of a person
# or that of a program.
room api

table token "a program's way in, instead of a cookie"
  account   id       internal  "whose: a person's, or a program's own"
  id        id       internal  "ordered by its end"
  hash      bytes    internal  "SHA-256 of the secret, which is shown once and kept nowhere"
  name      text     personal  "what its owner calls the program"
  scopes    int      internal  "what it may do of what its owner may: bits of enum api_scope"
  made_at   instant  internal  "when it was made"
  ends_at   instant  internal  "not taken from then on"
  ended_at  instant? internal  "ended by its owner before that"
  used_at   instant? internal  "last use, five minutes exact"
  key account id

statement token_insert root exec 1
  route account
  insert into token (account, id, hash, name, scopes, made_at, ends_at, ended_at, used_at)
  values (:account, :id, :hash, :name, :scopes, :made_at, :ends_at, null, null)

statement token_get maybe
  route account
  select account, id, hash, name, scopes, made_at, ends_at, ended_at, used_at from token where account = :account and id = :id

statement token_of_account many "that which ends last first"
  route account
  in most int
  select account, id, hash, name, scopes, made_at, ends_at, ended_at, used_at from token
  where account = :account order by account desc, id desc limit :most

statement token_set_ended root exec 1
  route account
  update token set ended_at = :ended_at where account = :account and id = :id and ended_at is null

statement token_set_used root exec 1 "unless somebody else just did"
  route account
  in stale_at instant
  update token set used_at = :used_at where account = :account and id = :id and (used_at is null or used_at < :stale_at)

statement token_sweep exec any "what ended long ago"
  route account
  in ended_before instant
  delete from token where account = :account and ends_at < :ended_before

# --- Clients: programs of institutions and firms -----------------------------------------------------------------------

table client "a program of an institution or of a firm; it has an account of its own, which nobody signs in to"
  owner     id       internal  "the institution, or the firm"
  account   id       internal  "the program's account: what it may do hangs off that"
  name      text     internal  "what its owner calls it: stands among those who looked and acted"
  made_at   instant  internal  "when it was registered"
  made_by   id       internal  "account of the administrator; 0: the operator"
  ended_at  instant? internal  "when it was ended: its account is disabled"
  key owner account

statement client_insert root exec 1
  route owner
  insert into client (owner, account, name, made_at, made_by, ended_at) values (:owner, :account, :name, :made_at, :made_by, null)

statement client_set_ended root exec 1
  route owner
  update client set ended_at = :ended_at where owner = :owner and account = :account and ended_at is null

statement client_of_owner many
  route owner
  in most int
  select owner, account, name, made_at, made_by, ended_at from client where owner = :owner order by account limit :most

statement client_all scatter many "for the operator"
  in most int
  in after id
  select owner, account, name, made_at, made_by, ended_at from client where account > :after order by account limit :most

# --- Web hooks ---------------------------------------------------------------------------------------------------------

table hook "where a program wants to hear what happens to cases"
  owner         id       internal  "the institution, or the party, whose cases they are"
  id            id       internal  "random"
  version       int      internal  "root row version"
  account       id       internal  "whose token registered it: it hears as long as that account may"
  url           text     internal  "where news are sent"
  events        text     internal  "kinds of events with spaces between; empty: all"
  secret        bytes    secret    "what signatures are made with"
  former        bytes    secret    "the secret before it, for a day; or empty"
  former_until  instant  internal  "until then both sign"
  is_off        flag     internal  "nothing is sent any more"
  why           text     internal  "why it is off"
  failing_since instant? internal  "no answer was good since then"
  made_at       instant  internal  "when it was registered"
  key owner id

table delivery "one piece of news for one hook"
  owner     id       internal  "of the hook"
  hook      id       internal  "for which"
  id        id       internal  "ordered in time: the order of sending"
  kind      text     public    "what happened"
  casefile  id       internal  "to which case"
  happened  instant  internal  "when"
  state     int      internal  "enum delivery_state"
  tries     int      internal  "so often it was sent"
  code      int      internal  "HTTP status of the last answer; 0: none came"
  said      text     internal  "the last answer in words"
  tried_at  instant? internal  "when it was sent last"
  key owner hook id
  index by_state owner hook state id

statement hook_insert root exec 1
  route owner
  insert into hook (owner, id, version, account, url, events, secret, former, former_until, is_off, why, failing_since, made_at)
  values (:owner, :id, 1, :account, :url, :events, :secret, :former, :made_at, 0, '', null, :made_at)

statement hook_get maybe
  route owner
  select owner, id, account, url, events, secret, former, former_until, is_off, why, failing_since, made_at
  from hook where owner = :owner and id = :id

statement hook_of_owner many
  route owner
  in most int
  select owner, id, account, url, events, is_off, why, failing_since, made_at from hook
  where owner = :owner order by owner, id limit :most

statement hook_touch root exec 1
  route owner
  update hook set version = version + 1 where owner = :owner and id = :id

statement hook_set_secret exec 1
  route owner
  update hook set secret = :secret, former = :former, former_until = :former_until where owner = :owner and id = :id

statement hook_set_failing exec 1
  route owner
  update hook set failing_since = :failing_since where owner = :owner and id = :id

statement hook_set_off exec 1
  route owner
  update hook set is_off = :is_off, why = :why, failing_since = null where owner = :owner and id = :id

statement hook_delete root exec 1
  route owner
  delete from hook where owner = :owner and id = :id

statement delivery_insert exec 1
  route owner
  insert into delivery (owner, hook, id, kind, casefile, happened, state, tries, code, said, tried_at)
  values (:owner, :hook, :id, :kind, :casefile, :happened, 1, 0, 0, '', null)

statement delivery_waiting many "the oldest"
  route owner
  in most int
  select owner, hook, id, kind, casefile, happened, state, tries, code, said, tried_at from delivery
  where owner = :owner and hook = :hook and state = 1 order by owner, hook, state, id limit :most

statement delivery_page many "newest first"
  route owner
  in before id
  in most int
  select owner, hook, id, kind, casefile, happened, state, tries, code, said, tried_at from delivery
  where owner = :owner and hook = :hook and id < :before order by owner desc, hook desc, id desc limit :most

statement delivery_set exec 1
  route owner
  update delivery set state = :state, tries = :tries, code = :code, said = :said, tried_at = :tried_at
  where owner = :owner and hook = :hook and id = :id

statement delivery_send_again exec 1 "whatever came of it"
  route owner
  update delivery set state = 1 where owner = :owner and hook = :hook and id = :id

statement delivery_sweep exec any
  route owner
  in before instant
  delete from delivery where owner = :owner and hook = :hook and happened < :before and state <> 1

statement delivery_drop exec any "with its hook"
  route owner
  delete from delivery where owner = :owner and hook = :hook
