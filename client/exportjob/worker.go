package exportjob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// Sink stores a page of contacts, 1 to 100 of them. What it writes through tx is committed together
// with the position in the list, so it is written exactly once. It must not commit or roll back tx.
// Whatever else it does, such as sending a message, can happen more than once.
//
// If it returns an error, the transaction is rolled back and River retries the job at the same
// page. An error of [river.JobCancel] cancels the job. River stores the text of the error, without
// what looks like an email address, a phone number or a token.
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

// NewWorker returns the worker for jobs with [Args]. Register it with [Configure]. The worker needs
// a River client of the driver riverpgxv5, whose database has the tables of [Migrate].
//
// clients returns the client of a location. It must return the same client, or clients with the
// same [client.Pacer], for the same location; [oauth.ClientPool.Client] does. An error that matches
// [oauth.ErrReinstallRequired] cancels the job, any other error is retried.
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

// NextRetry returns the time of the next attempt: 2 seconds after the first failure and twice as
// long after each further one, up to 10 minutes. River's own policy waits for hours after ten
// failures, in which a location would miss its next run.
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
		return river.JobCancel(errors.New("exportjob: the job has no location or no run"))
	}
	rc, err := river.ClientFromContextSafely[pgx.Tx](ctx)
	if err != nil {
		return fmt.Errorf("exportjob: the worker needs a River client of riverpgxv5: %w", err)
	}
	a := &attempt{
		worker: w, job: job, database: database{driver: rc.Driver(), idleTimeout: w.pageTimeout},
		logger: w.logger.With("location_id", job.Args.LocationID, "run", job.Args.Run, "job_id", job.ID),
	}
	return w.outcome(ctx, a, a.run(ctx))
}

// outcome returns what River receives for an attempt that ended with err.
func (w *worker) outcome(ctx context.Context, a *attempt, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errReplaced) || !a.isCurrent(ctx) {
		a.logger.WarnContext(ctx, "export attempt was replaced")
		return replacedError{}
	}
	attrs := []any{"contacts", a.state.contacts, "kind", client.Kind(err), "error", err}
	var apiErr *client.Error
	var snooze *rivertype.JobSnoozeError
	switch {
	case errors.As(err, &snooze):
		a.logger.DebugContext(ctx, "export continues later", "contacts", a.state.contacts, "delay", snooze.Duration)
	case errors.Is(err, oauth.ErrReinstallRequired):
		a.logger.ErrorContext(ctx, "export canceled", attrs...)
		return river.JobCancel(err)
	case errors.Is(ctx.Err(), context.Canceled):
		// River returns a job of a client that stops without the loss of an attempt.
		return fmt.Errorf("exportjob: the attempt was stopped: %w", ctx.Err())
	case errors.Is(err, client.ErrRateLimited) && errors.As(err, &apiErr):
		delay := rateLimitDelay(apiErr, time.Now())
		a.logger.WarnContext(ctx, "export pauses for the rate limit", append(attrs, "delay", delay)...)
		return river.JobSnooze(delay)
	case errors.Is(err, context.DeadlineExceeded) && a.progress:
		return river.JobSnooze(0) // the next attempt fails if the page takes as long again
	default:
		a.logger.ErrorContext(ctx, "export attempt failed", attrs...)
	}
	return err
}

// rateLimitDelay returns when the API accepts requests again. When its day begins is not
// documented, so a daily quota without a reset time is tried again after an hour, or at midnight
// UTC.
func rateLimitDelay(err *client.Error, now time.Time) time.Duration {
	const day = 24 * time.Hour
	delay := err.RetryAfter
	if errors.Is(err, client.ErrDailyLimit) {
		if reset := err.Response.RateLimit.DailyReset; reset > 0 {
			delay = max(delay, reset)
		} else {
			midnight := now.UTC().Truncate(day).Add(day)
			delay = max(delay, min(time.Hour, midnight.Sub(now)))
		}
	}
	if delay <= 0 {
		delay = err.Response.RateLimit.Interval
	}
	if delay <= 0 {
		delay = 10 * time.Second
	}
	return min(delay, day)
}

// errReplaced indicates that a later attempt has claimed the export.
var errReplaced = errors.New("a later attempt has replaced this one")

// replacedError is the result of an attempt that a later one has replaced. River would store any
// other result in the job, although the job is running again: an error or a snooze would start a
// third attempt, and nil would complete the job. Its methods are those by which River's executor
// asks for the jobs that an error belongs to, and it belongs to none. Where River does not ask, the
// job is retried, and the cursor is still safe.
type replacedError struct{}

func (replacedError) Error() string               { return "exportjob: " + errReplaced.Error() }
func (replacedError) ErrorsByID() map[int64]error { return nil }
func (replacedError) Jobs() []*rivertype.JobRow   { return nil }

// wrap returns err with the operation in front, and without personal data in its text.
func wrap(operation string, err error) error {
	return fmt.Errorf("exportjob: %s: %w", operation, redact.Error(err))
}

func decodeArgs(job *rivertype.JobRow) (args Args, err error) {
	err = json.Unmarshal(job.EncodedArgs, &args)
	return args, err
}
