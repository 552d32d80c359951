package bulk_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
)

// transport is an HTTP transport without a network.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

func respond(request *http.Request, body string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: request,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func newClient(tb testing.TB, t transport, opts ...client.Option) *client.Client {
	tb.Helper()
	opts = append([]client.Option{
		client.WithHTTPClient(&http.Client{Transport: t}), client.WithLocation("ve9EPM428h8vShlRW1KT"), client.WithPacer(client.Unpaced{}),
	}, opts...)
	c, err := client.New(client.StaticToken("pit-0"), opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkAll_Memory measures the heap for different numbers of inputs, which are generated.
func BenchmarkAll_Memory(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			c := newClient(b, func(request *http.Request) (*http.Response, error) {
				return respond(request, `{"new":true,"contact":{"id":"aaaaaaaaaaaaaaaaaaaa"}}`), nil
			})
			var start, highest uint64
			for b.Loop() {
				done := 0
				runtime.GC()
				start = heap()
				highest = start
				for _, outcome := range bulk.All(b.Context(), contacts(n), bulk.Upsert(c)) {
					if outcome.Err != nil {
						b.Fatal(outcome.Err)
					}
					if done++; done%(n/100) == 0 {
						highest = max(highest, heap())
					}
				}
			}
			b.ReportMetric(float64(highest-start)/(1<<20), "peak-MB")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(n), "ns/contact")
		})
	}
}

// BenchmarkWithJournal makes 500 creates with and without a journal, at 100 per second in real
// time.
func BenchmarkWithJournal(b *testing.B) {
	create := func(b *testing.B, opts ...bulk.Option) time.Duration {
		b.Helper()
		c := newClient(b, func(request *http.Request) (*http.Response, error) {
			return respond(request, `{"contact":{"id":"aaaaaaaaaaaaaaaaaaaa"}}`), nil
		}, client.WithPacer(client.NewPacer(100, time.Second)))
		start := time.Now()
		for _, outcome := range bulk.All(context.Background(), creates(500), bulk.Create(c), opts...) {
			if outcome.Err != nil {
				b.Fatal(outcome.Err)
			}
		}
		return time.Since(start)
	}
	for b.Loop() {
		without := create(b)
		j, err := bulk.OpenJournal(filepath.Join(b.TempDir(), "journal"))
		if err != nil {
			b.Fatal(err)
		}
		with := create(b, bulk.WithJournal(j, strconv.Itoa))
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(with)/float64(without), "with/without")
	}
}
