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
