//go:build unix

package exportjob

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client"
)

// blockingTransport sends a number of requests, and blocks the next one after its response until
// release is closed.
type blockingTransport struct {
	pass    int64         // number of requests before the blocked one
	err     error         // of the blocked request; nil returns its response
	blocked chan struct{} // closed when the request is blocked
	release chan struct{}
	count   atomic.Int64 // requests
}

func newBlockingTransport(pass int64, err error) *blockingTransport {
	return &blockingTransport{pass: pass, err: err, blocked: make(chan struct{}), release: make(chan struct{})}
}

func (b *blockingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if b.count.Add(1) != b.pass+1 {
		return resp, err
	}
	close(b.blocked)
	<-b.release
	if b.err != nil {
		_ = resp.Body.Close()
		return nil, b.err
	}
	return resp, err
}

// rescue does what River's rescuer does to a running job.
func rescue(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	execute(t, db, `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'running'`)
}

// An attempt that was replaced stores nothing, and leaves the job to the attempt that replaced it.
func TestWorker_ReplacedAttemptStops(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		pass int64 // number of requests before the blocked one: the first one, and those of pages
		err  error // of its last request
	}{
		{name: "while it requests a page", pass: 2},
		{name: "while it requests the last page", pass: 3},
		{name: "while its request fails", pass: 2, err: errors.New("connection reset")},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, newDatabase(t))
			api := newAPI(t, 250)
			newClient := func(b *blockingTransport) *client.Client {
				return api.Client(client.WithHTTPClient(&http.Client{Transport: b}), client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
			}
			stale, current := newBlockingTransport(row.pass, row.err), newBlockingTransport(0, nil)
			first := newRiver(t, db, newWorker(sameClient(newClient(stale)), store("1")))
			id := insert(t, first, "1", api.LocationID)
			<-stale.blocked
			second := newRiver(t, db, newWorker(sameClient(newClient(current)), store("1")))
			rescue(t, db) // the first client has one worker only, so the second one works the job
			<-current.blocked
			close(stale.release)
			stop(t, first.Stop)
			wantRows(t, db, "1", int(row.pass-1)*pageSize)
			job, err := second.JobGet(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if job.State != rivertype.JobStateRunning || job.Attempt != 2 || len(job.Errors) != 0 {
				t.Errorf("got state %s, attempt %d, errors %v, want that of the second attempt", job.State, job.Attempt, job.Errors)
			}
			close(current.release)
			waitFor(t, second, id, finished)
			wantRows(t, db, "1", 250)
		})
	}
}

// A process that freezes in a transaction locks rows. The attempt that replaces it does not wait for
// the end of the freeze.
func TestWorker_FrozenTransactionEnds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		freeze func(ctx context.Context, tx pgx.Tx, freeze func()) error
	}{
		{name: "between two statements", freeze: func(_ context.Context, _ pgx.Tx, freeze func()) error {
			freeze()
			return nil
		}},
		{name: "in a COPY", freeze: func(ctx context.Context, tx pgx.Tx, freeze func()) error {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{"exported"}, []string{"id"}, pgx.CopyFromFunc(func() ([]any, error) {
				freeze()
				return nil, nil
			}))
			return err
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, newDatabase(t))
			execute(t, db, `CREATE UNIQUE INDEX ON exported (run, location_id, id)`)
			api := newAPI(t, 250)
			entered, open := make(chan struct{}), make(chan struct{})
			thaw := sync.OnceFunc(func() { close(open) })
			freeze := sync.OnceFunc(func() {
				close(entered)
				<-open
			})
			frozen := storeThen(func(ctx context.Context, tx pgx.Tx) error { return row.freeze(ctx, tx, freeze) })
			first := newRiver(t, db, newWorker(sameClient(api.Client()), frozen))
			t.Cleanup(thaw)
			id := insert(t, first, "1", api.LocationID)
			<-entered
			second := newRiver(t, db, newWorker(sameClient(api.Client()), store("1")))
			rescue(t, db)
			job := waitFor(t, second, id, finished)
			thaw()
			stop(t, first.Stop)
			wantRows(t, db, "1", 250)
			if len(job.Errors) > 0 {
				t.Errorf("got errors %v, want none", job.Errors)
			}
			if got := query[int](t, db, `SELECT epoch FROM highlevel_exports`); got != 2 {
				t.Errorf("got %d attempts, want 2", got)
			}
		})
	}
}

// A process that freezes while it claims an export does not lock the export either.
func TestDatabase_Transact_FrozenClaimEnds(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	d := database{driver: riverpgxv5.New(db), idleTimeout: 300 * time.Millisecond}
	args := Args{LocationID: "location", Run: "1"}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	claimOnce := func() (s state, err error) {
		err = d.transact(ctx, func(tx pgx.Tx) (err error) {
			s, _, err = claim(ctx, tx, args, time.Minute)
			return err
		})
		return s, err
	}
	err := d.transact(ctx, func(tx pgx.Tx) error {
		if _, _, err := claim(ctx, tx, args, time.Minute); err != nil {
			return err
		}
		if s, err := claimOnce(); err != nil || s.epoch != 1 {
			t.Errorf("got epoch %d, error %v, want 1: the frozen claim was rolled back", s.epoch, err)
		}
		return nil
	})
	if err == nil {
		t.Error("got no error from the frozen transaction")
	}
}
