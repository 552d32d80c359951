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
// A report lists the rows that failed, the rows that may have been written, and the rows with
// values that the API did not store. If it lists any row, the exit status is 1. With -resume, a
// second run skips the rows that are done. It identifies them by line number: do not change the
// lines of the file between the runs.
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
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// settings are the arguments of the command line.
type settings struct {
	file, resume, report, mapping string
	dryRun, demo                  bool
}

func main() {
	var s settings
	flag.StringVar(&s.resume, "resume", "", "journal `file`; skips the rows that an earlier run has done")
	flag.StringVar(&s.report, "report", "report.csv", "`file` for the rows with problems")
	flag.StringVar(&s.mapping, "map", "", "`columns` and their properties: 'Town=city,Shoes=field:shoe_size,Notes=-'")
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
	src, err := openSource(s)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	rows, err := newRows(src.input, s.mapping)
	if err != nil {
		return 0, err
	}
	report, err := createReport(s.report)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, report.close()) }()
	if s.dryRun {
		valid := 0
		for range rows.all(report) {
			valid++
		}
		fmt.Fprintf(out, "%d rows can be imported, %d have problems\n", valid, report.problems)
		return report.problems, errors.Join(rows.err, ctx.Err())
	}
	var fields client.CustomFieldDefinitions
	if rows.hasFields {
		fields = src.fields(ctx, status)
	}
	opts := []bulk.Option{bulk.WithProgress(showProgress(status))}
	if s.resume != "" {
		journal, openErr := bulk.OpenJournal(s.resume)
		if openErr != nil {
			return 0, openErr
		}
		defer func() { err = errors.Join(err, journal.Close()) }()
		opts = append(opts, bulk.WithJournal(journal, strconv.Itoa))
	}
	written := 0
	for line, outcome := range bulk.All(ctx, rows.all(report), bulk.Upsert(src.client), opts...) {
		var unapplied []string
		if outcome.Err == nil {
			unapplied = verify.Upsert(outcome.Input, outcome.Value, fields)
		}
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
	fmt.Fprintf(out, "%d rows imported, %d have problems", written, report.problems)
	if report.problems > 0 {
		fmt.Fprintf(out, ": see %s", s.report)
	}
	fmt.Fprintln(out)
	return report.problems, errors.Join(rows.err, ctx.Err())
}
