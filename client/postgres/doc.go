// Package postgres stores OAuth credentials in PostgreSQL, so that many machines can share the
// installations of an app.
//
//	keys, err := postgres.NewKeys(postgres.Key{ID: "2026-11", Secret: secret})
//	if err != nil {
//		return err
//	}
//	if err := postgres.Migrate(ctx, db); err != nil {
//		return err
//	}
//	source := app.Source(postgres.NewTokenStore(db, installation, keys))
//
// Credentials are encrypted by AES-256-GCM with a key that the caller supplies. The database alone
// does not reveal them, and a row that was copied to another installation or stored under another
// version number does not decrypt. A whole row from an older backup does decrypt, but the API no
// longer accepts its refresh token. If the key is lost, the credentials are lost: delete their rows
// and install the app again. To replace a key, pass the new key first and the old one after it; each
// refresh encrypts with the new key.
//
// The lock for a refresh is a lease in the row, which its holder renews. It pins no connection while
// the API is called, and unlike an advisory lock it works behind a connection pooler such as
// pgbouncer. If a process ends while it holds the lease, other processes wait up to 15 seconds for
// the lease to expire.
//
// The package uses database/sql and is tested with the driver of github.com/jackc/pgx/v5/stdlib.
//
// The package does not share rate limits: every client has its own Pacer. Let one process at a time
// call the API for a location, or divide the limit with client.WithShare.
package postgres
