package clienttest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestRateLimit_SlidingWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, clienttest.WithoutSocket(), clienttest.WithRateLimit(clienttest.RateLimit{Max: 3, Interval: 10 * time.Second, Daily: 5}))
		steps := []struct {
			name             string
			advance          time.Duration
			status           int
			remaining, daily string
		}{
			{"first", 0, 200, "2", "4"},
			{"second, later", 4 * time.Second, 200, "1", "3"},
			{"third", 0, 200, "0", "2"},
			{"over the limit", 0, 429, "0", "2"},
			{"before the first request leaves the window", 6*time.Second - time.Second, 429, "0", "2"},
			{"after the first request has left the window", time.Second, 200, "0", "1"},
			{"over the limit again", 0, 429, "0", "1"},
			{"last request of the day", 10 * time.Second, 200, "2", "0"},
			{"daily limit exhausted", time.Minute, 429, "3", "0"},
			{"24 hours after the first request", 24*time.Hour - 80*time.Second, 200, "2", "4"},
		}
		w.server.Advance(13 * time.Hour) // the day begins with the first request
		for _, step := range steps {
			w.server.Advance(step.advance)
			r := w.list("")
			if step.name == "first" && r.header.Get("X-RateLimit-Daily-Reset") != "86400000" {
				t.Errorf("got the reset of the day after %s ms, want 24 hours", r.header.Get("X-RateLimit-Daily-Reset"))
			}
			if r.status != step.status || r.header.Get("X-RateLimit-Remaining") != step.remaining || r.header.Get("X-RateLimit-Daily-Remaining") != step.daily {
				t.Errorf("%s: %d, remaining %s, today %s; want %d, %s, %s", step.name, r.status,
					r.header.Get("X-RateLimit-Remaining"), r.header.Get("X-RateLimit-Daily-Remaining"), step.status, step.remaining, step.daily)
			}
		}
	})
}

func TestRateLimit_PerLocation(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithRateLimit(clienttest.RateLimit{Max: 1, Interval: time.Minute}))
	w.server.AddToken("same", clienttest.Grant{})
	w.server.AddToken("neighbor", clienttest.Grant{LocationID: "other"})
	w.do("PUT", "/contacts/x", `{"oops":1}`) // an invalid request counts too
	for token, want := range map[string]int{"same": 429, "neighbor": 400} {
		other := wireTo(t, w.server)
		other.header.Set("Authorization", "Bearer "+token)
		if r := other.do("GET", "/contacts/x", ""); r.status != want {
			t.Errorf("%s: got %d, want %d", token, r.status, want)
		}
	}
}

func TestWithRateLimit_None(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithRateLimit(clienttest.RateLimit{}))
	if r := w.list(""); r.status != 200 || r.header.Get("X-RateLimit-Max") != "" {
		t.Errorf("got %d %v without a limit, want 200 and no headers of a limit", r.status, r.header)
	}
}
