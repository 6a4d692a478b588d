# What this installation is. One row, written when the data folder is made; the mark of a demo has no statement that changes it.
room installation

table installation "what this installation is; one row with id 1"
  id           int      internal  "always 1"
  version      int      internal  "root row version"
  name         text     public    "the city hall's name, as typed at its making"
  domain       text     public    "the internet domain it serves"
  languages    text     public    "offered languages, separated by spaces"
  zone         text     public    "IANA time zone of the home jurisdiction"
  is_demo      flag     internal  "published passwords, time travel; set at the making, never changed"
  made_at      instant  internal  "when the data folder was made"
  offset_us    int      internal  "demo time travel: added to legal time, only ever grows"
  key id
  replicated

statement installation_insert root exec 1
  route none
  insert into installation (id, version, name, domain, languages, zone, is_demo, made_at, offset_us)
  values (:id, 1, :name, :domain, :languages, :zone, :is_demo, :made_at, 0)

statement installation_get maybe
  route none
  select id, version, name, domain, languages, zone, is_demo, made_at, offset_us from installation where id = :id

statement installation_travel_forward root exec 1
  route none
  in by_us int
  update installation set version = version + 1, offset_us = offset_us + :by_us
  where id = :id and is_demo = 1 and :by_us >= 0

table serving "when somebody served last, so that a start knows how long nobody did; one row with id 1"
  id           int      internal  "always 1"
  version      int      internal  "root row version"
  beat_at      instant  internal  "wall clock without demo time travel, to half a minute"
  key id
  replicated

table outage "nobody served: citizens' deadlines move by it, and what is decided by silence waits for it"
  id           id       internal  "ordered in time"
  from_at      instant  public    "when somebody served last; legal time"
  until_at     instant  public    "from when on somebody served again; legal time"
  is_told      flag     internal  "of a demo that travelled: somebody said that it was off, nobody saw it"
  key id
  replicated

statement serving_get maybe
  route none
  select version, beat_at from serving where id = :id

statement serving_insert root exec 1
  route none
  insert into serving (id, version, beat_at) values (:id, 1, :beat_at)

statement serving_beat root exec 1 "nobody else said it meanwhile"
  route none
  update serving set version = version + 1, beat_at = :beat_at where id = :id and version = :version

statement outage_insert root exec 1
  route none
  insert into outage (id, from_at, until_at, is_told) values (:id, :from_at, :until_at, :is_told)

statement outage_count_since count
  route none
  select count(*) from outage where until_at > :until_at

statement outage_since many "apart from each other, in order"
  route none
  select from_at, until_at from outage where until_at > :until_at order by id
