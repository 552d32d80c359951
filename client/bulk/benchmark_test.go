package bulk_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
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

// peak measures the growth of the heap to its highest sample.
type peak struct{ start, highest uint64 }

func newPeak() *peak {
	runtime.GC()
	p := &peak{}
	p.start = p.heap()
	return p
}

func (p *peak) heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func (p *peak) sample() { p.highest = max(p.highest, p.heap()) }

func (p *peak) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(p.highest-min(p.start, p.highest))/(1<<20), "peak-MB")
}

// BenchmarkAll_Memory measures the heap for different numbers of inputs, which are generated.
func BenchmarkAll_Memory(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			c := newClient(b, func(request *http.Request) (*http.Response, error) {
				return respond(request, `{"new":true,"contact":{"id":"aaaaaaaaaaaaaaaaaaaa"}}`), nil
			})
			var memory *peak
			for b.Loop() {
				done := 0
				memory = newPeak()
				for _, outcome := range bulk.All(b.Context(), contacts(n), bulk.Upsert(c)) {
					if outcome.Err != nil {
						b.Fatal(outcome.Err)
					}
					if done++; done%(n/100) == 0 {
						memory.sample()
					}
				}
			}
			memory.report(b)
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

// BenchmarkAll_IdealTime makes 300 upserts at 100 per second in real time, over a socket, and
// compares their duration with the shortest possible one.
func BenchmarkAll_IdealTime(b *testing.B) {
	limit := clienttest.RateLimit{Max: 100, Interval: time.Second}
	for _, latency := range []time.Duration{0, 20 * time.Millisecond, 200 * time.Millisecond} {
		b.Run(latency.String(), func(b *testing.B) {
			for b.Loop() {
				hl := clienttest.NewServer(b, clienttest.WithRateLimit(limit), clienttest.WithoutValidation())
				hl.InjectFaults(clienttest.Fault{Delay: latency})
				c := hl.Client(client.WithPacer(client.NewPacer(limit.Max, limit.Interval)))
				start, failed := time.Now(), error(nil)
				for _, outcome := range bulk.All(b.Context(), contacts(300), bulk.Upsert(c)) {
					failed = errors.Join(failed, outcome.Err)
				}
				took := time.Since(start)
				if failed != nil || count429(hl) > 0 {
					b.Fatalf("got error %v and %d responses with status 429, want none", failed, count429(hl))
				}
				b.ReportMetric(float64(took)/float64(2*limit.Interval+latency), "of-ideal")
			}
		})
	}
}

// BenchmarkContactsAll iterates over lists that the transport generates. It is in this package to
// use the same measure of memory as BenchmarkAll_Memory.
func BenchmarkContactsAll(b *testing.B) {
	const pageSize = 100
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			pages := 0
			c := newClient(b, func(request *http.Request) (*http.Response, error) {
				var page strings.Builder
				for i := range pageSize {
					if i > 0 {
						page.WriteByte(',')
					}
					fmt.Fprintf(&page, `{"id":"contact%013d","locationId":"ve9EPM428h8vShlRW1KT","firstName":"ada","email":"p%d@example.com","phone":"+14155550100",`+
						`"tags":["vip"],"dateAdded":"2021-02-03T04:05:06.789Z","customFields":[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"x"}]}`, pages*pageSize+i, i)
				}
				pages++
				next := strconv.Itoa(pages + 1)
				if pages == n/pageSize {
					next = "null"
				}
				return respond(request, fmt.Sprintf(`{"contacts":[%s],"meta":{"total":%d,"nextPage":%s,"startAfter":%d,"startAfterId":"contact%013d"}}`,
					&page, n, next, pages, pages)), nil
			})
			var memory *peak
			for b.Loop() {
				pages = 0
				done := 0
				memory = newPeak()
				for _, err := range c.Contacts.All(b.Context(), client.ListRequest{Limit: pageSize}) {
					if err != nil {
						b.Fatal(err)
					}
					if done++; done%(n/100) == 0 {
						memory.sample()
					}
				}
				if done != n {
					b.Fatalf("got %d contacts, want %d", done, n)
				}
			}
			memory.report(b)
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(n), "ns/contact")
		})
	}
}
