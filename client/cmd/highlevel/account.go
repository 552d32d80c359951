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
	client   *client.Client
	location string
	close    func()
}

// demoContacts is the number of sample contacts of --demo.
const demoContacts = 1000

// connect returns the account that the environment describes or, with --demo, an embedded fake. It
// sends no request. The caller must call close.
func connect(cmd *cobra.Command) (*account, error) {
	demo, err := cmd.Flags().GetBool("demo")
	if err != nil {
		return nil, err
	}
	if demo {
		return startDemo()
	}
	token, location := os.Getenv("HIGHLEVEL_TOKEN"), os.Getenv("HIGHLEVEL_LOCATION")
	if token == "" || location == "" {
		return nil, errors.New("set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION, or pass --demo")
	}
	opts := []client.Option{client.WithLocation(location), client.WithUserAgent("highlevel")}
	if address := os.Getenv("HIGHLEVEL_URL"); address != "" {
		opts = append(opts, client.WithBaseURL(address))
	}
	c, err := client.New(client.StaticToken(token), opts...)
	if err != nil {
		return nil, err
	}
	return &account{client: c, location: location, close: func() {}}, nil
}

func startDemo() (*account, error) {
	fake, err := clienttest.Start(clienttest.WithRateLimit(clienttest.RateLimit{}))
	if err != nil {
		return nil, err
	}
	c, err := fake.NewClient()
	if err = errors.Join(err, fake.SeedSamples(demoContacts)); err != nil {
		fake.Close()
		return nil, err
	}
	return &account{client: c, location: fake.LocationID, close: func() { fake.Close() }}, nil
}

// definitions returns the custom fields of the location. If the token does not allow that,
// definitions prints the reason and returns none.
func (a *account) definitions(ctx context.Context, status io.Writer) (client.CustomFieldDefinitions, error) {
	definitions, err := a.client.Contacts.CustomFields(ctx, "")
	if errors.Is(err, client.ErrForbidden) {
		fmt.Fprintf(status, "custom fields are not available: the token needs the scope locations/customFields.readonly\n")
		return nil, nil
	}
	return definitions, err
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
