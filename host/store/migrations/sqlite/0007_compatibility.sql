-- The least migration that a program must know to work with this store. A later migration that only adds leaves it as it is:
-- programs that do not know that one go on. One that changes what there is sets it to its own number: they refuse.
create table compatibility (least integer not null) strict;
insert into compatibility (least) values (7);
