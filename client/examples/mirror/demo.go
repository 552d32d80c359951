package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// demoSchema contains the tables of the demo, which replaces it at each start.
const demoSchema = "mirror_demo"

// demo mirrors an agency of a fake API, and prints the changes of the table, until ctx is canceled.
func demo(ctx context.Context, s settings, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	address := "http://" + listener.Addr().String()
	opts := []clienttest.Option{
		clienttest.WithoutSocket(), // the handler of the console serves the fake
		clienttest.WithApp(clienttest.App{ClientID: "demo", ClientSecret: "demo-secret"}),
		clienttest.WithWebhooks(address + "/webhooks"),
	}
	for _, location := range clienttest.SampleLocations(4) {
		opts = append(opts, clienttest.WithLocationSettings(location))
	}
	fake, err := clienttest.Start(opts...)
	if err != nil {
		return err
	}
	defer fake.Close()
	fake.InjectWebhookFaults(clienttest.WebhookFault{Lost: s.lost})
	api := httptest.NewServer(console.Handler(fake))
	defer api.Close()

	db, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, `DROP SCHEMA IF EXISTS `+demoSchema+` CASCADE; CREATE SCHEMA `+demoSchema)
	if err = errors.Join(err, db.Close(ctx)); err != nil {
		return err
	}
	s.schema, s.every, s.logger = demoSchema, 5*time.Second, slog.New(slog.DiscardHandler)
	s.tokenKey, s.webhookKey = client.NewSecret(strings.Repeat("d", 32)), fake.WebhookKey()
	s.oauthConfig = oauth.Config{
		ClientID: "demo", ClientSecret: client.NewSecret("demo-secret"), BaseURL: api.URL, RedirectURL: address + "/callback",
	}
	m, err := openMirror(ctx, s.config)
	if err != nil {
		return err
	}
	defer m.close()
	if err := m.installSamples(ctx, fake); err != nil {
		return err
	}
	fmt.Fprintf(out, "status page       %s\npage of the fake  %s\n  location        %s\n  token           %s\n\n", address, api.URL, fake.LocationID, fake.Token)
	go m.follow(ctx, out)
	return m.run(ctx, listener)
}

// installSamples installs the app in an agency. A location without a token shows what a failure looks
// like.
func (m *mirror) installSamples(ctx context.Context, fake *clienttest.Server) error {
	agency := clienttest.Grant{UserType: clienttest.UserTypeCompany}
	for _, location := range fake.Locations() {
		agency.ApprovedLocations = append(agency.ApprovedLocations, location.ID)
		if err := fake.SeedSamplesIn(location.ID, 500); err != nil {
			return err
		}
	}
	credential, err := m.app.Exchange(ctx, fake.AuthorizationCode(agency), "")
	if err != nil {
		return err
	}
	if err := m.add(ctx, "an agency without a token", time.Now(), true, "notConnected"); err != nil {
		return err
	}
	return m.install(ctx, credential)
}

// follow prints the changes that are made from now on when they are in the table. The search after a
// webhook can write a contact again, with other properties.
func (m *mirror) follow(ctx context.Context, out io.Writer) {
	start, printed := time.Now().Truncate(time.Millisecond), map[string]bool{} // contacts have milliseconds
	fmt.Fprintf(out, "The table is %s.mirror_contacts. Change and delete contacts on the page of the fake:\n", demoSchema)
	for ; ; time.Sleep(m.poll) {
		rows, _ := m.pool.Query(ctx, `SELECT concat(id, date_updated), CASE WHEN contact IS NULL THEN id || ' was deleted'
			ELSE id || ' was changed, and is in the table after ' || (written_at - date_updated) END
			FROM mirror_rows WHERE date_updated >= $1 ORDER BY written_at`, start) // ForEachRow returns its error
		var key, text string
		if _, err := pgx.ForEachRow(rows, []any{&key, &text}, func() error {
			if !printed[key] {
				fmt.Fprintln(out, text)
			}
			printed[key] = true
			return nil
		}); err != nil {
			return // ctx is canceled
		}
	}
}
