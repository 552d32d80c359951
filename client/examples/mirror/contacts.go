package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
)

// createContacts creates the table of the contacts. Adapt it and storeContacts to your needs.
//
// A deleted contact remains as a row without a contact, so that a slow worker does not restore it.
// The view has the contacts that exist.
const createContacts = `
CREATE TABLE IF NOT EXISTS mirror_rows (
	location_id text NOT NULL,
	id text NOT NULL,
	date_updated timestamptz NOT NULL, -- the guard: a contact replaces only contacts that are not newer
	contact jsonb,                     -- NULL if the contact is deleted
	written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (location_id, id)
);
CREATE INDEX IF NOT EXISTS mirror_rows_newest ON mirror_rows (location_id, date_updated) WHERE contact IS NOT NULL;
CREATE INDEX IF NOT EXISTS mirror_rows_deleted ON mirror_rows (written_at) WHERE contact IS NULL;
CREATE OR REPLACE VIEW mirror_contacts AS
	SELECT location_id, id, date_updated, contact, written_at FROM mirror_rows WHERE contact IS NOT NULL;`

// storeContacts is the exportjob.Sink. It writes a page of contacts with one statement. It does not
// write a contact that is equal to the stored one, so that a full run writes only what it repairs.
func storeContacts(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
	var ids, values []string
	var dates []time.Time
	for i := range contacts {
		value, err := encodeContact(&contacts[i])
		if err != nil {
			return errors.New("a contact cannot be encoded as JSON") // the error could quote a value
		}
		ids, dates, values = append(ids, contacts[i].ID), append(dates, contacts[i].DateUpdated), append(values, value)
	}
	_, err := tx.Exec(ctx, `INSERT INTO mirror_rows AS m (location_id, id, date_updated, contact)
		SELECT DISTINCT ON (id) $1, id, date_updated, contact
		FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[]) AS page (id, date_updated, contact)
		ORDER BY id, date_updated DESC
		ON CONFLICT (location_id, id) DO UPDATE
			SET date_updated = excluded.date_updated, contact = excluded.contact, written_at = clock_timestamp()
			WHERE m.date_updated < excluded.date_updated
			OR m.date_updated = excluded.date_updated AND m.contact <> excluded.contact`, // a deleted contact is NULL
		locationID, ids, dates, values)
	return err
}

// storedContacts is the function Stored of exportjob.Settings.
func storedContacts(ctx context.Context, tx pgx.Tx, locationID string) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM mirror_contacts WHERE location_id = $1`, locationID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// deleteContacts stores that contacts do not exist, as a Get has reported. It is the function Missing
// of exportjob.Settings. The time prevents that an index that lags, or a worker that has read an older
// contact, restores them.
func deleteContacts(ctx context.Context, tx pgx.Tx, locationID string, ids []string) error {
	_, err := tx.Exec(ctx, `INSERT INTO mirror_rows AS m (location_id, id, date_updated)
		SELECT $1, unnest($2::text[]), now()
		ON CONFLICT (location_id, id) DO UPDATE SET date_updated = greatest(m.date_updated, excluded.date_updated),
			contact = NULL, written_at = clock_timestamp()`, locationID, ids)
	return err
}

// deleteRows deletes the rows of locations that have uninstalled the app, and those of contacts that
// were deleted more than a day ago, which no slow worker can restore.
func (m *mirror) deleteRows(ctx context.Context) error {
	for {
		tag, err := m.pool.Exec(ctx, `DELETE FROM mirror_rows WHERE (location_id, id) IN (
			SELECT location_id, id FROM mirror_rows JOIN mirror_locations USING (location_id)
			WHERE state = 'uninstalled' OR contact IS NULL AND written_at < now() - interval '1 day' LIMIT 10000)`)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
	}
}

// encodeContact returns a contact as JSON for jsonb, which cannot hold U+0000, halves of surrogate
// pairs, and very large or small numbers. Such a character becomes U+FFFD, and such a number a string.
func encodeContact(contact *client.Contact) (string, error) {
	exact, err := json.Marshal(contact)
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(exact))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil { // replaces the halves of surrogate pairs
		return "", err
	}
	storable, err := json.Marshal(makeStorable(decoded))
	return strings.NewReplacer(`\\`, `\\`, `\u0000`, `\ufffd`).Replace(string(storable)), err
}

// makeStorable replaces the numbers in a JSON value that jsonb cannot hold.
func makeStorable(value any) any {
	switch value := value.(type) {
	case json.Number:
		text := value.String()
		if number, err := strconv.ParseFloat(text, 64); err != nil || number == 0 && strings.ContainsAny(text, "eE") {
			return text
		}
	case []any:
		for i := range value {
			value[i] = makeStorable(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = makeStorable(value[name])
		}
	}
	return value
}
