package oauth_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// retryAfter returns a handler that responds with status and a Retry-After header.
func retryAfter(status int, header string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", header)
		w.WriteHeader(status)
	}
}

// The first response of the token endpoint is a failure, before or after the token pair was issued.
func TestSource_Token_FirstResponseFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		retried bool
	}{
		{"timeout", hang, true},
		{"408", respond(408, ""), true},
		{"425", respond(425, ""), true},
		{"429", respond(429, ""), true},
		{"429 with Retry-After of two seconds", retryAfter(429, "2"), true},
		{"429 with Retry-After of an hour", retryAfter(429, "3600"), false},
		{"429 with invalid Retry-After", retryAfter(429, "-18446744073709551616"), true},
		{"500", respond(500, `{"statusCode":500,"message":"Internal server error"}`), true},
		{"502 in HTML", respond(502, "<html>bad gateway</html>"), true},
		{"503", respond(503, ""), true},
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
	} {
		for _, when := range []string{"before", "after"} {
			runInBubble(t, test.name+" "+when, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
				fault := func(*http.Request) http.HandlerFunc {
					if i.requests == 1 {
						return test.handler
					}
					return nil
				}
				if when == "before" {
					i.before = fault
				} else {
					i.after = fault
				}
				start := time.Now()
				if test.retried {
					i.wantToken(t.Context(), t, 2)
					i.wantRequests(t, 2)
				} else if token, err := i.source.Token(t.Context()); err == nil || i.requests != 1 {
					t.Errorf("got %q, %v after %d requests, want an error after 1", token, err, i.requests)
				}
				if elapsed := time.Since(start); elapsed > 11*time.Second || strings.HasSuffix(test.name, "two seconds") && elapsed < 2*time.Second {
					t.Errorf("got a result after %s", elapsed)
				}
			})
		}
	}
}

func TestSource_Token_AllResponsesFail(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"timeouts": hang, "5xx": respond(503, ""), "slow 5xx": func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(7 * time.Second)
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	} {
		runInBubble(t, name, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
			start, last := time.Now(), time.Time{}
			i.after = func(*http.Request) http.HandlerFunc { last = time.Now(); return handler }
			_, err := i.source.Token(t.Context())
			if err == nil || errors.Is(err, oauth.ErrReinstallRequired) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want an error of the endpoint", err)
			}
			if i.requests < 3 || last.Sub(start) > 20*time.Second || time.Since(start) > 25*time.Second {
				t.Errorf("got %d requests, the last after %s, and the result after %s; want 3 within 20s, and 25s", i.requests, last.Sub(start), time.Since(start))
			}
			i.after = nil
			i.wantToken(t.Context(), t, 2) // within the grace period
		})
	}
}

func TestSource_Token_NoNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts, start := 0, time.Now()
		source := newSource(t, roundTripFunc(func(req *http.Request) (*http.Response, error) {
			attempts++
			httptrace.ContextClientTrace(req.Context()).GetConn(req.URL.Host)
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}), oauth.Credential{AccessToken: client.NewSecret("a"), RefreshToken: client.NewSecret("r")})
		if _, err := source.Token(t.Context()); err == nil || attempts != 3 || time.Since(start) > 2*time.Second {
			t.Errorf("got %v after %d attempts and %s, want an error after 3 attempts and at most 2s", err, attempts, time.Since(start))
		}
	})
}

// The network fails after the refresh token was sent. The retries continue, because the token is used.
func TestSource_Token_NetworkFailsAfterRequest(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
		attempts := 0
		i.source = newApp(t, config(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			if attempts++; attempts > 1 && attempts < 5 {
				httptrace.ContextClientTrace(req.Context()).GetConn(req.URL.Host)
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")}
			}
			resp, err := i.RoundTrip(req)
			if attempts == 1 {
				return nil, errors.Join(err, errors.New("connection reset"))
			}
			return resp, err
		}))).Source(i.store)
		i.wantToken(t.Context(), t, 2)
	})
}

// A redirect, also one to https through http, would send the secrets of the request elsewhere.
func TestApp_Exchange_RedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"https://elsewhere.example", "http://elsewhere.example"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			c := config(inMemory(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Host == "elsewhere.example" {
					t.Errorf("got a request to the target of the redirect: %s", r.URL)
				}
				http.Redirect(w, r, target+"/oauth/token", status)
			}))
			app, agency, store := newApp(t, c), newCredential("agency"), oauth.NewMemoryStore()
			save(t, store, agency)
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
			if c.HTTPClient.CheckRedirect != nil {
				t.Error("got a modified client of the caller")
			}
		}
	}
}

// The end of the context of Exchange ends the request and the wait before a retry.
func TestApp_Exchange_ContextEnds(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{"request": hang, "wait": retryAfter(503, "5")} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			_, err := newApp(t, config(inMemory(handler))).Exchange(ctx, "code", "")
			if err == nil || time.Since(start) != time.Second || name == "request" && client.KindOf(err) != "deadline" {
				t.Errorf("%s: got %v after %s, want the deadline after 1s", name, err, time.Since(start))
			}
		})
	}
}
