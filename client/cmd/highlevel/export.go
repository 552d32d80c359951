package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client"
)

// exporter is an export to a file.
type exporter struct {
	path        string
	spreadsheet bool // neutralize cells that a spreadsheet would execute
	resume      bool
	selection   selection
	out, status io.Writer
	account     *account
	isCSV       bool
}

func newExportCommand() *cobra.Command {
	ex := &exporter{}
	cmd := &cobra.Command{
		Use:   "export -o FILE",
		Short: "Export contacts to a CSV file or to JSON lines",
		Long: `Export contacts to a CSV file, which import reads, or to JSON lines, which contain every property.

The name of the file selects the format, .csv or .jsonl. Until the export is complete, the
contacts are in FILE.part. --resume continues an export that ended early.`,
		Example: `  highlevel export -o contacts.csv
  highlevel export -o vip.jsonl --where 'tags contains vip' --since 2026-11-01`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ex.out, ex.status = cmd.OutOrStdout(), cmd.ErrOrStderr()
			ex.isCSV = filepath.Ext(ex.path) == ".csv"
			if !ex.isCSV && (filepath.Ext(ex.path) != ".jsonl" || ex.spreadsheet) {
				return errors.New("name a file that ends in .csv, or in .jsonl without --for-spreadsheet, with -o FILE")
			}
			account, search, err := ex.selection.open(cmd)
			if err != nil {
				return err
			}
			ex.account = account
			return ex.run(cmd.Context(), search)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&ex.path, "output", "o", "", "`file` to write")
	flags.BoolVar(&ex.spreadsheet, "for-spreadsheet", false, "write ' before cells that a spreadsheet would execute; import does not remove it")
	flags.BoolVar(&ex.resume, "resume", false, "continue an export that ended early")
	ex.selection.addFlags(flags)
	return cmd
}

func (ex *exporter) run(ctx context.Context, search client.SearchRequest) error {
	// The encoded settings determine the file. A run with others cannot continue it.
	out, err := openOutput(ex.path, mustJSON([]any{ex.account.location, search, ex.isCSV, ex.spreadsheet, ex.account.definitions}), ex.resume)
	if err != nil {
		return err
	}
	if err := ex.write(ctx, search, out); err != nil {
		return fmt.Errorf("the export ended after %d contacts: %w\ncontinue it with --resume", out.position.Contacts, errors.Join(err, out.close()))
	}
	if err := out.complete(); err != nil {
		return err
	}
	fmt.Fprintf(ex.out, "%d contacts in %s\n", out.position.Contacts, ex.path)
	if out.position.Lost > 0 {
		fmt.Fprintf(ex.status, "the file lacks %d values of custom fields that the location no longer has: JSON lines contain them\n", out.position.Lost)
	}
	return nil
}

// write writes the pages after the position of out.
func (ex *exporter) write(ctx context.Context, search client.SearchRequest, out *output) error {
	columns := exported(ex.account.definitions)
	if !out.resumed && ex.isCSV {
		if err := out.write(ex.line(headerOf(columns)), position{}); err != nil {
			return err
		}
	} else if out.position.Next == "" && out.position.Contacts > 0 {
		return nil // the earlier run ended after the last page
	}
	bar := newProgress(ex.status, "contacts", out.position.Contacts)
	defer bar.end()
	for page, err := range client.Pages(ctx, out.position.Next, func(ctx context.Context, after client.Cursor) (*client.Page, error) {
		search.After, search.Limit = after, exportPage
		return ex.account.client.Contacts.Search(ctx, search)
	}) {
		if err != nil {
			return err
		}
		next := position{Next: page.Next, Contacts: out.position.Contacts + len(page.Contacts), Lost: out.position.Lost}
		var lines []byte
		for i := range page.Contacts {
			if ex.isCSV {
				next.Lost += unknownFields(&page.Contacts[i], ex.account.definitions)
				lines = append(lines, ex.line(cellsOf(&page.Contacts[i], columns))...)
			} else {
				lines = append(append(lines, mustJSON(&page.Contacts[i])...), '\n')
			}
		}
		if err := out.write(lines, next); err != nil {
			return err
		}
		bar.show(next.Contacts, page.Total)
	}
	return nil
}

// exportPage is the number of contacts of a request, the maximum of the API.
const exportPage = 500

// line returns a line of CSV. For a spreadsheet, it makes text of cells that would be formulas.
func (ex *exporter) line(cells []string) []byte {
	for i, cell := range cells {
		if ex.spreadsheet && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			cells[i] = "'" + cell
		}
	}
	return append(encodeRow(cells), '\n')
}

func headerOf(columns []property) (header []string) {
	for _, c := range columns {
		header = append(header, c.name)
	}
	return header
}

// cellsOf returns the cells of a contact.
func cellsOf(contact *client.Contact, columns []property) (cells []string) {
	for _, c := range columns {
		cells = append(cells, c.read(contact))
	}
	return cells
}

// unknownFields returns the number of custom fields of a contact that have no column.
func unknownFields(contact *client.Contact, definitions client.CustomFieldDefinitions) (unknown int) {
	for _, field := range contact.CustomFields {
		if len(findFields(field.ID, definitions)) == 0 {
			unknown++
		}
	}
	return unknown
}

// parseContacts returns the contacts of JSON lines as the table that an export to CSV has.
func parseContacts(text string, definitions client.CustomFieldDefinitions) (header []string, rows []record) {
	columns, number := exported(definitions), 0
	for line := range strings.Lines(text) {
		number++
		contact, _, err := client.DecodeContact([]byte(line))
		switch {
		case strings.TrimSpace(line) == "":
		case err != nil:
			rows = append(rows, record{line: number, problem: "the line is not a contact in JSON"})
		default:
			r := record{line: number, cells: cellsOf(contact, columns)}
			if unknown := unknownFields(contact, definitions); unknown > 0 {
				r.problem = fmt.Sprintf("the location has no definition of %d custom fields of the contact", unknown)
			}
			rows = append(rows, r)
		}
	}
	return headerOf(columns), rows
}
