package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// limitTable calls the SQL functions of migrations/2_limits.sql for the row of one limit. They
// implement the rule; this package only waits.
type limitTable struct {
	database *limitDatabase
	name     string // name of the limit
}

// slot is the start of a request that is reserved in the row, and the state of the limit.
type slot struct {
	id         int64
	delay      time.Duration // time until the start
	tolerance  time.Duration // how late the request may start without a confirmation
	requests   int           // number of requests per interval
	interval   time.Duration // interval of the limit
	pause      time.Duration // time during which no request may start
	dailyReset time.Duration // time until the daily limit is reset; 0 if it is not exhausted
}

// refusal returns the error of a call that must not wait, because of a long pause, the daily limit
// or the deadline of ctx. It returns nil if the call may wait.
func (s slot) refusal(ctx context.Context) error {
	switch {
	case s.dailyReset > 0:
		return newRefusal(s.dailyReset, fmt.Errorf("%s: %w", ratelimit.DailyLimitMessage(s.dailyReset), client.ErrDailyLimit))
	case s.pause > ratelimit.LongestQueuedPause:
		return newRefusal(s.pause, errors.New(ratelimit.PauseMessage(s.pause)))
	default:
		return checkDeadline(ctx, s.delay)
	}
}

func newRefusal(wait time.Duration, cause error) error {
	return &client.Error{Kind: client.ErrRateLimited, RetryAfter: wait, Err: cause}
}

// checkDeadline returns an error if ctx ends before the delay has passed.
func checkDeadline(ctx context.Context, delay time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
		return fmt.Errorf("no request may start for %v, which is after the deadline of the call: %w",
			delay.Round(time.Millisecond), context.DeadlineExceeded)
	}
	return nil
}

// limitChange is what an API response reported for all processes. Zero fields change nothing.
type limitChange struct {
	requests   int
	interval   time.Duration
	pause      time.Duration
	dailyReset time.Duration
}

// join creates the row if it does not exist, adds starts of this process, and returns the epoch of
// the row. If the epoch is known, it adds only the unreported starts; otherwise it adds all.
func (l *limitTable) join(ctx context.Context, requests int, interval time.Duration, known int64, unreported, all []time.Time) (epoch int64, err error) {
	now := time.Now()
	_, err = l.database.queryRow(ctx, []any{&epoch}, `SELECT highlevel_join($1, $2, $3, $4, $5, $6::text::bigint[], $7::text::bigint[])`,
		l.name, requests, interval.Microseconds(), ratelimit.Window(interval).Microseconds(), known, encodeAges(now, unreported), encodeAges(now, all))
	return epoch, err
}

// encodeAges returns the ages of starts in microseconds, as the text of an SQL array. Every driver
// accepts a string, and not every driver accepts a slice.
func encodeAges(now time.Time, starts []time.Time) string {
	ages := make([]string, 0, len(starts))
	for _, start := range starts {
		ages = append(ages, strconv.FormatInt(now.Sub(start).Microseconds(), 10))
	}
	return "{" + strings.Join(ages, ",") + "}"
}

// reserve reserves a slot, or returns the error of [slot.refusal]. It reports whether the row exists
// and is the one that the pacer has joined.
func (l *limitTable) reserve(ctx context.Context, epoch int64, used *usage) (s slot, found bool, err error) {
	var maxWait, requests, sentAgo any
	if deadline, ok := ctx.Deadline(); ok {
		maxWait = time.Until(deadline).Microseconds()
	}
	if used != nil {
		requests, sentAgo = used.requests, time.Since(used.sent).Microseconds()
	}
	var reserved bool
	found, err = l.database.queryRow(ctx, []any{&reserved, &s.id, &s.delay, &s.tolerance, &s.requests, &s.interval, &s.pause, &s.dailyReset}, `
		SELECT taken, id, greatest(start - server_time, 0) * 1000, tolerance * 1000, requests, "interval" * 1000,
			greatest(paused_until - server_time, 0) * 1000, greatest(daily_until - server_time, 0) * 1000
		FROM highlevel_reserve($1, $2, $3, $4, $5, $6)`,
		l.name, epoch, maxWait, ratelimit.LongestQueuedPause.Microseconds(), requests, sentAgo)
	if found && !reserved {
		err = s.refusal(ctx)
	}
	return s, found, err
}

// confirm reports whether the slot still exists, and updates it. The request may start if the delay
// is then 0. If the call must not wait, confirm returns the error of [slot.refusal].
func (l *limitTable) confirm(ctx context.Context, s *slot) (found bool, err error) {
	found, err = l.database.queryRow(ctx, []any{&s.delay, &s.pause, &s.dailyReset}, `
		SELECT greatest(start - server_time, 0) * 1000, greatest(paused_until - server_time, 0) * 1000,
			greatest(daily_until - server_time, 0) * 1000
		FROM highlevel_confirm($1, $2)`, l.name, s.id)
	if found {
		err = s.refusal(ctx)
	}
	return found, err
}

// release removes a slot, even if ctx is done. It ignores errors: the slot then remains unused.
func (l *limitTable) release(ctx context.Context, id int64) {
	_ = l.database.exec(context.WithoutCancel(ctx), `SELECT highlevel_release($1, $2)`, l.name, id)
}

// change stores what a response reported, even if ctx is done. It ignores errors, because the next
// response usually reports the same.
func (l *limitTable) change(ctx context.Context, c limitChange) {
	_ = l.database.exec(context.WithoutCancel(ctx), `SELECT highlevel_change($1, $2, $3, $4, $5, $6)`,
		l.name, c.requests, c.interval.Microseconds(), ratelimit.Window(c.interval).Microseconds(), c.pause.Microseconds(), c.dailyReset.Microseconds())
}
