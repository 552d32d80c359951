package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client"
)

// exporter is an export to a file.
type exporter struct {
	path, format string
	selection    selection
	encoder      encoder
	resume       bool
	out, status  io.Writer
	account      *account
}

func newExportCommand() *cobra.Command {
	ex := &exporter{}
	cmd := &cobra.Command{
		Use:   "export -o FILE",
		Short: "Export contacts to a CSV file or to JSON lines",
		Long: `Export contacts to a CSV file, which import reads, or to JSON lines, which contain every property.

The name of the file selects the format: .csv, or .jsonl and .ndjson. Until the export is complete, the
contacts are in FILE.part. --resume continues an export that ended early.`,
		Example: `  highlevel export -o contacts.csv
  highlevel export -o vip.jsonl --where 'tags contains vip' --since 2026-11-01`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ex.out, ex.status = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := ex.setFormat(); err != nil {
				return err
			}
			account, err := connect(cmd)
			if err != nil {
				return err
			}
			defer account.close()
			ex.account = account
			return ex.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&ex.path, "output", "o", "", "`file` to write")
	flags.StringVar(&ex.format, "format", "", "csv or jsonl; by the name of the file by default")
	flags.BoolVar(&ex.encoder.spreadsheet, "for-spreadsheet", false, "write ' before cells that a spreadsheet would execute; import does not remove it")
	flags.BoolVar(&ex.resume, "resume", false, "continue an export that ended early")
	ex.selection.addFlags(flags)
	return cmd
}

func (ex *exporter) setFormat() error {
	format := ex.format
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(ex.path)), ".")
	}
	switch {
	case ex.path == "":
		return errors.New("name the file to write with -o FILE")
	case format == "csv":
		ex.encoder.isCSV = true
	case format != "jsonl" && format != "ndjson":
		return errors.New("name a file that ends in .csv or .jsonl, or pass --format csv or --format jsonl")
	case ex.encoder.spreadsheet:
		return errors.New("--for-spreadsheet: only for CSV")
	}
	return nil
}

func (ex *exporter) run(ctx context.Context) (err error) {
	if ex.encoder.definitions, err = ex.account.definitions(ctx, ex.status); err != nil {
		return err
	}
	if ex.encoder.isCSV && ex.encoder.definitions == nil {
		return errors.New("a CSV file needs the custom fields for its columns: export JSON lines instead")
	}
	search, err := ex.selection.search(ex.encoder.definitions)
	if err != nil {
		return err
	}
	// The encoded settings determine the file. A run with others cannot continue it.
	settings, err := json.Marshal([]any{ex.account.location, search, ex.encoder.isCSV, ex.encoder.spreadsheet, ex.encoder.definitions})
	if err != nil {
		return err
	}
	out, err := openOutput(ex.path, string(settings), ex.resume)
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
	if !out.resumed {
		if err := out.write(ex.encoder.header(), position{}); err != nil {
			return err
		}
	} else if out.position.Next == "" && out.position.Contacts > 0 {
		return nil // the earlier run ended after the last page
	}
	bar := newProgress(ex.status, "contacts", out.position.Contacts)
	defer bar.end()
	ex.encoder.lost = out.position.Lost
	pages := client.Pages(ctx, out.position.Next, func(ctx context.Context, after client.Cursor) (*client.Page, error) {
		search.After, search.Limit = after, exportPage
		return ex.account.client.Contacts.Search(ctx, search)
	})
	for page, err := range pages {
		if err != nil {
			return err
		}
		lines, err := ex.encoder.encode(page.Contacts)
		if err != nil {
			return err
		}
		next := position{Next: page.Next, Contacts: out.position.Contacts + len(page.Contacts), Lost: ex.encoder.lost}
		if err := out.write(lines, next); err != nil {
			return err
		}
		bar.show(next.Contacts, page.Total)
	}
	return nil
}

// exportPage is the number of contacts of a request, the maximum of the API.
const exportPage = 500

// parseTime returns a day in UTC, or a time in RFC 3339.
func parseTime(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errors.New("want YYYY-MM-DD or a time such as 2026-11-01T08:00:00Z")
	}
	return at, nil
}
