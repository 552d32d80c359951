package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/highlevel-contacts/contacts-go/client"
)

// createContacts creates the table of the contacts. Adapt it and storeContacts to your needs.
func createContacts(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		const lock int64 = 0x6e696768746c79 // "nightly": several processes can start at once
		_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock)
		if err == nil {
			_, err = tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS nightly_contacts (
				location_id text NOT NULL,
				id text NOT NULL,
				contact jsonb NOT NULL,
				exported_at timestamptz NOT NULL,
				PRIMARY KEY (location_id, id)
			)`)
		}
		if err != nil {
			return fmt.Errorf("create the table of the contacts: %w", err)
		}
		return nil
	})
}

// storeContacts is the exportjob.Sink. It writes a page of contacts with one statement, and
// replaces the contacts of the night before.
func storeContacts(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
	ids, values := make([]string, len(contacts)), make([]string, len(contacts))
	for i := range contacts {
		value, err := json.Marshal(&contacts[i])
		if err != nil {
			return fmt.Errorf("encode a contact: %w", err)
		}
		ids[i], values[i] = contacts[i].ID, string(value)
	}
	_, err := tx.Exec(ctx, `INSERT INTO nightly_contacts (location_id, id, contact, exported_at)
		SELECT $1, id, contact, now() FROM unnest($2::text[], $3::jsonb[]) AS page (id, contact)
		ON CONFLICT (location_id, id) DO UPDATE SET contact = excluded.contact, exported_at = excluded.exported_at`,
		locationID, ids, values)
	return err
}
