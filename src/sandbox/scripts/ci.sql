-- The dashboard of the build server reads the counts of each night.
grant usage on schema shop to ci_dashboard;
grant select on shop.orders, shop.order_line to ci_dashboard;
