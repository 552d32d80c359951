package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// What the token endpoint does to the first request, or to all, and what becomes of the renewal.
func TestRetry_Failures(t *testing.T) {
	t.Parallel()
	retryAfter := func(header string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
	tests := []struct {
		name     string
		answer   http.HandlerFunc
		repeated bool
	}{
		{"time-out", hang, true},
		{"408", respond(408, ""), true},
		{"425", respond(425, ""), true},
		{"429", respond(429, ""), true},
		{"429 that asks for two seconds", retryAfter("2"), true},
		{"429 that asks for an hour", retryAfter("3600"), false},
		{"429 that asks for nonsense", retryAfter("-18446744073709551616"), true},
		{"500", respond(500, `{"statusCode":500,"message":"Internal server error"}`), true},
		{"502 in HTML", respond(502, "<html>bad gateway</html>"), true},
		{"503", respond(503, ""), true},
		{"504", respond(504, ""), true},
		{"522", respond(522, ""), true},
		{"200 in HTML", respond(200, "<html>welcome</html>"), true},
		{"200 without a body", respond(200, ""), true},
		{"200 without a token", respond(200, `{"access_token":null}`), true},
		{"200 that breaks off", respond(200, `{"access_token":"access-9","refresh_`), true},
		{"400", respond(400, `{"error":"invalid_grant"}`), false},
		{"401", respond(401, `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`), false},
		{"403", respond(403, ""), false},
		{"404", respond(404, ""), false},
		{"422", respond(422, ""), false},
		{"302", respond(302, ""), false},
		{"307", respond(307, ""), false},
	}
	for _, when := range []string{"before", "after"} {
		for _, test := range tests {
			t.Run(when+" the pair was issued "+test.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					v := newVendor(oauth.UserTypeLocation)
					asked := 0
					fault := func(*http.Request) http.HandlerFunc {
						if asked++; asked == 1 {
							return test.answer
						}
						return nil
					}
					if when == "before" {
						v.before = fault
					} else {
						v.after = fault
					}
					store := oauth.NewMemoryStore()
					v.install(t, store, -time.Hour)
					start := time.Now()
					token, err := newApp(t, config(v)).Source(store).Token(t.Context())
					switch {
					case test.repeated && (err != nil || token != "access-2" || asked != 2):
						t.Errorf("got %q, %v after %d requests, want the pair by the second", token, err, asked)
					case !test.repeated && (err == nil || asked != 1):
						t.Errorf("got %q, %v after %d requests, want the error of the first", token, err, asked)
					}
					if spent := time.Since(start); spent > 11*time.Second {
						t.Errorf("it took %s", spent)
					}
					if faults := v.faults(); len(faults) > 0 {
						t.Error(faults)
					}
				})
			})
		}
	}
}

func TestRetry_EndsWithinWindow(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"time-outs": hang, "5xx": respond(503, ""),
		"slow 5xx": func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(7 * time.Second)
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := newVendor(oauth.UserTypeLocation)
				asked, last := 0, time.Time{}
				v.after = func(*http.Request) http.HandlerFunc { asked, last = asked+1, time.Now(); return answer }
				store := oauth.NewMemoryStore()
				v.install(t, store, -time.Hour)
				source := newApp(t, config(v)).Source(store)
				start := time.Now()
				_, err := source.Token(t.Context())
				if err == nil || errors.Is(err, oauth.ErrReinstallRequired) || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if asked < 3 || last.Sub(start) > 20*time.Second || time.Since(start) > 25*time.Second {
					t.Errorf("%d requests, the last after %s, over after %s", asked, last.Sub(start), time.Since(start))
				}
				v.after = nil
				if got := mustToken(t.Context(), t, source); got != "access-2" { // still within the grace
					t.Errorf("got %s", got)
				}
			})
		})
	}
}

// refusing is a network on which no connection can be made.
type refusing struct{ tries int }

func (r *refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.tries++
	httptrace.ContextClientTrace(req.Context()).GetConn(req.URL.Host)
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

func TestRetry_WithoutNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := oauth.NewMemoryStore()
		newVendor(oauth.UserTypeLocation).install(t, store, -time.Hour)
		network := &refusing{}
		c := config(nil)
		c.HTTPClient = &http.Client{Transport: network}
		start := time.Now()
		_, err := newApp(t, c).Source(store).Token(t.Context())
		if err == nil || network.tries != 3 || time.Since(start) > 2*time.Second {
			t.Errorf("got %v after %d tries and %s", err, network.tries, time.Since(start))
		}
	})
}

func TestEndpoint_RedirectNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/oauth/token", status))
		c := config(nil)
		c.BaseURL, c.HTTPClient = server.URL, server.Client()
		_, err := newApp(t, c).Exchange(t.Context(), "code", oauth.UserTypeLocation)
		var answer *oauth.Error
		if !errors.As(err, &answer) || answer.StatusCode != status || !strings.Contains(err.Error(), "redirect") {
			t.Errorf("%d: got %v", status, err)
		}
		if server.Client().CheckRedirect != nil {
			t.Error("the caller's client was changed")
		}
		server.Close()
	}
}

// endless is a body without an end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	clear(p)
	return len(p), nil
}
func (*endless) Close() error { return nil }

type bodyTransport struct {
	status int
	body   *endless
}

func (b bodyTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: b.status, Body: b.body, Header: http.Header{}, Request: req}, nil
}

func TestResponse_BoundedBodies(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 401} {
		synctest.Test(t, func(t *testing.T) {
			body := &endless{}
			c := config(nil)
			c.HTTPClient = &http.Client{Transport: bodyTransport{status, body}}
			if _, err := newApp(t, c).Exchange(t.Context(), "code", ""); err == nil {
				t.Errorf("%d: no error", status)
			}
			if most := 20 * (8<<20 + 64<<10); body.read > most {
				t.Errorf("%d: read %d bytes, want no more than %d", status, body.read, most)
			}
		})
	}
}

// A server that is none may send back what it got as a header that cannot be read, and net/http tells it in its error.
func TestEndpoint_TransportErrorRedacted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config(nil)
		c.HTTPClient = &http.Client{Transport: echo{}}
		_, err := newApp(t, c).Exchange(t.Context(), "c0de", "")
		if err == nil || strings.Contains(err.Error(), "c0de") || strings.Contains(err.Error(), clientSecret) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	})
}

type echo struct{}

func (echo) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	return nil, errors.Join(err, fmt.Errorf("malformed HTTP response %q: %w", body, io.ErrUnexpectedEOF))
}
