// Command fakehighlevel is a fake HighLevel API for the development and the tests of clients in any
// language. It implements the operations of the OpenAPI document and OAuth, has a web page, and
// injects faults.
//
//	go run github.com/highlevel-contacts/contacts-go/client/cmd/fakehighlevel@latest -contacts 100
//
// It listens on 127.0.0.1:8787 until it is interrupted, and prints its address, its token and the
// credentials of its OAuth app. Run it with -help for its flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
	"github.com/highlevel-contacts/contacts-go/gen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "fakehighlevel:", err)
		os.Exit(1)
	}
}

// errUsage is an error of the command line that has been printed already.
var errUsage = errors.New("usage")

// settings holds the flags of the command line.
type settings struct {
	address, token, location, country, fields, webhooks string
	contacts, locations                                 int
}

func parseSettings(args []string, out io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("fakehighlevel", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.address, "addr", "127.0.0.1:8787", "listen on `address`; port 0 selects a free port")
	flags.StringVar(&s.token, "token", "", "accept this private integration `token`; by default a new one for each run")
	flags.StringVar(&s.location, "location", "ve9EPM428h8vShlRW1KT", "serve the location with this `ID`; the token belongs to it")
	flags.IntVar(&s.locations, "locations", 1, "serve `n` locations of one agency, in which the OAuth app can be installed")
	flags.StringVar(&s.country, "country", "US", "read phone numbers without a country code as numbers of this `country`, a two-letter code")
	flags.StringVar(&s.fields, "fields", "", "define the custom fields described by the JSON in `file`; see ReadFields in package clienttest")
	flags.StringVar(&s.webhooks, "webhooks", "", "send webhooks to this `URL`, signed with a new key for each run")
	flags.IntVar(&s.contacts, "contacts", 25, "generate `n` sample contacts in each location")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, errors.Join(errUsage, err)
	case flags.NArg() > 0 || s.locations < 1 || s.contacts < 0:
		fmt.Fprintln(out, "unexpected arguments, no location, or a negative number of contacts")
		flags.Usage()
		return nil, errUsage
	default:
		return s, nil
	}
}

// run serves the fake until the context is canceled. It prints the greeting to out, and a line for
// each request to log.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	s, err := parseSettings(args, log)
	if err != nil {
		return err
	}
	fake, err := s.start(log)
	if err != nil {
		return err
	}
	defer fake.Close()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	greet(out, fake, "http://"+listener.Addr().String())
	return serve(ctx, listener, console.Handler(fake))
}

// start starts the fake that the settings describe.
func (s *settings) start(log io.Writer) (*clienttest.Server, error) {
	options := []clienttest.Option{
		clienttest.WithoutSocket(), // the handler of the console serves the fake
		clienttest.WithDefaultLocationID(s.location),
		clienttest.WithRequestLog(1000),
		clienttest.WithRequestHook(requestLog(log)),
	}
	if s.token != "" {
		options = append(options, clienttest.WithDefaultToken(s.token))
	}
	if s.webhooks != "" {
		options = append(options, clienttest.WithWebhooks(s.webhooks))
	}
	var fields []gen.CustomFieldDefinition // nil means the sample fields
	if s.fields != "" {
		var err error
		if fields, err = readFields(s.fields); err != nil {
			return nil, err
		}
	}
	for _, l := range append([]clienttest.Location{{}}, clienttest.SampleLocations(s.locations-1)...) {
		l.Country, l.Fields = s.country, fields
		options = append(options, clienttest.WithLocationSettings(l))
	}
	fake, err := clienttest.Start(options...)
	if err != nil {
		return nil, err
	}
	for _, l := range fake.Locations() {
		if err := fake.SeedSamplesIn(l.ID, s.contacts); err != nil {
			fake.Close()
			return nil, err
		}
	}
	return fake, nil
}

func readFields(name string) ([]gen.CustomFieldDefinition, error) {
	file, err := os.Open(name) //nolint:gosec // the file that the user named
	if err != nil {
		return nil, err
	}
	fields, err := clienttest.ReadFields(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return fields, nil
}

// greet prints the address, the credentials and an example request.
func greet(out io.Writer, fake *clienttest.Server, address string) {
	more := ""
	if n := len(fake.Locations()) - 1; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	fmt.Fprintf(out, `Fake HighLevel at %[1]s (open it in a browser for its web page)

  token          %[2]s
  location       %[3]s%[4]s
  contacts       %[5]d
  client ID      %[6]s
  client secret  %[7]s
  consent page   %[1]s/oauth/chooselocation
  webhook key    %[8]s

curl '%[1]s/contacts/?locationId=%[3]s&limit=1' \
  -H 'Version: 2021-07-28' -H 'Authorization: Bearer %[2]s'

`, address, fake.Token, fake.LocationID, more, fake.Len(), fake.App.ClientID, fake.App.ClientSecret, console.WebhookKey(fake))
}

// requestLog returns a function that writes a line for each request. The line has no personal data:
// no query, no body and no path.
func requestLog(log io.Writer) func(clienttest.Request) {
	return func(r clienttest.Request) {
		operation, outcome := r.Operation, strconv.Itoa(r.Status)
		if operation == "" {
			operation = "unknown route"
		}
		if r.Status == 0 {
			outcome = "reset"
		}
		if r.Fault {
			outcome += " (fault)"
		}
		fmt.Fprintf(log, "%s %s %s in %s, trace %s\n", r.Time.Format(time.TimeOnly+".000"), outcome, operation, r.Took.Round(10*time.Microsecond), r.TraceID)
	}
}

// serve serves the handler until the context is canceled. It then waits at most three seconds for
// the requests in progress.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	shutdownCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(shutdownCtx); err != nil {
		return server.Close() // a fault may have a response that never ends
	}
	return nil
}
