package client_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestRateLimit_Headers(t *testing.T) {
	t.Parallel()
	none := client.RateLimit{}
	burst := client.RateLimit{Known: true, Max: 100, Remaining: 99, Interval: 10 * time.Second}
	daily := client.RateLimit{Known: true, DailyLimit: 200000, DailyRemaining: 199512}
	both := burst
	both.DailyLimit, both.DailyRemaining = daily.DailyLimit, daily.DailyRemaining
	with := func(limit client.RateLimit, change func(*client.RateLimit)) client.RateLimit {
		change(&limit)
		return limit
	}
	keys := []string{"Max", "Remaining", "Interval-Milliseconds", "Limit-Daily", "Daily-Remaining", "Daily-Reset", "Limit", "Reset"}
	for values, want := range map[string]client.RateLimit{
		"100 99 10000 200000 199512":              both,
		"- - - - -":                               none,
		"100 99 10000":                            burst,
		"- - - 200000 199512":                     daily,
		"- - - - - - 100 10":                      none, // names that the API does not have
		"100 0 10000":                             with(burst, func(l *client.RateLimit) { l.Remaining = 0 }),
		"- - - 200000 0":                          with(daily, func(l *client.RateLimit) { l.DailyRemaining = 0 }),
		"25 99 10000":                             with(burst, func(l *client.RateLimit) { l.Max = 25 }),
		"100 99 - 200000 199512":                  daily,
		"100 -1 10000 200000 199512":              daily,
		"99.5 99 10000 200000 199512":             daily,
		"100 99 10000 unlimited 199512":           burst,
		"100 99 10000 +200000 199512":             burst,
		"100 99 10000 200000 NaN":                 burst,
		"100 99 1000000000":                       with(burst, func(l *client.RateLimit) { l.Interval = 1e6 * time.Second }),
		"100 99 1000000001 200000 199512":         daily,
		"99999999999999999999 99 10000":           none,
		"100,100 99 10000":                        none,
		"100 99 10000 200000 199512 43200000":     with(both, func(l *client.RateLimit) { l.DailyReset = 12 * time.Hour }),
		"100 99 10000 - - 43200000":               burst,
		"100 99 10000 200000 199512 86400000":     with(both, func(l *client.RateLimit) { l.DailyReset = 24 * time.Hour }),
		"100 99 10000 200000 199512 86400001":     both, // after more than a day
		"100 99 10000 200000 199512 178554240000": both,
		"100 99 10000 200000 199512 -1":           both,
	} {
		header := http.Header{}
		for i, value := range strings.Fields(values) {
			if value != "-" {
				header.Set("X-RateLimit-"+keys[i], value)
			}
		}
		c, _ := newStub(t, stubResponse{status: 429, header: header})
		var response client.Response
		_ = c.Contacts.Delete(t.Context(), "abc", client.WithResponseInto(&response))
		if diff := cmp.Diff(want, response.RateLimit); diff != "" {
			t.Errorf("%v (-want +got):\n%s", header, diff)
		}
	}
}
