CREATE TABLE contacts_go_tokens (
	installation text PRIMARY KEY,
	version      bigint NOT NULL DEFAULT 0,
	sealed       bytea,
	lease_owner  text,
	lease_until  timestamptz
);
