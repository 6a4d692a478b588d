# What is published: definitions under their digest, which of them are in force from when, and the other files of the pack. Small, and
# the same on every shard. A definition is never changed or removed: cases name its digest.
room catalogue

table catalogue_state "the root row of publishing; one row with id 1"
  id           int      internal  "always 1"
  version      int      internal  "root row version: counts publications"
  published_at instant  public    "the last publication that changed something"
  key id
  replicated

table definition "a service's definition as published: service.yaml under its digest"
  digest       bytes    public    "SHA-256 of the body"
  service      text     public    "pack id of the service"
  version      int      public    "the author's count"
  in_force     date     public    "first day on which it is offered"
  body         bytes    public    "service.yaml, byte for byte"
  published_at instant  public    "when it was stored first"
  key digest
  replicated

table published "which definition of a service is offered from which day on"
  service      text     public    "pack id of the service"
  in_force     date     public    "first day"
  digest       bytes    public    "the definition"
  key service in_force
  replicated

table pack_file "the other files of the pack, every version that was published; clocks name versions of calendars"
  path         text     public    "within the pack: calendars/port-linden.yaml"
  version      int      public    "counted here, from 1"
  digest       bytes    public    "SHA-256 of the body"
  body         bytes    public    "byte for byte"
  zone         text     public    "of a calendar: the offsets of its zone in its years, with which its dates were counted; else empty"
  is_current   flag     public    "the newest version of a file that the pack still has"
  published_at instant  public    "when it was stored"
  key path version
  replicated

table folder_file "what the pack's folder held when it was published last: whatever differs since was changed in the browser"
  path         text     public    "within the pack"
  digest       bytes    public    "SHA-256 of the body"
  published_at instant  public    "when it was found so first"
  key path
  replicated

statement folder_file_list many
  route none
  select path, digest from folder_file order by path

statement folder_file_set exec 1
  route none
  insert into folder_file (path, digest, published_at) values (:path, :digest, :published_at)
  on conflict (path) do update set digest = excluded.digest, published_at = excluded.published_at

statement folder_file_forget exec 1
  route none
  delete from folder_file where path = :path

statement catalogue_state_insert root exec 1
  route none
  insert into catalogue_state (id, version, published_at) values (:id, 1, :published_at)

statement catalogue_state_bump root exec 1
  route none
  update catalogue_state set version = version + 1, published_at = :published_at where id = :id and version = :version

statement catalogue_state_get maybe
  route none
  select version, published_at from catalogue_state where id = :id

statement definition_insert exec any "a definition that is there already stays as it is"
  route none
  insert into definition (digest, service, version, in_force, body, published_at)
  values (:digest, :service, :version, :in_force, :body, :published_at) on conflict (digest) do nothing

statement definition_add root exec 1 "in a job of its own: a bundle that somebody begins for the first time"
  route none
  insert into definition (digest, service, version, in_force, body, published_at)
  values (:digest, :service, :version, :in_force, :body, :published_at)

statement definition_get maybe
  route none
  select service, body from definition where digest = :digest

statement definition_list many "all versions of a service that were ever offered, the newest first"
  route none
  select digest, version, in_force, published_at from definition where service = :service order by published_at desc, digest limit 100

statement published_list many "all that is offered now or later"
  route none
  select service, in_force, digest from published order by service, in_force

statement published_insert exec 1
  route none
  insert into published (service, in_force, digest) values (:service, :in_force, :digest)

statement published_replace exec 1
  route none
  update published set digest = :digest where service = :service and in_force = :in_force

statement published_remove exec 1
  route none
  delete from published where service = :service and in_force = :in_force

statement pack_file_list many "the files in use"
  route none
  select path, version, digest, body, zone from pack_file where is_current = 1 order by path

statement pack_file_newest maybe "the newest version of a file, in use or not"
  route none
  select version, digest, zone, is_current from pack_file where path = :path order by version desc limit 1

statement pack_file_get maybe
  route none
  select body, zone from pack_file where path = :path and version = :version

statement pack_file_insert exec 1
  route none
  insert into pack_file (path, version, digest, body, zone, is_current, published_at)
  values (:path, :version, :digest, :body, :zone, 1, :published_at)

statement pack_file_use exec 1
  route none
  update pack_file set is_current = :is_current where path = :path and version = :version
