-- For bench_store.c only: the rows that a submission leaves behind, written by one function inside of the server. What it
-- is measured against does the same over HTTP, from answers that it checks and seals; here they are taken as they lie in
-- the draft.

-- Columns that the function does not name are empty.
do $$
declare
  c record;
begin
  for c in select table_name, column_name, data_type from information_schema.columns
      where table_schema = current_schema and is_nullable = 'NO' and data_type in ('bigint', 'integer', 'smallint', 'text', 'bytea') loop
    execute format('alter table %I alter column %I set default %s', c.table_name, c.column_name,
      case c.data_type when 'text' then '''''' when 'bytea' then '''''' else '0' end);
  end loop;
end $$;

create sequence bench_next;
create sequence bench_position;
create table bench_draft as select row_number() over () as n, party, id from draft where state = 1;
create unique index on bench_draft (n);
analyze;

-- As the submission's own transaction.
create function bench_submit(out the_party bigint, out the_id bigint, out the_event bigint, out the_number text) language plpgsql as $$
declare
  at bigint := nextval('bench_next');
begin
  select d.party, d.id into the_party, the_id from bench_draft d where d.n = at;
  the_event := the_id + 1;
  the_number := 'PL-2026-' || at;
  insert into operation (route, id, digest, result_0, result_1, result_2, result_3, recorded_at)
    values (the_party, uuid_send(gen_random_uuid()), sha256('x'), the_id, 0, 0, 0, 1790000000000000) on conflict do nothing;
  update draft set state = 2, version = version + 1, changed_at = 1790000000000000
    where party = the_party and id = the_id and state = 1 and version = 1;
  insert into casefile (party, id, version, number, state, outcome, service, institution, submitted_by, submitted_at,
      handler, runs, calendar, calendar_version, start_day, committed, statutory, stood_days, decision, correction)
    select d.party, d.id, 1, the_number, 1, 0, d.service, 77, d.begun_by, 1790000000000000,
      0, 1, 'port-linden', 1, 20719, 15, 20, 0, 0, 0
    from draft d where d.party = the_party and d.id = the_id;
  insert into application (party, casefile, definition, answers, receipt_code)
    select d.party, d.id, d.definition, d.answers, decode(repeat('ab', 57), 'hex')
    from draft d where d.party = the_party and d.id = the_id;
  insert into event (route, id, room, kind, version, casefile, institution, service, actor, effective_at, recorded_at, payload_digest, public_payload)
    values (the_party, the_event, 'cases', 'submitted', 1, the_id, 77, 'labour-dispatch-permit', 5, 1790000000000000, 1790000000000000,
      sha256('x'), '{"state":1,"handler":0,"due":20740,"legal":20747,"stood":0,"number":"PL-2026-000001-13","number_bucket":123456789012345678,'
      || '"receipt_bucket":123456789012345678,"receipt_hash":"' || repeat('ab', 32) || '","start":20719,"committed":15,"statutory":20}');
  insert into event_payload (route, event, salt, payload) values (the_party, the_event, decode(repeat('ab', 16), 'hex'), '{"name":"Kestrel Staffing Ltd"}');
  insert into message (party, id, kind, casefile, institution, service, number, is_unread, posted_at)
    values (the_party, the_event, 'received', the_id, 77, 'labour-dispatch-permit', the_number, 1, 1790000000000000);
  insert into notice (party, id, version, message, institution, way, state, name, made_at, changed_at)
    values (the_party, the_event, 1, the_event, 77, 3, 6, decode(repeat('ab', 61), 'hex'), 1790000000000000, 1790000000000000);
  insert into event (route, id, room, kind, version, institution, effective_at, recorded_at, payload_digest, public_payload)
    select the_party, the_event + k, 'mail', 'posted', 1, 77, 1790000000000000, 1790000000000000, sha256('x'),
      '{"message":123456789012345678,"kind":"received","about":123456789012345678}' from generate_series(1, 2) k;
  insert into event_payload (route, event, salt, payload)
    values (the_party, the_event + 2, decode(repeat('ab', 16), 'hex'), '{"name":"Kestrel Staffing Ltd"}');
  insert into case_step (party, casefile, id, kind, n, unit, since_at, since_day, due_at, due_day)
    values (the_party, the_id, the_event, 1, 1, 2, 1790000000000000, 20719, 1790086400000000, 20720);
  insert into timer (route, kind, subject, bucket, due_at) values (the_party, 'cases.clock', the_id, the_id % 256, 1791000000000000);
  insert into outbox (route, id, tries, is_logged) select the_party, the_event + k, 0, 0 from generate_series(0, 2) k;
end $$;

-- And the relay's.
create function bench_submit_and_relay() returns void language plpgsql as $$
declare
  s record;
begin
  s := bench_submit();
  insert into applied (target, subscriber, event)
    values (77, 'queue', s.the_event), (s.the_id, 'number', s.the_event), (s.the_id + 1, 'receipt', s.the_event), (77, 'found', s.the_event),
      (77, 'board', s.the_event), (77, 'watch', s.the_event), (77, 'statistics', s.the_event), (77, 'mail', s.the_event + 2);
  insert into found_case (institution, casefile, party, number, service, name)
    values (77, s.the_id, s.the_party, s.the_number, 'labour-dispatch-permit', decode(repeat('ab', 61), 'hex'));
  insert into found_key (institution, hash, casefile) select 77, k, s.the_id from generate_series(1, 8) k;
  insert into board_case (institution, casefile, party, number, service, is_counted, due_day, event)
    values (77, s.the_id, s.the_party, s.the_number, 'labour-dispatch-permit', 1, 20740, s.the_event);
  insert into case_watch (institution, casefile, party, number, service, start_day, came_day, is_ready, event)
    values (77, s.the_id, s.the_party, s.the_number, 'labour-dispatch-permit', 20719, 20719, 1, s.the_event);
  insert into counted_case (institution, casefile, service, start_day, due_day) values (77, s.the_id, 'labour-dispatch-permit', 20719, 20740);
  insert into desk_mail (institution, notice, party, list, way, name, changed_at, event)
    values (77, s.the_event, s.the_party, 1, 3, decode(repeat('ab', 61), 'hex'), 1790000000000000, s.the_event + 2);
  insert into participation (institution, casefile, party) values (77, s.the_id, s.the_party);
  insert into queue (institution, casefile, party, number, applicant, service, state, handler, handler_name, due_day, begun_day,
      committed, statutory, stood_days, event)
    values (77, s.the_id, s.the_party, s.the_number, decode(repeat('ab', 61), 'hex'), 'labour-dispatch-permit', 1, 0, '', 20740, 20719, 15, 20, 0, s.the_event);
  insert into number_lookup (bucket, number, party, casefile) values (s.the_id, s.the_number, s.the_party, s.the_id);
  insert into receipt_lookup (bucket, hash, party, casefile) values (s.the_id, sha256(s.the_number::bytea), s.the_party, s.the_id);
  insert into event_log (log, position, route, event, leaf)
    select 1, nextval('bench_position'), s.the_party, s.the_event + k, sha256('x') from generate_series(0, 2) k;
  delete from outbox where route = s.the_party and id between s.the_event and s.the_event + 2;
end $$;
