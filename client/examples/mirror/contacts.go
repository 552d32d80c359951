package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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
	original text,                     -- JSON of a contact that jsonb cannot hold exactly
	written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (location_id, id)
);
CREATE INDEX IF NOT EXISTS mirror_rows_newest ON mirror_rows (location_id, date_updated) WHERE contact IS NOT NULL;
CREATE INDEX IF NOT EXISTS mirror_rows_deleted ON mirror_rows (written_at) WHERE contact IS NULL;
CREATE OR REPLACE VIEW mirror_contacts AS
	SELECT location_id, id, date_updated, contact, original, written_at FROM mirror_rows WHERE contact IS NOT NULL;`

// storeContacts is the exportjob.Sink. It writes a page of contacts with one statement. It does not
// write a contact that is equal to the stored one, so that a full run writes only what it repairs.
func storeContacts(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
	if err := lockInstalled(ctx, tx, locationID); err != nil {
		return err
	}
	var page struct {
		ids       []string
		dates     []time.Time
		values    []string
		originals []*string
	}
	for i := range contacts {
		value, original, err := encodeContact(&contacts[i])
		if err != nil {
			return err
		}
		page.ids, page.dates = append(page.ids, contacts[i].ID), append(page.dates, contacts[i].DateUpdated)
		page.values, page.originals = append(page.values, value), append(page.originals, original)
	}
	_, err := tx.Exec(ctx, `INSERT INTO mirror_rows AS m (location_id, id, date_updated, contact, original)
		SELECT DISTINCT ON (id) $1, id, date_updated, contact, original
		FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[], $5::text[]) AS page (id, date_updated, contact, original)
		ORDER BY id, date_updated DESC
		ON CONFLICT (location_id, id) DO UPDATE SET date_updated = excluded.date_updated, contact = excluded.contact,
			original = excluded.original, written_at = clock_timestamp()
		WHERE m.date_updated < excluded.date_updated
			OR m.date_updated = excluded.date_updated AND m.contact IS NOT NULL
			AND (m.contact, m.original) IS DISTINCT FROM (excluded.contact, excluded.original)`,
		locationID, page.ids, page.dates, page.values, page.originals)
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
	if err := lockInstalled(ctx, tx, locationID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO mirror_rows AS m (location_id, id, date_updated)
		SELECT $1, unnest($2::text[]), now()
		ON CONFLICT (location_id, id) DO UPDATE SET date_updated = greatest(m.date_updated, excluded.date_updated),
			contact = NULL, original = NULL, written_at = clock_timestamp()`, locationID, ids)
	return err
}

// encodeContact returns a contact as JSON for jsonb, which cannot hold U+0000, halves of surrogate
// pairs and very large or small numbers. Such a character becomes U+FFFD, such a number becomes a
// string, and original is the JSON as it was.
func encodeContact(contact *client.Contact) (value string, original *string, err error) {
	exact, err := json.Marshal(contact)
	if err != nil {
		return "", nil, errors.New("a contact cannot be encoded as JSON") // the error could quote a value
	}
	decoder := json.NewDecoder(bytes.NewReader(exact))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return "", nil, errors.New("the JSON of a contact cannot be decoded")
	}
	changed := false
	storable, err := json.Marshal(makeStorable(decoded, &changed))
	if err != nil {
		return "", nil, errors.New("a contact cannot be encoded as JSON")
	}
	if changed {
		text := strings.ToValidUTF8(string(exact), string(utf8.RuneError))
		original = &text
	}
	return string(storable), original, nil
}

// makeStorable returns a JSON value that jsonb can hold, and sets changed if it is another value.
func makeStorable(value any, changed *bool) any {
	switch value := value.(type) {
	case string:
		return makeStorableString(value, changed)
	case json.Number:
		if number, err := strconv.ParseFloat(value.String(), 64); err != nil || number == 0 && strings.ContainsAny(value.String(), "eE") {
			*changed = true
			return value.String()
		}
	case []any:
		for i := range value {
			value[i] = makeStorable(value[i], changed)
		}
	case map[string]any:
		storable := make(map[string]any, len(value))
		for name, element := range value {
			storable[makeStorableString(name, changed)] = makeStorable(element, changed)
		}
		return storable
	}
	return value
}

// makeStorableString replaces U+0000. The decoder has replaced the halves of surrogate pairs.
func makeStorableString(text string, changed *bool) string {
	if !strings.ContainsAny(text, "\x00\uFFFD") {
		return text
	}
	*changed = true
	return strings.ReplaceAll(text, "\x00", "\uFFFD")
}

// deleteRows deletes the rows of locations that have uninstalled the app, and those of contacts that
// were deleted more than a day ago, which no slow worker can restore.
func deleteRows(ctx context.Context, pool *pgxpool.Pool) error {
	for {
		tag, err := pool.Exec(ctx, `DELETE FROM mirror_rows WHERE (location_id, id) IN (
			SELECT location_id, id FROM mirror_rows JOIN mirror_locations USING (location_id)
			WHERE state = 'uninstalled' OR contact IS NULL AND written_at < now() - interval '1 day' LIMIT 10000)`)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
	}
}
