package client_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// endless is a reader that repeats a string without end.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	for n := range p {
		p[n] = e.text[e.at%len(e.text)]
		e.at++
	}
	return len(p), nil
}

// surrounded returns middle, repeated up to size bytes, between two strings.
func surrounded(before, middle, after string, size int64) io.Reader {
	repeated := io.LimitReader(&endless{text: middle}, size/int64(len(middle))*int64(len(middle)))
	return io.MultiReader(strings.NewReader(before), repeated, strings.NewReader(after))
}

// TestDecode_MaliciousBodies decodes malicious bodies. Each one results in a clear error or a
// correct result, in limited memory. The test is not parallel, because it measures the heap.
func TestDecode_MaliciousBodies(t *testing.T) {
	const mebi = 1 << 20
	tests := []struct {
		name   string
		status int
		body   func() io.Reader
		want   error // nil: success
	}{
		{"an error of 512 MiB", 500, func() io.Reader { return surrounded(`{"message":"`, "a", `"}`, 512*mebi) }, client.ErrServer},
		{"an error without end", 400, func() io.Reader { return &endless{text: `["`} }, client.ErrInvalid},
		{"a success without end", 200, func() io.Reader { return &endless{text: " "} }, client.ErrResponseTooLarge},
		{"deep nesting of an unknown property", 200, func() io.Reader {
			return strings.NewReader(`{"contact":{"id":"abc","deep":` + strings.Repeat("[", mebi) + strings.Repeat("]", mebi) + `}}`)
		}, client.ErrBadResponse},
		{"deep nesting of an error", 422, func() io.Reader { return strings.NewReader(strings.Repeat("[", mebi)) }, client.ErrInvalid},
		{"a million unknown properties", 200, func() io.Reader {
			return surrounded(`{"contact":{"id":"abc"`, `,"x":1`, `}}`, 6*mebi)
		}, nil},
		{"millions of tags of another type", 200, func() io.Reader {
			return surrounded(`{"contact":{"id":"abc","tags":[1`, `,1`, `]}}`, 2*mebi)
		}, nil},
		{"millions of empty custom fields", 200, func() io.Reader {
			return surrounded(`{"contact":{"id":"abc","customFields":[{}`, `,{}`, `]}}`, 6*mebi)
		}, client.ErrResponseTooLarge},
		{"NUL bytes", 200, func() io.Reader { return strings.NewReader("{\"contact\":\x00{\"id\":\"abc\"}}") }, client.ErrBadResponse},
		{"an escaped NUL", 200, func() io.Reader { return strings.NewReader(`{"contact":{"id":"abc","city":"O\u0000slo"}}`) }, nil},
		{"lone surrogates", 200, func() io.Reader { return strings.NewReader(`{"contact":{"id":"abc","city":"\ud800"}}`) }, nil},
		{"broken UTF-8", 200, func() io.Reader { return strings.NewReader("{\"contact\":{\"id\":\"abc\",\"city\":\"\xff\"}}") }, nil},
		{"a byte order mark", 200, func() io.Reader { return strings.NewReader("\xEF\xBB\xBF" + `{"contact":{"id":"abc"}}`) }, nil},
		{"another encoding", 200, func() io.Reader { return strings.NewReader("\xFF\xFE{\x00}\x00") }, client.ErrBadResponse},
		{"a duplicate property", 200, func() io.Reader { return strings.NewReader(`{"contact":{"id":"xyz","id":"abc"}}`) }, nil},
		{"two values", 200, func() io.Reader { return strings.NewReader(`{"contact":{"id":"abc"}}{}`) }, client.ErrBadResponse},
		{"a number that does not fit", 200, func() io.Reader {
			return strings.NewReader(`{"contact":{"id":"abc","birthDay":1e999999,"birthMonth":99999999999999999999}}`)
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transport := roundTripper(func(req *http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: test.status, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(test.body()), Request: req,
				}, nil
			})
			c, err := client.New(client.StaticToken("pit-test"), client.WithHTTPClient(&http.Client{Transport: transport}),
				client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
			if err != nil {
				t.Fatal(err)
			}
			peak := watchHeap(t)
			contact, err := c.Contacts.Get(t.Context(), "abc")
			if used := peak(); used > 1<<30 {
				t.Errorf("used %d MiB", used>>20)
			}
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if test.want == nil && contact.ID != "abc" {
				t.Errorf("got the contact %q", contact.ID)
			}
			if err != nil && len(err.Error()) > 600 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// roundTripper is a transport that is a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// watchHeap returns a function that returns the maximum growth of the heap since the call of
// watchHeap.
func watchHeap(t *testing.T) (peak func() uint64) {
	t.Helper()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	before, most := stats.HeapAlloc, stats.HeapAlloc
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapAlloc)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() uint64 {
		stop()
		<-done
		return most - before
	}
}

func TestDecode_GzipBomb(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 500} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				w.WriteHeader(status)
				bomb := gzip.NewWriter(w)
				_, _ = io.Copy(bomb, io.LimitReader(&endless{text: " "}, 16<<20))
				_ = bomb.Close()
			}))
			defer server.Close()
			c, err := client.New(client.StaticToken("pit-test"), client.WithBaseURL(server.URL), client.WithRetry(client.RetryPolicy{MaxAttempts: 1}),
				client.WithMaxResponseBytes(1<<20))
			if err != nil {
				t.Fatal(err)
			}
			want := client.ErrResponseTooLarge
			if status == 500 {
				want = client.ErrServer
			}
			if _, err := c.Contacts.Get(t.Context(), "abc"); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
}
