// Nightly exports all contacts of all installations of a HighLevel app into PostgreSQL, every
// night. Any number of processes, on any number of machines, share the work. The README describes
// how to run it.
//
//	go run . -demo     # DATABASE_URL must name a PostgreSQL database
//	go run .           # works until it is interrupted
//	go run . -status   # prints the progress
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

// settings are the arguments of the command line.
type settings struct {
	at           string
	workers      int
	listen       string
	status, demo bool
}

func main() {
	var s settings
	flag.StringVar(&s.at, "at", "02:00", "`time` of the export, in UTC")
	flag.IntVar(&s.workers, "workers", 10, "`locations` that this process exports at once")
	flag.StringVar(&s.listen, "listen", "127.0.0.1:8080", "`address` of the status page and of the installation; empty for none")
	flag.BoolVar(&s.status, "status", false, "print the progress, and exit with status 1 if an export has failed")
	flag.BoolVar(&s.demo, "demo", false, "export sample contacts from a fake API, in the schema "+demoSchema)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, s, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "nightly:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, out io.Writer) error {
	dsn := os.Getenv("DATABASE_URL")
	if dsn == "" {
		return errors.New("set DATABASE_URL to the URL of a PostgreSQL database")
	}
	at, err := parseDaily(s.at)
	if err != nil {
		return err
	}
	switch {
	case s.demo:
		return demo(ctx, dsn, out)
	case s.status:
		return status(ctx, dsn, out)
	}
	app, keys, err := credentials()
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	service, err := newService(ctx, config{
		dsn: dsn, baseURL: os.Getenv("HIGHLEVEL_URL"), workers: s.workers, app: app, keys: keys, logger: logger,
	})
	if err != nil {
		return err
	}
	defer service.close()
	return service.run(ctx, at, s.listen)
}

// credentials returns the app and the keys of the token store, from the environment.
func credentials() (*oauth.App, postgres.Keys, error) {
	secret, err := hex.DecodeString(strings.TrimSpace(os.Getenv("TOKEN_KEY")))
	if err != nil {
		return nil, postgres.Keys{}, errors.New("TOKEN_KEY is not hexadecimal; create a key with: openssl rand -hex 32")
	}
	keys, err := postgres.NewKeys(postgres.Key{ID: "1", Secret: client.NewSecret(string(secret))})
	if err != nil {
		return nil, postgres.Keys{}, fmt.Errorf("TOKEN_KEY: %w", err)
	}
	app, err := oauth.New(oauth.Config{
		ClientID:     os.Getenv("HIGHLEVEL_CLIENT_ID"),
		ClientSecret: client.NewSecret(os.Getenv("HIGHLEVEL_CLIENT_SECRET")),
		RedirectURL:  os.Getenv("HIGHLEVEL_REDIRECT_URL"),
		BaseURL:      os.Getenv("HIGHLEVEL_URL"),
		Scopes:       []string{"contacts.readonly", "oauth.write"},
	})
	return app, keys, err
}

// daily is a time of the day, in UTC. It is a river.PeriodicSchedule.
type daily struct{ sinceMidnight time.Duration }

func parseDaily(text string) (daily, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return daily{}, fmt.Errorf("-at: %q is not a time such as 02:00", text)
	}
	return daily{time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute}, nil
}

// Next returns the first time after now.
func (d daily) Next(now time.Time) time.Time {
	next := now.UTC().Truncate(24 * time.Hour).Add(d.sinceMidnight)
	if !next.After(now) {
		next = next.Add(24 * time.Hour)
	}
	return next
}

// runName returns the name of the run that is due at now: the date of the latest start.
func (d daily) runName(now time.Time) string {
	const early = time.Second // River starts periodic jobs a little early
	return d.Next(now.Add(early)).Add(-24 * time.Hour).Format(time.DateOnly)
}
