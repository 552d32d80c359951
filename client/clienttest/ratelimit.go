package clienttest

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// RateLimit is how many requests a location may send. The zero value is no limit, and no headers.
type RateLimit struct {
	// Max is the number of requests in any Interval, over every window.
	Max      int
	Interval time.Duration
	// Daily is the number of requests per day, counted from midnight UTC. When the API's day begins
	// is not known.
	Daily int
}

// The API's limits, for each app and location.
var (
	ProductionLimit = RateLimit{Max: 100, Interval: 10 * time.Second, Daily: 200_000}
	SandboxLimit    = RateLimit{Max: 25, Interval: 10 * time.Second, Daily: 10_000}
)

// usage is what a location may still send.
type usage struct {
	limit          RateLimit
	remaining      int
	dailyRemaining int
	dailyReset     time.Duration
}

// rateLimiter counts the requests of each location.
type rateLimiter struct {
	mu        sync.Mutex
	limit     RateLimit
	locations map[string]*history
}

// history is the requests of one location: the times of those in the window, the oldest first, and
// the number of those of the day.
type history struct {
	recent []time.Time
	day    int64
	today  int
}

// take counts a request, unless the limit is exhausted.
func (l *rateLimiter) take(location string, now time.Time) (u usage, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.history(location, now)
	ok = (l.limit.Max <= 0 || len(h.recent) < l.limit.Max) && (l.limit.Daily <= 0 || h.today < l.limit.Daily)
	if ok && l.limit != (RateLimit{}) {
		h.recent = append(h.recent, now)
		h.today++
	}
	return l.usage(h, now), ok
}

// history returns the requests of a location without those that have left the window.
func (l *rateLimiter) history(location string, now time.Time) *history {
	h := l.locations[location]
	if h == nil {
		h = &history{}
		l.locations[location] = h
	}
	expired := 0
	for expired < len(h.recent) && now.Sub(h.recent[expired]) >= l.limit.Interval {
		expired++
	}
	h.recent = h.recent[expired:]
	if day := now.Unix() / 86400; day != h.day {
		h.day, h.today = day, 0
	}
	return h
}

func (l *rateLimiter) usage(h *history, now time.Time) usage {
	midnight := time.Unix((h.day+1)*86400, 0)
	return usage{
		limit:          l.limit,
		remaining:      max(0, l.limit.Max-len(h.recent)),
		dailyRemaining: max(0, l.limit.Daily-h.today),
		dailyReset:     midnight.Sub(now),
	}
}

// checkRateLimit counts a request. A request over the limit is rejected and not counted.
func (s *Server) checkRateLimit(c *call) error {
	used, ok := s.limiter.take(c.location.ID, c.now)
	c.usage = &used
	if ok {
		return nil
	}
	tooMany := s.behavior.TooMany
	response := wire.Response{Status: http.StatusTooManyRequests, Header: http.Header{}, Body: []byte(tooMany.Body)}
	if tooMany.ContentType != "" {
		response.Header.Set("Content-Type", tooMany.ContentType)
	}
	if tooMany.RetryAfter != "" {
		response.Header.Set("Retry-After", tooMany.RetryAfter)
	}
	return &wire.Error{Response: response}
}

// addRateLimitHeaders adds the rate limit to a response. It is recorded for 2xx responses; that
// error responses to a counted request have it too, a 429 among them, is not known. A 401 has none.
func (s *Server) addRateLimitHeaders(c *call, header http.Header) {
	u := c.usage
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

// RateLimit returns the limit of each location.
func (s *Server) RateLimit() RateLimit {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	return s.limiter.limit
}

// SetRateLimit changes the limit of every location. Earlier requests count.
func (s *Server) SetRateLimit(limit RateLimit) {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	s.limiter.limit = limit
}

// Remaining returns how many requests a location may still send in the window and today. Without a
// limit both are zero.
func (s *Server) Remaining(locationID string) (remaining, dailyRemaining int) {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	now := s.Now()
	u := s.limiter.usage(s.limiter.history(locationID, now), now)
	return u.remaining, u.dailyRemaining
}
