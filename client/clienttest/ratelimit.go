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

// take counts a request and returns the headers that describe the limit after it. If the limit is
// exhausted, take does not count the request and returns false.
func (l *rateLimiter) take(location string, now time.Time) (header http.Header, ok bool) {
	header = http.Header{}
	if l.limit == (RateLimit{}) {
		return header, true
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
	set := func(name string, value int) { header.Set("X-RateLimit-"+name, strconv.Itoa(value)) }
	set("Max", l.limit.Max)
	set("Remaining", max(0, l.limit.Max-len(h.recent)))
	set("Interval-Milliseconds", int(l.limit.Interval.Milliseconds()))
	if l.limit.Daily > 0 {
		set("Limit-Daily", l.limit.Daily)
		set("Daily-Remaining", l.limit.Daily-h.today)
		set("Daily-Reset", int(h.day.Add(day).Sub(now).Milliseconds()))
	}
	return header, ok
}

// checkRateLimit counts a request, or rejects it. The headers of the limit have been observed on 2xx
// responses. A 401 has none. That other error responses have them, including a 429, is an assumption.
func (s *Server) checkRateLimit(c *call) error {
	var ok bool
	if c.limit, ok = s.limiter.take(c.location.ID, c.now); !ok {
		return wire.NewError(http.StatusTooManyRequests, "Too Many Requests") // the API's body has not been observed
	}
	return nil
}
