-- For multiply.c only: a town of some thousand cases that the rooms' own jobs made is copied within the database until it has
-- millions. Each table's rows are kept in a temporary table, changed there for the next copy and put behind the last one in
-- the order of their keys. What a row has to be unlike its model for is set here; all other columns stay as the product
-- wrote them. Functions that are not SQLite's are those of multiply.c.

-- @begin

-- delta: what is added to the ids of the copy before, which keeps their order in time. The first copy is the oldest.
create temp table place as
  select -:copies * ((max(e.id) >> 22) - (min(c.id) >> 22) + 1 << 22) as delta,
    (max(e.id) >> 22) - (min(c.id) >> 22) + 1 << 22 as span,
    0x7fffffffffffffff / ((:copies + 1) * count(distinct c.party)) as step, count(distinct c.party) as firm_n, 0 as firm,
    (select max(next) from serial) as serial, count(distinct c.id) as case_n,
    (select max(position) from event_log) as position, (select count(*) from event_log l where l.route in (select party from casefile)) as log_n
  from casefile c join event e on e.route = c.party;

-- Who applies: a firm and somebody who acts for it.
create temp table firm as
  select row_number() over (order by c.party) as n, c.party as was, c.party, m.account as account_was, m.account, '' as name
  from (select distinct party from casefile) c join mandate m on m.party = c.party;
create unique index firm_was on firm (was);
create index firm_party on firm (party);
create unique index firm_account on firm (account_was);

create temp table one as
  select row_number() over (order by c.id) as n, c.id as was, c.id, c.party, c.institution, 0 as account, '' as name, '' as number,
    x'' as code, x'' as hash, 0 as typed, opened('application.answers', a.party, a.casefile, a.answers) as answers
  from casefile c join application a on a.party = c.party and a.casefile = c.id;
create unique index one_was on one (was);

create temp table t_party as select * from party where party in (select party from firm union select account from firm);
create temp table t_account as select * from account where account in (select account from firm);
create temp table t_mandate as select * from mandate where account in (select account from firm);
create temp table t_session as select * from session where account in (select account from firm);
create temp table t_operation as select * from operation where route in (select party from firm);
create temp table t_draft as select * from draft where id in (select id from one);
create temp table t_casefile as select * from casefile;
create temp table t_application as select * from application;
create temp table t_event as select * from event where route in (select party from firm);
create temp table t_event_payload as select * from event_payload where route in (select party from firm);
create temp table t_event_log as
  select row_number() over (order by position) as n, * from event_log where route in (select party from firm);
create temp table t_message as select * from message where party in (select party from firm);
create temp table t_notice as select * from notice where party in (select party from firm);
create temp table t_timer as select * from timer where route in (select party from firm);
create temp table t_queue as select * from queue;
create temp table t_participation as select * from participation;
create temp table t_found_case as select * from found_case;
create temp table t_board_case as select * from board_case;
create temp table t_case_watch as select * from case_watch;
create temp table t_counted_case as select * from counted_case;
-- What has hashes for keys waits for the end, to be put in order too.
create temp table found_by (number, hash, party, casefile, typed, event);
create unique index t_event_id on t_event (id);
create unique index t_event_payload_id on t_event_payload (event);
-- What their names are found by.
create temp table piece (party, hash);
create index piece_party on piece (party);
create temp table piece_at (i);
insert into piece_at values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11);

-- @copy

-- Parties are spread over all of 63 bits, as random ones are.
update firm set was = party, account_was = account;
update firm set party = (p.firm + n) * p.step + (random() & 0x7fffffff) % p.step, account = random() & 0x7fffffffffffffff,
  name = firm_name(p.firm + n) from place p;
update one set was = id, id = one.id + p.delta, party = f.party, account = f.account, name = f.name,
  number = case_number(p.serial + one.n), code = randomblob(16)
  from place p, firm f where f.was = one.party;
update one set hash = receipt_hash(code), typed = typed_hash(number, code);
delete from piece;
insert into piece
  select f.party, find_key(i.institution, name_piece(f.name, a.i))
  from firm f, piece_at a, (select distinct institution from one) i where name_piece(f.name, a.i) is not null;

update t_party set name = sealed('party.name', f.party, f.name), party = f.party from firm f where f.was = t_party.party;
update t_party set name = sealed('party.name', f.account, opened('party.name', t_party.party, t_party.name)), party = f.account
  from firm f where f.account_was = t_party.party;
update t_account set email = sealed('account.email', f.account, opened('account.email', t_account.account, email)), account = f.account
  from firm f where f.account_was = t_account.account;
update t_mandate set name = sealed('mandate.name', f.account, f.party, f.name), account = f.account, party = f.party
  from firm f where f.account_was = t_mandate.account;
update t_session set token = randomblob(32), account = f.account from firm f where f.account_was = t_session.account;
update t_operation set id = randomblob(16), result_0 = result_0 + p.delta, route = f.party
  from place p, firm f where f.was = t_operation.route;

update t_draft set answers = sealed('draft.answers', o.party, o.id, o.answers), lost = sealed('draft.lost', o.party, o.id, ''),
  begun_by = o.account, party = o.party, id = o.id from one o where o.was = t_draft.id;
update t_casefile set number = o.number, submitted_by = o.account, party = o.party, id = o.id from one o where o.was = t_casefile.id;
update t_application set answers = sealed('application.answers', o.party, o.id, o.answers),
  receipt_code = sealed('application.receipt_code', o.party, o.id, o.code), party = o.party, casefile = o.id
  from one o where o.was = t_application.casefile;
update t_event_payload set route = f.party, event = event + p.delta, salt = randomblob(16),
  payload = json_set(payload, '$.name', f.name) from place p, firm f where f.was = t_event_payload.route;
update t_event set public_payload = json_set(public_payload, '$.number', o.number, '$.number_bucket', number_bucket(o.number),
  '$.typed', o.typed, '$.receipt_bucket', first_bits(o.hash), '$.receipt_hash', lower(hex(o.hash))),
  casefile = o.id, actor = o.account from one o where o.was = t_event.casefile and kind = 'submitted';
update t_event set public_payload = json_set(public_payload, '$.message', (public_payload ->> '$.message') + p.delta,
  '$.about', (public_payload ->> '$.about') + p.delta) from place p where kind = 'posted';
update t_event set id = t_event.id + p.delta, route = f.party from place p, firm f where f.was = t_event.route;
update t_event set payload_digest = payload_digest(salt, payload) from t_event_payload x where x.event = t_event.id;
update t_event_log set position = p.position + t_event_log.n, event = event + p.delta, route = f.party
  from place p, firm f where f.was = t_event_log.route;
update t_event_log set leaf = event_leaf(v.route, v.id, v.room, v.kind, v.version, v.casefile, v.institution, v.service, v.actor,
  v.effective_at, v.recorded_at, v.payload_digest, v.public_payload) from t_event v where v.id = t_event_log.event;

update t_message set id = t_message.id + p.delta, party = o.party, casefile = o.id, number = o.number
  from place p, one o where o.was = t_message.casefile;
update t_notice set address = sealed('notice.address', f.party, id + p.delta, ''), name = sealed('notice.name', f.party, id + p.delta, ''),
  id = id + p.delta, message = message + p.delta, party = f.party from place p, firm f where f.was = t_notice.party;
update t_timer set route = o.party, subject = o.id, bucket = timer_bucket(o.party) from one o where o.was = t_timer.subject;

update t_queue set applicant = sealed('queue.applicant', o.institution, o.id, o.name), casefile = o.id, party = o.party,
  number = o.number, event = event + p.delta, actor = o.account from place p, one o where o.was = t_queue.casefile;
update t_participation set casefile = o.id, party = o.party from one o where o.was = t_participation.casefile;
update t_found_case set name = sealed('found_case.name', o.institution, o.id, o.name), casefile = o.id, party = o.party,
  number = o.number from one o where o.was = t_found_case.casefile;
update t_board_case set casefile = o.id, party = o.party, number = o.number, event = event + p.delta
  from place p, one o where o.was = t_board_case.casefile;
update t_case_watch set casefile = o.id, party = o.party, number = o.number, event = event + p.delta
  from place p, one o where o.was = t_case_watch.casefile;
update t_counted_case set casefile = o.id from one o where o.was = t_counted_case.casefile;

begin;
insert into party select * from t_party order by party;
insert into account select * from t_account order by account;
insert into mandate select * from t_mandate order by account, party;
insert into session select * from t_session order by account, token;
insert into operation select * from t_operation order by route, id;
insert into draft select * from t_draft order by party, id;
insert into casefile select * from t_casefile order by party, id;
insert into application select * from t_application order by party, casefile;
insert into event select * from t_event order by route, id;
insert into event_payload select * from t_event_payload order by route, event;
insert into event_log select log, position, route, event, leaf from t_event_log order by log, position;
insert into message select * from t_message order by party, id;
insert into notice select * from t_notice order by party, id;
insert into timer select * from t_timer order by route, kind, subject;
insert into queue select * from t_queue order by institution, casefile;
insert into participation select * from t_participation order by institution, casefile;
insert into found_case select * from t_found_case order by institution, casefile;
insert into found_key select o.institution, x.hash, o.id from one o join piece x on x.party = o.party order by 1, 2, 3;
insert into board_case select * from t_board_case order by institution, casefile;
insert into case_watch select * from t_case_watch order by institution, casefile;
insert into counted_case select * from t_counted_case order by institution, casefile;
-- The relay forgets by and by what it applied to an office, and keeps what it applied where nothing comes again.
insert into applied select route, 'hooks-party', id from t_event where kind = 'submitted' order by 1, 2, 3;
commit;
insert into found_by select o.number, o.hash, o.party, o.id, o.typed, q.event from one o join t_queue q on q.casefile = o.id;
update place set delta = span, firm = firm + firm_n, serial = serial + case_n, position = position + log_n;

-- @end

begin;
insert into number_lookup (bucket, number, party, casefile, typed, event)
  select number_bucket(number), number, party, casefile, typed, event from found_by order by 1, 2;
insert into applied (target, subscriber, event) select number_bucket(number), 'number', event from found_by order by 1;
commit;
begin;
insert into receipt_lookup (bucket, hash, party, casefile) select first_bits(hash), hash, party, casefile from found_by order by 1, 2;
insert into applied (target, subscriber, event) select first_bits(hash), 'receipt', event from found_by order by 1;
commit;
begin;
update board_count set running = running * (:copies + 1);
update board_day set running = running * (:copies + 1);
update board_due set n = n * (:copies + 1);
update board_total set running = running * (:copies + 1);
update service_figure set n = n * (:copies + 1);
update serial set next = (select (serial + 999) / 1000 * 1000 from place);
commit;
