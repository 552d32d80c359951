package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
)

// importer is an import of a file.
type importer struct {
	mode, tagMode, encoding, country, separator, dateFormat, decimal, reportPath string
	mappings                                                                     []string
	splitName, skipCells, dryRun, resume, changeEmail                            bool

	out, status io.Writer
	account     *account
	columns     []column
	region      string // country of phone numbers in rows without a country
	dateLayout  string
	report      *report
}

func newImportCommand() *cobra.Command {
	im := &importer{}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import contacts from a CSV file",
		Long: `Import contacts from a CSV file, or from a file that export wrote.

The first line names the columns: properties such as "First Name", Email, Phone, Country and Tags, and
custom fields by name, key or ID. Empty cells leave stored values unchanged. Tags are added to those of
the contact. A row with a cell that cannot be imported is not sent and is reported; --dry-run shows
such rows before.

The report has a line for each row. If the import ends early, --resume continues it; after an import
with failed rows, --resume tries those again.`,
		Example: `  highlevel import people.csv --dry-run
  highlevel import people.csv --country DE --date-format DD.MM.YYYY
  highlevel import people.csv --map 'Notes=-' --map 'Shoes=custom:shoe_size'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			im.out, im.status = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := im.checkFlags(); err != nil {
				return err
			}
			var err error
			if im.account, err = connect(cmd); err != nil {
				return err
			}
			return im.run(cmd.Context(), args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&im.mode, "mode", modeUpsert, "upsert, create or update: what a row may do")
	flags.StringVar(&im.tagMode, "tags", "add", "add the tags of a row to the contact, or replace its tags")
	flags.StringArrayVar(&im.mappings, "map", nil, "what a column is, as `COLUMN=TARGET`; TARGET is a property, a custom field, or - to ignore the column")
	flags.StringVar(&im.country, "country", "", "country of phone numbers in rows without a country; the location's by default")
	flags.StringVar(&im.encoding, "encoding", "", "encoding of the file, such as windows-1252; UTF-8 or a byte order mark by default")
	flags.StringVar(&im.separator, "tag-separator", "", "separator of tags and options in a cell; comma and semicolon by default")
	flags.StringVar(&im.dateFormat, "date-format", "", "format of dates, such as DD.MM.YYYY; YYYY-MM-DD by default")
	flags.StringVar(&im.decimal, "decimal", "", "decimal separator of numbers, if they have separators of thousands: , or .")
	flags.BoolVar(&im.splitName, "split-name", false, "split full names into first and last names")
	flags.BoolVar(&im.skipCells, "skip-cells", false, "skip a cell that cannot be imported instead of its row, and report it")
	flags.BoolVar(&im.changeEmail, "change-email", false, "also update contacts that match by phone number or secondary email address, and have another email address")
	flags.BoolVar(&im.dryRun, "dry-run", false, "write nothing: show the first ten rows as they would be sent, and every problem of the file")
	flags.StringVar(&im.reportPath, "report", "", "`file` for the result of each row; FILE.report.csv by default")
	flags.BoolVar(&im.resume, "resume", false, "skip the rows that an earlier run of this import has done")
	return cmd
}

func (im *importer) run(ctx context.Context, path string) error {
	data, err := os.ReadFile(path) //nolint:gosec // the file that the user named
	if err != nil {
		return err
	}
	rows, err := im.read(ctx, data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if im.dryRun {
		return im.preview(rows)
	}
	digest := sha256.Sum256(append([]byte(im.account.location+"\x00"), data...))
	reportPath := cmp.Or(im.reportPath, strings.TrimSuffix(path, filepath.Ext(path))+".report.csv")
	if im.report, err = openReport(reportPath, path, hex.EncodeToString(digest[:16]), im.resume); err != nil {
		return err
	}
	err = im.importRows(ctx, rows)
	return errors.Join(err, im.report.log.Close())
}

func (im *importer) checkFlags() (err error) {
	switch {
	case !slices.Contains([]string{modeUpsert, modeCreate, modeUpdate}, im.mode):
		return fmt.Errorf("--mode %s: want upsert, create or update", im.mode)
	case im.tagMode != "add" && im.tagMode != "replace":
		return fmt.Errorf("--tags %s: want add or replace", im.tagMode)
	case !slices.Contains([]string{"", ".", ","}, im.decimal):
		return fmt.Errorf("--decimal %s: want . or ,", im.decimal)
	}
	if im.region, err = countryCode(im.country); err != nil {
		return fmt.Errorf("--country %s: %w", im.country, err)
	}
	im.dateLayout, err = dateLayout(im.dateFormat)
	return err
}

// read returns the rows of a file, and prints which columns are not imported.
func (im *importer) read(ctx context.Context, data []byte) ([]*row, error) {
	text, err := decodeText(data, im.encoding)
	if err != nil {
		return nil, err
	}
	var header []string
	var records []record
	if strings.HasPrefix(text, "{") {
		header, records = parseContacts(text, im.account.definitions)
	} else if header, records, err = parseTable(text); err != nil {
		return nil, err
	}
	var ignored []string
	if im.columns, ignored, err = parseColumns(header, im.mappings, im.account.definitions, im.mode); err != nil {
		return nil, err
	}
	if len(ignored) > 0 {
		fmt.Fprintf(im.status, "columns that are not imported: %s\n", strings.Join(ignored, ", "))
	}
	hasPhone := slices.ContainsFunc(im.columns, func(c column) bool { return c.name == "phone" })
	if im.region == "" && hasPhone {
		if im.region, err = im.account.country(ctx, im.status); err != nil {
			return nil, err
		}
	}
	return im.parseRows(records), nil
}

// preview prints the first rows as they would be sent, and the problems of all rows.
func (im *importer) preview(rows []*row) error {
	valid, problems := 0, 0
	for _, r := range rows {
		if !r.invalid {
			if valid++; valid <= 10 {
				r.request.LocationID = im.account.location
				fmt.Fprintf(im.out, "line %d: %s, and the tags %q\n", r.number, mustJSON(r.request), r.tags)
			}
		}
		if r.problems != nil {
			problems++
			fmt.Fprintf(im.out, "line %d: %s: %s\n", r.number, map[bool]string{true: statusFailed, false: statusPartial}[r.invalid], strings.Join(r.problems, "; "))
		}
	}
	fmt.Fprintf(im.out, "%d rows would be sent, %d have problems\n", valid, problems)
	if problems > 0 {
		return errProblems
	}
	return nil
}

// importRows writes the rows that are not done, and completes the report unless the run ends early.
func (im *importer) importRows(ctx context.Context, rows []*row) error {
	var todo []*row
	skipped := 0
	for _, r := range rows {
		earlier := im.report.entries[r.key].status
		r.unclear = im.mode == modeCreate && earlier == statusUnclear
		switch {
		case earlier == statusCreated, earlier == statusUpdated, earlier == statusPartial, r.unclear && !r.hasIdentifier():
			skipped++
		case r.invalid:
			if err := im.report.add(r, entry{status: statusFailed, cause: strings.Join(r.problems, "; ")}); err != nil {
				return err
			}
		default:
			todo = append(todo, r)
		}
	}
	done := len(rows) - len(todo)
	bar := newProgress(im.status, "rows", done)
	var stopped error
	for i, outcome := range bulk.All(ctx, slices.All(todo), im.operation()) {
		e, isMade := im.entryOf(outcome)
		switch {
		case isMade:
			done++
		case stopped == nil:
			stopped = outcome.Err
		}
		if !isMade && (im.mode != modeCreate || todo[i].unclear) {
			continue // the row remains to be done
		}
		if err := im.report.add(todo[i], e); err != nil {
			return err
		}
		bar.show(done, len(rows))
	}
	bar.end()
	if stopped = cmp.Or(stopped, ctx.Err()); stopped != nil {
		return fmt.Errorf("the import ended after %d of %d rows: %w\ncontinue it with --resume", done, len(rows), stopped)
	}
	counts, err := im.report.complete()
	if err != nil {
		return err
	}
	fmt.Fprintf(im.out, "%d rows: %d created, %d updated, %d partial, %d failed, %d unclear; %d of them were done by an earlier run; report: %s\n",
		len(rows), counts[statusCreated], counts[statusUpdated], counts[statusPartial], counts[statusFailed],
		counts[statusUnclear], skipped, im.report.path)
	if counts[statusCreated]+counts[statusUpdated] < len(im.report.entries) {
		return errProblems
	}
	return nil
}

// entryOf returns the entry of an outcome. It reports false if the row was not written, and no other
// row can be written either.
func (im *importer) entryOf(outcome bulk.Outcome[*row, written]) (e entry, isMade bool) {
	r, w, err := outcome.Input, outcome.Value, outcome.Err
	losses := append(slices.Clone(r.problems), w.losses...)
	switch {
	case err != nil:
	case losses != nil:
		return entry{status: statusPartial, contact: w.id, cause: strings.Join(losses, "; ")}, true
	case w.isNew:
		return entry{status: statusCreated, contact: w.id}, true
	default:
		return entry{status: statusUpdated, contact: w.id}, true
	}
	e = entry{status: statusFailed, contact: w.id, cause: err.Error()}
	apiErr, isCall := errors.AsType[*client.Error](err)
	if isCall {
		e.contact = cmp.Or(apiErr.ContactID, w.id)
	}
	switch kind := client.KindOf(err); {
	case errors.Is(err, client.ErrMaybeApplied) || r.unclear && isCall:
		e.status = statusUnclear
		return e, true
	case errors.Is(err, errOtherEmail):
		return e, true
	case kind == client.ErrUnauthorized, kind == "canceled", kind == "deadline", errors.Is(err, client.ErrDailyLimit):
		return e, false
	}
	return e, isCall
}
