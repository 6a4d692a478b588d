# Tables and statements of the store's own tests.
room sample

table account "A root row with a sum"
  party    id     internal  "the route"
  id       id     internal  "unique within the party"
  version  int    internal  "root row version"
  sum      money  internal  "in minor units"
  due      date?  internal  "may be null"
  is_open  flag   public    "1 while it may be used"
  note     text   public    "free text"
  key party id
  unique by_note party note
  index by_sum party sum id

table person "Encrypted columns"
  party     id      internal  "the route"
  id        id      internal  "unique within the party"
  name      text    identity  "as on the document"
  number    text?   secret    "may be null"
  born      date?   identity  "day of birth"
  mail_hash bytes   internal  "keyed hash of the e-mail address"
  extra     json?   personal  "anything"
  key party id
  unique by_mail party mail_hash

table child "Refers to account"
  party    id  internal  "the route"
  account  id  internal  "its account"
  id       id  internal  "ordered in time"
  value    int internal  "a number"
  key party account id
  refers party account to account party id
  small

table town "A small table that is everywhere"
  code  text  public  "short"
  name  text  public  "long"
  key code
  replicated

statement account_add root exec 1
  route party
  insert into account (party, id, version, sum, due, is_open, note)
  values (:party, :id, 1, :sum, :due, :is_open, :note)

statement account_touch root exec 1 "The root row's conditional update"
  route party
  in by money
  update account set version = version + 1, sum = sum + :by
  where party = :party and id = :id and version = :version

statement account_get maybe
  route party
  select party, id, version, sum, due, is_open, note from account where party = :party and id = :id

statement account_need one
  route party
  select sum, note from account where party = :party and id = :id

statement account_page many
  route party
  in after_sum money
  in after_id id
  in limit int
  select id, sum, note from account
  where party = :party and (sum, id) > (:after_sum, :after_id) order by sum, id limit :limit

statement account_some many
  route party
  in ids id[]
  select id, note from account where party = :party and id in :ids order by id

statement account_count count
  route party
  select count(*) from account where party = :party

statement account_sum one
  route party
  out total money?
  out least date?
  select sum(a.sum) as total, min(a.due) as least from account as a where a.party = :party

statement account_by_due many
  route party
  in due date?
  select id, due from account where party = :party and (:due is null or due = :due) order by id

statement accounts_all count scatter
  select count(*) from account

statement account_close exec any
  route party
  update account set is_open = 0, due = :due where party = :party and is_open = 1

statement account_slow count scatter
  select count(*) from account as a, account as b, account as c, account as d, account as e, account as f
  where b.party = a.party and c.party = a.party and d.party = a.party and e.party = a.party and f.party = a.party
    and a.sum + b.sum + c.sum + d.sum + e.sum + f.sum = 77777777

statement child_add exec 1
  route party
  insert into child (party, account, id, value) values (:party, :account, :id, :value)

statement child_slow exec any
  route party
  update child set value = (select count(*) from child as a, child as b, child as c, child as d where
    a.party = :party and b.party = a.party and c.party = a.party and d.party = a.party and
    a.value + b.value + c.value + d.value = 77777777)
  where party = :party

statement child_join many
  route party
  select c.id, a.note, c.value from child c join account a on a.party = c.party and a.id = c.account
  where c.party = :party order by c.id

statement person_add root exec 1
  route party
  insert into person (party, id, name, number, born, mail_hash, extra)
  values (:party, :id, :name, :number, :born, :mail_hash, :extra)

statement person_put root exec 1
  route party
  insert into person (party, id, name, number, born, mail_hash, extra)
  values (:party, :id, :name, :number, :born, :mail_hash, :extra)
  on conflict (party, id) do update set name = excluded.name, number = :number

statement person_rename root exec 1
  route party
  update person set name = :name where party = :party and id = :id

statement person_get maybe
  route party
  select name, number, born, mail_hash, extra from person where party = :party and id = :id

statement person_list many
  route party
  select p.id, p.name as full_name from person p where p.party = :party and p.number is not null order by p.id

statement person_by_mail maybe
  route party
  select id, name from person where party = :party and mail_hash = :mail_hash

statement town_add root exec 1
  route none
  insert into town (code, name) values (:code, :name)

statement towns many
  route none
  select code, name from town order by code
