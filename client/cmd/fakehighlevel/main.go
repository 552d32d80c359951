// Command fakehighlevel is a fake HighLevel API for the development and the tests of clients in any
// language. It implements the seven contact operations and OAuth, has a web page, and injects
// faults.
//
//	go run github.com/highlevel-contacts/contacts-go/client/cmd/fakehighlevel@latest -contacts 100
//
// It prints its address, its token and the credentials of its OAuth app. Run it with -help for its
// flags.
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
	"strings"
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
		file, err := os.Open(s.fields) //nolint:gosec // the file that the user named
		if err != nil {
			return nil, err
		}
		fields, err = clienttest.ReadFields(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", s.fields, err)
		}
	}
	locations := append([]clienttest.Location{{}}, clienttest.SampleLocations(s.locations-1)...)
	options := make([]clienttest.Option, len(locations))
	for i, l := range locations {
		l.AllowDuplicates, l.Country, l.Fields = s.allowDuplicates, strings.ToUpper(s.country), fields
		options[i] = clienttest.WithLocationSettings(l)
	}
	return options, nil
}

// fill adds contacts and faults to the fake. Contacts are added only if the state file is empty.
func (s *settings) fill(fake *clienttest.Server) error {
	if fake.Len() == 0 {
		if err := s.seedContacts(fake); err != nil {
			return err
		}
	}
	if s.faults == "" {
		return nil
	}
	file, err := os.Open(s.faults) //nolint:gosec // the file that the user named
	if err != nil {
		return err
	}
	faults, err := clienttest.ReadFaults(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", s.faults, err)
	}
	return fake.TryInjectFaults(faults...)
}

func (s *settings) seedContacts(fake *clienttest.Server) error {
	if s.seed == "" {
		for _, l := range fake.Locations() {
			if err := fake.SeedSamplesIn(l.ID, s.contacts); err != nil {
				return err
			}
		}
		return nil
	}
	file, err := os.Open(s.seed) //nolint:gosec // the file that the user named
	if err != nil {
		return err
	}
	_, err = fake.SeedJSON(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", s.seed, err)
	}
	return nil
}
