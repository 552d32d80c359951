package clienttest

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// RateLimit is how many requests a location may send. The zero value is no limit at all, and no headers.
type RateLimit struct {
	// Max is the number of requests in any Interval, over every window.
	Max      int
	Interval time.Duration
	// Daily is the number of requests a day, counted from midnight UTC; when the API's day begins is not known.
	Daily int
}

// The API's limits, for each app and location.
var (
	ProductionLimit = RateLimit{Max: 100, Interval: 10 * time.Second, Daily: 200_000}
	SandboxLimit    = RateLimit{Max: 25, Interval: 10 * time.Second, Daily: 10_000}
)

// budgetState is what is left of a location's budget.
type budgetState struct {
	limit          RateLimit
	remaining      int
	dailyRemaining int
	dailyReset     time.Duration
}

// budgets counts the requests of each location.
type budgets struct {
	mu    sync.Mutex
	limit RateLimit
	spent map[string]*spending
}

// spending is the requests of one location: the instants of those in the window, the oldest first, and the day's number.
type spending struct {
	recent []time.Time
	day    int64
	today  int
}

// spend counts a request, unless the budget is used up.
func (b *budgets) spend(location string, now time.Time) (state budgetState, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.at(location, now)
	ok = (b.limit.Max <= 0 || len(s.recent) < b.limit.Max) && (b.limit.Daily <= 0 || s.today < b.limit.Daily)
	if ok && b.limit != (RateLimit{}) {
		s.recent = append(s.recent, now)
		s.today++
	}
	return b.state(s, now), ok
}

// at returns a location's spending without what has left the window.
func (b *budgets) at(location string, now time.Time) *spending {
	s := b.spent[location]
	if s == nil {
		s = &spending{}
		b.spent[location] = s
	}
	gone := 0
	for gone < len(s.recent) && now.Sub(s.recent[gone]) >= b.limit.Interval {
		gone++
	}
	s.recent = s.recent[gone:]
	if day := now.Unix() / 86400; day != s.day {
		s.day, s.today = day, 0
	}
	return s
}

func (b *budgets) state(s *spending, now time.Time) budgetState {
	midnight := time.Unix((s.day+1)*86400, 0)
	return budgetState{
		limit:          b.limit,
		remaining:      max(0, b.limit.Max-len(s.recent)),
		dailyRemaining: max(0, b.limit.Daily-s.today),
		dailyReset:     midnight.Sub(now),
	}
}

// checkBudget counts a request that has been let in. One over the limit is not counted.
func (s *Server) checkBudget(c *call) *answer {
	state, ok := s.budgets.spend(c.location.ID, c.now)
	c.budget = &state
	if ok {
		return nil
	}
	tooMany := s.behavior.TooMany
	a := answer{status: http.StatusTooManyRequests, header: http.Header{}, body: []byte(tooMany.Body)}
	if tooMany.ContentType != "" {
		a.header.Set("Content-Type", tooMany.ContentType)
	}
	if tooMany.RetryAfter != "" {
		a.header.Set("Retry-After", tooMany.RetryAfter)
	}
	return &a
}

// limited adds the rate-limit headers to an answer. They are recorded on successes; that other answers to a counted request
// carry them too, a 429 among them, is not known. A 401 has none.
func (s *Server) limited(c *call, a answer) answer {
	b := c.budget
	if b == nil || b.limit == (RateLimit{}) {
		return a
	}
	a.header.Set("X-RateLimit-Max", strconv.Itoa(b.limit.Max))
	a.header.Set("X-RateLimit-Remaining", strconv.Itoa(b.remaining))
	a.header.Set("X-RateLimit-Interval-Milliseconds", strconv.FormatInt(b.limit.Interval.Milliseconds(), 10))
	if b.limit.Daily > 0 {
		a.header.Set("X-RateLimit-Limit-Daily", strconv.Itoa(b.limit.Daily))
		a.header.Set("X-RateLimit-Daily-Remaining", strconv.Itoa(b.dailyRemaining))
		a.header.Set("X-RateLimit-Daily-Reset", strconv.FormatInt(b.dailyReset.Milliseconds(), 10))
	}
	return a
}

// SetRateLimit changes the limit of every location from now on. What was sent before counts.
func (s *Server) SetRateLimit(limit RateLimit) {
	s.budgets.mu.Lock()
	defer s.budgets.mu.Unlock()
	s.budgets.limit = limit
}

// Budget returns what a location has left, without spending any of it: requests of the burst and of the day. Without a limit
// both are zero.
func (s *Server) Remaining(locationID string) (remaining, dailyRemaining int) {
	s.budgets.mu.Lock()
	defer s.budgets.mu.Unlock()
	now := s.Now()
	state := s.budgets.state(s.budgets.at(locationID, now), now)
	return state.remaining, state.dailyRemaining
}

// RateLimit returns the limit of each location.
func (s *Server) RateLimit() RateLimit {
	s.budgets.mu.Lock()
	defer s.budgets.mu.Unlock()
	return s.budgets.limit
}
