// Command livecheck compares the real API with the rows of api/NOTES.md:
//
//	HIGHLEVEL_TOKEN=pit-… HIGHLEVEL_LOCATION=… go run github.com/highlevel-contacts/contacts-go/client/cmd/livecheck@latest
//
// Each row states how the API behaves. Without flags, livecheck only reads. With -write, it also
// creates a contact, changes it, and deletes it at the end, even after an interrupt. HIGHLEVEL_URL
// sets another base URL, such as that of a fake.
//
// The report has one line for each row: confirmed, contradicted, or not seen. For a contradicted
// row it shows the JSON pointer and the type of the value, never the value. With -record, livecheck
// also stores the response bodies in a directory, and replaces personal data in them.
//
// The exit status is 0 if no row was contradicted, 1 if a row was contradicted, 2 for invalid
// arguments, and 3 if the check is incomplete.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

//nolint:gosec // the message has no credential
const howToGetAToken = `livecheck: set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION.

In HighLevel open the settings of a sub-account, then "Private Integrations", and create an integration with the scope
contacts.readonly, and contacts.write for -write. The token begins with "pit-". The location ID is in the address of the
sub-account's pages, after /location/, and under Settings, "Business Profile". Use a test sub-account for -write.

  HIGHLEVEL_TOKEN=pit-… HIGHLEVEL_LOCATION=… make live
`

// Errors of a run.
var (
	errUsage        = errors.New("invalid arguments")
	errContradicted = errors.New("the API contradicts the notes")
	errIncomplete   = errors.New("the check is incomplete")
)

func main() {
	os.Exit(exitStatus(execute()))
}

// execute runs the program with a context that an interrupt cancels, and prints its error.
func execute() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, errUsage) && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "livecheck:", err)
	}
	return err
}

func exitStatus(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errContradicted):
		return 1
	}
	return 3
}

func run(ctx context.Context, args []string, getenv func(string) string, out, log io.Writer, opts ...client.Option) error {
	flags := flag.NewFlagSet("livecheck", flag.ContinueOnError)
	flags.SetOutput(log)
	write := flags.Bool("write", false, "also create, change and delete a contact")
	record := flags.String("record", "", "store the response bodies in this `directory`, with personal data replaced")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(log, "livecheck: unexpected argument %q\n", flags.Arg(0))
		return errUsage
	}
	token, location := getenv("HIGHLEVEL_TOKEN"), getenv("HIGHLEVEL_LOCATION")
	if token == "" || location == "" {
		fmt.Fprint(log, howToGetAToken)
		return errUsage
	}

	opts = append(opts, client.WithLocation(location))
	if base := getenv("HIGHLEVEL_URL"); base != "" {
		opts = append(opts, client.WithBaseURL(base))
	}
	api, err := client.New(client.StaticToken(token), opts...)
	if err != nil {
		return err
	}
	c := &check{api: api, location: location, report: newReport()}
	if *record != "" {
		if c.recorder, err = newRecorder(*record, token, location); err != nil {
			return err
		}
	}

	err = c.read(ctx)
	if err == nil && *write {
		err = c.write(ctx)
	}
	contradicted := c.report.print(out)
	for _, note := range c.notes {
		fmt.Fprintln(out, note)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w%s", errIncomplete, err, hint(err))
	case contradicted > 0:
		return fmt.Errorf("%w in %d rows", errContradicted, contradicted)
	}
	return nil
}

// hint returns advice for the user about err, or an empty string.
func hint(err error) string {
	var apiErr *client.Error
	switch {
	case errors.Is(err, client.ErrUnauthorized):
		return "; HIGHLEVEL_TOKEN is invalid or expired: create a new token"
	case errors.Is(err, client.ErrForbidden):
		return "; the token needs the scope contacts.readonly (contacts.write for -write) and must belong to HIGHLEVEL_LOCATION"
	case errors.Is(err, client.ErrDailyLimit):
		return "; the location has no requests left today: try again tomorrow"
	case errors.Is(err, client.ErrRateLimited) && errors.As(err, &apiErr) && apiErr.RetryAfter > 0:
		return fmt.Sprintf("; the location is rate limited: try again in %v", apiErr.RetryAfter.Round(time.Second))
	case errors.Is(err, client.ErrRateLimited):
		return "; other programs exhaust the rate limit of the location: try again later"
	}
	return ""
}
