//go:build unix

package exportjob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

var finished = isState(rivertype.JobStateCompleted)

func TestWorker_StoresEachContactOnce(t *testing.T) { //nolint:tparallel // the rows share a database
	t.Parallel()
	db := connect(t, newDatabase(t))
	for _, row := range []struct {
		name          string
		contacts      int
		slice         time.Duration
		requests      int
		snoozes       string
		repeatContact bool
	}{
		{name: "no contacts", requests: 2},
		{name: "one page", contacts: 99, requests: 2},
		{name: "an empty last page", contacts: 200, requests: 4},
		{name: "a slice for each page", contacts: 250, slice: 1, requests: 4, snoozes: "2"},
		{name: "a contact on two pages", contacts: 250, requests: 4, repeatContact: true},
		{name: "a contact on two pages of two slices", contacts: 250, slice: 1, requests: 4, snoozes: "2", repeatContact: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			empty(t, db)
			api, want := newAPI(t, row.contacts), row.contacts
			if row.repeatContact {
				api.InjectFaults(clienttest.Fault{After: 2, Count: 1, Set: map[string]any{"/contacts/0/id": api.Contacts()[row.contacts-50].ID}})
				want-- // the contact whose ID was replaced
			}
			rc := newRiver(t, db, newWorker(sameClient(api.Client()), store("1"), Settings{Slice: row.slice}))
			id := insert(t, rc, "1", api.LocationID)
			job := waitFor(t, rc, id, finished)
			wantRows(t, db, "1", want)
			snoozes := query[string](t, db, `SELECT coalesce(metadata->>'snoozes', '') FROM river_job WHERE id = $1`, id)
			if requests := len(api.Requests()); requests != row.requests || snoozes != row.snoozes || job.Attempt != 1 || len(job.Errors) != 0 {
				t.Errorf("got %d requests, %q snoozes, attempt %d, errors %v, want %d requests, %q snoozes, attempt 1",
					requests, snoozes, job.Attempt, job.Errors, row.requests, row.snoozes)
			}
			e := onlyExport(t, db)
			if e.Contacts != want || e.Total != row.contacts || e.Finished.Before(e.Started) || e.State != rivertype.JobStateCompleted {
				t.Errorf("got %+v, want %d of %d contacts, finished", e, want, row.contacts)
			}
		})
	}
}

func TestWorker_Runs(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 250)
	run, fail := "1", false
	sink := func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
		if fail && len(contacts) < pageSize {
			return river.JobCancel(errors.New("no space"))
		}
		return store(run)(ctx, tx, locationID, contacts)
	}
	rc := newRiver(t, db, newWorker(sameClient(api.Client()), sink))
	work := func(state rivertype.JobState) (requests int) {
		t.Helper()
		api.ClearRequests()
		waitFor(t, rc, insert(t, rc, run, api.LocationID), isState(state))
		return len(api.Requests())
	}
	fail = true
	if got := work(rivertype.JobStateCancelled); got != 4 {
		t.Errorf("canceled on its last page: got %d requests, want 4", got)
	}
	wantRows(t, db, "1", 200)
	fail = false
	if got := work(rivertype.JobStateCompleted); got != 1 {
		t.Errorf("a new job of an interrupted run: got %d requests, want 1", got)
	}
	wantRows(t, db, "1", 250)
	if got := work(rivertype.JobStateCompleted); got != 0 {
		t.Errorf("a new job of a finished run: got %d requests, want 0", got)
	}
	wantRows(t, db, "1", 250)
	run = "2"
	if got := work(rivertype.JobStateCompleted); got != 4 {
		t.Errorf("a new run: got %d requests, want 4", got)
	}
	wantRows(t, db, "1", 250)
	wantRows(t, db, "2", 250)
}

func TestWorker_Failures(t *testing.T) { //nolint:tparallel // the rows share a database
	t.Parallel()
	const email, token = "ada@example.com", "pit-0123456789abcdef"
	db := connect(t, newDatabase(t))
	for _, row := range []struct {
		name    string
		limit   clienttest.RateLimit
		fault   clienttest.Fault
		clients error  // of the clients function
		sink    error  // of the third page
		panics  any    // value of a panic on the third page
		abort   bool   // the sink ignores an error of PostgreSQL on the third page
		refuse  bool   // PostgreSQL refuses the claims of this row and those after it
		text    string // of the error; none if the job waits for the daily limit
		rows    int
	}{
		{name: "the sink fails", sink: fmt.Errorf("no room for %s, token=%s", email, token), text: "store the page: sink: message withheld", rows: 200},
		{name: "the sink panics", panics: email, text: "panic, see the log: a value of type string", rows: 200},
		{name: "the sink aborts the transaction", abort: true, text: "store the page:", rows: 200},
		{name: "no client", clients: errors.New("unknown location"), text: "client of the location: unknown location"},
		{name: "the daily limit is exhausted", limit: clienttest.RateLimit{Max: 100, Interval: 10 * time.Second, Daily: 3}, rows: 200},
		{name: "the API fails", fault: clienttest.Fault{After: 2, Status: 400}, text: "search the contacts: Contacts.Search: POST /contacts/search: 400", rows: 100},
		{
			name: "two pages without a new contact", fault: clienttest.Fault{After: 1, Set: map[string]any{
				"/contacts/*/searchAfter": []any{0, "abcdefghijklmnopqrst"}, // before all contacts
			}},
			text: "search the contacts: Pages: bad response: two pages without a new contact", rows: 100,
		},
		{
			name: "a page without a position", fault: clienttest.Fault{After: 1, Set: map[string]any{"/contacts/*/searchAfter": nil}},
			text: "search the contacts: Contacts.Search: ",
		},
		{name: "a malformed first response", fault: clienttest.Fault{Body: "{}"}, text: "search the contact that was updated last: Contacts.Search"},
		{name: "a malformed page", fault: clienttest.Fault{After: 2, Body: "{}"}, text: "search the contacts: Contacts.Search", rows: 100},
		{name: "the claim fails", refuse: true, text: "claim the export: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			empty(t, db)
			api := newAPI(t, 250, clienttest.WithRateLimit(row.limit))
			if row.fault.Status != 0 || row.fault.Body != "" || row.fault.Set != nil {
				api.InjectFaults(row.fault)
			}
			if row.refuse {
				execute(t, db, `ALTER TABLE highlevel_exports ADD CHECK (run <> '1')`)
			}
			c := api.Client()
			sink := storeThen(func(ctx context.Context, tx pgx.Tx) error {
				if row.panics != nil {
					panic(row.panics)
				}
				if row.abort {
					_, _ = tx.Exec(ctx, `SELECT 1/0`)
				}
				return row.sink
			})
			rc := newRiver(t, db, newWorker(func(string) (*client.Client, error) { return c, row.clients }, sink))
			job := waitFor(t, rc, insert(t, rc, "1", api.LocationID), func(job *rivertype.JobRow) bool {
				return job.State == rivertype.JobStateScheduled || len(job.Errors) > 0 && job.State != rivertype.JobStateRunning
			})
			wantRows(t, db, "1", row.rows)
			switch {
			case row.text == "":
				if next := time.Until(job.ScheduledAt); job.Attempt != 0 || next < time.Minute || next > 24*time.Hour {
					t.Errorf("got attempt %d, a wait of %v, want attempt 0 and the time until the reset", job.Attempt, next)
				}
			case job.Attempt != 1 || len(job.Errors) != 1 || job.State != rivertype.JobStateAvailable && job.State != rivertype.JobStateRetryable:
				t.Errorf("got attempt %d, state %s, errors %v, want a retry of attempt 1", job.Attempt, job.State, job.Errors)
			default:
				if text := job.Errors[0].Error; !strings.HasPrefix(text, "exportjob: "+row.text) || strings.Contains(text, email) || strings.Contains(text, token) {
					t.Errorf("got the error %q, want one with %q and without personal data", text, row.text)
				}
			}
			if stored := query[int](t, db, `SELECT coalesce(sum(contacts), 0) FROM highlevel_exports`); stored != row.rows {
				t.Errorf("got %d contacts in the progress, want %d", stored, row.rows)
			}
		})
	}
}

// tokenFunc is a token source.
type tokenFunc func() (string, error)

func (f tokenFunc) Token(context.Context) (string, error) { return f() }

// A River client that stops loses neither an attempt nor a page.
func TestWorker_StopAndCancel(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 250)
	entered := make(chan struct{})
	sink := storeThen(func(ctx context.Context, _ pgx.Tx) error {
		close(entered)
		<-ctx.Done()
		return errors.New("an error that does not wrap that of the context")
	})
	rc := newRiver(t, db, newWorker(sameClient(api.Client()), sink))
	id := insert(t, rc, "1", api.LocationID)
	<-entered
	stop(t, rc.StopAndCancel)
	wantRows(t, db, "1", 200)
	job, err := rc.JobGet(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if job.State != rivertype.JobStateAvailable || job.Attempt != 0 || len(job.Errors) != 0 {
		t.Errorf("got state %s, attempt %d, errors %v, want available, 0, none", job.State, job.Attempt, job.Errors)
	}
	waitFor(t, newRiver(t, db, newWorker(sameClient(api.Client()), store("1"))), id, finished)
	wantRows(t, db, "1", 250)
}

// The export of a location that has uninstalled the app ends, and does not remain failed. It continues
// when the app has been installed again.
func TestWorker_Uninstalled(t *testing.T) { //nolint:tparallel // the rows share a database
	t.Parallel()
	db := connect(t, newDatabase(t))
	for _, row := range []struct {
		name            string
		clients, source error
		requests        int // number of requests before that
	}{
		{name: "no client", clients: fmt.Errorf("load: %w", oauth.ErrNoCredential)},
		{name: "no token", source: fmt.Errorf("refresh: %w", oauth.ErrReinstallRequired)},
		{name: "on the second page", source: oauth.ErrReinstallRequired, requests: 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			empty(t, db)
			api, tokens, reinstalled := newAPI(t, 250), 0, false
			c, err := client.New(tokenFunc(func() (string, error) {
				if tokens++; tokens > row.requests && !reinstalled {
					return api.Token, row.source
				}
				return api.Token, nil
			}), client.WithBaseURL(api.URL))
			if err != nil {
				t.Fatal(err)
			}
			clients := func(string) (*client.Client, error) {
				if reinstalled {
					return c, nil
				}
				return c, row.clients
			}
			failed := false
			sink := func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
				if query[int](t, db, `SELECT count(uninstalled_at) FROM highlevel_exports`) != 0 {
					t.Error("got an export in progress that is marked as uninstalled")
				}
				return store("1")(ctx, tx, locationID, contacts)
			}
			rc := newRiver(t, db, newWorker(clients, sink, Settings{Uninstalled: func(ctx context.Context, tx pgx.Tx, locationID string) error {
				if _, err := tx.Exec(ctx, `DELETE FROM exported WHERE location_id = $1`, locationID); err != nil || failed {
					return err
				}
				failed = true
				return errors.New("ada@example.com")
			}}))
			execute(t, db, `INSERT INTO exported VALUES ('1', $1, 'earlier'), ('1', 'other', 'other')`, api.LocationID)
			id := insert(t, rc, "1", api.LocationID)
			waitFor(t, rc, id, func(job *rivertype.JobRow) bool { return len(job.Errors) > 0 && job.State != rivertype.JobStateRunning })
			execute(t, db, `UPDATE river_job SET state = 'available', scheduled_at = now()`) // the retry need not wait
			job := waitFor(t, rc, id, finished)
			if len(job.Errors) != 1 || !strings.Contains(job.Errors[0].Error, "uninstalled: message withheld") {
				t.Errorf("got errors %v, want that of the function", job.Errors)
			}
			if ids := query[string](t, db, `SELECT string_agg(id, ' ') FROM exported`); ids != "other" {
				t.Errorf("got the contacts %s, want those of the other location", ids)
			}
			if e := onlyExport(t, db); e.Uninstalled.IsZero() || !e.Finished.IsZero() || e.State != rivertype.JobStateCompleted {
				t.Errorf("got %+v, want an export that ended", e)
			}
			reinstalled = true
			waitFor(t, rc, insert(t, rc, "1", api.LocationID), finished)
			if e := onlyExport(t, db); !e.Uninstalled.IsZero() || e.Contacts != 250 {
				t.Errorf("installed again: got %+v, want a finished export of 250 contacts", e)
			}
		})
	}
}

func TestWorker_InvalidArgs(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 1)
	rc := newRiver(t, db, newWorker(sameClient(api.Client()), store("1")))
	for _, args := range []Args{{Run: "1"}, {LocationID: api.LocationID}} {
		result, err := rc.Insert(t.Context(), args, nil)
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, rc, result.Job.ID, isState(rivertype.JobStateCancelled))
	}
	if got := len(api.Requests()); got != 0 {
		t.Errorf("got %d requests, want 0", got)
	}
}

func TestWorker_NextRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorker(sameClient(nil), store("1"))
		for _, row := range []struct {
			attempt int
			want    time.Duration
		}{{1, 2 * time.Second}, {3, 8 * time.Second}, {9, 512 * time.Second}, {10, 10 * time.Minute}, {24, 10 * time.Minute}} {
			if got := time.Until(w.NextRetry(&river.Job[Args]{JobRow: &rivertype.JobRow{Attempt: row.attempt}})); got != row.want {
				t.Errorf("after attempt %d: got %v, want %v", row.attempt, got, row.want)
			}
		}
	})
}

func TestRateLimitDelay(t *testing.T) {
	t.Parallel()
	evening := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	interval := func(d time.Duration) client.Response {
		return client.Response{RateLimit: client.RateLimit{Interval: d}}
	}
	daily := func(reset, retryAfter time.Duration) client.Error {
		return client.Error{RetryAfter: retryAfter, Err: client.ErrDailyLimit, Response: client.Response{RateLimit: client.RateLimit{DailyReset: reset}}}
	}
	for _, row := range []struct {
		name string
		err  client.Error
		now  time.Time
		want time.Duration
	}{
		{name: "the API asks for a time", err: client.Error{RetryAfter: 5 * time.Minute, Response: interval(time.Second)}, want: 5 * time.Minute},
		{name: "longer than an hour", err: client.Error{RetryAfter: 1000 * time.Hour}, want: time.Hour},
		{name: "the interval", err: client.Error{Response: interval(time.Minute)}, want: time.Minute},
		{name: "an interval longer than an hour", err: client.Error{Response: interval(1000 * time.Hour)}, want: time.Hour},
		{name: "no headers", want: 10 * time.Second},
		{name: "daily, an hour", err: daily(0, 0), now: evening.Add(-5 * time.Hour), want: time.Hour},
		{name: "daily, until midnight", err: daily(0, 0), now: evening, want: 30 * time.Minute},
		{name: "daily, with a reset", err: daily(7*time.Hour, 0), want: 7 * time.Hour},
		{name: "daily, from the pacer", err: daily(0, 5*time.Hour), now: evening, want: 5 * time.Hour},
		{name: "daily, longer than a day", err: daily(0, 1000*time.Hour), want: 24 * time.Hour},
	} {
		if got := rateLimitDelay(&row.err, row.now); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestArgs_JSON(t *testing.T) {
	since := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for want, args := range map[string]Args{
		`{"location_id":"l","run":"r"}`:                                {LocationID: "l", Run: "r"},
		`{"location_id":"l","run":"r","since":"2026-11-24T10:00:00Z"}`: {LocationID: "l", Run: "r", Since: since},
	} {
		got, err := json.Marshal(args)
		if err != nil || string(got) != want {
			t.Errorf("got %s, error %v, want %s", got, err, want)
		}
	}
}
