-- The steps of an attempt move by compare-and-set, so whoever writes them must know the states they start from.

-- 1: the mail was taken from the attempt's maker after its last bytes were about to leave. The attempt may still be under
-- way for as long as an attempt takes. It is in doubt, and its maker may still report what came of it.
alter table attempts add column interrupted integer not null default 0 check (interrupted in (0, 1));
update attempts set interrupted = 1
where result = 'in-doubt'
and detail = 'the program ended when the message was leaving: whether a server took it is not known';

-- No attempt begins beside one that is open or in doubt: of two released attempts of a mail the earlier one has been
-- decided on.
drop index one_open_attempt;
create unique index one_undecided_attempt on attempts (mail) where result is null or result = 'in-doubt';

-- A program that writes results unconditionally would undo what this one has decided.
update compatibility set least = 9 where least < 9;
