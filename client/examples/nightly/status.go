package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client/exportjob"
)

// row is a row of the table that the status page and -status show.
type row struct {
	exportjob.Export

	State  string
	Time   string // of the end, of the next attempt, or of the latest page
	Failed bool
}

func newRow(e exportjob.Export) row {
	r := row{Export: e, State: string(e.State), Failed: hasFailed(e)}
	switch at := cmp.Or(e.Finished, e.Uninstalled, e.Next, e.Updated); {
	case !e.Uninstalled.IsZero():
		r.State, r.Time = "uninstalled", at.UTC().Format(time.DateTime)
	case !e.Finished.IsZero():
		r.State, r.Error, r.Time = "finished", "", at.UTC().Format(time.DateTime)
	case at.IsZero():
		r.Time = "-"
	case !e.Next.IsZero():
		r.Time = "next " + at.UTC().Format(time.DateTime)
	default:
		r.Time = at.UTC().Format(time.DateTime)
	}
	return r
}

// hasFailed reports whether the export is incomplete and is not tried again.
func hasFailed(e exportjob.Export) bool {
	switch e.State {
	case rivertype.JobStateCancelled, rivertype.JobStateDiscarded, "":
		return e.Finished.IsZero() && e.Uninstalled.IsZero()
	}
	return false
}

// isDone reports whether the export has ended or failed.
func isDone(e exportjob.Export) bool {
	return !e.Finished.IsZero() || !e.Uninstalled.IsZero() || hasFailed(e)
}

// status prints the progress, and returns an error if an export has failed.
func status(ctx context.Context, dsn string, out io.Writer) error {
	pool, err := connect(ctx, dsn, "", 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	exports, err := exportjob.Exports(ctx, pool)
	if err != nil {
		return err
	}
	return printExports(out, exports)
}

func printExports(out io.Writer, exports []exportjob.Export) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LOCATION\tRUN\tSTATE\tCONTACTS\tTOTAL\tTIME (UTC)\tLATEST ERROR")
	finished, failed := 0, 0
	for _, e := range exports {
		r := newRow(e)
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", r.LocationID, r.Run, r.State, r.Contacts, r.Total, r.Time, cmp.Or(r.Error, "-"))
		if r.Failed {
			failed++
		}
		if !r.Finished.IsZero() {
			finished++
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d locations: %d finished, %d failed\n", len(exports), finished, failed)
	if failed > 0 {
		return fmt.Errorf("%d of %d exports have failed", failed, len(exports))
	}
	return nil
}
