"""Clients' keys change in two ways only, each a function of the owner: wrapped anew, and erased for ever.

No process may update `client_keys`. The functions run as the owner, whom row security binds as well, so each
names its network, and afterwards those that the caller had named. What they did is said for no other network.
"""

from alembic import op

from care_platform.postgres.row_security import NAMED, forced

revision = "0007"
down_revision = "0006"

ERASURES = """
CREATE TABLE key_erasures (
    network_id text NOT NULL,
    client_id uuid NOT NULL,
    key_id uuid NOT NULL,
    erased_by text NOT NULL,
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (network_id, client_id, key_id)
);
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON key_erasures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
"""

REPLACE = """
CREATE FUNCTION replace_wrapped_key(network text, client uuid, old bytea, new bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text := coalesce(current_setting('care.networks', true), '');
    replaced boolean;
BEGIN
    IF new IS NULL OR octet_length(new) < 60 THEN  -- a nonce, 32 bytes of key and a tag
        RAISE EXCEPTION 'this is no wrapped key' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM set_config('care.networks', network, true);
    UPDATE public.client_keys SET wrapped = new
    WHERE network_id = network AND client_id = client AND wrapped = old;
    replaced := FOUND;
    PERFORM set_config('care.networks', named, true);
    RETURN replaced;
END $$;
REVOKE EXECUTE ON FUNCTION replace_wrapped_key FROM PUBLIC;
"""
"""True if the key was still wrapped as `old`. An erased key stays erased: nothing equals null."""

ERASE = """
CREATE FUNCTION erase_client_key(network text, client uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text := coalesce(current_setting('care.networks', true), '');
    erased uuid;
BEGIN
    PERFORM set_config('care.networks', network, true);
    UPDATE public.client_keys SET wrapped = NULL
    WHERE network_id = network AND client_id = client AND wrapped IS NOT NULL RETURNING key_id INTO erased;
    IF erased IS NOT NULL THEN
        INSERT INTO public.key_erasures (network_id, client_id, key_id, erased_by, erased_at)
        VALUES (network, client, erased, session_user, now());
    END IF;
    PERFORM set_config('care.networks', named, true);
    RETURN erased IS NOT NULL;
END $$;
REVOKE EXECUTE ON FUNCTION erase_client_key FROM PUBLIC;
"""
"""True if there was a key to erase. `session_user` is who connected, whatever role he has taken since."""


def upgrade() -> None:
    op.execute(ERASURES)
    op.execute(forced("key_erasures"))
    op.execute(f"CREATE POLICY of_the_networks_named ON key_erasures USING ({NAMED})")
    for function in (REPLACE, ERASE):
        op.execute(function)
