// Package ratelimit defines the constants and rules of the rate limit that packages client, postgres
// and exportjob share.
package ratelimit

import "time"

const (
	// DefaultRequests is the number of requests per DefaultInterval that is allowed until the API
	// reports a limit.
	DefaultRequests = 100
	// DefaultInterval is the interval that applies until the API reports one.
	DefaultInterval = 10 * time.Second
	// LongestInterval is the longest interval that is accepted from a response.
	LongestInterval = 10 * time.Minute
	// LongestPause is the longest pause that a response can ask for, except that an exhausted daily
	// limit lasts until it is reset.
	LongestPause = time.Hour
	// LongestQueuedPause is the longest pause that calls wait for. During a longer one they fail.
	LongestQueuedPause = 30 * time.Second
	// MarginDivisor divides an interval to get the margin for different latencies: requests that
	// start an interval apart may arrive closer together.
	MarginDivisor = 40
	// Day is the period of the daily limit.
	Day = 24 * time.Hour
)

// Window returns how long the start of a request counts toward a limit with the given interval: the
// interval and the margin.
func Window(interval time.Duration) time.Duration { return interval + interval/MarginDivisor }

// UntilDailyReset returns how long an exhausted daily limit is expected to last: the time that the
// API reported, if it is plausible, and otherwise until midnight UTC, but at most an hour. The
// vendor does not document when the API's day begins.
func UntilDailyReset(reported time.Duration, now time.Time) time.Duration {
	if reported > 0 && reported <= Day {
		return reported
	}
	return min(time.Hour, now.UTC().Truncate(Day).Add(Day).Sub(now))
}

// PauseMessage returns the message of a request that was not sent because of a pause.
func PauseMessage(left time.Duration) string {
	return "the request was not sent, because the API has asked to wait for another " + left.Round(time.Second).String()
}

// DailyLimitMessage returns the message of a request that was not sent because the daily limit is
// exhausted.
func DailyLimitMessage(left time.Duration) string {
	return "the request was not sent, because the daily limit is exhausted for another " + left.Round(time.Second).String()
}
