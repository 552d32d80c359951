package clienttest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// BenchmarkServer measures the fake without a network. The goals without validation are 5,000 gets
// and 300 pages of 100 contacts per second.
func BenchmarkServer(b *testing.B) {
	for name, opts := range map[string][]clienttest.Option{"fast": {clienttest.WithoutValidation()}, "validated": nil} {
		s := clienttest.NewServer(b, append(opts, clienttest.WithRateLimit(clienttest.RateLimit{}), clienttest.WithRequestLog(100))...)
		if err := s.SeedSamples(10_000); err != nil {
			b.Fatal(err)
		}
		contacts := s.Contacts()
		for path, query := range map[string]func(i int) (path, query string){
			"get": func(i int) (string, string) { return "/contacts/" + contacts[i].ID, "" },
			"page": func(i int) (string, string) {
				after := contacts[0].DateAdded.Add(-time.Duration(i) * time.Minute).UnixMilli()
				return "/contacts/", "limit=100&locationId=" + s.LocationID + "&startAfterId=x&startAfter=" + strconv.FormatInt(after, 10)
			},
		} {
			b.Run(name+"/"+path, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					path, query := query(i * 7919 % len(contacts))
					if status, _, text := serveDirect(s, http.MethodGet, path, query, ""); status != http.StatusOK {
						b.Fatal(status, text)
					}
				}
			})
		}
	}
}
