//go:build unix

package exportjob

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
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
		behavior      clienttest.Behavior
		opts          []Option
		requests      int
		snoozes       string
		repeatContact bool
	}{
		{name: "no contacts", contacts: 0, requests: 1},
		{name: "one page", contacts: 100, requests: 1},
		{name: "a short last page", contacts: 250, requests: 3},
		{name: "an empty last page", contacts: 200, behavior: clienttest.Behavior{ListEnd: clienttest.ListEndEmptyMeta}, requests: 3},
		{name: "a slice for each page", contacts: 250, opts: []Option{WithSlice(1)}, requests: 3, snoozes: "2"},
		{name: "a contact on two pages", contacts: 250, requests: 3, repeatContact: true},
		{name: "a contact on two pages of two slices", contacts: 250, opts: []Option{WithSlice(1)}, requests: 3, snoozes: "2", repeatContact: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, newDatabase(t))
			api := newAPI(t, row.contacts, clienttest.WithBehavior(row.behavior))
			want := row.contacts
			if row.repeatContact {
				api.InjectFaults(clienttest.Fault{After: 1, Count: 1, Set: map[string]any{"/contacts/0/id": api.Contacts()[50].ID}})
				want-- // the contact whose ID was replaced
			}
			rc := newRiver(t, db, NewWorker(sameClient(api.Client()), store("1"), row.opts...))
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
	rc := newRiver(t, db, NewWorker(sameClient(api.Client()), sink))
	work := func(state rivertype.JobState) (requests int) {
		t.Helper()
		api.ClearRequests()
		waitFor(t, rc, insert(t, rc, run, api.LocationID), isState(state))
		return len(api.Requests())
	}
	fail = true
	if got := work(rivertype.JobStateCancelled); got != 3 {
		t.Errorf("canceled on its last page: got %d requests, want 3", got)
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
	if got := work(rivertype.JobStateCompleted); got != 3 {
		t.Errorf("a new run: got %d requests, want 3", got)
	}
	wantRows(t, db, "1", 250)
	wantRows(t, db, "2", 250)
}

func TestWorker_Failures(t *testing.T) {
	t.Parallel()
	const email, token = "ada@example.com", "pit-0123456789abcdef"
	reinstall := fmt.Errorf("load: %w", oauth.ErrNoCredential)
	dailyLimit := clienttest.RateLimit{Max: 100, Interval: 10 * time.Second, Daily: 2}
	for _, row := range []struct {
		name     string
		limit    clienttest.RateLimit
		fault    *clienttest.Fault
		contacts int   // 250 by default
		clients  error // of the clients function
		source   error // of the token source
		sink     error // of the third page
		abort    bool  // the sink ignores an error of PostgreSQL on the third page
		until    func(*rivertype.JobRow) bool
		state    rivertype.JobState // if it is not that of a retry
		attempt  int
		text     string // of the error
		rows     int
	}{
		{name: "the sink fails", sink: fmt.Errorf("no room for %s, token=%s", email, token), attempt: 1, text: "exportjob: store the page: sink: no room for", rows: 200},
		{name: "the sink aborts the transaction", abort: true, attempt: 1, text: "exportjob: store the page:", rows: 200},
		{name: "no client", clients: errors.New("unknown location"), attempt: 1, text: "exportjob: client of the location: unknown location"},
		{
			name: "the app must be installed again, no client", clients: reinstall, state: rivertype.JobStateCancelled, attempt: 1,
			text: "exportjob: client of the location: load: the store has no credential: the app must be installed again",
		},
		{
			name: "the app must be installed again, no token", source: reinstall, state: rivertype.JobStateCancelled, attempt: 1,
			text: "exportjob: list the contacts: getContacts:",
		},
		{name: "the daily limit is exhausted", limit: dailyLimit, until: isState(rivertype.JobStateScheduled), state: rivertype.JobStateScheduled, rows: 200},
		{name: "the API fails", fault: &clienttest.Fault{After: 1, Status: 400}, attempt: 1, text: "exportjob: list the contacts: getContacts: GET /contacts/: 400", rows: 100},
		{
			name: "the API repeats a cursor", fault: &clienttest.Fault{Set: map[string]any{
				"/meta/startAfter": int64(4102444800000), "/meta/startAfterId": "abcdefghijklmnopqrst", // before all contacts
			}},
			attempt: 1, text: "exportjob: list the contacts: bad response: the API repeated a cursor", rows: 100,
		},
		{
			name: "two pages without a new contact", fault: &clienttest.Fault{After: 1, Set: map[string]any{"/contacts/*/id": "abcdefghijklmnopqrst"}},
			contacts: 450, attempt: 1, text: "exportjob: list the contacts: bad response: the API repeated a cursor", rows: 101,
		},
		{name: "a malformed page", fault: &clienttest.Fault{After: 1, Body: "{}"}, attempt: 1, text: "exportjob: list the contacts: getContacts", rows: 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, newDatabase(t))
			api := newAPI(t, cmp.Or(row.contacts, 250), clienttest.WithRateLimit(row.limit))
			if row.fault != nil {
				api.InjectFaults(*row.fault)
			}
			c, err := client.New(source{api.Token, row.source}, client.WithBaseURL(api.URL))
			if err != nil {
				t.Fatal(err)
			}
			sink := func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
				if err := store("1")(ctx, tx, locationID, contacts); err != nil || len(contacts) == pageSize {
					return err
				}
				if row.abort {
					_, _ = tx.Exec(ctx, `SELECT 1/0`)
				}
				return row.sink
			}
			rc := newRiver(t, db, NewWorker(func(string) (*client.Client, error) { return c, row.clients }, sink))
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
			if stored := query[int](t, db, `SELECT coalesce(sum(contacts), 0) FROM contacts_go_exports`); stored != row.rows {
				t.Errorf("got %d contacts in the progress, want %d", stored, row.rows)
			}
		})
	}
}

// source is a token source that fails if err is not nil.
type source struct {
	token string
	err   error
}

func (s source) Token(context.Context) (string, error) { return s.token, s.err }

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
	rc := newRiver(t, db, NewWorker(sameClient(api.Client()), sink))
	job := waitFor(t, rc, insert(t, rc, "1", api.LocationID), finished)
	wantRows(t, db, "1", 250)
	if requests := len(api.Requests()); requests != 4 || job.Attempt != 2 {
		t.Errorf("got %d requests, attempt %d, want 4 requests, attempt 2", requests, job.Attempt)
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
	rc := newRiver(t, db, NewWorker(sameClient(api.Client()), sink))
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
	waitFor(t, newRiver(t, db, NewWorker(sameClient(api.Client()), store("1"))), id, finished)
	wantRows(t, db, "1", 250)
}

// Each attempt has a client of its own, as if each ran in another process. None of them exceeds the
// rate limit, although it does not know the requests of the attempts before.
func TestWorker_HandoverKeepsRateLimit(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 450, clienttest.WithRateLimit(clienttest.RateLimit{Max: 2, Interval: 700 * time.Millisecond}))
	clients := func(string) (*client.Client, error) { return api.Client(), nil }
	rc := newRiver(t, db, NewWorker(clients, store("1"), WithSlice(1)))
	waitFor(t, rc, insert(t, rc, "1", api.LocationID), finished)
	wantRows(t, db, "1", 450)
	statuses := []int{}
	for _, request := range api.Requests() {
		statuses = append(statuses, request.Status)
	}
	if !slices.Equal(statuses, []int{200, 200, 200, 200, 200}) {
		t.Errorf("got the statuses %v, want 200 five times", statuses)
	}
}

func TestWorker_InvalidArgs(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	api := newAPI(t, 1)
	rc := newRiver(t, db, NewWorker(sameClient(api.Client()), store("1")))
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
	w := NewWorker(nil, nil)
	for _, row := range []struct {
		attempt int
		want    time.Duration
	}{{0, 2 * time.Second}, {1, 2 * time.Second}, {3, 8 * time.Second}, {9, 512 * time.Second}, {10, 10 * time.Minute}, {24, 10 * time.Minute}} {
		got := time.Until(w.NextRetry(&river.Job[Args]{JobRow: &rivertype.JobRow{Attempt: row.attempt}}))
		if got > row.want || got < row.want-time.Second {
			t.Errorf("after attempt %d: got %v, want %v", row.attempt, got, row.want)
		}
	}
}

func TestRateLimitDelay(t *testing.T) {
	evening := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	daily := client.RateLimit{Known: true, DailyLimit: 1000}
	for _, row := range []struct {
		name string
		err  client.Error
		now  time.Time
		want time.Duration
	}{
		{name: "the API asks for a time", err: client.Error{StatusCode: 429, RetryAfter: 5 * time.Minute}, want: 5 * time.Minute},
		{name: "the interval", err: client.Error{StatusCode: 429, Response: client.Response{RateLimit: client.RateLimit{Interval: time.Minute}}}, want: time.Minute},
		{name: "no headers", err: client.Error{StatusCode: 429}, want: 10 * time.Second},
		{name: "daily, an hour", err: client.Error{StatusCode: 429, Response: client.Response{RateLimit: daily}}, now: evening.Add(-5 * time.Hour), want: time.Hour},
		{name: "daily, until midnight", err: client.Error{StatusCode: 429, Response: client.Response{RateLimit: daily}}, now: evening, want: 30 * time.Minute},
		{name: "daily, with a reset", err: client.Error{StatusCode: 429, Response: client.Response{RateLimit: client.RateLimit{
			DailyLimit: 1000, DailyReset: 7 * time.Hour,
		}}}, want: 7 * time.Hour},
		{name: "longer than a day", err: client.Error{StatusCode: 429, RetryAfter: 1000 * time.Hour}, want: 24 * time.Hour},
	} {
		if got := rateLimitDelay(&row.err, row.now); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestArgs_JSON(t *testing.T) {
	got, err := json.Marshal(Args{LocationID: "l", Run: "r"})
	if err != nil || string(got) != `{"location_id":"l","run":"r"}` {
		t.Errorf("got %s, error %v", got, err)
	}
}
