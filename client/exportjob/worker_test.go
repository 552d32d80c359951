//go:build unix

package exportjob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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

// hasFailed reports whether an attempt of a job has failed and no attempt is running.
func hasFailed(job *rivertype.JobRow) bool {
	return len(job.Errors) > 0 && job.State != rivertype.JobStateRunning
}

func TestWorker_StoresEachContactOnce(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name          string
		contacts      int
		settings      []Settings
		requests      int
		snoozes       string
		repeatContact bool
	}{
		{name: "no contacts", contacts: 0, requests: 1},
		{name: "one page", contacts: 99, requests: 1},
		{name: "a full page", contacts: 100, requests: 3},
		{name: "a short last page", contacts: 250, requests: 4},
		{name: "an empty last page", contacts: 200, requests: 4},
		{name: "a slice for each page", contacts: 250, settings: []Settings{{Slice: 1}}, requests: 4, snoozes: "2"},
		{name: "a contact on two pages", contacts: 250, requests: 4, repeatContact: true},
		{name: "a contact on two pages of two slices", contacts: 250, settings: []Settings{{Slice: 1}}, requests: 4, snoozes: "2", repeatContact: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, newDatabase(t))
			api := newAPI(t, row.contacts)
			want := row.contacts
			if row.repeatContact {
				api.InjectFaults(clienttest.Fault{After: 2, Count: 1, Set: map[string]any{"/contacts/0/id": api.Contacts()[row.contacts-50].ID}})
				want-- // the contact whose ID was replaced
			}
			rc := newRiver(t, db, newWorker(sameClient(api.Client()), store("1"), row.settings...))
			id := insert(t, rc, "1", api.LocationID)
			job := waitFor(t, rc, id, finished)
			wantRows(t, db, "1", want)
			snoozes := query[string](t, db, `SELECT coalesce(metadata->>'snoozes', '') FROM river_job WHERE id = $1`, id)
			if requests := len(api.Requests()); requests != row.requests || snoozes != row.snoozes || job.Attempt != 1 || len(job.Errors) != 0 {
				t.Errorf("got %d requests, %q snoozes, attempt %d, errors %v, want %d requests, %q snoozes, attempt 1",
					requests, snoozes, job.Attempt, job.Errors, row.requests, row.snoozes)
			}
			exports, err := Exports(t.Context(), db)
			if err != nil || len(exports) != 1 {
				t.Fatalf("got %v, error %v, want one export", exports, err)
			}
			e := exports[0]
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

func TestWorker_Failures(t *testing.T) {
	t.Parallel()
	const email, token = "ada@example.com", "pit-0123456789abcdef"
	dailyLimit := clienttest.RateLimit{Max: 100, Interval: 10 * time.Second, Daily: 3}
	for _, row := range []struct {
		name     string
		limit    clienttest.RateLimit
		fault    *clienttest.Fault
		contacts int   // 250 by default
		clients  error // of the clients function
		source   error // of the token source
		sink     error // of the third page
		panics   any   // value of a panic on the third page
		abort    bool  // the sink ignores an error of PostgreSQL on the third page
		until    func(*rivertype.JobRow) bool
		state    rivertype.JobState // if it is not that of a retry
		attempt  int
		text     string // of the error
		rows     int
	}{
		{name: "the sink fails", sink: fmt.Errorf("no room for %s, token=%s", email, token), attempt: 1, text: "exportjob: store the page: sink: message withheld", rows: 200},
		{name: "the sink panics", panics: email, attempt: 1, text: "exportjob: panic, see the log: a value of type string", rows: 200},
		{name: "the sink aborts the transaction", abort: true, attempt: 1, text: "exportjob: store the page:", rows: 200},
		{name: "no client", clients: errors.New("unknown location"), attempt: 1, text: "exportjob: client of the location: unknown location"},
		{name: "the daily limit is exhausted", limit: dailyLimit, until: isState(rivertype.JobStateScheduled), state: rivertype.JobStateScheduled, rows: 200},
		{name: "the API fails", fault: &clienttest.Fault{After: 2, Status: 400}, attempt: 1, text: "exportjob: search the contacts: Contacts.Search: POST /contacts/search: 400", rows: 100},
		{
			name: "two pages without a new contact", fault: &clienttest.Fault{After: 1, Set: map[string]any{
				"/contacts/*/searchAfter": []any{0, "abcdefghijklmnopqrst"}, // before all contacts
			}},
			attempt: 1, text: "exportjob: search the contacts: Pages: bad response: two pages without a new contact", rows: 100,
		},
		{name: "a malformed page", fault: &clienttest.Fault{After: 2, Body: "{}"}, attempt: 1, text: "exportjob: search the contacts: Contacts.Search", rows: 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, newDatabase(t))
			api := newAPI(t, 250, clienttest.WithRateLimit(row.limit))
			if row.fault != nil {
				api.InjectFaults(*row.fault)
			}
			c := api.Client()
			sink := func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
				if err := store("1")(ctx, tx, locationID, contacts); err != nil || len(contacts) == pageSize {
					return err
				}
				if row.panics != nil {
					panic(row.panics)
				}
				if row.abort {
					_, _ = tx.Exec(ctx, `SELECT 1/0`)
				}
				return row.sink
			}
			rc := newRiver(t, db, newWorker(func(string) (*client.Client, error) { return c, row.clients }, sink))
			until := row.until
			if until == nil {
				until = hasFailed
			}
			job := waitFor(t, rc, insert(t, rc, "1", api.LocationID), until)
			wantRows(t, db, "1", row.rows)
			if row.state == "" && job.State != rivertype.JobStateAvailable && job.State != rivertype.JobStateRetryable || row.state != "" && job.State != row.state {
				t.Errorf("got a job in the state %s, want %q", job.State, row.state)
			}
			if job.Attempt != row.attempt || len(job.Errors) != row.attempt {
				t.Fatalf("got attempt %d, errors %v, want attempt %d", job.Attempt, job.Errors, row.attempt)
			}
			if row.attempt > 0 {
				if text := job.Errors[0].Error; !strings.Contains(text, row.text) || strings.Contains(text, email) || strings.Contains(text, token) {
					t.Errorf("got the error %q, want one with %q and without personal data", text, row.text)
				}
			} else if next := time.Until(job.ScheduledAt); next < time.Minute || next > 24*time.Hour {
				t.Errorf("the job continues in %v, want the time until the reset", next)
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

// A retry continues at the page whose sink failed.
func TestWorker_RetriesPage(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 250)
	failed := false
	sink := func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
		if err := store("1")(ctx, tx, locationID, contacts); err != nil {
			return err
		}
		if len(contacts) < pageSize && !failed {
			failed = true
			return errors.New("the sink failed")
		}
		return nil
	}
	rc := newRiver(t, db, newWorker(sameClient(api.Client()), sink))
	job := waitFor(t, rc, insert(t, rc, "1", api.LocationID), finished)
	wantRows(t, db, "1", 250)
	if requests := len(api.Requests()); requests != 5 || job.Attempt != 2 {
		t.Errorf("got %d requests, attempt %d, want 5 requests, attempt 2", requests, job.Attempt)
	}
}

// A River client that stops loses neither an attempt nor a page.
func TestWorker_StopAndCancel(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 250)
	entered := make(chan struct{})
	sink := func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
		if err := store("1")(ctx, tx, locationID, contacts); err != nil || len(contacts) == pageSize {
			return err
		}
		close(entered)
		<-ctx.Done()
		return errors.New("an error that does not wrap that of the context")
	}
	rc := newRiver(t, db, newWorker(sameClient(api.Client()), sink))
	id := insert(t, rc, "1", api.LocationID)
	<-entered
	stop(t, rc)
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

// A job whose location has no capacity left waits before it continues, because the next process does
// not know which requests were sent.
func TestWorker_HandoverKeepsRateLimit(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 250, clienttest.WithRateLimit(clienttest.RateLimit{Max: 4, Interval: 10 * time.Minute}))
	rc := newRiver(t, db, newWorker(sameClient(api.Client()), store("1"), Settings{Slice: 1}))
	job := waitFor(t, rc, insert(t, rc, "1", api.LocationID), func(job *rivertype.JobRow) bool {
		return job.State == rivertype.JobStateScheduled && time.Until(job.ScheduledAt) > time.Minute
	})
	wantRows(t, db, "1", 100)
	var wait float64
	if err := db.QueryRow(t.Context(), `SELECT extract(epoch FROM not_before - updated_at) FROM highlevel_exports`).Scan(&wait); err != nil || math.Abs(wait-615) > 1 {
		t.Errorf("got a wait of %v seconds, error %v, want 615", wait, err)
	}
	if len(job.Errors) > 0 || len(api.Requests()) != 2 {
		t.Errorf("got errors %v and %d requests, want 2 requests", job.Errors, len(api.Requests()))
	}
}

func TestHandoverWait(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		limit client.RateLimit
		want  time.Duration
	}{
		{name: "unknown"},
		{name: "capacity", limit: client.RateLimit{Max: 100, Remaining: spareRequests + 1, Interval: 10 * time.Second}},
		{name: "no capacity", limit: client.RateLimit{Max: 100, Remaining: spareRequests, Interval: 10 * time.Second}, want: 10250 * time.Millisecond},
		{name: "an implausible interval", limit: client.RateLimit{Max: 1, Interval: 1e6 * time.Second}},
	} {
		if got := handoverWait(row.limit); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

// The export of a location that has uninstalled the app ends, and does not remain failed.
func TestWorker_Uninstalled(t *testing.T) {
	t.Parallel()
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
			t.Parallel()
			db := connect(t, newDatabase(t))
			api := newAPI(t, 250)
			tokens := 0
			c, err := client.New(tokenFunc(func() (string, error) {
				if tokens++; tokens > row.requests {
					return api.Token, row.source
				}
				return api.Token, nil
			}), client.WithBaseURL(api.URL))
			if err != nil {
				t.Fatal(err)
			}
			clients := func(string) (*client.Client, error) { return c, row.clients }
			failed := false
			rc := newRiver(t, db, newWorker(clients, store("1"), Settings{Uninstalled: func(ctx context.Context, tx pgx.Tx, locationID string) error {
				if _, err := tx.Exec(ctx, `DELETE FROM exported WHERE location_id = $1`, locationID); err != nil || failed {
					return err
				}
				failed = true
				return errors.New("ada@example.com")
			}}))
			execute(t, db, `INSERT INTO exported VALUES ('1', $1, 'earlier'), ('1', 'other', 'other')`, api.LocationID)
			job := waitFor(t, rc, insert(t, rc, "1", api.LocationID), finished)
			if len(job.Errors) != 1 || !strings.Contains(job.Errors[0].Error, "uninstalled: message withheld") {
				t.Errorf("got errors %v, want that of the function", job.Errors)
			}
			if ids := query[string](t, db, `SELECT string_agg(id, ' ') FROM exported`); ids != "other" {
				t.Errorf("got the contacts %s, want those of the other location", ids)
			}
			exports, err := Exports(t.Context(), db)
			if err != nil || len(exports) != 1 || exports[0].Uninstalled.IsZero() || !exports[0].Finished.IsZero() || exports[0].State != rivertype.JobStateCompleted {
				t.Errorf("got %+v, error %v, want an export that ended", exports, err)
			}
			if n, err := DeleteFinished(t.Context(), db, exports[0].Uninstalled.Add(time.Second)); err != nil || n != 1 {
				t.Errorf("DeleteFinished: got %d, error %v, want 1", n, err)
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
		}{{0, 2 * time.Second}, {1, 2 * time.Second}, {3, 8 * time.Second}, {9, 512 * time.Second}, {10, 10 * time.Minute}, {24, 10 * time.Minute}} {
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
