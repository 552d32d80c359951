package exportjob

import (
	"cmp"
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
		err = a.endUninstalled(ctx)
		if err == nil {
			a.logger.WarnContext(ctx, "highlevel: export ended, because the app must be installed again", attrs...)
			return nil
		}
		a.logger.ErrorContext(ctx, "highlevel: export attempt failed", "error", err)
	case errors.Is(ctx.Err(), context.Canceled):
		// The River client stops. For this error, River makes the job available again and does not
		// count the attempt.
		return fmt.Errorf("exportjob: the attempt was stopped: %w", ctx.Err())
	case errors.Is(err, client.ErrRateLimited) && errors.As(err, &apiErr):
		delay := rateLimitDelay(apiErr, time.Now())
		a.logger.WarnContext(ctx, "highlevel: export pauses for the rate limit", append(attrs, "delay", delay)...)
		return river.JobSnooze(delay)
	default:
		a.logger.ErrorContext(ctx, "highlevel: export attempt failed", attrs...)
	}
	return err
}

// rateLimitDelay returns how long to wait until the API accepts requests again.
func rateLimitDelay(err *client.Error, now time.Time) time.Duration {
	if errors.Is(err, client.ErrDailyLimit) {
		return min(max(err.RetryAfter, ratelimit.UntilDailyReset(err.Response.RateLimit.DailyReset, now)), ratelimit.Day)
	}
	return min(cmp.Or(err.RetryAfter, err.Response.RateLimit.Interval, ratelimit.DefaultInterval), ratelimit.LongestPause)
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

// wrap returns err with the operation in front of its message, or nil.
func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("exportjob: %s: %w", operation, err)
}

// hideMessage returns the error of a function of [Settings], without its message if that could
// contain data of contacts, or nil.
func hideMessage(function string, err error) error {
	if err != nil && redact.Message(err.Error()) != err.Error() {
		err = &hiddenError{err: err}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", function, err)
	}
	return err
}

// hiddenError wraps an error whose message could contain data of contacts.
type hiddenError struct{ err error }

func (*hiddenError) Error() string   { return "message withheld, because it could contain personal data" }
func (e *hiddenError) Unwrap() error { return e.err }
