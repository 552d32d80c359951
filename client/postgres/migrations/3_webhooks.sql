-- A row of highlevel_webhooks is an event that was delivered, if claim is null, or the claim of a
-- delivery in progress. at is the time of the delivery, or the time at which the claim expires.
CREATE TABLE highlevel_webhooks (
	app     text,
	id      text,
	claim   text,
	at    timestamptz NOT NULL,
	PRIMARY KEY (app, id)
);
CREATE INDEX highlevel_webhooks_at ON highlevel_webhooks (at);
