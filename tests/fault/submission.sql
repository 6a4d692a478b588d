# A small room for the tests of power cuts and faults: submissions with answers and an upload.
room submission

table submission "Root rows"
  party   id     internal  "the route"
  id      id     internal  "unique within the party"
  number  int    internal  "which one of the workload"
  digest  bytes  internal  "of the upload"
  bytes   int    internal  "length of the upload"
  key party id

table answer "Three a submission"
  party       id    internal  "the route"
  submission  id    internal  "its submission"
  nr          int   internal  "1, 2, 3"
  text        text  personal  "what was answered"
  key party submission nr
  refers party submission to submission party id

table brought "A read model: what the relay brought, and how often"
  institution  id   internal  "the route"
  n            int  internal  "1, 2, 3 ..."
  event        id   internal  "the event"
  key institution n
  small

statement submission_add root exec 1
  route party
  insert into submission (party, id, number, digest, bytes) values (:party, :id, :number, :digest, :bytes)

statement answer_add exec 1
  route party
  insert into answer (party, submission, nr, text) values (:party, :submission, :nr, :text)

statement submission_all many scatter
  out answers int
  select s.party, s.id, s.number, s.digest, s.bytes,
    (select count(*) from answer a where a.party = s.party and a.submission = s.id) as answers
  from submission s

statement answer_count count scatter
  select count(*) from answer

statement brought_add exec 1
  route institution
  insert into brought (institution, n, event)
  select :institution, coalesce(max(a.n), 0) + 1, :event from brought a where a.institution = :institution

statement brought_count count scatter
  select count(*) from brought

statement brought_count_events count scatter
  select count(distinct event) from brought
