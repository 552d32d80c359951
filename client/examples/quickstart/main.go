// Quickstart walks through the seven contact operations and prints what was called and what came back.
//
// It runs against a fake HighLevel inside the process. With HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION in the environment it runs
// against the real API, where it only reads; with -write it also creates a contact of its own, changes it and deletes it.
// HIGHLEVEL_URL is another address of the API, such as that of "make fake".
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/highlevel-contacts/contacts-go/client"
)

func main() {
	write := flag.Bool("write", false, "against the real API: also create, change and delete a contact of its own")
	flag.Parse()
	if err := run(os.Getenv("HIGHLEVEL_TOKEN"), os.Getenv("HIGHLEVEL_LOCATION"), os.Getenv("HIGHLEVEL_URL"), *write); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(token, location, address string, write bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := &transcript{to: os.Stdout}
	if token == "" || location == "" {
		return tourFake(ctx, out)
	}
	opts := []client.Option{client.WithLocation(location), client.WithUserAgent("quickstart/1.0")}
	if address != "" {
		opts = append(opts, client.WithBaseURL(address))
	}
	c, err := client.New(client.StaticToken(token), opts...)
	if err != nil {
		return err
	}
	return tourReal(ctx, out, c, write)
}
