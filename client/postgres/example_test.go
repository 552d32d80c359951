package postgres_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// Every machine runs the same program. The machine that receives a new installation saves its
// credential; all of them use it.
func ExampleNewTokenStore() { //nolint:testableexamples // it needs a server: TestExamples runs it
	ctx := context.Background()
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if err := postgres.Migrate(ctx, db); err != nil {
		log.Fatal(err)
	}
	secret, err := hex.DecodeString(os.Getenv("TOKEN_KEY")) // from: openssl rand -hex 32
	if err != nil {
		log.Fatal(err)
	}
	keys, err := postgres.NewKeys(postgres.Key{ID: "2026-11", Secret: client.NewSecret(string(secret))})
	if err != nil {
		log.Fatal(err)
	}
	store := postgres.NewTokenStore(db, "agency", keys)

	credential := oauth.Credential{AccessToken: client.NewSecret("access"), RefreshToken: client.NewSecret("refresh")}
	if err := oauth.Save(ctx, store, credential); err != nil { // usually done by oauth.InstallHandler
		log.Fatal(err)
	}
	installations, err := postgres.Installations(ctx, db)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(installations)
}

// All machines that receive webhooks remember together which ones have been delivered.
func ExampleNewSeen() { //nolint:testableexamples // it needs a server: TestExamples runs it
	ctx := context.Background()
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if err := postgres.Migrate(ctx, db); err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(func(_ context.Context, event webhook.Event) error {
		fmt.Println(event.Type) // once for each event, whichever machine receives its deliveries
		return nil
	}, webhook.WithSeen(postgres.NewSeen(db, "app")))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks", handler)
}

// All processes of the app share the rate limit of each location.
func ExampleNewPacers() { //nolint:testableexamples // it needs a server: TestExamples runs it
	ctx := context.Background()
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if err := postgres.Migrate(ctx, db); err != nil {
		log.Fatal(err)
	}
	app, err := oauth.New(oauth.Config{
		ClientID: "client-id", ClientSecret: client.NewSecret("client-secret"), RedirectURL: "https://app.example/callback",
	})
	if err != nil {
		log.Fatal(err)
	}
	source := app.Source(oauth.NewMemoryStore())                                       // usually NewTokenStore
	pacers, err := postgres.NewPacers(db, postgres.PacerSettings{LocalShare: 1.0 / 4}) // 4 processes
	if err != nil {
		log.Fatal(err)
	}
	pool := oauth.NewClientPool(source, func(locationID string) []client.Option {
		return []client.Option{client.WithPacer(pacers.Pacer("app/" + locationID))}
	})
	c, err := pool.Client("location-id")
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.Contacts.Get(ctx, "contact-id")
	fmt.Println(errors.Is(err, oauth.ErrNoCredential)) // true: nobody has installed the app yet
}
