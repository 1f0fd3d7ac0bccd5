-- The roles and databases of the services, as on the laptop: an owner that migrates, an application role bound by all
-- rules. Run once, when the server's data directory is created.

\getenv episodes_owner EPISODES_OWNER_PASSWORD
\getenv episodes_app EPISODES_APP_PASSWORD
CREATE ROLE episodes_owner LOGIN PASSWORD :'episodes_owner';
CREATE ROLE episodes_app LOGIN PASSWORD :'episodes_app';
CREATE DATABASE episodes OWNER episodes_owner;
REVOKE ALL ON DATABASE episodes FROM PUBLIC;
GRANT CONNECT ON DATABASE episodes TO episodes_app;

\getenv notifications_owner NOTIFICATIONS_OWNER_PASSWORD
\getenv notifications_app NOTIFICATIONS_APP_PASSWORD
CREATE ROLE notifications_owner LOGIN PASSWORD :'notifications_owner';
CREATE ROLE notifications_app LOGIN PASSWORD :'notifications_app';
CREATE DATABASE notifications OWNER notifications_owner;
REVOKE ALL ON DATABASE notifications FROM PUBLIC;
GRANT CONNECT ON DATABASE notifications TO notifications_app;
