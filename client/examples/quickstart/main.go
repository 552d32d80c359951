// Quickstart calls the seven contact operations and prints each call and its result.
//
// It calls a fake of the API inside the process. If HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION are set
// in the environment, it calls the real API and only reads. With -write, it also creates, changes
// and deletes a contact. HIGHLEVEL_URL sets another base URL, such as the address that "make fake"
// prints.
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
	write := flag.Bool("write", false, "with the real API, also create, change and delete a contact")
	flag.Parse()
	if err := run(os.Getenv("HIGHLEVEL_TOKEN"), os.Getenv("HIGHLEVEL_LOCATION"), os.Getenv("HIGHLEVEL_URL"), *write); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(token, location, baseURL string, write bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := &transcript{to: os.Stdout}
	if token == "" || location == "" {
		return tourFake(ctx, out)
	}
	opts := []client.Option{client.WithLocation(location), client.WithUserAgent("quickstart/1.0")}
	if baseURL != "" {
		opts = append(opts, client.WithBaseURL(baseURL))
	}
	c, err := client.New(client.StaticToken(token), opts...)
	if err != nil {
		return err
	}
	return tourReal(ctx, out, c, write)
}
