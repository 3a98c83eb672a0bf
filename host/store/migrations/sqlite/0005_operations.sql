-- Who did what, for whoever has to account for it; how long mails are kept; and what a restored backup can't know.

-- Rows are added and stay, for as long as their company is here. No address and no name of a recipient is in them: what
-- is erased elsewhere needs no change here. `at` is in milliseconds since 1970. A mail is not referred to by the database:
-- its row here outlives it.
create table audit (
    id text primary key not null,
    company text not null references companies (id) on delete cascade,
    at integer not null,
    actor text not null,
    action text not null,
    mail text,
    recipients integer,
    detail text
) strict;

create index audit_of_company on audit (company, id);
create index audit_of_mail on audit (mail) where mail is not null;

create trigger audit_is_not_changed before update on audit
begin
    select raise(abort, 'the audit log is only added to');
end;

create trigger audit_is_not_shortened before delete on audit
when exists (select 1 from companies where companies.id = old.company)
begin
    select raise(abort, 'the audit log is only added to');
end;

-- The time of the backup that the mail came back with, until a person has said what is to become of it: it may have left
-- since that time.
alter table outbox add column restored text;

-- One row in a backup, none anywhere else: no program works with a backup as it works with a store.
create table backups (taken text not null) strict;

-- Days that a mail stays whole after it ended. Null: for ever.
alter table companies add column retention integer check (retention > 0);

-- When a mail's content was removed, by the retention or at a person's request.
alter table mails add column emptied text;
create index mails_whole on mails (company, id) where emptied is null;
