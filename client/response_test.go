package client_test

import (
	"compress/gzip"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestWithResponseInto(t *testing.T) {
	t.Parallel()
	header := http.Header{
		"Content-Type": {"application/json"}, "Cf-Ray": {"8f1c"},
		"X-Ratelimit-Max": {"100"}, "X-Ratelimit-Remaining": {"99"}, "X-Ratelimit-Interval-Milliseconds": {"10000"},
		"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"199512"}, "X-Ratelimit-Daily-Reset": {"43200000"},
	}
	limit := client.RateLimit{Known: true, Max: 100, Remaining: 99, Interval: 10 * time.Second, DailyLimit: 200000, DailyRemaining: 199512, DailyReset: 12 * time.Hour}
	unexpected := contactBody(`"city":7`)
	stale := client.Response{StatusCode: 418, Body: []byte("stale"), Attempts: 7, Drift: []client.Drift{{Pointer: "/stale"}}}
	for _, test := range []struct {
		name      string
		transport http.RoundTripper
		want      client.Response
		err       error
	}{
		{
			"success", &stub{responses: []stubResponse{{status: 200, body: everything.body, header: header}}},
			client.Response{StatusCode: 200, Header: header, Body: []byte(everything.body), Attempts: 1, RateLimit: limit},
			nil,
		},
		{
			"unexpected value", &stub{responses: []stubResponse{{status: 201, body: unexpected, header: header}}},
			client.Response{
				StatusCode: 201, Header: header, Body: []byte(unexpected), Attempts: 1, RateLimit: limit,
				Drift: []client.Drift{{Pointer: "/contact/city", Want: "string", Got: "number"}},
			},
			nil,
		},
		{
			"error", &stub{responses: []stubResponse{{status: 422, body: `{"message":["no"]}`, header: header}}},
			client.Response{StatusCode: 422, Header: header, Body: []byte(`{"message":["no"]}`), Attempts: 1, RateLimit: limit},
			client.ErrInvalid,
		},
		{
			"bad response", &stub{responses: []stubResponse{{status: 200, body: html, header: header}}},
			client.Response{StatusCode: 200, Header: header, Body: []byte(html), Attempts: 1, RateLimit: limit},
			client.ErrBadResponse,
		},
		{
			"failed transport", roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }),
			client.Response{Attempts: 1},
			io.ErrUnexpectedEOF,
		},
		{
			"body over the limit", &stub{responses: []stubResponse{{status: 200, body: strings.Repeat(" ", 1001), header: header}}},
			client.Response{StatusCode: 200, Header: header, Attempts: 1, RateLimit: limit},
			client.ErrResponseTooLarge,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, test.transport, client.WithMaxResponseBytes(1000))
			got := stale
			_, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&got))
			if !errors.Is(err, test.err) {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(capturedParts(test.want), capturedParts(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var apiError *client.Error
			if errors.As(err, &apiError) && cmp.Diff(capturedParts(got), capturedParts(apiError.Response)) != "" {
				t.Errorf("the error has another response: %v", apiError.Response)
			}
		})
	}
	t.Run("invalid argument", func(t *testing.T) {
		t.Parallel()
		got := stale
		_, err := newClient(t, noRequests(t)).Contacts.Get(t.Context(), "..", client.WithResponseInto(&got))
		if !errors.Is(err, client.ErrInvalid) || cmp.Diff(capturedParts(stale), capturedParts(got)) != "" {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// capturedParts are the fields of a Response, which prints only a summary.
func capturedParts(r client.Response) []any {
	return []any{r.StatusCode, r.Header, string(r.Body), r.Attempts, r.RateLimit, r.Drift}
}

// TestWithResponseInto_BodyOwnership changes the body, which must not change the contact.
func TestWithResponseInto_BodyOwnership(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(body(t, "getContact")))
	want, err := c.Contacts.Get(t.Context(), contactID)
	if err != nil {
		t.Fatal(err)
	}
	var response client.Response
	got, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
	if err != nil {
		t.Fatal(err)
	}
	for i := range response.Body {
		response.Body[i] = 'x'
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// countingBody is an endless body that counts the bytes read, and records whether it was closed.
type countingBody struct {
	read   int
	closed bool
}

func (b *countingBody) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	b.read += len(p)
	return len(p), nil
}

func (b *countingBody) Close() error {
	b.closed = true
	return nil
}

func TestResponse_BoundedBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		status    int
		announced int64
		atMost    int // bytes read
		want      error
	}{
		{"success of unknown length", 200, -1, 100_000, client.ErrResponseTooLarge},
		{"success of a length over the limit", 200, 50_001, 0, client.ErrResponseTooLarge},
		{"success that is longer than announced", 200, 50_000, 100_000, client.ErrResponseTooLarge},
		{"success that announces nothing, and more", 200, 0, 100_000, client.ErrResponseTooLarge},
		{"success of the largest length", 200, math.MaxInt64, 0, client.ErrResponseTooLarge},
		{"error of unknown length", 500, -1, 64<<10 + 1024, client.ErrServer},
		{"error of the largest length", 500, math.MaxInt64, 64<<10 + 1024, client.ErrServer},
	} {
		for _, operation := range operations {
			t.Run(operation.name+": "+test.name, func(t *testing.T) {
				t.Parallel()
				endless := &countingBody{}
				c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: test.status, Header: http.Header{}, ContentLength: test.announced, Body: endless, Request: req}, nil
				}), client.WithMaxResponseBytes(50_000))
				err := operation.call(t.Context(), c)
				if !errors.Is(err, test.want) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
					t.Errorf("got %v", err)
				}
				if endless.read > test.atMost || !endless.closed {
					t.Errorf("read %d bytes, closed %v", endless.read, endless.closed)
				}
				var apiError *client.Error
				if errors.As(err, &apiError) && len(apiError.Response.Body) != 64<<10 {
					t.Errorf("got %d bytes, want at most 64 KiB", len(apiError.Response.Body))
				}
			})
		}
	}
}

func TestWithMaxResponseBytes(t *testing.T) {
	t.Parallel()
	body := contactBody(`"city":"Oslo"`)
	for _, announced := range []int64{int64(len(body)), -1, 0, 1} {
		c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := ok(body).response(req)
			resp.ContentLength = announced
			return resp, nil
		}), client.WithMaxResponseBytes(int64(len(body))))
		if contact, err := c.Contacts.Get(t.Context(), contactID); err != nil || contact.City != "Oslo" {
			t.Errorf("announced %d: %+v, %v", announced, contact, err)
		}
	}
}

func TestResponse_CompressedBodies(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip is not accepted")
		}
		size, _ := strconv.Atoi(r.Header.Get("X-Size"))
		w.Header().Set("Content-Encoding", "gzip")
		compressed := gzip.NewWriter(w)
		_, _ = io.WriteString(compressed, contactBody(`"city":"`+strings.Repeat("o", size)+`"`))
		_ = compressed.Close()
	}))
	defer server.Close()
	c := newClient(t, http.DefaultTransport, client.WithBaseURL(server.URL), client.WithMaxResponseBytes(100_000))
	if contact, err := c.Contacts.Get(t.Context(), contactID, client.WithHeader("X-Size", "4")); err != nil || contact.City != "oooo" {
		t.Errorf("got %+v, %v", contact, err)
	}
	// The limit applies to the decompressed body.
	if _, err := c.Contacts.Get(t.Context(), contactID, client.WithHeader("X-Size", "100000")); !errors.Is(err, client.ErrResponseTooLarge) {
		t.Errorf("got %v", err)
	}
}
