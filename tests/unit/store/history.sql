# A root row that events hang on, and a read model that shows what came, how often and in which order.
room history

table note "Root rows"
  party  id    internal  "the route"
  id     id    internal  "unique within the party"
  text   text  public    "anything"
  key party id

table seen "What a subscriber was given"
  target      id    internal  "the route"
  subscriber  text  internal  "whose read model"
  n           int   internal  "1, 2, 3 ..."
  event       id    internal  "the event"
  key target subscriber n

statement note_add root exec 1
  route party
  insert into note (party, id, text) values (:party, :id, :text)

statement note_count count scatter
  select count(*) from note

statement seen_add exec 1
  route target
  in target id
  in subscriber text
  insert into seen (target, subscriber, n, event)
  select :target, :subscriber, coalesce(max(s.n), 0) + 1, :event from seen s
  where s.target = :target and s.subscriber = :subscriber

statement seen_list many
  route target
  select event from seen where target = :target and subscriber = :subscriber order by n

statement seen_count count scatter
  select count(*) from seen
