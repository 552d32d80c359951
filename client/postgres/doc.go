// Package postgres stores OAuth credentials, rate limits and the IDs of webhooks in PostgreSQL, so
// that many machines can share the installations, the rate limits and the webhooks of an app. See
// [NewTokenStore], [NewPacers] and [NewSeen].
//
//	keys, err := postgres.NewKeys(postgres.Key{ID: "2026-11", Secret: secret})
//	if err != nil {
//		return err
//	}
//	if err := postgres.Migrate(ctx, db); err != nil {
//		return err
//	}
//	pacers, err := postgres.NewPacers(db, postgres.PacerSettings{})
//	if err != nil {
//		return err
//	}
//	source := app.Source(postgres.NewTokenStore(db, installation, keys))
//	pool := oauth.NewClientPool(source, func(locationID string) []client.Option {
//		return []client.Option{client.WithPacer(pacers.Pacer("app/" + locationID))}
//	})
//
// # Tokens
//
// [NewTokenStore] encrypts credentials with AES-256-GCM and a key that the caller supplies. A copy
// of the database does not reveal them. A row that was copied to another installation, or whose
// version was changed, does not decrypt. A complete row from an older backup does decrypt, but the
// API no longer accepts its refresh token.
//
// To replace a key, pass the new key to [NewKeys] first and the old key after it. Each refresh
// encrypts with the new key. If a key is lost, the credentials are lost: delete their rows and
// install the app again.
//
// The lock for a refresh is a lease in the row, which the process that holds it renews. The lock
// does not occupy a connection while the API is called, and unlike an advisory lock it does not
// belong to a session. If a process ends while it holds the lease, other processes
// wait up to 15 seconds until the lease expires.
//
// # Rate limits
//
// The pacer of [client.NewPacer] limits the requests of one process. If several processes send
// requests for the same location, use one of these:
//
//   - [NewPacers], whose pacers share the limit among all processes.
//   - client.WithShare, which gives each process a fixed share.
//   - A queue that lets one process at a time work on a location, as package exportjob does.
//
// Requests of all processes start in the order in which they called Wait. The minimum time between
// two starts is a quarter of the interval divided by the number of requests: 25 milliseconds for
// 100 requests per 10 seconds. The pacer follows the limit that the API reports, allows for the
// requests of other programs, and stops all processes after a response with status 429. It ignores
// reported limits of more than 10,000 requests or with an interval of more than 10 minutes.
//
// Like the pacer of [client.NewPacer], Wait fails immediately if the request cannot start before
// the deadline, during a pause of more than 30 seconds, and while the daily limit is exhausted. If
// such a pause begins while Wait waits, it fails when the request would have started. If ctx ends
// while Wait waits, other requests may use the reserved start. The starts that a killed process has
// reserved remain unused. Wait executes one statement if the request may start immediately, and
// otherwise one to reserve a start and one to confirm it at that time.
//
// If the database is unavailable, Wait returns [ErrUnavailable] immediately, and one call per
// second tries to use the database again. With a local share, Wait instead waits until the requests
// of the last window no longer count, and then limits this process to its share.
//
// Each limit is a row of an unlogged table. The row stores the start times of the requests of the
// last two windows and of the calls that wait, with 16 bytes for each. A crash of PostgreSQL
// empties the table; each process then stores its recent starts again. All times are from the clock
// of the server; the clocks of the processes may differ.
//
// # Sizing
//
// A request that waits for the limit needs two statements, of about 0.1 milliseconds of CPU time
// each on the server. Two cores that also run the callers serve about 7,000 requests per second.
// That is the full rate, 10 requests per second, of 700 locations, or 350 for each core. One limit
// alone allows more than 2,000 requests per second, which is far more than a location needs.
//
// The measurement used 20 connections, so each served about 700 statements per second, the full
// rate of 35 locations. A call does not occupy a connection while it waits for its start, so 10 to
// 20 connections per process are enough. A refresh needs about ten statements; each installation is
// refreshed about once a day.
//
// For more locations, add cores to PostgreSQL or distribute the locations among several databases,
// for example one for each queue of River. The limits do not depend on each other. An export with
// package exportjob needs no shared limit. The measurements are in client/BENCHMARKS.md.
//
// # Drivers
//
// The package uses database/sql and is tested with the driver of github.com/jackc/pgx/v5/stdlib. It
// stores nothing in a session, so that a connection pooler such as pgbouncer can run each
// transaction in another session. In that case the driver must not prepare statements: for pgx, add
// default_query_exec_mode=exec to the connection URL. The isolation level must be READ COMMITTED,
// which is PostgreSQL's default.
package postgres
