package postgres

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// slot is the start of a request that is reserved in the row, and the state of the limit.
type slot struct {
	id         int64
	delay      time.Duration // until the start
	requests   int           // of the limit
	interval   time.Duration // of the limit
	pause      time.Duration // for which no request may start
	dailyReset time.Duration // until the daily limit is reset, 0 if it is not exhausted
	dailyLimit int
}

// refusal returns the error of a call that must not wait, because of a long pause or the daily
// limit. It returns nil if the call may wait.
func (s slot) refusal() error {
	switch {
	case s.dailyReset > 0:
		return &client.Error{
			StatusCode: http.StatusTooManyRequests, RetryAfter: s.dailyReset,
			Response: client.Response{RateLimit: client.RateLimit{Known: true, DailyLimit: s.dailyLimit}},
			Messages: []string{ratelimit.DailyLimitMessage(s.dailyReset)},
		}
	case s.pause > ratelimit.LongestQueuedPause:
		return &client.Error{
			StatusCode: http.StatusTooManyRequests, RetryAfter: s.pause,
			Messages: []string{ratelimit.PauseMessage(s.pause)},
		}
	default:
		return nil
	}
}

func newDeadlineError(delay time.Duration) error {
	return fmt.Errorf("no request may start for %v, which is after the deadline of the call: %w",
		delay.Round(time.Millisecond), context.DeadlineExceeded)
}
