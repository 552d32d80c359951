// Tokenstore stores a credential in the database of DATABASE_URL, and loads it.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := postgres.Migrate(ctx, db); err != nil {
		return err
	}
	keys, err := postgres.NewKeys(postgres.Key{ID: "1", Secret: client.NewSecret(strings.Repeat("k", 32))})
	if err != nil {
		return err
	}
	saved := oauth.Credential{AccessToken: client.NewSecret("access"), RefreshToken: client.NewSecret("refresh")}
	if err := oauth.Save(ctx, postgres.NewTokenStore(db, "agency", keys), saved); err != nil {
		return err
	}
	loaded, err := postgres.NewTokenStore(db, "agency", keys).Load(ctx)
	if err != nil {
		return err
	}
	if loaded.AccessToken.Reveal() != "access" {
		return errors.New("the access token that was loaded differs from the one that was saved")
	}
	fmt.Println("the credential was saved and loaded")
	return nil
}
