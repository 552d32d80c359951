package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"
)

const (
	// retryWindow is how long a request is retried. For 30 seconds after a refresh token was first used, the
	// API returns the same token pair for it; a lost response must be requested again before that.
	retryWindow = 25 * time.Second
	// maxUnsentAttempts is how often a request is attempted that did not leave this machine.
	maxUnsentAttempts = 3

	minRetryDelay = 200 * time.Millisecond
	maxRetryDelay = 3 * time.Second
)

// sendWithRetry sends r, and retries timeouts, broken connections, 5xx, 408, 425, 429 and unreadable 2xx
// responses, for no longer than retryWindow. Any other response is final.
func (a *App) sendWithRetry(ctx context.Context, r request) (Credential, error) {
	start, unsent := time.Now(), 0
	for attempt := 1; ; attempt++ {
		credential, sent, err := a.attempt(ctx, r)
		a.logAttempt(ctx, r, attempt, err)
		if err == nil {
			return credential, nil
		}
		if !sent {
			unsent++
		}
		delay, retry := retryDelay(err, attempt, unsent)
		if !retry || ctx.Err() != nil || time.Since(start)+delay > retryWindow-attemptTimeout {
			return Credential{}, fmt.Errorf("oauth: %w", withOperation(r, err))
		}
		if err := sleep(ctx, delay); err != nil {
			return Credential{}, fmt.Errorf("oauth: %w", withOperation(r, err))
		}
	}
}

// retryDelay reports whether a request may be retried after attempt failed with err, and how long to wait
// first: as long as the API asks, and at least an exponential delay with jitter.
func retryDelay(err error, attempt, unsent int) (time.Duration, bool) {
	delay := min(minRetryDelay<<min(attempt-1, 8), maxRetryDelay)
	delay += rand.N(delay) - delay/2 //nolint:gosec // jitter need not be secret
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return max(delay, apiErr.RetryAfter), apiErr.temporary()
	}
	return delay, unsent < maxUnsentAttempts
}

// sleep waits until the delay is over or ctx is done.
func sleep(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// withOperation puts the operation in front of an error that does not name it.
func withOperation(r request, err error) error {
	if strings.HasPrefix(err.Error(), r.operation) {
		return err
	}
	return fmt.Errorf("%s: %w", r.operation, err)
}

func (a *App) logAttempt(ctx context.Context, r request, attempt int, err error) {
	attrs := []slog.Attr{slog.String("operation", r.operation), slog.Int("attempt", attempt)}
	if err == nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "oauth: received a token", attrs...)
		return
	}
	a.logger.LogAttrs(ctx, slog.LevelWarn, "oauth: token request failed", append(attrs, slog.Int("status", statusOf(err)))...)
}

// statusOf returns the status of the error response err, or 0 if err is another error.
func statusOf(err error) int {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return apiErr.StatusCode
	}
	return 0
}
