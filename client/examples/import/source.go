package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// source is the file to import, and the location that it is imported into.
type source struct {
	input    io.Reader
	client   *client.Client // nil in a dry run
	location string
	close    func() error
}

// openSource opens the file of s, or the sample. The caller must call close.
func openSource(s settings) (*source, error) {
	if s.demo {
		return openDemo()
	}
	location, token := os.Getenv("HIGHLEVEL_LOCATION"), os.Getenv("HIGHLEVEL_TOKEN")
	if s.file == "" || (!s.dryRun && (location == "" || token == "")) {
		return nil, errors.New("pass a CSV file and set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION, or use -demo")
	}
	src := &source{location: location}
	if !s.dryRun {
		opts := []client.Option{client.WithLocation(location)}
		if address := os.Getenv("HIGHLEVEL_URL"); address != "" {
			opts = append(opts, client.WithBaseURL(address))
		}
		c, err := client.New(client.StaticToken(token), opts...)
		if err != nil {
			return nil, err
		}
		src.client = c
	}
	file, err := os.Open(s.file)
	if err != nil {
		return nil, err
	}
	src.input, src.close = file, file.Close
	return src, nil
}

// openDemo starts a fake of the API and returns the sample.
func openDemo() (*source, error) {
	fake, err := clienttest.Start(clienttest.WithRateLimit(clienttest.RateLimit{}))
	if err != nil {
		return nil, err
	}
	c, err := fake.NewClient()
	if err != nil {
		fake.Close()
		return nil, err
	}
	return &source{
		input: strings.NewReader(sample()), client: c, location: fake.LocationID,
		close: func() error { fake.Close(); return nil },
	}, nil
}

// fields returns the definitions of the location's custom fields. If the API does not return them,
// fields prints the error, and custom fields are not verified.
func (src *source) fields(ctx context.Context, status io.Writer) client.CustomFieldDefinitions {
	fields, err := src.client.Contacts.CustomFields(ctx, src.location)
	if err != nil {
		fmt.Fprintln(status, "custom fields are not verified, because their definitions are not available:", err)
	}
	return fields
}

// sample returns a file with 500 rows. Three of them have problems.
func sample() string {
	var text strings.Builder
	text.WriteString("First Name,Email,Phone,Tags,field:shoe_size\n")
	for i := range 500 {
		switch i {
		case 100:
			text.WriteString("Grace,,,,\n") // no email address and no phone number
		case 200:
			text.WriteString("Edsger,edsger,,,\n") // an invalid email address
		case 300: // the phone number belongs to row 0, so the API ignores it
			text.WriteString("Barbara,person1@example.com,+14155550000,,\n")
		default:
			fmt.Fprintf(&text, "Person %d,person%d@example.com,+1415555%04d,\"VIP, new\",%d\n", i, i, i, 36+i%12)
		}
	}
	return text.String()
}
