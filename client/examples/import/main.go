// Import writes the contacts of a CSV file to a HighLevel location: it updates the contacts that
// have the email address or phone number of a row, and creates the others.
//
//	HIGHLEVEL_TOKEN=pit-… HIGHLEVEL_LOCATION=… go run ./client/examples/import -resume import.journal contacts.csv
//	go run ./client/examples/import -demo
//
// The first line names the columns, such as "First Name", "Email" and "Tags"; tags are separated by
// commas or semicolons. A column "field:KEY" is the custom field with that key. -map names the
// property of any other column. Empty cells leave the stored value unchanged.
//
// A report lists the rows that failed, the rows that may have been written, and the rows of which
// the API did not store every value. If there are any, the exit status is 1. With -resume, a second
// run skips the rows that are done; do not change the lines of the file between the runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// settings are the arguments of the command line.
type settings struct {
	file, resume, report, columns string
	dryRun, demo                  bool
}

func main() {
	var s settings
	flag.StringVar(&s.resume, "resume", "", "journal `file`; skips the rows that an earlier run has done")
	flag.StringVar(&s.report, "report", "report.csv", "`file` for the rows with problems")
	flag.StringVar(&s.columns, "map", "", "`columns` and their properties: 'Town=city,Shoes=field:shoe_size,Notes=-'")
	flag.BoolVar(&s.dryRun, "dry-run", false, "read the whole file and report its problems without sending a request")
	flag.BoolVar(&s.demo, "demo", false, "import sample contacts into a fake API")
	flag.Parse()
	s.file = flag.Arg(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	problems, err := run(ctx, s, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "import:", err)
	}
	if err != nil || problems > 0 {
		os.Exit(1)
	}
}

// run imports a file and returns the number of rows with problems.
func run(ctx context.Context, s settings, out, status io.Writer) (problems int, err error) {
	c, location, input, end, err := open(s)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, end()) }()
	rows, err := readRows(input, s.columns)
	if err != nil {
		return 0, err
	}
	report, err := createReport(s.report)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, report.close()) }()
	written := 0
	if s.dryRun {
		for range rows.all(report) {
			written++
		}
		fmt.Fprintf(out, "%d rows can be imported, %d have problems\n", written, report.rows)
		return report.rows, errors.Join(rows.err, ctx.Err())
	}
	fields := fieldKeys(ctx, c, location, rows, s.demo, status)
	opts := []bulk.Option{bulk.WithProgress(showProgress(status))}
	if s.resume != "" {
		journal, openErr := bulk.OpenJournal(s.resume)
		if openErr != nil {
			return 0, openErr
		}
		defer func() { err = errors.Join(err, journal.Close()) }()
		opts = append(opts, bulk.WithJournal(journal, strconv.Itoa))
	}
	for line, outcome := range bulk.All(ctx, rows.all(report), c.Contacts.Upsert, opts...) {
		unapplied := outcome.Unapplied(fields)
		switch {
		case errors.Is(outcome.Err, client.ErrMaybeApplied):
			report.add(line, "ambiguous", outcome.Err.Error())
		case outcome.Err != nil:
			report.add(line, "failed", outcome.Err.Error())
		case len(unapplied) > 0:
			report.add(line, "unapplied", strings.Join(unapplied, " "))
		default:
			written++
		}
	}
	fmt.Fprintf(out, "%d rows imported, %d have problems", written, report.rows)
	if report.rows > 0 {
		fmt.Fprintf(out, ": see %s", s.report)
	}
	fmt.Fprintln(out)
	return report.rows, errors.Join(rows.err, ctx.Err())
}

// fieldKeys requests the IDs of the custom fields from the API if the file has custom fields.
func fieldKeys(ctx context.Context, c *client.Client, location string, rows *rows, demo bool, status io.Writer) verify.Option {
	ids := map[string]string{}
	if !rows.hasFields() {
		return verify.WithFieldKeys(ids)
	}
	if demo { // the fake does not serve the definitions of custom fields
		for _, field := range clienttest.SampleFields() {
			ids[field.Key] = field.ID
		}
		return verify.WithFieldKeys(ids)
	}
	var list struct {
		CustomFields []struct{ ID, FieldKey string }
	}
	if err := c.Do(ctx, "GET", "/locations/"+location+"/customFields", nil, nil, &list); err != nil {
		fmt.Fprintln(status, "custom fields are not verified, because their IDs are not available:", err)
	}
	for _, field := range list.CustomFields {
		ids[field.FieldKey] = field.ID
		ids[strings.TrimPrefix(field.FieldKey, "contact.")] = field.ID
	}
	return verify.WithFieldKeys(ids)
}
