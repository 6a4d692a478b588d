# Who looked at whose data, when and for what. Written before the data is shown; read by the people whom it concerns.
room access

table access_record "somebody who is not the person looked at the person's data"
  party        id       internal  "whose data"
  id           id       internal  "ordered in time"
  casefile     id       internal  "in which case; 0: none"
  institution  id       internal  "for which institution"
  account      id       internal  "who looked"
  name         text     internal  "the official's name at that time"
  purpose      text     internal  "enum access_purpose, its word"
  looked_at    instant  internal  "when"
  key party id

statement access_add root exec 1
  route party
  insert into access_record (party, id, casefile, institution, account, name, purpose, looked_at)
  values (:party, :id, :casefile, :institution, :account, :name, :purpose, :looked_at)

statement access_of_party many "newest first"
  route party
  in before id
  in most int
  select party, id, casefile, institution, account, name, purpose, looked_at
  from access_record where party = :party and id < :before order by party desc, id desc limit :most
