package client_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestRateLimit_Headers(t *testing.T) {
	t.Parallel()
	burst := map[string]string{"X-RateLimit-Max": "100", "X-RateLimit-Remaining": "99", "X-RateLimit-Interval-Milliseconds": "10000"}
	daily := map[string]string{"X-RateLimit-Limit-Daily": "200000", "X-RateLimit-Daily-Remaining": "199512"}
	both := client.RateLimit{Known: true, Max: 100, Remaining: 99, Interval: 10 * time.Second, DailyLimit: 200000, DailyRemaining: 199512}
	onlyBurst := client.RateLimit{Known: true, Max: 100, Remaining: 99, Interval: 10 * time.Second}
	onlyDaily := client.RateLimit{Known: true, DailyLimit: 200000, DailyRemaining: 199512}
	withReset := both
	withReset.DailyReset = 12 * time.Hour
	change := func(key, value string) map[string]string { return map[string]string{key: value} }
	for _, test := range []struct {
		name  string
		parts []map[string]string
		want  client.RateLimit
	}{
		{"all", []map[string]string{burst, daily}, both},
		{"none", nil, client.RateLimit{}},
		{"burst alone", []map[string]string{burst}, onlyBurst},
		{"daily alone", []map[string]string{daily}, onlyDaily},
		{"names that the API does not have", []map[string]string{change("X-RateLimit-Limit", "100"), change("X-RateLimit-Reset", "10")}, client.RateLimit{}},
		{"exhausted", []map[string]string{burst, change("X-RateLimit-Remaining", "0")}, client.RateLimit{Known: true, Max: 100, Interval: 10 * time.Second}},
		{"exhausted day", []map[string]string{daily, change("X-RateLimit-Daily-Remaining", "0")}, client.RateLimit{Known: true, DailyLimit: 200000}},
		{"sandbox", []map[string]string{burst, change("X-RateLimit-Max", "25")}, client.RateLimit{Known: true, Max: 25, Remaining: 99, Interval: 10 * time.Second}},
		{"one missing", []map[string]string{burst, daily, change("X-RateLimit-Interval-Milliseconds", "")}, onlyDaily},
		{"negative", []map[string]string{burst, daily, change("X-RateLimit-Remaining", "-1")}, onlyDaily},
		{"fraction", []map[string]string{burst, daily, change("X-RateLimit-Max", "99.5")}, onlyDaily},
		{"word", []map[string]string{burst, daily, change("X-RateLimit-Limit-Daily", "unlimited")}, onlyBurst},
		{"sign", []map[string]string{burst, daily, change("X-RateLimit-Limit-Daily", "+200000")}, onlyBurst},
		{"not a number", []map[string]string{burst, daily, change("X-RateLimit-Daily-Remaining", "NaN")}, onlyBurst},
		{"over a billion", []map[string]string{burst, daily, change("X-RateLimit-Interval-Milliseconds", "1000000001")}, onlyDaily},
		{"over an integer", []map[string]string{burst, daily, change("X-RateLimit-Max", "99999999999999999999")}, onlyDaily},
		{"reset", []map[string]string{burst, daily, change("X-RateLimit-Daily-Reset", "43200000")}, withReset},
		{"reset without a daily limit", []map[string]string{burst, change("X-RateLimit-Daily-Reset", "43200000")}, onlyBurst},
		{"reset after more than a day", []map[string]string{burst, daily, change("X-RateLimit-Daily-Reset", "86400001")}, both},
		{"reset as a time", []map[string]string{burst, daily, change("X-RateLimit-Daily-Reset", "1785542400000")}, both},
		{"negative reset", []map[string]string{burst, daily, change("X-RateLimit-Daily-Reset", "-1")}, both},
		{"two numbers", []map[string]string{burst, daily, change("X-RateLimit-Max", "100, 100")}, onlyDaily},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all := map[string]string{}
			for _, part := range test.parts {
				maps.Copy(all, part)
			}
			header := http.Header{}
			for key, value := range all {
				header.Set(key, value)
			}
			for _, status := range []int{200, 429} {
				c, _ := newStub(t, stubResponse{status: status, body: everything.body, header: header})
				var response client.Response
				_ = c.Contacts.Delete(t.Context(), "abc", client.WithResponseInto(&response))
				if diff := cmp.Diff(test.want, response.RateLimit); diff != "" {
					t.Errorf("%d (-want +got):\n%s", status, diff)
				}
			}
		})
	}
}
