# Files of people beside PostgreSQL: encrypted bytes in pieces. Beside SQLite they are files in a folder (blobs.h).
room blob

table blob "A stored file; what counts is the put that it names"
  party      id       internal  "whose file it is"
  digest     bytes    internal  "SHA-256 of the plain bytes"
  put        id       internal  "which put its pieces are from; ordered in time"
  pieces     int      internal  "how many"
  stored_at  instant  internal  "the machine's clock when it was stored last, not legal time: the sweep's age"
  key party digest
  small

table blob_piece "256 KiB of a file as it would lie on a disk: encrypted under the party's data key"
  party   id     internal  "whose file it is"
  digest  bytes  internal  "SHA-256 of the plain bytes of the whole"
  put     id     internal  "two puts of one content are encrypted apart and never mixed"
  n       int    internal  "0, 1, 2 ..."
  data    bytes  internal  "the bytes"
  key party digest put n

statement blob_piece_insert root exec 1
  route party
  insert into blob_piece (party, digest, put, n, data) values (:party, :digest, :put, :n, :data)

statement blob_insert root exec 1
  route party
  insert into blob (party, digest, put, pieces, stored_at) values (:party, :digest, :put, :pieces, :stored_at)

statement blob_refresh root exec 1 "The same content again is new to the sweep"
  route party
  update blob set stored_at = :stored_at where party = :party and digest = :digest

statement blob_get maybe
  route party
  select put, pieces from blob where party = :party and digest = :digest

statement blob_piece_get maybe
  route party
  select data from blob_piece where party = :party and digest = :digest and put = :put and n = :n

statement blob_remove root exec 1 "Not when it was stored again meanwhile"
  route party
  in before instant
  delete from blob where party = :party and digest = :digest and put = :put and stored_at < :before

statement blob_first_piece_remove root exec 1
  route party
  delete from blob_piece where party = :party and digest = :digest and put = :put and n = 0

statement blob_pieces_remove exec any
  route party
  delete from blob_piece where party = :party and digest = :digest and put = :put

statement blob_page many scatter "Those stored before a time, in order of their key"
  in before instant
  in most int
  select party, digest, put from blob
  where stored_at < :before and (party, digest) > (:party, :digest) order by party, digest limit :most

statement blob_orphans many scatter "Pieces that no file names: a put that did not end"
  in before id
  in most int
  select p.party, p.digest, p.put from blob_piece p
    left join blob b on b.party = p.party and b.digest = p.digest and b.put = p.put
  where p.n = 0 and p.put < :before and b.put is null order by p.put limit :most
