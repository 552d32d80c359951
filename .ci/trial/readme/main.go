// Readme runs the first program of README.md on the fake of the API.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func main() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	fake.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com"})
	if err := run(context.Background(), fake, fake.Token, fake.LocationID); err != nil {
		log.Fatal(err)
	}
	if len(fake.Requests()) == 0 {
		log.Fatal("the fake received no request")
	}
}

func run(ctx context.Context, fake *clienttest.Server, token, locationID string) error {
	// README
	return nil
}
