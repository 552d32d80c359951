package exportjob_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/exportjob"
)

// save writes a page of contacts to a table of the program. A later run sends contacts again, so a row
// is replaced unless it is newer.
func save(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
	batch := &pgx.Batch{}
	for _, contact := range contacts {
		batch.Queue(`INSERT INTO contacts AS c (location_id, id, email, updated) VALUES ($1, $2, $3, $4)
			ON CONFLICT (location_id, id) DO UPDATE SET email = excluded.email, updated = excluded.updated
			WHERE c.updated <= excluded.updated`, locationID, contact.ID, contact.Email, contact.DateUpdated)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// This program exports locations until it is interrupted. Start any number of processes.
func Example() { //nolint:testableexamples // it needs a server, and runs until it is interrupted
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	db, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if err := exportjob.Migrate(ctx, db); err != nil {
		log.Fatal(err)
	}

	// An agency uses the method Client of an oauth.ClientPool here.
	c, err := client.New(client.StaticToken(os.Getenv("HIGHLEVEL_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	clients := func(string) (*client.Client, error) { return c, nil }

	worker, err := exportjob.NewWorker(exportjob.Settings{Clients: clients, Sink: save})
	if err != nil {
		log.Fatal(err)
	}
	var config river.Config
	if err := exportjob.Configure(&config, worker); err != nil {
		log.Fatal(err)
	}
	rc, err := river.NewClient(riverpgxv5.New(db), &config)
	if err != nil {
		log.Fatal(err)
	}
	if err := rc.Start(ctx); err != nil {
		log.Fatal(err)
	}

	enqueued, err := exportjob.Enqueue(ctx, rc, exportjob.Args{LocationID: os.Getenv("HIGHLEVEL_LOCATION"), Run: "2026-11-24"})
	if err != nil {
		log.Fatal(err)
	}
	for _, skipped := range enqueued.Skipped {
		fmt.Printf("%s: the job of run %s has not finished\n", skipped.LocationID, skipped.Run)
	}
	<-rc.Stopped()
}

// This program exports what has changed in each location since its last export. Each night, it runs a
// full export instead, with a zero Since, which finds the contacts that were deleted. A location that
// was never exported is not among the exports: enqueue it with a zero Since too.
func ExampleEnqueue() { //nolint:testableexamples // it needs a server
	ctx := context.Background()
	db, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	rc, err := river.NewClient(riverpgxv5.New(db), &river.Config{})
	if err != nil {
		log.Fatal(err)
	}
	exports, err := exportjob.Exports(ctx, db)
	if err != nil {
		log.Fatal(err)
	}
	run := time.Now().UTC().Format(time.DateTime)
	var jobs []exportjob.Args
	for _, e := range exports {
		jobs = append(jobs, exportjob.Args{LocationID: e.LocationID, Run: run, Since: e.Through})
	}
	if _, err := exportjob.Enqueue(ctx, rc, jobs...); err != nil {
		log.Fatal(err)
	}
}

// This example prints the progress of each location.
func ExampleExports() { //nolint:testableexamples // it needs a server
	ctx := context.Background()
	db, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	exports, err := exportjob.Exports(ctx, db)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range exports {
		fmt.Printf("%s %s: %s, %d of %d contacts %s\n", e.LocationID, e.Run, e.State, e.Contacts, e.Total, e.Error)
	}
}
