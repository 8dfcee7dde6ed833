-- Nobody is subscribed to the newsletter of a test environment.
delete from newsletter_subscription;
