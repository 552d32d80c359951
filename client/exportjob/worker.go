package exportjob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Sink stores a page of 1 to 500 contacts. Everything that it writes through tx is committed
// together with the position in the list, so it is written exactly once. The Sink must not commit
// or roll back tx. Other effects, such as sending a message, can happen more than once.
//
// If the Sink returns an error, the transaction is rolled back and River retries the job at the
// same page. An error of [river.JobCancel] cancels the job. River stores the error message, unless
// it could contain personal data.
type Sink func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error

// Settings are the settings of [NewWorker]. Clients and Sink are required.
type Settings struct {
	// Clients returns the client of a location. For the same location it must return the same
	// client, or clients with the same [client.Pacer], as oauth.ClientPool.Client does.
	Clients func(locationID string) (*client.Client, error)
	// Sink stores the contacts.
	Sink Sink
	// Uninstalled is called when the export of a location ends because the app must be installed
	// again: Clients or a request has returned an error that matches oauth.ErrReinstallRequired.
	// What becomes of the location's contacts is its decision. It uses tx as the Sink does, and the
	// same transaction ends the export.
	Uninstalled func(ctx context.Context, tx pgx.Tx, locationID string) error
	// Stored returns the IDs of all contacts of a location that the program has stored. It is called
	// at the end of a full run, and uses tx as the Sink does. Nil means that deleted contacts are not
	// searched for.
	Stored func(ctx context.Context, tx pgx.Tx, locationID string) ([]string, error)
	// Missing is called with IDs of Stored that a full run has not seen and that the API does not
	// know: the contacts were deleted. It uses tx as the Sink does. Stored requires it.
	Missing func(ctx context.Context, tx pgx.Tx, locationID string, ids []string) error
	// Overlap is how much earlier than Args.Since an incremental run begins, because the API's index
	// shows an update up to a minute late. The default is two minutes, and the least is one.
	Overlap time.Duration
	// Slice is how long an attempt works before it ends and lets other jobs run, a minute by
	// default. With a shorter slice, the jobs of a process that was killed continue earlier.
	Slice time.Duration
	// PageTimeout is how long the last page of a slice may take: the request, with its retries and
	// its wait for the rate limit, and the Sink. The default is 30 seconds. The timeout of an attempt
	// is Slice plus PageTimeout. PostgreSQL ends a transaction that is idle for the PageTimeout.
	PageTimeout time.Duration
	// Logger receives a record when an attempt starts, finishes, pauses, fails or is replaced,
	// without data of contacts. If it is nil, nothing is logged.
	Logger *slog.Logger
}

// worker exports the contacts of a location.
type worker struct {
	river.WorkerDefaults[Args]
	Settings
	pageSize int // number of contacts per page
}

// NewWorker returns the worker for jobs with [Args]. Register it with [Configure]. The River client
// must use the driver riverpgxv5, and [Migrate] must have created the tables in its database.
func NewWorker(settings Settings) (river.Worker[Args], error) {
	switch {
	case settings.Clients == nil || settings.Sink == nil:
		return nil, errors.New("exportjob: NewWorker: set Clients and Sink")
	case (settings.Stored == nil) != (settings.Missing == nil):
		return nil, errors.New("exportjob: NewWorker: set both Stored and Missing, or none")
	case settings.Overlap != 0 && settings.Overlap < time.Minute:
		return nil, fmt.Errorf("exportjob: NewWorker: Overlap is %v, want at least a minute", settings.Overlap)
	case settings.Slice < 0 || settings.PageTimeout < 0:
		return nil, fmt.Errorf("exportjob: NewWorker: Slice %v or PageTimeout %v is negative", settings.Slice, settings.PageTimeout)
	}
	settings.Overlap = cmp.Or(settings.Overlap, 2*time.Minute)
	settings.Slice = cmp.Or(settings.Slice, time.Minute)
	settings.PageTimeout = cmp.Or(settings.PageTimeout, 30*time.Second)
	settings.Logger = cmp.Or(settings.Logger, slog.New(slog.DiscardHandler))
	return &worker{Settings: settings, pageSize: maxPageSize}, nil
}

// Timeout returns the longest duration of an attempt.
func (w *worker) Timeout(*river.Job[Args]) time.Duration { return w.Slice + w.PageTimeout }

// NextRetry returns the time of the next attempt. It is 2 seconds after the first failure, and
// twice as long after each further one, up to 10 minutes. River's own policy waits for hours after
// ten failures, and a location could miss its next run during that time.
func (w *worker) NextRetry(job *river.Job[Args]) time.Time {
	return time.Now().Add(min(time.Second<<min(job.Attempt, 10), 10*time.Minute))
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
		worker: w, job: job, database: database{driver: rc.Driver(), idleTimeout: w.PageTimeout},
		logger: w.Logger.With("location_id", job.Args.LocationID, "run", job.Args.Run, "job_id", job.ID),
	}
	return a.result(ctx, a.runRecovered(ctx))
}
