package ratelimit

import (
	"testing"
	"time"
)

func TestUntilDailyReset(t *testing.T) {
	t.Parallel()
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 24, hour, minute, 0, 0, time.UTC) }
	tests := []struct {
		name     string
		reported time.Duration
		now      time.Time
		want     time.Duration
	}{
		{"reported", 5 * time.Minute, at(10, 0), 5 * time.Minute},
		{"reported: a whole day", Day, at(10, 0), Day},
		{"reported: more than a day", Day + 1, at(10, 0), time.Hour},
		{"not reported", 0, at(10, 0), time.Hour},
		{"not reported, before midnight", 0, at(23, 50), 10 * time.Minute},
		{"not reported, before midnight UTC in another zone", 0, at(23, 50).In(time.FixedZone("zone", 7*3600)), 10 * time.Minute},
	}
	for _, test := range tests {
		if got := UntilDailyReset(test.reported, test.now); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
