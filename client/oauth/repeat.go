package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// repeatFor is how long a request is repeated. The API gives 30 seconds from the first use of a refresh token in which the
	// same one gets the same pair; a lost answer must be asked for again before they are over.
	repeatFor = 25 * time.Second
	// unsentTries is how often a request is tried that did not leave this machine. Nothing is lost with it.
	unsentTries = 3
)

// repeat sends r until it is answered: time-outs, broken connections, 5xx, 408, 425, 429 and successes that cannot be read are
// repeated, promptly, for no longer than a refresh token's grace. Any other answer is final.
func (a *App) repeat(ctx context.Context, r request) (Credential, error) {
	pause := &pauses{ExponentialBackOff: backoff.ExponentialBackOff{
		InitialInterval: 200 * time.Millisecond, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: 3 * time.Second,
	}}
	attempts, unsent := 0, 0
	attempt := func() (Credential, error) {
		attempts++
		credential, sent, err := a.attempt(ctx, r)
		a.logAttempt(ctx, r, attempts, err)
		if !sent {
			unsent++
		}
		answer, isAnswer := errors.AsType[*Error](err)
		switch {
		case err == nil:
		case isAnswer && !answer.temporary(), !isAnswer && unsent >= unsentTries, ctx.Err() != nil:
			err = backoff.Permanent(err)
		case isAnswer:
			pause.atLeast = answer.RetryAfter
		default:
			pause.atLeast = 0
		}
		return credential, err
	}
	credential, err := backoff.Retry(ctx, attempt, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(repeatFor-attemptTimeout))
	if err != nil {
		return Credential{}, fmt.Errorf("oauth: %w", named(r, err))
	}
	return credential, nil
}

// named puts the operation before an error that does not tell it.
func named(r request, err error) error {
	if strings.HasPrefix(err.Error(), r.operation) {
		return err
	}
	return fmt.Errorf("%s: %w", r.operation, err)
}

// pauses are the waits between attempts: as long as the API asked for, if it did.
type pauses struct {
	backoff.ExponentialBackOff
	atLeast time.Duration
}

func (p *pauses) NextBackOff() time.Duration {
	return max(p.ExponentialBackOff.NextBackOff(), p.atLeast)
}

// retryAfter reads a Retry-After header, seconds or a date; 0 if it has neither.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		const longest = 24 * 60 * 60
		return time.Duration(max(0, min(seconds, longest))) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}

func (a *App) logAttempt(ctx context.Context, r request, attempt int, err error) {
	attrs := []slog.Attr{slog.String("operation", r.operation), slog.Int("attempt", attempt)}
	if err == nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "oauth: got a token", attrs...)
		return
	}
	a.logger.LogAttrs(ctx, slog.LevelWarn, "oauth: got no token", append(attrs, slog.Int("status", statusOf(err)))...)
}

// statusOf returns the status of the answer that err is, 0 if there was none.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*Error](err); ok {
		return answer.StatusCode
	}
	return 0
}
