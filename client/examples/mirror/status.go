package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client/exportjob"
)

// status is what the status page and -status show.
type status struct {
	Rows     []row // failures first
	Contacts int
	Failed   int       // number of rows
	Newest   time.Time // time of the newest change in the table
	Checked  time.Time // time since which every location that has not failed has been read; zero if one has not been read
	Now      time.Time
}

// row describes a location.
type row struct {
	LocationID  string
	State       string
	Failed      bool
	Contacts    int       // number of contacts in the table
	Newest      time.Time // time of the newest change in the table
	Checked     time.Time // end of the latest run
	Done, Total int       // progress of the latest run
	Error       string    // latest error, unless the run has finished

	order int // rows with a lower one are shown first; 0 for failed ones
}

// loadStatus reads the status from the database. now is the clock of the database.
func loadStatus(ctx context.Context, pool *pgxpool.Pool) (status, error) {
	exports, err := exportjob.Exports(ctx, pool)
	if err != nil {
		return status{}, err
	}
	latest := map[string]exportjob.Export{}
	for _, e := range exports {
		latest[e.LocationID] = e
	}
	rows, err := pool.Query(ctx, `SELECT location_id, state, checked_at, count(c.id), max(c.date_updated), now()
		FROM mirror_locations LEFT JOIN mirror_contacts c USING (location_id)
		WHERE state <> 'uninstalled' GROUP BY location_id`)
	if err != nil {
		return status{}, err
	}
	s := status{Now: time.Now()}
	s.Rows, err = pgx.CollectRows(rows, func(scanned pgx.CollectableRow) (row, error) {
		var r row
		var state string
		var checked, newest *time.Time
		err := scanned.Scan(&r.LocationID, &state, &checked, &r.Contacts, &newest, &s.Now)
		r.Checked, r.Newest = orZero(checked), orZero(newest)
		r.describe(state, latest[r.LocationID])
		return r, err
	})
	if err != nil {
		return status{}, err
	}
	s.sum()
	return s, nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// failedAttempts is the number of attempts after which an export counts as failed, although it is
// tried again. It reaches them after about a minute.
const failedAttempts = 5

// describe sets the state and the progress. e is the latest export of the location, or zero.
func (r *row) describe(state string, e exportjob.Export) {
	r.Done, r.Total, r.Error = e.Contacts, max(e.Total, e.Contacts, 1), e.Error
	switch {
	case state == disconnected:
		r.State, r.Failed = "install again", true
		r.Error = cmp.Or(r.Error, "the API no longer accepts the token")
	case !e.Finished.IsZero():
		r.State, r.order = "in step", 3
		r.Checked, r.Error, r.Done, r.Total = e.Finished, "", 1, 1
	case e.State == rivertype.JobStateCancelled, e.State == rivertype.JobStateDiscarded:
		r.State, r.Failed = "failed", true
	case e.State == rivertype.JobStateRetryable:
		r.State, r.Failed = "retried", e.Attempt >= failedAttempts
		if !r.Failed {
			r.order = 1
		}
	case !r.Checked.IsZero() && e.Total == 0: // the first page of the next run is in progress
		r.State, r.order, r.Done, r.Total = "in step", 3, 1, 1
	case e.Started.IsZero():
		r.State, r.order = "waiting", 2
	case e.Since.IsZero():
		r.State, r.order = "reading all", 2
	default:
		r.State, r.order = "reading changes", 2
	}
}

// sum sorts the rows and sets the totals.
func (s *status) sum() {
	slices.SortFunc(s.Rows, func(a, b row) int {
		return cmp.Or(a.order-b.order, cmp.Compare(a.LocationID, b.LocationID))
	})
	first := true
	for _, r := range s.Rows {
		s.Contacts += r.Contacts
		if r.Newest.After(s.Newest) {
			s.Newest = r.Newest
		}
		switch {
		case r.Failed:
			s.Failed++
		case first || r.Checked.Before(s.Checked):
			s.Checked, first = r.Checked, false
		}
	}
}

// printStatus prints the status, and returns an error if a location has failed.
func printStatus(ctx context.Context, dsn string, out io.Writer) error {
	pool, err := connect(ctx, dsn, "", 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	s, err := loadStatus(ctx, pool)
	if err != nil {
		return err
	}
	return s.print(out)
}

func (s *status) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LOCATION\tSTATE\tPROGRESS\tCONTACTS\tNEWEST CHANGE\tREAD\tLATEST ERROR")
	for _, r := range s.Rows {
		fmt.Fprintf(table, "%s\t%s\t%d %%\t%d\t%s\t%s\t%s\n", r.LocationID, r.State, 100*r.Done/r.Total, r.Contacts,
			age(s.Now, r.Newest), age(s.Now, r.Checked), cmp.Or(r.Error, "-"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d locations, %d contacts, newest change %s, all locations read %s, %d failed\n",
		len(s.Rows), s.Contacts, age(s.Now, s.Newest), age(s.Now, s.Checked), s.Failed)
	if s.Failed > 0 {
		return fmt.Errorf("%d of %d locations have failed", s.Failed, len(s.Rows))
	}
	return nil
}

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"age": age, "number": number,
	"time": func(t time.Time) string { return t.UTC().Format(time.DateTime) },
}).Parse(pageHTML))

// showPage serves the status page.
func (m *mirror) showPage(w http.ResponseWriter, r *http.Request) {
	s, err := loadStatus(r.Context(), m.pool)
	var page bytes.Buffer
	if err == nil {
		err = pageTemplate.Execute(&page, s)
	}
	if err != nil {
		m.logger.ErrorContext(r.Context(), "status page failed", "error", err)
		http.Error(w, "the database does not respond", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_, _ = w.Write(page.Bytes())
}

// age returns how long ago a time was.
func age(now, t time.Time) string {
	d := max(now.Sub(t), 0)
	switch {
	case t.IsZero():
		return "never"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s ago"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min ago"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h ago"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " days ago"
}

// number returns n with commas between groups of three digits.
func number(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", number(n/1000), n%1000)
}
