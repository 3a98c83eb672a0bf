-- Secrets and the places that they may go to; addresses on the platform.

-- An address on the platform belongs to one company for ever. No reference: it is given to nobody else after the company or
-- its account is gone either, since what is sent to it may still be meant for that company.
create table platform_addresses (
    address text primary key not null,
    company text not null,
    since text not null
) strict;

create index platform_addresses_of_company on platform_addresses (company);

-- Server, domain and selector are the operator's, and only the operator's settings name them.
update accounts set transport = json_remove(transport, '$.domain', '$.relay', '$.dkim')
where json_extract(transport, '$.transport') = 'platform';

-- An earlier program would read rows that it does not understand.
update compatibility set least = 10 where least < 10;
