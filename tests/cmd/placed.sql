-- Stands for Citus where its functions are called the same: refuses what it would refuse, keeps what was asked.
create table placed (name text primary key, route text, follows text);
create function create_reference_table(t text) returns void language plpgsql as $$
begin
	perform t::regclass;
	insert into placed values (t, null, null);
end $$;
create function create_distributed_table(t text, route text, colocate_with text) returns void language plpgsql as $$
declare
	found text;
begin
	if (select format_type(atttypid, null) from pg_attribute where attrelid = t::regclass and attname = route) is distinct from 'bigint' then
		raise 'table % has no bigint column %', t, route;
	end if;
	-- Every primary and unique key begins with the column.
	select indexrelid::regclass::text into found from pg_index x join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
		where x.indrelid = t::regclass and x.indisunique and a.attname <> route limit 1;
	if found is not null then
		raise 'unique index % does not begin with %', found, route;
	end if;
	-- So does every foreign key, to a table that was placed before, together.
	select f.conname into found from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
		where f.contype = 'f' and f.conrelid = t::regclass
		and (a.attname <> route or not exists (select 1 from placed p where p.name = f.confrelid::regclass::text)) limit 1;
	if found is not null then
		raise 'foreign key % of % leaves the route', found, t;
	end if;
	if exists (select 1 from pg_trigger where tgrelid = t::regclass and not tgisinternal)
		or exists (select 1 from pg_attrdef where adrelid = t::regclass) then
		raise 'table % has a trigger or a default', t;
	end if;
	if colocate_with <> 'none' and not exists (select 1 from placed where name = colocate_with and placed.route is not null) then
		raise 'table % is to lie with %, which is not placed', t, colocate_with;
	end if;
	insert into placed values (t, route, nullif(colocate_with, 'none'));
end $$;
