package exportjob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// result returns the error that River receives for an attempt that ended with err.
func (a *attempt) result(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errReplaced) || !a.isCurrent(ctx) {
		a.logger.WarnContext(ctx, "highlevel: export attempt was replaced")
		return replacedError{}
	}
	attrs := []any{"contacts", a.state.contacts, "kind", client.KindOf(err), "error", err}
	var apiErr *client.Error
	var snooze *rivertype.JobSnoozeError
	switch {
	case errors.As(err, &snooze):
		a.logger.DebugContext(ctx, "highlevel: export continues later", "contacts", a.state.contacts, "delay", snooze.Duration)
	case errors.Is(err, oauth.ErrReinstallRequired):
		return a.endUninstalled(ctx, attrs)
	case errors.Is(ctx.Err(), context.Canceled):
		// The River client stops. For this error, River makes the job available again and does not
		// count the attempt.
		return fmt.Errorf("exportjob: the attempt was stopped: %w", ctx.Err())
	case errors.Is(err, client.ErrRateLimited) && errors.As(err, &apiErr):
		delay := rateLimitDelay(apiErr, time.Now())
		a.logger.WarnContext(ctx, "highlevel: export pauses for the rate limit", append(attrs, "delay", delay)...)
		return river.JobSnooze(delay)
	case errors.Is(err, context.DeadlineExceeded) && a.progress:
		return river.JobSnooze(0) // if the page takes as long again, the next attempt has no progress and fails
	default:
		a.logger.ErrorContext(ctx, "highlevel: export attempt failed", attrs...)
	}
	return err
}

// endUninstalled ends the export of a location that has uninstalled the app, and completes its job.
func (a *attempt) endUninstalled(ctx context.Context, attrs []any) error {
	err := a.database.transact(ctx, func(tx pgx.Tx) error {
		if err := endExport(ctx, tx, a.job.Args, a.state.epoch); err != nil {
			return err
		}
		if a.Uninstalled != nil {
			if err := a.Uninstalled(ctx, tx, a.job.Args.LocationID); err != nil {
				return fmt.Errorf("uninstalled: %w", hideMessage(err))
			}
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, a.job)
		return err
	})
	if err != nil {
		err = wrap("end the export of an uninstalled location", err)
		a.logger.ErrorContext(ctx, "highlevel: export attempt failed", "error", err)
		return err
	}
	a.logger.WarnContext(ctx, "highlevel: export ended, because the app must be installed again", attrs...)
	return nil
}

// rateLimitDelay returns how long to wait until the API accepts requests again.
func rateLimitDelay(err *client.Error, now time.Time) time.Duration {
	if errors.Is(err, client.ErrDailyLimit) {
		return min(max(err.RetryAfter, ratelimit.UntilDailyReset(err.Response.RateLimit.DailyReset, now)), ratelimit.Day)
	}
	for _, delay := range []time.Duration{err.RetryAfter, err.Response.RateLimit.Interval} {
		if delay > 0 {
			return min(delay, ratelimit.LongestPause)
		}
	}
	return ratelimit.DefaultInterval
}

// errReplaced indicates that a later attempt has claimed the export.
var errReplaced = errors.New("a later attempt has replaced this one")

// replacedError is what River receives from an attempt that was replaced by a later one. River must
// not change the job, which is running again: another error or a snooze would start a third
// attempt, and nil would complete the job.
//
// River's executor calls the methods ErrorsByID and Jobs of an error, if it has them, and changes
// only the jobs that they return. This error returns none. A version of River that does not call
// them retries the job, and the export is still correct.
type replacedError struct{}

func (replacedError) Error() string               { return "exportjob: " + errReplaced.Error() }
func (replacedError) ErrorsByID() map[int64]error { return nil }
func (replacedError) Jobs() []*rivertype.JobRow   { return nil }

// wrap returns err with the operation in front of its message.
func wrap(operation string, err error) error { return fmt.Errorf("exportjob: %s: %w", operation, err) }

// hideMessage returns err without its message, if the message could contain data of contacts.
func hideMessage(err error) error {
	if message := err.Error(); redact.Message(message) == message {
		return err
	}
	return &hiddenError{err: err}
}

// hiddenError wraps an error whose message could contain data of contacts.
type hiddenError struct{ err error }

func (*hiddenError) Error() string   { return "message withheld, because it could contain personal data" }
func (e *hiddenError) Unwrap() error { return e.err }
