package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/exportjob"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

const (
	// demoSchema holds the tables of the demo, which replaces it at each start.
	demoSchema = "nightly_demo"
	// demoContacts is the number of contacts of each location.
	demoContacts = 500
	demoRedirect = "http://127.0.0.1/callback"
)

// demo exports the locations of an agency of a fake API, and prints the progress. Another location
// has an installation that is no longer valid.
func demo(ctx context.Context, dsn string, out io.Writer) error {
	fake, err := clienttest.Start(clienttest.WithApp(clienttest.App{ClientID: "demo", ClientSecret: "demo-secret"}))
	if err != nil {
		return err
	}
	defer fake.Close()
	if err := replaceSchema(ctx, dsn); err != nil {
		return err
	}
	app, err := oauth.New(oauth.Config{
		ClientID: "demo", ClientSecret: client.NewSecret("demo-secret"), BaseURL: fake.URL, RedirectURL: demoRedirect,
	})
	if err != nil {
		return err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	keys, err := postgres.NewKeys(postgres.Key{ID: "demo", Secret: client.NewSecret(string(secret))})
	if err != nil {
		return err
	}
	s, err := newService(ctx, config{
		dsn: dsn, schema: demoSchema, baseURL: fake.URL, workers: 3, app: app, keys: keys, logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.installSamples(ctx, fake); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, daily{}, "") }()
	err = watch(ctx, s.pool, out)
	cancel()
	return errors.Join(err, <-ended)
}

// replaceSchema creates an empty schema.
func replaceSchema(ctx context.Context, dsn string) error {
	pool, err := connect(ctx, dsn, "", 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	name := pgx.Identifier{demoSchema}.Sanitize()
	_, err = pool.Exec(ctx, `DROP SCHEMA IF EXISTS `+name+` CASCADE; CREATE SCHEMA `+name)
	return err
}

// installSamples installs the app in an agency and in a location.
func (s *service) installSamples(ctx context.Context, fake *clienttest.Server) error {
	agency := clienttest.Grant{UserType: clienttest.UserTypeCompany}
	for i := range 5 {
		location := fmt.Sprintf("demoLocation%08d", i+1)
		agency.ApprovedLocations = append(agency.ApprovedLocations, location)
		if err := fake.SeedSamplesIn(location, demoContacts); err != nil {
			return err
		}
	}
	if _, err := s.install(ctx, fake.AuthorizationCode(agency), oauth.UserTypeCompany); err != nil {
		return err
	}
	removed, err := s.install(ctx, fake.AuthorizationCode(clienttest.Grant{LocationID: "demoLocation00000006"}), oauth.UserTypeLocation)
	if err != nil {
		return err
	}
	fake.RevokeToken(removed.AccessToken.Reveal())
	fake.ExpireRefreshToken(removed.RefreshToken.Reveal())
	return nil
}

// install stores the credential of an installation.
func (s *service) install(ctx context.Context, code string, userType oauth.UserType) (oauth.Credential, error) {
	credential, err := s.app.Exchange(ctx, code, userType)
	if err != nil {
		return oauth.Credential{}, err
	}
	return credential, oauth.Save(ctx, postgres.NewTokenStore(s.db, installationName(credential), s.keys), credential)
}

// watch prints the progress until all exports are done.
func watch(ctx context.Context, pool *pgxpool.Pool, out io.Writer) error {
	for shown := -1; ; {
		exports, err := exportjob.Exports(ctx, pool)
		if err != nil {
			return err
		}
		done, contacts := len(exports) > 0, 0
		for _, e := range exports {
			done = done && isDone(e)
			contacts += e.Contacts
		}
		if done || contacts != shown {
			shown = contacts
			_ = printExports(out, exports) // a failed export is part of the demo
			fmt.Fprintln(out)
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}
