-- The roles and databases of the services, as on the laptop: an owner that migrates, and a role for each process, to
-- which the owner grants what it needs. Run once, when the server's data directory is created.

REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
-- Large objects lie outside all tables. The databases below are copies of template1.
\connect template1
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure) FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^lo(_|read$|write$)' \gexec
\connect postgres

\getenv episodes_owner EPISODES_OWNER_PASSWORD
\getenv episodes_api EPISODES_API_PASSWORD
\getenv episodes_relay EPISODES_RELAY_PASSWORD
\getenv episodes_project EPISODES_PROJECT_PASSWORD
\getenv episodes_keys EPISODES_KEYS_PASSWORD
CREATE ROLE episodes_owner LOGIN PASSWORD :'episodes_owner';
CREATE ROLE episodes_api LOGIN PASSWORD :'episodes_api';
CREATE ROLE episodes_relay LOGIN PASSWORD :'episodes_relay';
CREATE ROLE episodes_project LOGIN PASSWORD :'episodes_project';
CREATE ROLE episodes_keys LOGIN PASSWORD :'episodes_keys';
CREATE DATABASE episodes OWNER episodes_owner;
REVOKE ALL ON DATABASE episodes FROM PUBLIC;
GRANT CONNECT ON DATABASE episodes TO episodes_api, episodes_relay, episodes_project, episodes_keys;

\getenv notifications_owner NOTIFICATIONS_OWNER_PASSWORD
\getenv notifications_api NOTIFICATIONS_API_PASSWORD
\getenv notifications_consume NOTIFICATIONS_CONSUME_PASSWORD
\getenv notifications_deliver NOTIFICATIONS_DELIVER_PASSWORD
CREATE ROLE notifications_owner LOGIN PASSWORD :'notifications_owner';
CREATE ROLE notifications_api LOGIN PASSWORD :'notifications_api';
CREATE ROLE notifications_consume LOGIN PASSWORD :'notifications_consume';
CREATE ROLE notifications_deliver LOGIN PASSWORD :'notifications_deliver';
CREATE DATABASE notifications OWNER notifications_owner;
REVOKE ALL ON DATABASE notifications FROM PUBLIC;
GRANT CONNECT ON DATABASE notifications TO notifications_api, notifications_consume, notifications_deliver;
