package oauth_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// The first response of the token endpoint is a failure, before or after the token pair was issued.
func TestSource_Token_FirstResponseFails(t *testing.T) {
	t.Parallel()
	retryAfter := func(header string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		retried bool
	}{
		{"timeout", hang, true},
		{"408", respond(408, ""), true},
		{"425", respond(425, ""), true},
		{"429", respond(429, ""), true},
		{"429 with Retry-After of two seconds", retryAfter("2"), true},
		{"429 with Retry-After of an hour", retryAfter("3600"), false},
		{"429 with invalid Retry-After", retryAfter("-18446744073709551616"), true},
		{"500", respond(500, `{"statusCode":500,"message":"Internal server error"}`), true},
		{"502 in HTML", respond(502, "<html>bad gateway</html>"), true},
		{"503", respond(503, ""), true},
		{"504", respond(504, ""), true},
		{"522", respond(522, ""), true},
		{"200 in HTML", respond(200, "<html>welcome</html>"), true},
		{"200 without a body", respond(200, ""), true},
		{"200 without a token", respond(200, `{"access_token":null}`), true},
		{"200 with an incomplete body", respond(200, `{"access_token":"access-9","refresh_`), true},
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
			t.Run(when+" the pair was issued: "+test.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := newFakeAPI(oauth.UserTypeLocation)
					requests := 0
					fault := func(*http.Request) http.HandlerFunc {
						if requests++; requests == 1 {
							return test.handler
						}
						return nil
					}
					if when == "before" {
						api.before = fault
					} else {
						api.after = fault
					}
					store := oauth.NewMemoryStore()
					api.install(t, store, -time.Hour)
					start := time.Now()
					token, err := newApp(t, config(api)).Source(store).Token(t.Context())
					switch {
					case test.retried && (err != nil || token != "access-2" || requests != 2):
						t.Errorf("got %q, %v after %d requests, want access-2 after 2", token, err, requests)
					case !test.retried && (err == nil || requests != 1):
						t.Errorf("got %q, %v after %d requests, want an error after 1", token, err, requests)
					}
					if elapsed := time.Since(start); elapsed > 11*time.Second {
						t.Errorf("got a result after %s, want at most 11s", elapsed)
					}
					if faults := api.faults(); len(faults) > 0 {
						t.Error(faults)
					}
				})
			})
		}
	}
}

func TestSource_Token_AllResponsesFail(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"timeouts": hang, "5xx": respond(503, ""),
		"slow 5xx": func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(7 * time.Second)
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				requests, last := 0, time.Time{}
				api.after = func(*http.Request) http.HandlerFunc { requests, last = requests+1, time.Now(); return handler }
				source, _ := newInstalledSource(t, api, -time.Hour)
				start := time.Now()
				_, err := source.Token(t.Context())
				if err == nil || errors.Is(err, oauth.ErrReinstallRequired) || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want an error of the endpoint", err)
				}
				if requests < 3 || last.Sub(start) > 20*time.Second || time.Since(start) > 25*time.Second {
					t.Errorf("got %d requests, the last after %s, and the result after %s; want 3 within 20s, and 25s", requests, last.Sub(start), time.Since(start))
				}
				api.after = nil
				if got := mustToken(t.Context(), t, source); got != "access-2" { // within the grace period
					t.Errorf("got %s, want access-2", got)
				}
			})
		})
	}
}

// refusing is a transport that cannot connect.
type refusing struct{ attempts int }

func (r *refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.attempts++
	httptrace.ContextClientTrace(req.Context()).GetConn(req.URL.Host)
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

func TestSource_Token_NoNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := oauth.NewMemoryStore()
		newFakeAPI(oauth.UserTypeLocation).install(t, store, -time.Hour)
		network := &refusing{}
		c := config(nil)
		c.HTTPClient = &http.Client{Transport: network}
		start := time.Now()
		_, err := newApp(t, c).Source(store).Token(t.Context())
		if err == nil || network.attempts != 3 || time.Since(start) > 2*time.Second {
			t.Errorf("got %v after %d attempts and %s, want an error after 3 attempts and at most 2s", err, network.attempts, time.Since(start))
		}
	})
}

// A redirect, also one to https through http, would send the secrets of the request elsewhere.
func TestApp_RedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("got a request to the target of the redirect: %s", r.URL)
	})
	overTLS := httptest.NewTLSServer(elsewhere)
	defer overTLS.Close()
	overHTTP := httptest.NewServer(elsewhere)
	defer overHTTP.Close()
	for _, target := range []string{overTLS.URL, overHTTP.URL} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			server := httptest.NewTLSServer(http.RedirectHandler(target+"/oauth/token", status))
			c := config(nil)
			c.BaseURL, c.HTTPClient = server.URL, server.Client()
			app := newApp(t, c)
			agency := newCredential("agency")
			store := oauth.NewMemoryStore()
			if err := oauth.Save(t.Context(), store, agency); err != nil {
				t.Fatal(err)
			}
			source := app.Source(store)
			_, exchangeErr := app.Exchange(t.Context(), "code", oauth.UserTypeLocation)
			_, locationErr := source.Location("a").Token(t.Context())
			source.Invalidate(agency.AccessToken.Reveal())
			_, refreshErr := source.Token(t.Context())
			for _, err := range []error{exchangeErr, locationErr, refreshErr} {
				if apiErr, ok := errors.AsType[*client.Error](err); !ok || apiErr.StatusCode != status || !strings.Contains(err.Error(), "redirect") {
					t.Errorf("got %v, want a redirect with status %d", err, status)
				}
			}
			if server.Client().CheckRedirect != nil {
				t.Error("got a modified client of the caller")
			}
			server.Close()
		}
	}
}

// The end of the context of Exchange ends the request and the wait before a retry.
func TestApp_Exchange_ContextEnds(t *testing.T) {
	t.Parallel()
	unavailable := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	for name, handler := range map[string]http.HandlerFunc{"request": hang, "wait": unavailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				_, err := newApp(t, config(handler)).Exchange(ctx, "code", "")
				if err == nil || time.Since(start) != time.Second || name == "request" && client.KindOf(err) != "deadline" {
					t.Errorf("got %v after %s, want the deadline after 1s", err, time.Since(start))
				}
			})
		})
	}
}
