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
