-- Facts about mails, and the log of who did what, as they were: an erased address does not come back with a late report, and an
-- entry of the audit log can't be replaced.

-- The addresses that were erased, as their pseudonyms: with them a text that a stranger writes later is compared.
create table erased (
    company text not null references companies (id) on delete cascade,
    pseudonym text not null,
    primary key (company, pseudonym)
) strict, without rowid;

insert or ignore into erased (company, pseudonym)
select mails.company, recipient.value from mails, json_each(mails.rcpt_to) as recipient
where recipient.value like 'erased-%@erased.invalid'
union
select company, address_key from suppressions where address_key like 'erased-%@erased.invalid';

-- `number` counts a company's entries from 1, and `hash` is the SHA-256 of the entry and of the hash before it. Those from
-- before this migration have neither. Without a rowid, so that no entry can be replaced by its rowid.
drop trigger audit_is_not_changed;
drop trigger audit_is_not_shortened;

create table chained_audit (
    id text primary key not null,
    company text not null references companies (id) on delete cascade,
    at integer not null,
    actor text not null,
    action text not null,
    mail text,
    recipients integer,
    detail text,
    number integer,
    hash text,
    unique (company, number),
    check ((number is null) = (hash is null))
) strict, without rowid;

insert into chained_audit (id, company, at, actor, action, mail, recipients, detail)
select id, company, at, actor, action, mail, recipients, detail from audit;
drop table audit;
alter table chained_audit rename to audit;
create index audit_of_company on audit (company, id);
create index audit_of_mail on audit (mail) where mail is not null;

-- The last entry of each company's chain, and how many entries are from before there was one.
create table audit_heads (
    company text primary key not null references companies (id) on delete cascade,
    number integer not null,
    hash text not null,
    unchained integer not null
) strict, without rowid;

insert into audit_heads (company, number, hash, unchained)
select company, 0, '0000000000000000000000000000000000000000000000000000000000000000', count(*) from audit group by company;

create trigger audit_is_not_changed before update on audit
begin
    select raise(abort, 'the audit log is only added to');
end;

create trigger audit_is_not_shortened before delete on audit
when exists (select 1 from companies where companies.id = old.company)
begin
    select raise(abort, 'the audit log is only added to');
end;

-- REPLACE deletes what is in its way without a trigger for it.
create trigger audit_is_not_replaced before insert on audit
when new.number is null or exists (select 1 from audit where id = new.id)
    or exists (select 1 from audit where company = new.company and number = new.number)
begin
    select raise(abort, 'the audit log is only added to');
end;

create trigger audit_head_moves_on before update on audit_heads
when new.company <> old.company or new.number < old.number or new.unchained <> old.unchained
begin
    select raise(abort, 'the head of the audit log only moves on');
end;

create trigger audit_head_stays before delete on audit_heads
when exists (select 1 from companies where companies.id = old.company)
begin
    select raise(abort, 'the head of the audit log only moves on');
end;

create trigger audit_head_is_not_replaced before insert on audit_heads
when exists (select 1 from audit_heads where company = new.company)
begin
    select raise(abort, 'the head of the audit log only moves on');
end;

-- A program that does not know the chain would add entries without one.
update compatibility set least = max(least, 12);
