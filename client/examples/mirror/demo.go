package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

const (
	demoSchema    = "mirror_demo" // contains the tables of the demo, which replaces it at each start
	demoLocations = 5
	demoContacts  = 500 // in each location
	demoEvery     = 3 * time.Second
	demoPatience  = 2 * time.Minute // for each step
)

// demo mirrors the locations of an agency of a fake API, and changes contacts with and without
// webhooks. Another location has an installation that is no longer valid. It then serves the status
// page and the page of the fake until ctx is canceled.
func demo(ctx context.Context, dsn, listen string, out io.Writer) error {
	status, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	defer func() { _ = status.Close() }()
	api, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fake, err := startFake("http://" + status.Addr().String() + "/webhooks")
	if err != nil {
		return err
	}
	defer fake.Close()
	server := &http.Server{Handler: console.Handler(fake), ReadHeaderTimeout: time.Minute}
	defer func() { _ = server.Close() }()
	go func() { _ = server.Serve(api) }()
	m, err := openDemo(ctx, dsn, "http://"+api.Addr().String(), fake)
	if err != nil {
		return err
	}
	defer m.close()

	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- m.run(running, status) }()
	fmt.Fprintf(out, "status page   http://%s\nfake API      http://%s\n\n", status.Addr(), api.Addr())
	if err = m.show(ctx, fake, out); err == nil {
		fmt.Fprintf(out, "\nThe table is %s.mirror_contacts. Change contacts through the fake API, and stop the demo with Ctrl-C.\n", demoSchema)
		<-ctx.Done()
	}
	stop()
	return errors.Join(err, <-ended)
}

// startFake starts a fake that sends its webhooks to an address.
func startFake(webhooks string) (*clienttest.Server, error) {
	opts := []clienttest.Option{
		clienttest.WithoutSocket(), // the handler of the console serves the fake
		clienttest.WithApp(clienttest.App{ClientID: "demo", ClientSecret: "demo-secret"}),
		clienttest.WithWebhooks(webhooks),
	}
	for _, location := range clienttest.SampleLocations(demoLocations) {
		opts = append(opts, clienttest.WithLocationSettings(location))
	}
	return clienttest.Start(opts...)
}

// openDemo opens a mirror of the fake in an empty schema.
func openDemo(ctx context.Context, dsn, api string, fake *clienttest.Server) (*mirror, error) {
	pool, err := connect(ctx, dsn, "", 1)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	name := pgx.Identifier{demoSchema}.Sanitize()
	if _, err := pool.Exec(ctx, `DROP SCHEMA IF EXISTS `+name+` CASCADE; CREATE SCHEMA `+name); err != nil {
		return nil, err
	}
	app, appID, err := newApp(oauth.Config{
		ClientID: "demo", ClientSecret: client.NewSecret("demo-secret"), BaseURL: api, RedirectURL: "http://127.0.0.1/callback",
	})
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never returns an error
	keys, err := postgres.NewKeys(postgres.Key{ID: "demo", Secret: client.NewSecret(string(secret))})
	if err != nil {
		return nil, err
	}
	return openMirror(ctx, config{
		dsn: dsn, schema: demoSchema, baseURL: api, webhookKey: fake.WebhookKey(), app: app, appID: appID, keys: keys,
		workers: 3, every: demoEvery, logger: slog.New(slog.DiscardHandler),
	})
}

// show installs the app, changes contacts, and prints how long the table takes to follow.
func (m *mirror) show(ctx context.Context, fake *clienttest.Server, out io.Writer) error {
	if err := m.installSamples(ctx, fake); err != nil {
		return err
	}
	c, err := fake.NewClient()
	if err != nil {
		return err
	}
	page, err := c.Contacts.List(ctx, client.ListRequest{Limit: 2})
	if err != nil {
		return err
	}
	one, two := page.Contacts[0].ID, page.Contacts[1].ID
	change := func(id string) error {
		_, err := c.Contacts.Update(ctx, id, client.UpdateContactRequest{City: client.Set("Oslo")})
		return err
	}
	const isChanged, isDeleted = `SELECT contact->>'city' = 'Oslo' FROM mirror_contacts WHERE id = $1`,
		`SELECT count(*) = 0 FROM mirror_contacts WHERE id = $1`
	for _, step := range []struct {
		name  string
		do    func() error
		until string
		id    string
	}{
		{"a change, through a webhook", func() error { return change(one) }, isChanged, one},
		{"a deletion, through a webhook", func() error { return c.Contacts.Delete(ctx, one) }, isDeleted, one},
		{"a change without webhooks, through the next search", func() error {
			fake.InjectWebhookFaults(clienttest.WebhookFault{Lost: true})
			return change(two)
		}, isChanged, two},
		{"a deletion without webhooks, through a full run", func() error {
			return errors.Join(c.Contacts.Delete(ctx, two), m.insert(ctx, startArgs{Full: time.Now()}))
		}, isDeleted, two},
	} {
		start := time.Now()
		if err := step.do(); err != nil {
			return err
		}
		if err := m.waitUntil(ctx, step.until, step.id); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Fprintf(out, "%-52s %5.2f s\n", step.name, time.Since(start).Seconds())
	}
	fake.ClearFaults()
	return nil
}

// installSamples installs the app in an agency, and in a location whose token is then revoked. It
// waits until the contacts are in the table.
func (m *mirror) installSamples(ctx context.Context, fake *clienttest.Server) error {
	all := fake.Locations()
	agency := clienttest.Grant{UserType: clienttest.UserTypeCompany}
	for _, location := range all[:demoLocations] {
		agency.ApprovedLocations = append(agency.ApprovedLocations, location.ID)
		if err := fake.SeedSamplesIn(location.ID, demoContacts); err != nil {
			return err
		}
	}
	for _, grant := range []clienttest.Grant{agency, {LocationID: all[demoLocations].ID}} {
		credential, err := m.app.Exchange(ctx, fake.AuthorizationCode(grant), "")
		if err != nil {
			return err
		}
		if grant.LocationID != "" {
			fake.RevokeToken(credential.AccessToken.Reveal())
			fake.RevokeToken(credential.RefreshToken.Reveal())
		}
		if err := m.install(ctx, credential); err != nil {
			return err
		}
	}
	return m.waitUntil(ctx, `SELECT count(*) = $1 FROM mirror_contacts`, demoLocations*demoContacts)
}

// waitUntil waits until a query returns true.
func (m *mirror) waitUntil(ctx context.Context, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	for {
		var done *bool
		err := m.pool.QueryRow(ctx, query, args...).Scan(&done)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) || done != nil && *done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
