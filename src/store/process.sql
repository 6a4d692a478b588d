# Who serves this database, and who of them does what only one may do at a time (store/process.h).
room process

table process "Those that serve; the row of one that is gone is removed by the others"
  house       id       internal  "always 1: all are judged together"
  id          id       internal  "random, new at each start"
  name        text     internal  "for people: machine and folder"
  beat        int      internal  "counts up while it lives; who sees it stand still for lease_us takes it for dead"
  lease_us    int      internal  "microseconds; says each for itself"
  is_leaving  flag     internal  "it was told to stop: finishes its requests and takes nothing new"
  started_at  instant  internal  "legal time"
  key house id

table lease "What only one process does at a time"
  house   id    internal  "always 1"
  name    text  internal  "relay, seal, sweep, timers-00 ... timers-15"
  holder  id    internal  "a process; 0, or one that has no row: nobody"
  epoch   int   internal  "counts changes of the holder: who read an older one changes nothing"
  key house name
  small

statement process_insert root exec 1
  route house
  insert into process (house, id, name, beat, lease_us, is_leaving, started_at)
  values (:house, :id, :name, 0, :lease_us, :is_leaving, :started_at)

statement process_beat root exec 1 "No row: it was taken for dead. Opens every job of a process but its first"
  route house
  update process set beat = beat + 1, is_leaving = :is_leaving where house = :house and id = :id

statement process_bury exec any "No row: somebody else did, or it lives"
  route house
  delete from process where house = :house and id = :id and beat = :beat

statement process_forget exec any "Itself, or the one before it in its data folder"
  route house
  delete from process where house = :house and id = :id

statement process_list many
  route house
  in most int
  select id, name, beat, lease_us, is_leaving, started_at from process where house = :house order by id limit :most

statement lease_make exec any
  route house
  insert into lease (house, name, holder, epoch) values (:house, :name, 0, 0) on conflict (house, name) do nothing

statement lease_take exec any "No row: somebody was faster, or who holds it lives after all"
  route house
  update lease set holder = :holder, epoch = epoch + 1 where house = :house and name = :name and epoch = :epoch
    and not exists (select 1 from process p where p.house = lease.house and p.id = lease.holder)

statement lease_give exec any
  route house
  update lease set holder = 0, epoch = epoch + 1 where house = :house and name = :name and holder = :holder

statement lease_list many
  route house
  select name, holder, epoch from lease where house = :house order by name
