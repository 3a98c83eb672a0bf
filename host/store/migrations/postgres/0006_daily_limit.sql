-- How many recipients an account's mails go to in 24 hours; what is not said here, the provider's preset says. What an account
-- sent in a day is a range of the index: ids are times.
alter table paces add column per_day bigint check (per_day > 0);
drop index attempts_of_account;
create index attempts_of_account on attempts (account, id);

-- What waits for an account that was removed would wait for ever.
update outbox set
    state = 'held',
    cause = 'account',
    reason = 'its account was removed: send the document again as another account (--again), or cancel this mail'
where state = 'ready' and account in (select id from accounts where name_key is null);
