package client

import (
	"net/http"
	"strconv"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// RateLimit is the rate limit that the API reports in the headers of a response. Known is false and
// the other fields are zero if the response has no such headers.
type RateLimit struct {
	Known          bool
	Max            int           // requests allowed in each Interval; 0 if the API did not report it
	Remaining      int           // requests left in the current Interval; meaningful only if Max is not 0
	Interval       time.Duration // usually 10 seconds
	DailyLimit     int           // requests allowed per day; 0 if the API did not report it
	DailyRemaining int           // requests left today; meaningful only if DailyLimit is not 0
	DailyReset     time.Duration // time until DailyRemaining is reset; 0 if the API did not report a plausible value
}

// parseRateLimit reads the rate limit from the headers of a response. It ignores a header that is
// not a number.
func parseRateLimit(header http.Header) RateLimit {
	maximum, okMax := headerInt(header, "X-Ratelimit-Max")
	remaining, okRemaining := headerInt(header, "X-Ratelimit-Remaining")
	interval, okInterval := headerInt(header, "X-Ratelimit-Interval-Milliseconds")
	dailyLimit, okDaily := headerInt(header, "X-Ratelimit-Limit-Daily")
	dailyRemaining, okDailyRemaining := headerInt(header, "X-Ratelimit-Daily-Remaining")
	var limit RateLimit
	if okMax && okRemaining && okInterval {
		limit.Known, limit.Max, limit.Remaining = true, maximum, remaining
		limit.Interval = time.Duration(interval) * time.Millisecond
	}
	if okDaily && okDailyRemaining {
		limit.Known, limit.DailyLimit, limit.DailyRemaining = true, dailyLimit, dailyRemaining
		reset, _ := headerInt(header, "X-Ratelimit-Daily-Reset") // undocumented
		if reset := time.Duration(reset) * time.Millisecond; reset <= ratelimit.Day {
			limit.DailyReset = reset
		}
	}
	return limit
}

// headerInt reads a header that holds a number from 0 to a billion. The key must be canonical.
func headerInt(header http.Header, key string) (int, bool) {
	values := header[key]
	if len(values) == 0 {
		return 0, false
	}
	number, err := strconv.ParseUint(values[0], 10, 32)
	if err != nil || number > 1_000_000_000 {
		return 0, false
	}
	return int(number), true
}

// pauseAfter returns how long no request should start after a response. For a response with status
// 429 that is as long as the API asks, or one interval if it does not say. Otherwise it is 0.
func pauseAfter(response *Response) time.Duration {
	if response.StatusCode != http.StatusTooManyRequests {
		return 0
	}
	if wait := httpx.RetryAfter(response.Header); wait > 0 {
		return wait
	}
	if interval := response.RateLimit.Interval; interval > 0 && interval <= ratelimit.LongestInterval {
		return interval
	}
	return ratelimit.DefaultInterval
}

// newPausedError returns the error of a request that was not sent because of a pause.
func newPausedError(wait time.Duration) *Error {
	return &Error{
		StatusCode: http.StatusTooManyRequests, RetryAfter: wait,
		Messages: []string{ratelimit.PauseMessage(wait)},
	}
}

// newDailyLimitError returns the error of a request that was not sent because the daily limit is
// exhausted.
func newDailyLimitError(wait time.Duration, limit RateLimit) *Error {
	return &Error{
		StatusCode: http.StatusTooManyRequests, RetryAfter: wait, Response: Response{RateLimit: limit},
		Messages: []string{ratelimit.DailyLimitMessage(wait)},
	}
}
