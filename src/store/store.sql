# What the store keeps for itself.
room core

table schema_table "The tables that this database has, as they were declared when they were made"
  room        text     internal  "which room's .sql file declares it"
  name        text     internal  "the table"
  layout      text     internal  "columns, keys and indexes without comments"
  created_at  instant  internal  "legal time"
  key room name
  replicated

table operation "Operations done, so that the same one sent twice counts once; kept 30 days"
  route        id       internal  "the route of the write"
  id           bytes    internal  "16 bytes that the form carried"
  digest       bytes    internal  "SHA-256 of the request"
  result_0     int      internal  "what the job put with tx_result"
  result_1     int      internal  "the same"
  result_2     int      internal  "the same"
  result_3     int      internal  "the same"
  recorded_at  instant  internal  "legal time"
  key route id
  index by_time recorded_at
  small

table standing "Whether the town may be written here; no row: it may"
  id     int      internal  "always 1"
  kind   int      internal  "0 open; 1 it is being moved away and can be read; 2 it was moved away; 3 it is arriving and not whole yet"
  copy   bytes    internal  "16 bytes that both databases of one copy have"
  other  text     internal  "where it goes to or comes from, without a password"
  until  text     internal  "when it is likely to be open again, as the operator wrote it; may be empty"
  since  instant  internal  "legal time"
  key id
  replicated

table arrival "How far a copy of a whole town into this database is; empty when there is none"
  name      text   internal  "the table that is copied"
  stage     int    internal  "0 rows come, 1 all rows are here, 2 indexes too, 3 read back and found equal"
  last_key  bytes  internal  "the last row that is here; empty at the beginning"
  rows      int    internal  "how many are here"
  sum       bytes  internal  "the sum of their hashes"
  key name
  replicated

statement standing_gate exec 0 "Every write begins with it"
  route none
  select id from standing where id = 1 and kind <> 0

statement standing_get maybe
  route none
  select kind, copy, other, until, since from standing where id = 1

statement standing_put root exec 1
  route none
  insert into standing (id, kind, copy, other, until, since) values (1, :kind, :copy, :other, :until, :since)
  on conflict (id) do update set kind = :kind, copy = :copy, other = :other, until = :until, since = :since

statement arrival_get maybe
  route none
  select stage, last_key, rows, sum from arrival where name = :name

statement arrival_put root exec 1
  route none
  insert into arrival (name, stage, last_key, rows, sum) values (:name, :stage, :last_key, :rows, :sum)
  on conflict (name) do update set stage = :stage, last_key = :last_key, rows = :rows, sum = :sum

statement arrival_clear exec any
  route none
  delete from arrival

statement schema_tables many
  route none
  select room, name, layout from schema_table order by room, name

statement schema_table_add exec 1 root
  route none
  insert into schema_table (room, name, layout, created_at) values (:room, :name, :layout, :created_at)

statement operation_begin exec 1 "No row: the operation is there already"
  route route
  insert into operation (route, id, digest, result_0, result_1, result_2, result_3, recorded_at)
  values (:route, :id, :digest, 0, 0, 0, 0, :recorded_at)
  on conflict (route, id) do nothing

statement operation_get one
  route route
  select digest, result_0, result_1, result_2, result_3 from operation where route = :route and id = :id

statement operation_confirm exec 1 "Changes nothing: its commit is durable only when the operation's is"
  route route
  update operation set recorded_at = recorded_at where route = :route and id = :id

statement operation_end exec 1
  route route
  update operation set result_0 = :result_0, result_1 = :result_1, result_2 = :result_2, result_3 = :result_3
  where route = :route and id = :id

statement operation_old many scatter
  in before instant
  in most int
  select route, id from operation where recorded_at < :before order by recorded_at limit :most

statement operation_forget exec any scatter "Rows of several routes of one place together"
  route route
  in before instant
  delete from operation where route = :route and id = :id and recorded_at < :before

statement operation_page many scatter "All of them, to look at piece by piece"
  in most int
  select route, id, digest, recorded_at from operation where (route, id) > (:route, :id) order by route, id limit :most
