package clienttest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// sizes are the numbers of contacts that the benchmarks compare.
var sizes = []int{1_000, 100_000}

// filled starts a fake on loopback without a rate limit and with n samples.
func filled(b *testing.B, n int, opts ...clienttest.Option) *clienttest.Server {
	b.Helper()
	s := clienttest.NewServer(b, append([]clienttest.Option{clienttest.WithRateLimit(clienttest.RateLimit{}), clienttest.WithRequestLog(100)}, opts...)...)
	if err := s.SeedSamples(n); err != nil {
		b.Fatal(err)
	}
	return s
}

// fetch gets a path and reads the response to its end.
func fetch(ctx context.Context, httpClient *http.Client, s *clienttest.Server, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return err
	}
	request.Header = http.Header{"Version": {"2021-07-28"}, "Authorization": {"Bearer " + s.Token}}
	resp, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// benchmarkPaths fetches paths on loopback from several goroutines.
func benchmarkPaths(b *testing.B, s *clienttest.Server, path func(i int64) string) {
	b.Helper()
	httpClient := s.HTTPClient()
	var next atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := fetch(b.Context(), httpClient, s, path(next.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

func sampleIDs(s *clienttest.Server) []string {
	var ids []string
	for _, contact := range s.Contacts() {
		ids = append(ids, contact.ID)
	}
	return ids
}

// BenchmarkGet: the goal is 5,000 requests per second without validation.
func BenchmarkGet(b *testing.B) {
	for name, opts := range map[string][]clienttest.Option{"fast": {clienttest.WithoutValidation()}, "validated": nil} {
		b.Run(name, func(b *testing.B) {
			s := filled(b, 10_000, opts...)
			ids := sampleIDs(s)
			benchmarkPaths(b, s, func(i int64) string { return "/contacts/" + ids[int(i)%len(ids)] })
		})
	}
}

// BenchmarkList: the goal is 300 pages of 100 contacts per second without validation.
func BenchmarkList(b *testing.B) {
	for name, opts := range map[string][]clienttest.Option{"fast": {clienttest.WithoutValidation()}, "validated": nil} {
		b.Run(name, func(b *testing.B) {
			s := filled(b, 10_000, opts...)
			benchmarkPaths(b, s, pages(s))
		})
	}
}

// pages returns paths of pages at different positions in the list. The dates of samples differ by a
// minute.
func pages(s *clienttest.Server) func(i int64) string {
	latest, n := s.Contacts()[0].DateAdded.UnixMilli(), int64(s.Len())
	return func(i int64) string {
		after := latest - i*7919%n*time.Minute.Milliseconds()
		return "/contacts/?limit=100&locationId=" + s.LocationID + "&startAfterId=x&startAfter=" + strconv.FormatInt(after, 10)
	}
}

// BenchmarkFind compares the times to find a contact and a page in stores of different sizes.
func BenchmarkFind(b *testing.B) {
	for _, n := range sizes {
		s := filled(b, n, clienttest.WithoutValidation())
		contacts := s.Contacts()
		pick := func(i int64) int { return int(i*7919) % len(contacts) }
		search := "/contacts/?limit=1&locationId=" + s.LocationID + "&query="
		for name, path := range map[string]func(i int64) string{
			"id":    func(i int64) string { return "/contacts/" + contacts[pick(i)].ID },
			"email": func(i int64) string { return search + url.QueryEscape(contacts[pick(i)].Email) },
			"phone": func(i int64) string { return search + url.QueryEscape(contacts[pick(i)].Phone) },
			"business": func(i int64) string {
				return "/contacts/business/" + contacts[pick(i)].BusinessID + "?limit=10&locationId=" + s.LocationID
			},
			"page": pages(s),
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) { benchmarkPaths(b, s, path) })
		}
		s.Close()
	}
}

// BenchmarkSeed measures 100,000 contacts: the goal is less than 3 seconds and 400 MB.
func BenchmarkSeed(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				s := filled(b, n, clienttest.WithoutSocket())
				b.ReportMetric(float64(heap()-before)/float64(n), "heap-B/contact")
				runtime.KeepAlive(s)
				s.Close()
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(n)*1e5, "s/100k")
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
