// Mirror keeps a table of PostgreSQL in step with the contacts of all installations of a HighLevel
// app. Any number of processes, on any number of machines, share the work. The README describes how
// to run it.
//
//	go run . -demo     # DATABASE_URL must name a PostgreSQL database
//	go run .           # works until it is interrupted
//	go run . -now      # reads every contact now, and not at the beginning of the next week
//	go run . -status   # prints the state of each location
package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
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
	listen            string
	workers           int
	every             time.Duration
	now, status, demo bool
}

func main() {
	var s settings
	flag.StringVar(&s.listen, "listen", "127.0.0.1:8080", "`address` of the status page, the installation and the webhooks")
	flag.IntVar(&s.workers, "workers", 10, "`locations` that this process reads at once")
	flag.DurationVar(&s.every, "every", 15*time.Minute, "`time` between two searches for changes")
	flag.BoolVar(&s.now, "now", false, "start a full run of every location, and exit; the processes that run execute it")
	flag.BoolVar(&s.status, "status", false, "print the state of each location, and exit with status 1 if one has failed")
	flag.BoolVar(&s.demo, "demo", false, "mirror sample contacts of a fake API, in the schema "+demoSchema)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, s, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mirror:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, out io.Writer) error {
	dsn := os.Getenv("DATABASE_URL")
	switch {
	case dsn == "":
		return errors.New("set DATABASE_URL to the URL of a PostgreSQL database")
	case s.workers < 1 || s.every < time.Second:
		return errors.New("-workers must be at least 1, and -every at least 1s")
	case s.status:
		return printStatus(ctx, dsn, out)
	case s.demo:
		return demo(ctx, dsn, s.listen, out)
	}
	c, err := environment()
	if err != nil {
		return err
	}
	c.dsn, c.workers, c.every, c.logger = dsn, s.workers, s.every, slog.New(slog.NewTextHandler(os.Stderr, nil))
	m, err := openMirror(ctx, c)
	if err != nil {
		return err
	}
	defer m.close()
	if s.now {
		return m.insert(ctx, startArgs{Full: time.Now()})
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	return m.run(ctx, listener)
}

// environment returns the app, the keys and the API that the environment describes.
func environment() (config, error) {
	secret, err := hex.DecodeString(strings.TrimSpace(os.Getenv("TOKEN_KEY")))
	if err != nil {
		return config{}, errors.New("TOKEN_KEY is not hexadecimal; create a key with: openssl rand -hex 32")
	}
	c := config{baseURL: os.Getenv("HIGHLEVEL_URL")}
	if c.keys, err = postgres.NewKeys(postgres.Key{ID: "1", Secret: client.NewSecret(string(secret))}); err != nil {
		return config{}, fmt.Errorf("TOKEN_KEY: %w", err)
	}
	if text := os.Getenv("HIGHLEVEL_WEBHOOK_KEY"); text != "" {
		if c.webhookKey, err = base64.StdEncoding.DecodeString(text); err != nil || len(c.webhookKey) != ed25519.PublicKeySize {
			return config{}, errors.New("HIGHLEVEL_WEBHOOK_KEY is not an Ed25519 public key in base64")
		}
	}
	c.app, c.appID, err = newApp(oauth.Config{
		ClientID:     os.Getenv("HIGHLEVEL_CLIENT_ID"),
		ClientSecret: client.NewSecret(os.Getenv("HIGHLEVEL_CLIENT_SECRET")),
		RedirectURL:  os.Getenv("HIGHLEVEL_REDIRECT_URL"),
		BaseURL:      c.baseURL,
	})
	return c, err
}

// newApp returns the app, and its ID in the marketplace. Another API has its own consent page.
func newApp(c oauth.Config) (app *oauth.App, appID string, err error) {
	c.MarketplaceURL = cmp.Or(c.MarketplaceURL, c.BaseURL)
	c.Scopes = []string{"contacts.readonly", "oauth.readonly", "oauth.write"}
	app, err = oauth.New(c)
	appID, _, _ = strings.Cut(c.ClientID, "-")
	return app, appID, err
}
