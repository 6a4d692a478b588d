# Changes of services that authors write in the browser, until they are published. Few and the same on every shard, like what they
# become. A change holds only the files in which it differs from what is published; every saved text of them is kept.
room authoring

table pack_change "a change of the pack that is being written, was published, or was thrown away: the root row"
  id           id       internal  "ordered in time"
  version      int      internal  "root row version"
  kind         int      internal  "1 publication, 2 repair of a version for its running cases"
  state        int      internal  "1 being written, 2 publication asked for, 3 published, 4 thrown away"
  title        text     internal  "what its author calls it"
  reason       text     internal  "why, for the second person; of a repair also for the applicants"
  from_day     date?    internal  "first day on which its services are offered, as asked for"
  begun_by     id       internal  "account"
  begun_name   text     internal  "and its name at that time"
  begun_at     instant  internal  "legal time"
  changed_name text     internal  "who saved last"
  changed_at   instant  internal  "legal time"
  asked_by     id       internal  "account that asked for publication; 0: nobody"
  asked_name   text     internal  "and its name at that time"
  closed_by    id       internal  "account that published it or threw it away; 0: nobody"
  closed_name  text     internal  "and its name at that time"
  closed_at    instant? internal  "legal time"
  returned     text     internal  "why it came back last; empty: it did not"
  returned_name text    internal  "from whom"
  service      text     public    "of a repair: pack id of the service"
  from_digest  bytes    public    "of a repair: the definition that is repaired"
  to_digest    bytes    public    "of a repair, confirmed: the repaired one"
  institution  id       internal  "of a repair: whose cases they are"
  is_running   flag     internal  "a confirmed repair that is not through"
  cursor       id       internal  "the case looked at last"
  moved        int      internal  "cases that went over"
  pass_moved   int      internal  "in this pass over the open cases: the last pass moves none"
  key id
  index by_state state id
  replicated

table pack_change_file "a file of a change, every text of it that was saved"
  change       id       internal  "whose"
  path         text     public    "within the pack"
  version      int      internal  "counted from 1"
  what         int      internal  "1 this text, 2 the file is taken out, 3 as published"
  body         text     public    "as saved; mistakes and all"
  base_digest  bytes    public    "SHA-256 of the published file when this was saved; empty: there was none"
  is_current   flag     internal  "the newest"
  saved_by     id       internal  "account"
  saved_name   text     internal  "and its name at that time"
  saved_at     instant  internal  "legal time"
  key change path version
  replicated

# --- The change ---------------------------------------------------------------------------------------------------------

statement change_insert root exec 1
  route none
  insert into pack_change (id, version, kind, state, title, reason, from_day, begun_by, begun_name, begun_at, changed_name, changed_at,
    asked_by, asked_name, closed_by, closed_name, closed_at, returned, returned_name, service, from_digest, to_digest, institution,
    is_running, cursor, moved, pass_moved)
  values (:id, 1, :kind, 1, :title, '', null, :begun_by, :begun_name, :begun_at, :begun_name, :begun_at,
    0, '', 0, '', null, '', '', :service, :from_digest, :to_digest, :institution, 0, 0, 0, 0)

statement change_get maybe
  route none
  select id, version, kind, state, title, reason, from_day, begun_by, begun_name, begun_at, changed_name, changed_at, asked_by,
    asked_name, closed_by, closed_name, closed_at, returned, returned_name, service, from_digest, to_digest, institution, is_running,
    moved
  from pack_change where id = :id

statement change_list_of_state many "newest first"
  route none
  select id, kind, title, from_day, begun_name, changed_name, changed_at, asked_by, asked_name, closed_name, closed_at, service,
    is_running, moved
  from pack_change where state = :state order by state desc, id desc limit 50

statement change_touch root exec 1 "its files change; only while it is being written"
  route none
  update pack_change set version = version + 1, changed_name = :changed_name, changed_at = :changed_at where id = :id and state = 1

statement change_ask root exec 1
  route none
  update pack_change set version = version + 1, state = 2, asked_by = :asked_by, asked_name = :asked_name, reason = :reason,
    from_day = :from_day, returned = '', returned_name = '', changed_name = :asked_name, changed_at = :changed_at
  where id = :id and version = :version and state = 1

statement change_return root exec 1 "back to writing"
  route none
  update pack_change set version = version + 1, state = 1, returned = :returned, returned_name = :returned_name
  where id = :id and version = :version and state = 2

statement change_publish root exec 1 "by another than who asked: the guard of four eyes"
  route none
  update pack_change set version = version + 1, state = 3, closed_by = :closed_by, closed_name = :closed_name, closed_at = :closed_at,
    to_digest = :to_digest, is_running = :is_running
  where id = :id and version = :version and state = 2 and asked_by <> :closed_by

statement change_discard root exec 1
  route none
  update pack_change set version = version + 1, state = 4, closed_by = :closed_by, closed_name = :closed_name, closed_at = :closed_at
  where id = :id and version = :version and state = 1

# --- Its files ----------------------------------------------------------------------------------------------------------

statement change_file_list many
  route none
  select path, version, what, body, base_digest, saved_name, saved_at from pack_change_file
  where change = :change and is_current = 1 order by path

statement change_file_get maybe "the newest"
  route none
  select version, what, body, saved_name, saved_at from pack_change_file where change = :change and path = :path and is_current = 1

statement change_file_retire exec any
  route none
  update pack_change_file set is_current = 0 where change = :change and path = :path and is_current = 1

statement change_file_insert exec 1
  route none
  insert into pack_change_file (change, path, version, what, body, base_digest, is_current, saved_by, saved_name, saved_at)
  values (:change, :path, :version, :what, :body, :base_digest, 1, :saved_by, :saved_name, :saved_at)

# --- Repairs that run ---------------------------------------------------------------------------------------------------

statement repair_running many
  route none
  select id, version, reason, service, from_digest, to_digest, institution, cursor, moved, pass_moved from pack_change
  where state = 3 and is_running = 1 order by id limit 10

statement repair_step root exec 1
  in moved_more int
  route none
  update pack_change set version = version + 1, cursor = :cursor, moved = moved + :moved_more, pass_moved = :pass_moved,
    is_running = :is_running
  where id = :id and version = :version and is_running = 1
