package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// account is the location that a command works on.
type account struct {
	client      *client.Client
	location    string
	definitions client.CustomFieldDefinitions
}

// connect returns the account that the environment describes or, with --demo, an embedded fake that
// ends with the program.
func connect(cmd *cobra.Command) (a *account, err error) {
	a = &account{location: os.Getenv("HIGHLEVEL_LOCATION")}
	token := os.Getenv("HIGHLEVEL_TOKEN")
	if demo, _ := cmd.Flags().GetBool("demo"); demo {
		err = a.startDemo()
	} else if token == "" || a.location == "" {
		err = errors.New("set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION, or pass --demo")
	} else {
		opts := []client.Option{client.WithLocation(a.location), client.WithUserAgent("highlevel")}
		if address := os.Getenv("HIGHLEVEL_URL"); address != "" {
			opts = append(opts, client.WithBaseURL(address))
		}
		a.client, err = client.New(client.StaticToken(token), opts...)
	}
	if err == nil {
		a.definitions, err = a.client.Contacts.CustomFields(cmd.Context(), "")
	}
	return a, err
}

func (a *account) startDemo() error {
	fake, err := clienttest.Start(clienttest.WithRateLimit(clienttest.RateLimit{}))
	if err != nil {
		return err
	}
	a.location = fake.LocationID
	a.client, err = fake.NewClient()
	return errors.Join(err, fake.SeedSamples(1000))
}

// country returns the two-letter code of the location's country. If the API does not return it,
// country prints the reason and returns "".
func (a *account) country(ctx context.Context, status io.Writer) (string, error) {
	var result struct {
		Location struct {
			Country string `json:"country"`
		} `json:"location"`
	}
	err := a.client.Do(ctx, http.MethodGet, "/locations/"+url.PathEscape(a.location), nil, nil, &result)
	if err != nil && !errors.Is(err, client.ErrNotFound) && !errors.Is(err, client.ErrForbidden) {
		return "", err
	}
	code, invalid := countryCode(result.Location.Country)
	if err != nil || invalid != nil || code == "" {
		fmt.Fprintln(status, "the country of the location is not available: pass --country to read phone numbers without a country code")
	}
	return code, nil
}
