-- Developers see at a glance where they are.
comment on schema shop is 'The webshop, as a copy for developers';
