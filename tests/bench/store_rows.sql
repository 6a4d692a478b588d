# Rows of the size that a submission leaves behind, for the store's own figures.
room bench

table application "What was sent in"
  party    id       internal  "the applicant"
  id       id       internal  "ordered in time"
  number   text     public    "on the receipt"
  state    int      internal  "a small number"
  version  int      internal  "root row version"
  due      date     internal  "last day"
  answers  json     personal  "2 KiB of answers"
  key party id
  index by_state party state id

table step "What happened, in order"
  party     id       internal  "the applicant"
  id        id       internal  "ordered in time"
  kind      text     internal  "what"
  at        instant  internal  "when"
  digest    bytes    internal  "of the payload"
  key party id
  small

table step_payload "The erasable part"
  party    id     internal  "the applicant"
  id       id     internal  "of the step"
  salt     bytes  internal  "16 bytes"
  payload  json   personal  "300 bytes"
  key party id

table step_out "To be handed on"
  party  id   internal  "the applicant"
  id     id   internal  "of the step"
  tries  int  internal  "how often"
  key party id
  small

statement application_add root exec 1
  route party
  insert into application (party, id, number, state, version, due, answers)
  values (:party, :id, :number, 1, 1, :due, :answers)

statement application_get one
  route party
  select number, state, version, due from application where party = :party and id = :id

statement step_add exec 1
  route party
  insert into step (party, id, kind, at, digest) values (:party, :id, :kind, :at, :digest)

statement step_payload_add exec 1
  route party
  insert into step_payload (party, id, salt, payload) values (:party, :id, :salt, :payload)

statement step_out_add exec 1
  route party
  insert into step_out (party, id, tries) values (:party, :id, 0)
