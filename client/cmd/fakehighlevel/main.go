// Command fakehighlevel is a fake HighLevel API for the development and the tests of clients in any
// language. It implements the seven contact operations and OAuth, has a web page, and injects
// faults.
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
	"syscall"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
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
	handler, err := console.Handler(fake, s.hosts...)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	greet(out, fake, s, listener.Addr())
	return serve(ctx, listener, handler)
}

// greet prints the address, the credentials and an example request.
func greet(out io.Writer, fake *clienttest.Server, s *settings, listening net.Addr) {
	more := ""
	if n := len(fake.Locations()) - 1; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	address := "http://" + listening.String()
	fmt.Fprintf(out, `Fake HighLevel at %[1]s (open it in a browser for its web page)

  token          %[2]s
  location       %[3]s%[4]s
  contacts       %[5]d
  rate limit     %[6]s
  client ID      %[7]s
  client secret  %[8]s
  consent page   %[1]s/oauth/chooselocation

curl '%[1]s/contacts/?locationId=%[3]s&limit=1' \
  -H 'Version: 2021-07-28' -H 'Authorization: Bearer %[2]s'

`, address, fake.Token, fake.LocationID, more, fake.Len(), &s.rate, fake.App.ClientID, fake.App.ClientSecret)
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

// start starts the fake that the settings describe.
func (s *settings) start(log io.Writer) (*clienttest.Server, error) {
	options := []clienttest.Option{
		clienttest.WithoutSocket(), // the handler of the console serves the fake
		clienttest.WithDefaultToken(s.token),
		clienttest.WithDefaultLocationID(s.location),
		clienttest.WithRateLimit(s.rate.RateLimit),
		clienttest.WithRequestLog(1000),
		clienttest.WithRequestHook(newRequestLog(log, s.verbose)),
	}
	locations, err := s.locationOptions()
	if err != nil {
		return nil, err
	}
	options = append(options, locations...)
	if s.state != "" {
		options = append(options, clienttest.WithState(s.state))
	}
	if s.sync {
		options = append(options, clienttest.WithStateSync())
	}
	if s.approve {
		grant := clienttest.Grant{}
		if s.locations > 1 {
			grant.UserType = clienttest.UserTypeCompany
		}
		options = append(options, clienttest.WithConsent(grant))
	}
	if !s.validate {
		options = append(options, clienttest.WithoutValidation())
	}
	fake, err := clienttest.Start(options...)
	if err != nil {
		return nil, err
	}
	if err := s.fill(fake); err != nil {
		fake.Close()
		return nil, err
	}
	return fake, nil
}

// locationOptions returns the options that describe the locations.
func (s *settings) locationOptions() ([]clienttest.Option, error) {
	var fields []clienttest.FieldDefinition // nil means the sample fields
	if s.fields != "" {
		var err error
		if fields, err = readFile(s.fields, clienttest.ReadFields); err != nil {
			return nil, err
		}
	}
	locations := append([]clienttest.Location{{}}, clienttest.SampleLocations(s.locations-1)...)
	options := make([]clienttest.Option, len(locations))
	for i, l := range locations {
		l.AllowDuplicates, l.Country, l.Fields = s.allowDuplicates, s.country, fields
		options[i] = clienttest.WithLocationSettings(l)
	}
	return options, nil
}

// fill adds contacts and faults to the fake. It adds no contacts if the state file has some.
func (s *settings) fill(fake *clienttest.Server) error {
	if fake.Len() == 0 {
		if err := s.seedContacts(fake); err != nil {
			return err
		}
	}
	if s.faults == "" {
		return nil
	}
	faults, err := readFile(s.faults, clienttest.ReadFaults)
	if err != nil {
		return err
	}
	return fake.TryInjectFaults(faults...)
}

func (s *settings) seedContacts(fake *clienttest.Server) error {
	if s.seed != "" {
		_, err := readFile(s.seed, fake.SeedJSON)
		return err
	}
	for _, l := range fake.Locations() {
		if err := fake.SeedSamplesIn(l.ID, s.contacts); err != nil {
			return err
		}
	}
	return nil
}

// readFile opens the file with a name and returns what read returns for it.
func readFile[T any](name string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	file, err := os.Open(name) //nolint:gosec // the file that the user named
	if err != nil {
		return none, err
	}
	value, err := read(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}
