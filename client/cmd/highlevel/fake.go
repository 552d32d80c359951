package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
)

// fakeSettings are the flags of the command fake.
type fakeSettings struct {
	address, token, location, webhooks string
	contacts, locations                int
}

func newFakeCommand() *cobra.Command {
	s := &fakeSettings{}
	cmd := &cobra.Command{
		Use:   "fake",
		Short: "Serve a fake of the API and its web page",
		Long: `Serve a fake of the API for the development and the tests of clients in any language: the contacts,
search, tags, custom fields and OAuth. Its web page shows the contacts and the requests, changes
contacts and injects faults. The contacts are lost when the fake ends.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.address, "addr", "127.0.0.1:8787", "listen on `address`; port 0 selects a free port")
	flags.StringVar(&s.token, "token", "", "accept this private integration `token`; by default a new one for each run")
	flags.StringVar(&s.location, "location", "ve9EPM428h8vShlRW1KT", "serve the location with this `ID`; the token belongs to it")
	flags.IntVar(&s.locations, "locations", 1, "serve `n` locations of one agency, in which the OAuth app can be installed")
	flags.IntVar(&s.contacts, "contacts", 25, "generate `n` sample contacts in each location")
	flags.StringVar(&s.webhooks, "webhooks", "", "send webhooks to this `URL`, signed with a new key for each run")
	return cmd
}

// run serves the fake until the context is canceled. It prints the greeting to out, and a line for
// each request to log.
func (s *fakeSettings) run(ctx context.Context, out, log io.Writer) error {
	if s.locations < 1 || s.contacts < 0 {
		return errors.New("want at least one location, and no negative number of contacts")
	}
	fake, err := s.start(log)
	if err != nil {
		return err
	}
	defer fake.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	greet(out, fake, "http://"+listener.Addr().String())
	server := &http.Server{Handler: console.Handler(fake), ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// start starts the fake that the settings describe.
func (s *fakeSettings) start(log io.Writer) (*clienttest.Server, error) {
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
	for _, l := range clienttest.SampleLocations(s.locations - 1) {
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

// greet prints the address, the credentials and an example request.
func greet(out io.Writer, fake *clienttest.Server, address string) {
	fmt.Fprintf(out, `Fake HighLevel at %[1]s (open it in a browser for its web page)

  token          %[2]s
  location       %[3]s, and %[4]d more
  contacts       %[5]d
  client ID      %[6]s
  client secret  %[7]s
  consent page   %[1]s/oauth/chooselocation
  webhook key    %[8]s

curl '%[1]s/contacts/?locationId=%[3]s&limit=1' \
  -H 'Version: 2021-07-28' -H 'Authorization: Bearer %[2]s'

For the other commands of this program:

export HIGHLEVEL_URL=%[1]s HIGHLEVEL_TOKEN=%[2]s HIGHLEVEL_LOCATION=%[3]s

`, address, fake.Token, fake.LocationID, len(fake.Locations())-1, fake.Len(), fake.App.ClientID, fake.App.ClientSecret, console.WebhookKey(fake))
}

// requestLog returns a function that writes a line for each request. The line has no personal data:
// no query, no body and no path.
func requestLog(log io.Writer) func(clienttest.Request) {
	return func(r clienttest.Request) {
		operation, outcome := cmp.Or(r.Operation, "unknown route"), strconv.Itoa(r.Status)
		if r.Status == 0 {
			outcome = "reset"
		}
		if r.Fault {
			outcome += " (fault)"
		}
		fmt.Fprintf(log, "%s %s %s in %s, trace %s\n", r.Time.Format(time.TimeOnly+".000"), outcome, operation, r.Took.Round(10*time.Microsecond), r.TraceID)
	}
}
