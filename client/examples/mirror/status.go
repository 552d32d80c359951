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
}

// loadStatus reads the status from the database.
func loadStatus(ctx context.Context, pool *pgxpool.Pool) (status, error) {
	exports, err := exportjob.Exports(ctx, pool)
	if err != nil {
		return status{}, err
	}
	latest := map[string]exportjob.Export{}
	for _, e := range exports {
		latest[e.LocationID] = e
	}
	rows, err := pool.Query(ctx, `SELECT location_id, state, count(c.id),
			coalesce(checked_at, '0001-01-01Z'), coalesce(max(c.date_updated), '0001-01-01Z')
		FROM mirror_locations LEFT JOIN mirror_contacts c USING (location_id)
		WHERE state <> 'uninstalled' GROUP BY location_id ORDER BY location_id`)
	if err != nil {
		return status{}, err
	}
	described, err := pgx.CollectRows(rows, func(scanned pgx.CollectableRow) (r row, err error) {
		err = scanned.Scan(&r.LocationID, &r.State, &r.Contacts, &r.Checked, &r.Newest)
		r.describe(latest[r.LocationID])
		return r, err
	})
	return newStatus(described, time.Now()), err
}

// describe replaces the state of the location by that of its latest export, which can be zero.
func (r *row) describe(e exportjob.Export) {
	r.Done, r.Total, r.Error = e.Contacts, max(e.Total, e.Contacts, 1), e.Error
	switch {
	case r.State == "disconnected":
		r.State, r.Failed, r.Error = "install again", true, "the API no longer accepts the token"
	case !e.Finished.IsZero():
		r.State, r.Checked, r.Error, r.Done, r.Total = "in step", e.Finished, "", 1, 1
	case e.State == rivertype.JobStateCancelled, e.State == rivertype.JobStateDiscarded:
		r.State, r.Failed = "failed", true
	case e.State == rivertype.JobStateRetryable:
		r.State, r.Failed = "retried", e.Attempt >= 5 // after about a minute
	case e.Started.IsZero():
		r.State = "waiting"
	case e.Since.IsZero():
		r.State = "reading all"
	default:
		r.State = "reading changes"
	}
}

// newStatus returns the status with the totals of its rows.
func newStatus(rows []row, now time.Time) status {
	s := status{Now: now}
	var others []row
	for _, r := range rows {
		s.Contacts += r.Contacts
		if r.Newest.After(s.Newest) {
			s.Newest = r.Newest
		}
		if r.Failed {
			s.Rows = append(s.Rows, r)
			continue
		}
		if others == nil || r.Checked.Before(s.Checked) {
			s.Checked = r.Checked
		}
		others = append(others, r)
	}
	s.Failed = len(s.Rows)
	s.Rows = append(s.Rows, others...)
	return s
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

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"age": age, "number": number}).Parse(pageHTML))

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
