package clienttest

import (
	"sync/atomic"
	"time"
)

// clock is the time of the fake: that of the machine, or of the test's bubble, plus what a test has
// advanced it by.
type clock struct {
	base   func() time.Time
	offset atomic.Int64
}

// Now returns the time of the fake's clock, which dates contacts and tokens and measures the rate
// limits.
func (s *Server) Now() time.Time {
	return s.clock.base().Add(time.Duration(s.clock.offset.Load()))
}

// Advance moves the fake's clock forward at once: rate limit windows pass, tokens expire and late
// list entries appear, without waiting. It does not end the delay of a [Fault], which is a real
// one.
func (s *Server) Advance(d time.Duration) {
	s.clock.offset.Add(int64(d))
}
