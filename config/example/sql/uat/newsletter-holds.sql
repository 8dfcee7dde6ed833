-- One query: it holds where it answers no row, or true.
select count(*) = 0 from newsletter_subscription
