package httpx_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the clock of the bubble does not advance
		type delay struct {
			duration time.Duration
			ok       bool
		}
		for value, want := range map[string]delay{
			"":                              {},
			"0":                             {0, true},
			"20":                            {20 * time.Second, true},
			"-1":                            {},
			"1.5":                           {},
			"soon":                          {},
			"99999999":                      {time.Hour, true},
			"99999999999999999999999":       {time.Hour, true},
			"Mon, 01 Jan 1990 00:00:00 GMT": {0, true},
			"Mon, 01 Jan 2190 00:00:00 GMT": {time.Hour, true},
			time.Now().UTC().Add(time.Minute).Format(http.TimeFormat): {time.Minute, true},
		} {
			if got, ok := httpx.RetryAfter(http.Header{"Retry-After": {value}}); (delay{got, ok}) != want {
				t.Errorf("%q: got %v, %v, want %v", value, got, ok, want)
			}
		}
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempt, want := range []time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 5 * time.Second, 1000: 5 * time.Second} {
		if got := httpx.Backoff(time.Second, 5*time.Second, attempt); want != 0 && got != want {
			t.Errorf("attempt %d: got %v, want %v", attempt, got, want)
		}
	}
}

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	for address, valid := range map[string]bool{
		"https://api.example": true, "https://api.example/v1": true, "http://localhost:80": true, "http://127.0.0.1": true, "http://[::1]:1": true,
		"": false, "api.example": false, "ftp://api.example": false, "https://": false, "http://api.example": false,
		"https://me@api.example": false, "https://api.example?": false, "https://api.example#a": false, "https://api.example\x7f": false,
	} {
		if base, err := httpx.ParseBaseURL(address); (err == nil) != valid || (base != nil) != valid {
			t.Errorf("%q: got %v, %v, want valid %v", address, base, err, valid)
		}
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	pattern := `^highlevel/\d+\.\d+\.\d+\S* \(` + regexp.QuoteMeta(runtime.Version()) + `\)$`
	if got := httpx.UserAgent(); !regexp.MustCompile(pattern).MatchString(got) {
		t.Errorf("got %q, want %s", got, pattern)
	}
}

func TestNotProcessed(t *testing.T) {
	t.Parallel()
	const before, after = "http2: Transport: cannot retry err [", "] after Request.Body was written; define Request.GetBody to avoid this error"
	const goAway = "http2: Transport received Server's graceful shutdown GOAWAY"
	for text, want := range map[string]bool{
		goAway:                  true,
		before + goAway + after: true,
		"stream error: stream ID 3; REFUSED_STREAM":                                                                     true,
		"stream error: stream ID 3; REFUSED_STREAM; received from peer":                                                 true,
		before + "stream error: stream ID 3; REFUSED_STREAM; received from peer" + after:                                true,
		"stream error: stream ID 3; PROTOCOL_ERROR; received from peer":                                                 false,
		"stream error: stream ID x; REFUSED_STREAM":                                                                     false,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="REFUSED_STREAM"`: false,
		before + goAway:  false,
		"unexpected EOF": false,
	} {
		err := &url.Error{Op: "Post", URL: "https://api.example", Err: errors.New(text)}
		if got := httpx.NotProcessed(err); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestTrace has more connections than a request may use. The tests of package client have the requests
// that are counted.
func TestTrace(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req, sent := httpx.Trace(req)
	defer sent.Close()
	for connection := 1; connection <= 3; connection++ {
		httptrace.ContextClientTrace(req.Context()).GotConn(httptrace.GotConnInfo{})
		if err := req.Context().Err(); (err != nil) != (connection == 3) {
			t.Errorf("%d connections: got %v", connection, err)
		}
	}
	err = sent.Err(&url.Error{Op: "Get", URL: "https://api.example", Err: context.Canceled})
	if !errors.Is(err, httpx.ErrTooManyConnections) || errors.Is(err, context.Canceled) {
		t.Errorf("three connections: got %v, want ErrTooManyConnections", err)
	}
}
