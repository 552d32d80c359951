package client_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// The floor is a hand-written call of one operation without errors, limits, rate limiting or
// retries. It uses net/http and json/v2 with the options of the client, the same types and the same
// transport. It reads the body into a buffer with the length of Content-Length.

// canned is a transport that responds to every request with body, through a reader like that of a
// connection.
func canned(body []byte) roundTrip {
	header := http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Cf-Ray": {"8f1c8e0a58d34c3c-IAD"}, "Server": {"cloudflare"},
		"X-Ratelimit-Max": {"100"}, "X-Ratelimit-Remaining": {"99"}, "X-Ratelimit-Interval-Milliseconds": {"10000"},
		"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"199512"},
	}
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: header, Request: req, ProtoMajor: 1, ProtoMinor: 1,
			ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
		}, nil
	}
}

var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

func unmarshalV2(data []byte, v any) error { return jsonv2.Unmarshal(data, v, lenient) }

// byHand sends a request and decodes the response into result.
func byHand(b *testing.B, httpClient *http.Client, target string, result any, unmarshal func([]byte, any) error) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+target, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Version", "2021-07-28")
	resp, err := httpClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body := make([]byte, resp.ContentLength)
	if _, err := io.ReadFull(resp.Body, body); err != nil {
		b.Fatal(err)
	}
	if err := unmarshal(body, result); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGet(b *testing.B) {
	transport := canned([]byte(body(b, "getContact")))
	b.Run("floor", func(b *testing.B) {
		httpClient := &http.Client{Transport: transport}
		b.ReportAllocs()
		for b.Loop() {
			var result gen.GetContactResult
			byHand(b, httpClient, "/contacts/"+contactID, &result, unmarshalV2)
		}
	})
	b.Run("client", func(b *testing.B) {
		c := newClient(b, transport)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Contacts.Get(b.Context(), contactID); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	transport := canned(newListing(b, 200).page(nil, 0, 100))
	target := "/contacts/?locationId=" + location + "&limit=100"
	for _, floor := range []struct {
		name      string
		unmarshal func([]byte, any) error
	}{{"floor", unmarshalV2}, {"encodingjson", json.Unmarshal}} {
		b.Run(floor.name, func(b *testing.B) {
			httpClient := &http.Client{Transport: transport}
			b.ReportAllocs()
			for b.Loop() {
				var result gen.ListContactsResult
				byHand(b, httpClient, target, &result, floor.unmarshal)
			}
		})
	}
	b.Run("client", func(b *testing.B) {
		c := newClient(b, transport)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Contacts.List(b.Context(), client.ListRequest{Limit: 100}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAll iterates over a list on loopback, with the client and the server in one process. It
// reports the peak size of the heap after a collection, every ten pages, because the amount of
// garbage between collections varies from run to run.
func BenchmarkAll(b *testing.B) {
	peaks := map[int]float64{}
	for _, total := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(total), func(b *testing.B) {
			server := httptest.NewServer(newListing(b, total))
			defer server.Close()
			c := newClient(b, http.DefaultTransport, client.WithBaseURL(server.URL))
			peaks[total] = 0
			b.ReportAllocs()
			for b.Loop() {
				walked := 0
				for _, err := range c.Contacts.All(b.Context(), client.ListRequest{Limit: 100}) {
					if err != nil {
						b.Fatal(err)
					}
					if walked++; walked%1000 == 0 {
						peaks[total] = max(peaks[total], heapBytes())
					}
				}
				if walked != total {
					b.Fatalf("walked over %d contacts", walked)
				}
			}
			b.ReportMetric(peaks[total], "peak-B")
			b.ReportMetric(peaks[total]/peaks[10_000], "of-10000")
		})
	}
}

// heapBytes returns the size of the objects in the heap after a collection.
func heapBytes() float64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}

// listing serves getContacts for a location with the given number of realistic contacts, whose
// dates are one second apart.
type listing struct {
	total              int
	head, middle, tail string // of a contact, around its id and dateAdded
	newest             time.Time
	buffers            sync.Pool
}

func newListing(t testing.TB, total int) *listing {
	t.Helper()
	var page struct{ Contacts []json.RawMessage }
	if err := json.Unmarshal([]byte(body(t, "getContacts")), &page); err != nil {
		t.Fatal(err)
	}
	const added = "2020-10-28T07:30:49.758Z"
	newest, err := time.Parse(time.RFC3339, added)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(page.Contacts[0]), contactID)
	middle, tail, _ := strings.Cut(rest, added)
	return &listing{
		total: total, head: head, middle: middle, tail: tail, newest: newest,
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
}

// id returns the ID of a contact by its position in the list.
func (*listing) id(place int) string {
	digits := strconv.Itoa(place)
	return strings.Repeat("0", len(contactID)-len(digits)) + digits
}

func (l *listing) added(place int) time.Time {
	return l.newest.Add(-time.Duration(place) * time.Second)
}

// page appends the response with up to limit contacts from a position on.
func (l *listing) page(body []byte, from, limit int) []byte {
	end := min(from+limit, l.total)
	body = append(body, `{"contacts":[`...)
	for place := from; place < end; place++ {
		if place > from {
			body = append(body, ',')
		}
		body = append(append(append(body, l.head...), l.id(place)...), l.middle...)
		body = append(l.added(place).AppendFormat(body, "2006-01-02T15:04:05.000Z"), l.tail...)
	}
	body = append(body, `],"meta":{"total":`...)
	body = append(strconv.AppendInt(body, int64(l.total), 10), `,"nextPageUrl":"http://localhost:8080/contacts/","prevPage":null`...)
	if end > from {
		body = append(body, `,"startAfter":`...)
		body = append(strconv.AppendInt(body, l.added(end-1).UnixMilli(), 10), `,"startAfterId":"`...)
		body = append(append(body, l.id(end-1)...), `","currentPage":1`...)
	}
	if end < l.total {
		return append(body, `,"nextPage":2}}`...)
	}
	return append(body, `,"nextPage":null}}`...)
}

func (l *listing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, from := r.URL.Query(), 0
	// As in the API, half a cursor returns the first page.
	if query.Has("startAfter") && query.Has("startAfterId") {
		last, _ := strconv.Atoi(query.Get("startAfterId"))
		from = last + 1
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		limit = 20
	}
	w.Header().Set("Content-Type", "application/json")
	buffer := l.buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is in it
	defer l.buffers.Put(buffer)
	*buffer = l.page((*buffer)[:0], from, limit)
	_, _ = w.Write(*buffer)
}
