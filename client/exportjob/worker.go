package exportjob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Sink stores a page of 1 to 100 contacts. Everything that it writes through tx is committed
// together with the position in the list, so it is written exactly once. The Sink must not commit
// or roll back tx. Other effects, such as sending a message, can happen more than once.
//
// If the Sink returns an error, the transaction is rolled back and River retries the job at the
// same page. An error of [river.JobCancel] cancels the job. River stores the error message, from
// which everything that looks like an email address, a phone number or a token is removed.
type Sink func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error

// worker exports the contacts of a location.
type worker struct {
	river.WorkerDefaults[Args]

	clients     func(locationID string) (*client.Client, error)
	sink        Sink
	slice       time.Duration
	pageTimeout time.Duration
	logger      *slog.Logger
}

// NewWorker returns the worker for jobs with [Args]. Register it with [Configure]. The River client
// must use the driver riverpgxv5, and [Migrate] must have created the tables in its database.
//
// clients is called with a location ID and returns the client for that location. For the same
// location it must return the same client, or clients with the same [client.Pacer], as
// [oauth.ClientPool.Client] does. An error that matches [oauth.ErrReinstallRequired] cancels the
// job. After any other error, River retries the job.
func NewWorker(clients func(locationID string) (*client.Client, error), sink Sink, opts ...Option) river.Worker[Args] {
	w := &worker{
		clients: clients, sink: sink, slice: defaultSlice, pageTimeout: defaultPageTimeout,
		logger: slog.New(slog.DiscardHandler),
	}
	for _, opt := range opts {
		if opt != nil {
			opt(w)
		}
	}
	return w
}

// Timeout returns the longest duration of an attempt.
func (w *worker) Timeout(*river.Job[Args]) time.Duration { return w.slice + w.pageTimeout }

// NextRetry returns the time of the next attempt. It is 2 seconds after the first failure, and
// twice as long after each further one, up to 10 minutes. River's own policy waits for hours after
// ten failures, and a location could miss its next run during that time.
func (w *worker) NextRetry(job *river.Job[Args]) time.Time {
	const longest = 10 * time.Minute
	delay := longest
	if job.Attempt < 10 {
		delay = min(time.Second<<max(job.Attempt, 1), longest)
	}
	return time.Now().Add(delay)
}

// Work exports pages until the list or the slice ends.
func (w *worker) Work(ctx context.Context, job *river.Job[Args]) error {
	if job.Args.LocationID == "" || job.Args.Run == "" {
		return river.JobCancel(errors.New("exportjob: Args: LocationID or Run is empty"))
	}
	rc, err := river.ClientFromContextSafely[pgx.Tx](ctx)
	if err != nil {
		return fmt.Errorf("exportjob: the River client must use the driver riverpgxv5: %w", err)
	}
	a := &attempt{
		worker: w, job: job, database: database{driver: rc.Driver(), idleTimeout: w.pageTimeout},
		logger: w.logger.With("location_id", job.Args.LocationID, "run", job.Args.Run, "job_id", job.ID),
	}
	return a.result(ctx, a.run(ctx))
}
