-- Facts about mails, and the log of who did what, as they were: an erased address does not come back with a late report, and an
-- entry of the audit log can't be replaced.

-- The addresses that were erased, as their pseudonyms: with them a text that a stranger writes later is compared.
create table erased (
    company text not null references companies (id) on delete cascade,
    pseudonym text not null,
    primary key (company, pseudonym)
);

insert into erased (company, pseudonym)
select mails.company, recipient from mails, jsonb_array_elements_text(cast(mails.rcpt_to as jsonb)) as recipient
where recipient like 'erased-%@erased.invalid'
union
select company, address_key from suppressions where address_key like 'erased-%@erased.invalid';

-- `number` counts a company's entries from 1, and `hash` is the SHA-256 of the entry and of the hash before it. Those from
-- before this migration have neither, and no later one is without them.
alter table audit add column number bigint;
alter table audit add column hash text;
alter table audit add constraint audit_in_turn unique (company, number);
alter table audit add constraint audit_is_chained check (number is not null and hash is not null) not valid;

-- The last entry of each company's chain, and how many entries are from before there was one.
create table audit_heads (
    company text primary key references companies (id) on delete cascade,
    number bigint not null,
    hash text not null,
    unchained bigint not null
);

insert into audit_heads (company, number, hash, unchained)
select company, 0, '0000000000000000000000000000000000000000000000000000000000000000', count(*) from audit group by company;

create function audit_is_not_emptied() returns trigger as $$
begin
    raise exception 'the audit log is only added to';
end
$$ language plpgsql;

create trigger audit_is_not_emptied before truncate on audit
for each statement execute function audit_is_not_emptied();

create function audit_head_moves_on() returns trigger as $$
begin
    if tg_op = 'UPDATE' and new.company = old.company and new.number >= old.number and new.unchained = old.unchained then
        return new;
    end if;
    if tg_op = 'DELETE' and not exists (select 1 from companies where companies.id = old.company) then
        return old;
    end if;
    raise exception 'the head of the audit log only moves on';
end
$$ language plpgsql;

create trigger audit_head_moves_on before update or delete on audit_heads
for each row execute function audit_head_moves_on();

create trigger audit_head_is_not_emptied before truncate on audit_heads
for each statement execute function audit_is_not_emptied();

-- Whatever a session says of itself.
alter table audit enable always trigger audit_is_only_added_to;
alter table audit enable always trigger audit_is_not_emptied;
alter table audit_heads enable always trigger audit_head_moves_on;
alter table audit_heads enable always trigger audit_head_is_not_emptied;

-- A program that does not know the chain would add entries without one.
update compatibility set least = greatest(least, 12);
