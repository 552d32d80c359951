-- highlevel_now returns the time on the clock of the server, in microseconds since 1970.
CREATE FUNCTION highlevel_now() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;

-- A row of highlevel_tokens has the encrypted credential of an installation, or the lease of a
-- process that refreshes it, or both. lease_until is a time of highlevel_now.
CREATE TABLE highlevel_tokens (
	installation text PRIMARY KEY,
	version      bigint NOT NULL DEFAULT 0,
	sealed       bytea,
	lease_owner  text,
	lease_until  bigint
);
