// Package postgres stores OAuth credentials and rate limits in PostgreSQL, so that many machines can
// share the installations and the limits of an app.
//
//	keys, err := postgres.NewKeys(postgres.Key{ID: "2026-11", Secret: secret})
//	if err != nil {
//		return err
//	}
//	if err := postgres.Migrate(ctx, db); err != nil {
//		return err
//	}
//	source := app.Source(postgres.NewTokenStore(db, installation, keys))
//	pool := oauth.NewClientPool(source, func(locationID string) []client.Option {
//		return []client.Option{client.WithPacer(postgres.NewPacer(db, "app/"+locationID))}
//	})
//
// # Tokens
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
// # Rate limits
//
// The pacer of a client limits the requests of one process. Several processes that send requests
// for the same location need [NewPacer], or a share each (client.WithShare), or a queue that lets one
// process at a time work on a location, as package exportjob does.
//
// A limit is a row of an unlogged table, with the starts of the last two windows. The clock is that
// of the server.
//
// # Sizing
//
// A request that waits for the limit needs two statements of about 0.1 milliseconds of CPU time each
// on the server. Two cores that also run the callers serve about 4,000 requests per second for a
// thousand locations: the full rate, 10 requests per second, of about 400 locations. One limit
// alone is updated about 3,000 times per second, which is far more than any location allows. A
// connection serves several hundred statements per second, and is used by no call that waits, so 10
// to 20 connections per process are enough. A refresh needs six statements a day and installation.
//
// More locations than that need more cores for PostgreSQL, or a database for each part of the
// locations: limits do not depend on each other. The results are in client/BENCHMARKS.md.
//
// # Drivers
//
// The package uses database/sql and is tested with the driver of github.com/jackc/pgx/v5/stdlib. It
// works behind pgbouncer in transaction mode, if the driver does not prepare statements: with
// pgx, add default_query_exec_mode=exec to the connection URL. The package expects the isolation
// level READ COMMITTED, which is PostgreSQL's default.
package postgres
