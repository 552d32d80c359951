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
	"context"
	"crypto/ed25519"
	"crypto/x509"
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
	"syscall"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// settings are the settings of the command line and the environment.
type settings struct {
	config

	listen                  string
	now, status, demo, lost bool
}

func main() {
	s := settings{config: config{poll: 500 * time.Millisecond, logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}}
	flag.StringVar(&s.listen, "listen", "127.0.0.1:8080", "`address` of the status page, the installation and the webhooks")
	flag.IntVar(&s.workers, "workers", 10, "`locations` that this process reads at once")
	flag.DurationVar(&s.every, "every", 15*time.Minute, "`time` between two searches for changes")
	flag.BoolVar(&s.now, "now", false, "start a full run of every location, and exit; the processes that run execute it")
	flag.BoolVar(&s.status, "status", false, "print the state of each location, and exit with status 1 if one has failed")
	flag.BoolVar(&s.demo, "demo", false, "mirror sample contacts of a fake API, in the schema "+demoSchema)
	flag.BoolVar(&s.lost, "lost", false, "with -demo: lose all webhooks")
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
	s.dsn = os.Getenv("DATABASE_URL")
	switch {
	case s.dsn == "":
		return errors.New("set DATABASE_URL to the URL of a PostgreSQL database")
	case s.every < time.Second:
		return errors.New("-every must be at least 1s")
	case s.status:
		return printStatus(ctx, s.dsn, out)
	case s.demo:
		return demo(ctx, s, out)
	}
	if err := s.readEnvironment(); err != nil {
		return err
	}
	m, err := openMirror(ctx, s.config)
	if err != nil {
		return err
	}
	defer m.close()
	if s.now {
		return m.startFull(ctx)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	return m.run(ctx, listener)
}

// readEnvironment sets the app, the keys and the API.
func (c *config) readEnvironment() error {
	c.oauthConfig = oauth.Config{
		ClientID:     os.Getenv("HIGHLEVEL_CLIENT_ID"),
		ClientSecret: client.NewSecret(os.Getenv("HIGHLEVEL_CLIENT_SECRET")),
		RedirectURL:  os.Getenv("HIGHLEVEL_REDIRECT_URL"),
		BaseURL:      os.Getenv("HIGHLEVEL_URL"),
	}
	key, err := hex.DecodeString(os.Getenv("TOKEN_KEY"))
	if err != nil {
		return errors.New("TOKEN_KEY is not hexadecimal; create a key with: openssl rand -hex 32")
	}
	c.tokenKey, c.webhookKey = client.NewSecret(string(key)), webhook.PublicKey()
	if text := os.Getenv("HIGHLEVEL_WEBHOOK_KEY"); text != "" {
		der, _ := base64.StdEncoding.DecodeString(text) // what is not a key is reported below
		key, _ := x509.ParsePKIXPublicKey(der)
		var isKey bool
		if c.webhookKey, isKey = key.(ed25519.PublicKey); !isKey {
			return errors.New("HIGHLEVEL_WEBHOOK_KEY is not an Ed25519 public key in base64")
		}
	}
	return nil
}
