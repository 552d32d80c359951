// Export writes all contacts of a HighLevel location to a file, as JSON lines or CSV.
//
//	HIGHLEVEL_TOKEN=pit-… HIGHLEVEL_LOCATION=… go run ./client/examples/export -o contacts.csv -resume
//	go run ./client/examples/export -demo -o contacts.csv
//
// A file name that ends in .csv selects CSV, with a column for each custom field. -fields sets the
// IDs of the custom fields; without it, a first pass over all contacts finds them. A spreadsheet
// can execute values that start with one of the characters "=+-@" as formulas: import them as text.
//
// Until the export of FILE is complete, its contents are in FILE.part. With -resume, the next run
// continues that file; without it, the export starts again. Contacts that are added or changed
// during the export may be missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// settings are the arguments of the command line.
type settings struct {
	file, fields string
	resume, demo bool
}

func main() {
	var s settings
	flag.StringVar(&s.file, "o", "contacts.jsonl", "output `file`: CSV if the name ends in .csv, otherwise JSON lines")
	flag.StringVar(&s.fields, "fields", "", "`IDs` of the custom fields that are columns of CSV, separated by commas")
	flag.BoolVar(&s.resume, "resume", false, "continue an export that was interrupted")
	flag.BoolVar(&s.demo, "demo", false, "export sample contacts from a fake API")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, status io.Writer) error {
	c, closeFake, err := newClient(s.demo)
	if err != nil {
		return err
	}
	defer closeFake()
	return export(ctx, c, s, status)
}

// newClient returns a client for the real API, or for a fake with sample contacts. The caller must
// call closeFake when the export is done.
func newClient(demo bool) (c *client.Client, closeFake func(), err error) {
	if demo {
		fake, err := clienttest.Start(clienttest.WithRateLimit(clienttest.RateLimit{}))
		if err != nil {
			return nil, nil, err
		}
		c, err := fake.NewClient()
		if err = errors.Join(err, fake.SeedSamples(1000)); err != nil {
			fake.Close()
			return nil, nil, err
		}
		return c, func() { fake.Close() }, nil
	}
	location, token := os.Getenv("HIGHLEVEL_LOCATION"), os.Getenv("HIGHLEVEL_TOKEN")
	if location == "" || token == "" {
		return nil, nil, errors.New("set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION, or use -demo")
	}
	opts := []client.Option{client.WithLocation(location)}
	if address := os.Getenv("HIGHLEVEL_URL"); address != "" {
		opts = append(opts, client.WithBaseURL(address))
	}
	c, err = client.New(client.StaticToken(token), opts...)
	return c, func() {}, err
}

const pageSize = 100

// export writes the contacts page by page. After each page it stores the cursor of the next one.
func export(ctx context.Context, c *client.Client, s settings, status io.Writer) error {
	out, err := openOutput(s.file, s.resume)
	if err != nil {
		return err
	}
	if err := writePages(ctx, c, s, out, status); err != nil {
		return errors.Join(err, out.file.Close())
	}
	return out.complete()
}

// writePages writes the pages that are not in out yet.
func writePages(ctx context.Context, c *client.Client, s settings, out *output, status io.Writer) error {
	encode := encodeJSON
	if strings.HasSuffix(strings.ToLower(s.file), ".csv") {
		if out.state.Size == 0 {
			fields, err := fieldIDs(ctx, c, s.fields, status)
			if err != nil {
				return err
			}
			out.state.Fields = fields
			if err := out.write(encodeHeader(fields), ""); err != nil {
				return err
			}
		}
		encode = func(contacts []client.Contact) ([]byte, error) { return encodeCSV(contacts, out.state.Fields) }
	}
	shown := time.Now()
	for !out.state.Listed {
		page, err := c.Contacts.List(ctx, client.ListRequest{Limit: pageSize, After: out.state.Next})
		if err != nil {
			return err
		}
		data, err := encode(page.Contacts)
		if err != nil {
			return err
		}
		out.state.Contacts += len(page.Contacts)
		out.state.Listed = page.Next == ""
		if err := out.write(data, page.Next); err != nil {
			return err
		}
		if time.Since(shown) >= 5*time.Second {
			shown = time.Now()
			fmt.Fprintf(status, "%d of %d contacts\n", out.state.Contacts, page.Total)
		}
	}
	fmt.Fprintf(status, "%d contacts in %s\n", out.state.Contacts, s.file)
	return nil
}

// fieldIDs returns the IDs of the custom fields that are columns: those of the flag, or else those
// of all contacts.
func fieldIDs(ctx context.Context, c *client.Client, flagged string, status io.Writer) ([]string, error) {
	if flagged != "" {
		return strings.Split(flagged, ","), nil
	}
	fmt.Fprintln(status, "first pass: looking for custom fields")
	ids := map[string]bool{}
	for contact, err := range c.Contacts.All(ctx, client.ListRequest{Limit: pageSize}) {
		if err != nil {
			return nil, err
		}
		for _, field := range contact.CustomFields {
			ids[field.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(ids)), nil
}
