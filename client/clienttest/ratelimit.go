package clienttest

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// RateLimit is the rate limit of a location. The zero value means no limit and no rate limit
// headers.
type RateLimit struct {
	// Max is the number of requests that the fake accepts in every window of length Interval; 0
	// means no limit in windows.
	Max      int
	Interval time.Duration
	// Daily is the number of requests that the fake accepts in 24 hours, which begin with the first
	// request; 0 means no daily limit.
	Daily int
}

// ProductionLimit is the API's rate limit for each pair of an app and a location.
var ProductionLimit = RateLimit{Max: 100, Interval: 10 * time.Second, Daily: 200_000}

const day = 24 * time.Hour

// usage is the state of the rate limit of a location.
type usage struct {
	limit          RateLimit
	remaining      int
	dailyRemaining int
	dailyReset     time.Duration // until the day ends
}

// rateLimiter counts the requests of each location.
type rateLimiter struct {
	limit     RateLimit
	mu        sync.Mutex
	locations map[string]*history
}

// history records the requests of a location.
type history struct {
	recent []time.Time // of the requests in the window, the oldest first
	day    time.Time   // of the first request of the day
	today  int         // requests of that day
}

// take counts a request and returns the usage after it. If the limit is exhausted, it does not
// count the request and returns false.
func (l *rateLimiter) take(location string, now time.Time) (u usage, ok bool) {
	if l.limit == (RateLimit{}) {
		return usage{}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.locations[location]
	if h == nil {
		h = &history{}
		l.locations[location] = h
	}
	if now.Sub(h.day) >= day {
		h.day, h.today = now, 0
	}
	for len(h.recent) > 0 && now.Sub(h.recent[0]) >= l.limit.Interval {
		h.recent = h.recent[1:]
	}
	ok = (l.limit.Max <= 0 || len(h.recent) < l.limit.Max) && (l.limit.Daily <= 0 || h.today < l.limit.Daily)
	if ok {
		h.recent = append(h.recent, now)
		h.today++
	}
	return usage{
		limit:          l.limit,
		remaining:      max(0, l.limit.Max-len(h.recent)),
		dailyRemaining: max(0, l.limit.Daily-h.today),
		dailyReset:     h.day.Add(day).Sub(now),
	}, ok
}

// checkRateLimit counts a request, or rejects it.
func (s *Server) checkRateLimit(c *call) error {
	used, ok := s.limiter.take(c.location.ID, c.now)
	c.usage = &used
	if ok {
		return nil
	}
	return wire.NewError(http.StatusTooManyRequests, "Too Many Requests") // the API's body has not been observed
}

// addHeaders adds the rate limit headers to a response; a nil usage has none. They have been
// observed on 2xx responses. A 401 has none. That other error responses have them, including a 429,
// is an assumption.
func (u *usage) addHeaders(header http.Header) {
	if u == nil || u.limit == (RateLimit{}) {
		return
	}
	header.Set("X-RateLimit-Max", strconv.Itoa(u.limit.Max))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(u.remaining))
	header.Set("X-RateLimit-Interval-Milliseconds", strconv.FormatInt(u.limit.Interval.Milliseconds(), 10))
	if u.limit.Daily > 0 {
		header.Set("X-RateLimit-Limit-Daily", strconv.Itoa(u.limit.Daily))
		header.Set("X-RateLimit-Daily-Remaining", strconv.Itoa(u.dailyRemaining))
		header.Set("X-RateLimit-Daily-Reset", strconv.FormatInt(u.dailyReset.Milliseconds(), 10))
	}
}
