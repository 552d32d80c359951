// Exportworker exports the contacts of a location of the fake into the database of DATABASE_URL.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/exportjob"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	err := run(ctx)
	cancel()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	fake, err := clienttest.Start()
	if err != nil {
		return err
	}
	defer fake.Close()
	if err := fake.SeedSamples(150); err != nil {
		return err
	}
	db, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := exportjob.Migrate(ctx, db); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, "CREATE TABLE IF NOT EXISTS contacts (id text PRIMARY KEY, email text)"); err != nil {
		return err
	}

	c, err := fake.NewClient()
	if err != nil {
		return err
	}
	worker, err := exportjob.NewWorker(exportjob.Settings{
		Clients: func(string) (*client.Client, error) { return c, nil },
		Sink:    save,
	})
	if err != nil {
		return err
	}
	var config river.Config
	if err := exportjob.Configure(&config, worker); err != nil {
		return err
	}
	rc, err := river.NewClient(riverpgxv5.New(db), &config)
	if err != nil {
		return err
	}
	completed, unsubscribe := rc.Subscribe(river.EventKindJobCompleted)
	defer unsubscribe()
	if err := rc.Start(ctx); err != nil {
		return err
	}
	if _, err := exportjob.Enqueue(ctx, rc, exportjob.Args{LocationID: fake.LocationID, Run: "trial"}); err != nil {
		return err
	}
	select {
	case <-completed:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := rc.Stop(ctx); err != nil {
		return err
	}
	var count int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM contacts").Scan(&count); err != nil {
		return err
	}
	fmt.Printf("the table has %d of %d contacts\n", count, fake.Len())
	if count != fake.Len() {
		return errors.New("the export is not complete")
	}
	return nil
}

// save writes a page of contacts to the table.
func save(ctx context.Context, tx pgx.Tx, _ string, contacts []client.Contact) error {
	for _, contact := range contacts {
		_, err := tx.Exec(ctx, "INSERT INTO contacts VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", contact.ID, contact.Email)
		if err != nil {
			return err
		}
	}
	return nil
}
