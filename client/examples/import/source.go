package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// open returns the client, the location and the file to import. The caller must call end when the
// import is done.
func open(s settings) (c *client.Client, location string, input io.Reader, end func() error, err error) {
	if s.demo {
		fake, err := clienttest.Start(clienttest.WithRateLimit(clienttest.RateLimit{}))
		if err != nil {
			return nil, "", nil, nil, err
		}
		c, err := fake.NewClient()
		if err != nil {
			fake.Close()
			return nil, "", nil, nil, err
		}
		return c, fake.LocationID, strings.NewReader(sample()), func() error { fake.Close(); return nil }, nil
	}
	location = os.Getenv("HIGHLEVEL_LOCATION")
	if s.file == "" || (!s.dryRun && (location == "" || os.Getenv("HIGHLEVEL_TOKEN") == "")) {
		return nil, "", nil, nil, errors.New("pass a CSV file and set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION, or use -demo")
	}
	if !s.dryRun {
		opts := []client.Option{client.WithLocation(location)}
		if address := os.Getenv("HIGHLEVEL_URL"); address != "" {
			opts = append(opts, client.WithBaseURL(address))
		}
		if c, err = client.New(client.StaticToken(os.Getenv("HIGHLEVEL_TOKEN")), opts...); err != nil {
			return nil, "", nil, nil, err
		}
	}
	file, err := os.Open(s.file)
	if err != nil {
		return nil, "", nil, nil, err
	}
	return c, location, file, file.Close, nil
}

// sample returns 500 rows, some of them with problems.
func sample() string {
	var text strings.Builder
	text.WriteString("First Name,Email,Phone,Tags,field:shoe_size\n")
	for i := range 500 {
		switch i {
		case 100:
			text.WriteString("Grace,,,,\n")
		case 200:
			text.WriteString("Edsger,edsger,,,\n")
		case 300: // the phone number belongs to row 0, so the API ignores it
			text.WriteString("Barbara,person1@example.com,+14155550000,,\n")
		default:
			fmt.Fprintf(&text, "Person %d,person%d@example.com,+1415555%04d,\"VIP, new\",%d\n", i, i, i, 36+i%12)
		}
	}
	return text.String()
}
