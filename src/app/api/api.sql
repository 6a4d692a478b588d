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
