package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
)

// importer is an import of a file.
type importer struct {
	mode, tagMode, encoding, delimiter, country, separator, dateFormat, decimal, reportPath string
	mappings                                                                                []string
	splitName, skipCells, dryRun, resume, changeEmail                                       bool

	out, status io.Writer
	account     *account
	definitions client.CustomFieldDefinitions
	columns     []column
	region      string // country of phone numbers in rows without a country
	dateLayout  string
	replaceTags bool
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
			account, err := connect(cmd)
			if err != nil {
				return err
			}
			defer account.close()
			im.account = account
			return im.run(cmd.Context(), args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&im.mode, "mode", modeUpsert, "upsert, create or update: what a row may do")
	flags.StringVar(&im.tagMode, "tags", "add", "add the tags of a row to the contact, or replace its tags")
	flags.StringArrayVar(&im.mappings, "map", nil, "what a column is, as `COLUMN=TARGET`; TARGET is a property, a custom field, or - to ignore the column")
	flags.StringVar(&im.country, "country", "", "country of phone numbers in rows without a country; the location's by default")
	flags.StringVar(&im.encoding, "encoding", "", "encoding of the file, such as windows-1252; UTF-8 or a byte order mark by default")
	flags.StringVar(&im.delimiter, "delimiter", "", "delimiter of the cells; comma, semicolon or tab by default")
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
	if err := im.checkFlags(); err != nil {
		return err
	}
	if im.definitions, err = im.account.definitions(ctx, im.status); err != nil {
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
	im.replaceTags = im.tagMode == "replace"
	switch {
	case !slices.Contains([]string{modeUpsert, modeCreate, modeUpdate}, im.mode):
		return fmt.Errorf("--mode %s: want upsert, create or update", im.mode)
	case im.tagMode != "add" && im.tagMode != "replace":
		return fmt.Errorf("--tags %s: want add or replace", im.tagMode)
	case !slices.Contains([]string{"", ".", ","}, im.decimal):
		return fmt.Errorf("--decimal %s: want . or ,", im.decimal)
	case im.delimiter == `\t`:
		im.delimiter = "\t"
	}
	if r, size := utf8.DecodeRuneInString(im.delimiter); size != len(im.delimiter) || strings.ContainsRune("\"\r\n\uFFFD", r) && size > 0 {
		return errors.New("--delimiter: want one character, such as ';'")
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
	delimiter, _ := utf8.DecodeRuneInString(im.delimiter)
	if im.delimiter == "" {
		delimiter = 0
	}
	var header []string
	var records []record
	if strings.HasPrefix(text, "{") {
		header, records = parseContacts(text, im.definitions)
	} else {
		header, records, err = parseTable(text, delimiter)
	}
	if err != nil {
		return nil, err
	}
	var ignored []string
	if im.columns, ignored, err = parseColumns(header, im.mappings, im.definitions, im.mode); err != nil {
		return nil, err
	}
	if len(ignored) > 0 {
		fmt.Fprintf(im.status, "columns that are not imported: %s\n", strings.Join(ignored, ", "))
	}
	hasPhone := slices.ContainsFunc(im.columns, func(c column) bool { return c.target() == "phone" })
	if im.region == "" && hasPhone {
		if im.region, err = im.account.country(ctx, im.status); err != nil {
			return nil, err
		}
	}
	return im.parseRows(records), nil
}

// preview prints the first rows as they would be sent, and the problems of all rows.
func (im *importer) preview(rows []*row) error {
	const shown = 10
	valid, problems := 0, 0
	for _, r := range rows {
		if !r.invalid {
			if valid++; valid <= shown {
				r.request.LocationID = im.account.location
				request, err := json.Marshal(r.request)
				if err != nil {
					return err
				}
				fmt.Fprintf(im.out, "line %d: %s%s\n", r.line, request, describeTags(r.tags))
			}
		}
	}
	for _, r := range rows {
		if r.problems != nil {
			problems++
			fmt.Fprintf(im.out, "line %d: %s: %s\n", r.line, statusOf(r, written{}), strings.Join(r.problems, "; "))
		}
	}
	fmt.Fprintf(im.out, "%d rows would be sent, %d have problems\n", valid, problems)
	if problems > 0 {
		return errProblems
	}
	return nil
}

func describeTags(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	return ", and add the tags " + strings.Join(tags, ", ")
}

// importRows writes the rows that are not done, and completes the report unless the run ends early.
func (im *importer) importRows(ctx context.Context, rows []*row) error {
	var todo []*row
	skipped := 0
	for _, r := range rows {
		earlier := im.report.entries[r.key]
		r.unclear = im.mode == modeCreate && earlier.isUnclear()
		switch {
		case earlier.isDone() || r.unclear && !r.hasIdentifier():
			skipped++
		case r.invalid:
			if err := im.report.add(entry{line: r.line, status: statusFailed, cause: strings.Join(r.problems, "; "), key: r.key}); err != nil {
				return err
			}
		default:
			todo = append(todo, r)
		}
	}
	bar := newProgress(im.status, "rows", len(rows)-len(todo))
	done := len(rows) - len(todo)
	var stopped error
	for r, outcome := range bulk.All(ctx, values(todo), im.operation()) {
		e, isMade := im.entryOf(r, outcome)
		if !isMade {
			if stopped == nil {
				stopped = outcome.Err
			}
			if im.mode != modeCreate || r.unclear {
				continue // the row remains to be done
			}
		} else {
			done++
		}
		if err := im.report.add(e); err != nil {
			return err
		}
		bar.show(done, len(rows))
	}
	bar.end()
	if stopped == nil {
		stopped = ctx.Err()
	}
	if stopped != nil {
		return fmt.Errorf("the import ended after %d of %d rows: %w\ncontinue it with --resume", done, len(rows), stopped)
	}
	return im.summarize(len(rows), skipped)
}

// summarize completes the report and prints the number of rows by status.
func (im *importer) summarize(rows, skipped int) error {
	counts, problems := map[string]int{}, 0
	for _, e := range im.report.entries {
		counts[e.status]++
		if e.isProblem() {
			problems++
		}
	}
	if err := im.report.complete(); err != nil {
		return err
	}
	fmt.Fprintf(im.out, "%d rows: %d created, %d updated, %d partial, %d failed, %d unclear; %d of them were done by an earlier run; report: %s\n",
		rows, counts[statusCreated], counts[statusUpdated], counts[statusPartial], counts[statusFailed],
		counts[statusUnclear]+counts[statusStarted], skipped, im.report.path)
	if problems > 0 {
		return errProblems
	}
	return nil
}

// entryOf returns the entry of an outcome. It reports false if the row was not written, and no other
// row can be written either.
func (im *importer) entryOf(r *row, outcome bulk.Outcome[*row, written]) (e entry, isMade bool) {
	w, err := outcome.Value, outcome.Err
	e = entry{line: r.line, key: r.key, contact: w.id}
	apiErr, isCall := errors.AsType[*client.Error](err)
	other, isOther := errors.AsType[otherEmailError](err)
	switch {
	case isOther:
		e.status, e.contact, e.cause = statusFailed, other.id, err.Error()
		return e, true
	case errors.Is(err, client.ErrMaybeApplied) || r.unclear && isCall:
		e.status, e.cause = statusUnclear, err.Error()
		return e, true
	case err != nil:
		e.status, e.cause = statusFailed, err.Error()
		kind := client.KindOf(err)
		ends := !isCall || kind == client.ErrUnauthorized || kind == "canceled" || kind == "deadline" || errors.Is(err, client.ErrDailyLimit)
		if isCall {
			e.contact = cmp.Or(apiErr.ContactID, e.contact)
		}
		return e, !ends
	}
	causes := slices.Clone(r.problems)
	if len(w.unapplied) > 0 {
		causes = append(causes, "the API did not store "+strings.Join(w.unapplied, ", "))
	}
	if w.isOther {
		causes = append(causes, "the contact had another email address")
	}
	e.status, e.cause = statusOf(r, w), strings.Join(causes, "; ")
	return e, true
}

// statusOf returns the status of a row after it has been written, or in a preview.
func statusOf(r *row, w written) string {
	switch {
	case r.invalid:
		return statusFailed
	case r.problems != nil || w.unapplied != nil || w.isOther:
		return statusPartial
	case w.isNew:
		return statusCreated
	}
	return statusUpdated
}

// values returns an iterator over rows with the rows as their keys.
func values(rows []*row) func(yield func(*row, *row) bool) {
	return func(yield func(*row, *row) bool) {
		for _, r := range rows {
			if !yield(r, r) {
				return
			}
		}
	}
}
