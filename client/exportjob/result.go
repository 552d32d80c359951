package exportjob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
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
		a.logger.WarnContext(ctx, "export attempt was replaced")
		return replacedError{}
	}
	attrs := []any{"contacts", a.state.contacts, "kind", client.KindOf(err), "error", err}
	var apiErr *client.Error
	var snooze *rivertype.JobSnoozeError
	switch {
	case errors.As(err, &snooze):
		a.logger.DebugContext(ctx, "export continues later", "contacts", a.state.contacts, "delay", snooze.Duration)
	case errors.Is(err, oauth.ErrReinstallRequired):
		a.logger.ErrorContext(ctx, "export canceled", attrs...)
		return river.JobCancel(err)
	case errors.Is(ctx.Err(), context.Canceled):
		// The River client stops. For this error, River makes the job available again and does not
		// count the attempt.
		return fmt.Errorf("exportjob: the attempt was stopped: %w", ctx.Err())
	case errors.Is(err, client.ErrRateLimited) && errors.As(err, &apiErr):
		delay := rateLimitDelay(apiErr, time.Now())
		a.logger.WarnContext(ctx, "export pauses for the rate limit", append(attrs, "delay", delay)...)
		return river.JobSnooze(delay)
	case errors.Is(err, context.DeadlineExceeded) && a.progress:
		return river.JobSnooze(0) // if the page takes as long again, the next attempt has no progress and fails
	default:
		a.logger.ErrorContext(ctx, "export attempt failed", attrs...)
	}
	return err
}

// rateLimitDelay returns how long to wait until the API accepts requests again.
func rateLimitDelay(err *client.Error, now time.Time) time.Duration {
	delay := err.RetryAfter
	if errors.Is(err, client.ErrDailyLimit) {
		delay = max(delay, ratelimit.UntilDailyReset(err.Response.RateLimit.DailyReset, now))
	}
	if delay <= 0 {
		delay = err.Response.RateLimit.Interval
	}
	if delay <= 0 {
		delay = ratelimit.DefaultInterval
	}
	return min(delay, ratelimit.Day)
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

// wrap returns err with the operation in front of its message, from which personal data is removed.
func wrap(operation string, err error) error {
	return fmt.Errorf("exportjob: %s: %w", operation, redact.Error(err))
}
