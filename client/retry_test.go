package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// failures lists the operations that are retried after each failure: "all", "idempotent" or "none".
var failures = []struct {
	name    string
	fails   outcome
	retried string
	unclear bool // a write may have been applied
}{
	{"refused connection", outcome{err: syscall.ECONNREFUSED, unsent: true}, "all", false},
	{"reset before the request was sent", outcome{err: syscall.ECONNRESET, unsent: true}, "all", false},
	{"reset after the request was sent", outcome{err: syscall.ECONNRESET}, "idempotent", true},
	{"connection closed without a response", outcome{err: io.EOF}, "idempotent", true},
	{"timeout", outcome{err: context.DeadlineExceeded}, "idempotent", true},
	{"truncated body", outcome{status: 200, body: `{"contact":{"id"`, truncated: true}, "idempotent", true},
	{"400", outcome{status: 400, body: `{"message":"no"}`}, "none", false},
	{"401", outcome{status: 401, body: `{"message":"Invalid JWT"}`}, "none", false},
	{"403", outcome{status: 403}, "none", false},
	{"404", outcome{status: 404}, "none", false},
	{"408", outcome{status: 408}, "idempotent", true},
	{"422", outcome{status: 422, body: `{"message":["no"]}`}, "none", false},
	{"425", outcome{status: 425}, "idempotent", false},
	{"429", outcome{status: 429}, "all", false},
	{"429, seconds to wait", outcome{status: 429, header: http.Header{"Retry-After": {"7"}}}, "all", false},
	{"429, a date in the past", outcome{status: 429, header: http.Header{"Retry-After": {"Sun, 06 Nov 1994 08:49:37 GMT"}}}, "all", false},
	{"429, nonsense to wait", outcome{status: 429, header: http.Header{"Retry-After": {"-5, soon"}}}, "all", false},
	{"429, an hour to wait", outcome{status: 429, header: http.Header{"Retry-After": {"3600"}}}, "none", false},
	{"429, forever to wait", outcome{status: 429, header: http.Header{"Retry-After": {"99999999999999999999999"}}}, "none", false},
	{"429, daily limit exhausted", outcome{status: 429, header: http.Header{
		"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"0"},
	}}, "none", false},
	{"500", outcome{status: 500, body: `{"statusCode":500,"message":"Internal server error"}`}, "idempotent", true},
	{"501", outcome{status: 501}, "none", true},
	{"502 with an HTML page", outcome{status: 502, body: "<html>bad gateway</html>"}, "idempotent", true},
	{"503", outcome{status: 503, header: http.Header{"Retry-After": {"1"}}}, "idempotent", true},
	{"504", outcome{status: 504}, "idempotent", true},
	{"520", outcome{status: 520}, "idempotent", true},
	{"524", outcome{status: 524}, "idempotent", true},
	{"527", outcome{status: 527}, "idempotent", true},
	{"530", outcome{status: 530}, "none", true},
	{"2xx with an HTML page", outcome{status: 200, body: "<html>hello</html>"}, "none", true},
}

func TestRetry_EachOperationAfterEachFailure(t *testing.T) {
	t.Parallel()
	for _, operation := range operations {
		for _, failure := range failures {
			t.Run(operation.name+"/"+failure.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					retried := failure.retried == "all" || (failure.retried == "idempotent" && operation.idempotent)

					passing := &scripted{outcomes: []outcome{failure.fails, success}}
					var response client.Response
					err := operation.call(t.Context(), passing.client(t), client.WithResponseInto(&response))
					if (err == nil) != retried {
						t.Errorf("after one failure: %v, want success: %v", err, retried)
					}
					if retried && response.Attempts != 2 {
						t.Errorf("%d attempts were recorded, want 2", response.Attempts)
					}
					if len(passing.bodies) > 1 && passing.bodies[0] != passing.bodies[1] {
						t.Errorf("the body changed from %s to %s", passing.bodies[0], passing.bodies[1])
					}

					lasting := &scripted{outcomes: []outcome{failure.fails}}
					err = operation.call(t.Context(), lasting.client(t))
					want := 1
					if retried {
						want = 3
					}
					if got := int(lasting.requests.Load()); got != want {
						t.Errorf("%d attempts against a lasting failure, want %d", got, want)
					}
					if err == nil {
						t.Fatal("a lasting failure returned no error")
					}
					if got, want := errors.Is(err, client.ErrMaybeApplied), operation.write && failure.unclear; got != want {
						t.Errorf("%v: may have been applied: %v, want %v", err, got, want)
					}
				})
			})
		}
	}
}

func TestRetry_Delays(t *testing.T) {
	t.Parallel()
	status := func(status int, header ...string) outcome {
		play := outcome{status: status, header: http.Header{}}
		for i := 0; i < len(header); i += 2 {
			play.header.Set(header[i], header[i+1])
		}
		return play
	}
	tests := []struct {
		name     string
		outcomes []outcome
		opts     []client.Option
		from, to time.Duration
	}{
		{"full jitter, twice", []outcome{status(503), status(503), success}, nil, 0, 1500 * time.Millisecond},
		{"seconds to wait", []outcome{status(503, "Retry-After", "7"), success}, nil, 7 * time.Second, 7 * time.Second},
		{"429 with seconds", []outcome{status(429, "Retry-After", "7"), success}, nil, 7 * time.Second, 7 * time.Second},
		{"429 without any", []outcome{status(429), success}, nil, 10 * time.Second, 10 * time.Second},
		{"429 with an interval", []outcome{status(429, "X-RateLimit-Max", "5", "X-RateLimit-Remaining", "5",
			"X-RateLimit-Interval-Milliseconds", "3000"), success}, nil, 3 * time.Second, 3 * time.Second},
		{"429 unpaced", []outcome{status(429), success}, []client.Option{client.WithPacer(client.Unpaced{})}, 10 * time.Second, 10 * time.Second},
		{"a policy's own bounds", []outcome{status(503), status(503), success}, []client.Option{
			client.WithRetry(client.RetryPolicy{MaxAttempts: 3, MinDelay: time.Minute, MaxDelay: time.Minute}),
		}, time.Second, 2 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: test.outcomes}
				began := time.Now()
				if _, err := api.client(t, test.opts...).Contacts.Get(t.Context(), "abc"); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took < test.from || took > test.to {
					t.Errorf("waited %v, want from %v to %v", took, test.from, test.to)
				}
			})
		})
	}
}

func TestRetry_AfterDate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		date := time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat)
		api := &scripted{outcomes: []outcome{{status: 429, header: http.Header{"Retry-After": {date}}}, success}}
		began := time.Now()
		if _, err := api.client(t).Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 6*time.Second || took > 7*time.Second {
			t.Errorf("waited %v, want the rest of 7 s", took)
		}
	})
}

func TestRetry_AfterBeyondMaxDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{status: 429, header: http.Header{"Retry-After": {"3600"}}}}}
		began := time.Now()
		_, err := api.client(t).Contacts.Get(t.Context(), "abc")
		var apiError *client.Error
		if !errors.As(err, &apiError) || apiError.RetryAfter != time.Hour || !errors.Is(err, client.ErrRateLimited) {
			t.Errorf("got %v, want an Error with RetryAfter of an hour", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %v", took)
		}
	})
}

func TestError_Attempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{status: 503}}}
		_, err := api.client(t).Contacts.Get(t.Context(), "abc")
		if want := "getContact: GET /proxy/contacts/abc: 503 server error after 3 attempts"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestRetryPolicy_OneAttempt(t *testing.T) {
	t.Parallel()
	api := &scripted{outcomes: []outcome{{status: 503}, success}}
	c := api.client(t, client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
	if _, err := c.Contacts.Get(t.Context(), "abc"); !errors.Is(err, client.ErrServer) {
		t.Errorf("got %v, want the 503", err)
	}
}

func TestRetry_DeleteNotFound(t *testing.T) {
	t.Parallel()
	notFound := outcome{status: 400, body: `{"error":"Contact with id abc not found","status":400}`}
	tests := []struct {
		name     string
		outcomes []outcome
		want     error
	}{
		{"after an unclear attempt", []outcome{{err: syscall.ECONNRESET}, notFound}, nil},
		{"after a 502", []outcome{{status: 502}, notFound}, nil},
		{"first attempt", []outcome{notFound}, client.ErrNotFound},
		{"after an attempt that was not sent", []outcome{{err: syscall.ECONNREFUSED, unsent: true}, notFound}, client.ErrNotFound},
		{"after a 429", []outcome{{status: 429}, notFound}, client.ErrNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: test.outcomes}
				if err := api.client(t).Contacts.Delete(t.Context(), "abc"); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			})
		})
	}
}

func TestErrMaybeApplied_Remembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{err: syscall.ECONNRESET}, {status: 403}}}
		_, err := api.client(t).Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{})
		if !errors.Is(err, client.ErrForbidden) || !errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("got %v, want forbidden, and maybe applied by the first attempt", err)
		}
	})
}

func TestRetry_DelayBeyondDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{status: 503, header: http.Header{"Retry-After": {"20"}}}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := api.client(t).Contacts.Get(ctx, "abc")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, client.ErrServer) {
			t.Errorf("got %v, want the deadline and the failure", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("got an error after %v, want it immediately: the wait is longer than the deadline", took)
		}
	})
}

// TestRetry_RealConnections produces network failures on sockets.
func TestRetry_RealConnections(t *testing.T) {
	t.Parallel()
	quick := client.WithRetry(client.RetryPolicy{MaxAttempts: 3, MinDelay: time.Millisecond, MaxDelay: time.Millisecond})
	newClient := func(t *testing.T, url string, opts ...client.Option) *client.Client {
		t.Helper()
		c, err := client.New(client.StaticToken("pit-test"), append(opts, quick, client.WithBaseURL(url), client.WithLocation("loc"))...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	create := client.CreateContactRequest{Email: "a@example.com"}

	t.Run("connection refused", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		_, err := newClient(t, server.URL).Contacts.Create(t.Context(), create)
		if !errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("got %v, want connection refused and nothing applied", err)
		}
	})
	t.Run("reset after the change", func(t *testing.T) {
		t.Parallel()
		var created atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			created.Add(1)
			panic(http.ErrAbortHandler)
		}))
		defer server.Close()
		_, err := newClient(t, server.URL).Contacts.Create(t.Context(), create)
		if !errors.Is(err, client.ErrMaybeApplied) || created.Load() != 1 {
			t.Errorf("got %v and %d contacts, want maybe applied and one", err, created.Load())
		}
	})
	t.Run("timeout of an attempt", func(t *testing.T) {
		t.Parallel()
		var requests atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1) < 3 {
				<-r.Context().Done()
				return
			}
			fmt.Fprint(w, success.body)
		}))
		defer server.Close()
		c := newClient(t, server.URL, client.WithHTTPClient(&http.Client{Timeout: 100 * time.Millisecond}))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Errorf("got %v, want the third attempt's success", err)
		}
	})
	t.Run("a certificate that is not trusted", func(t *testing.T) {
		t.Parallel()
		var connections atomic.Int32
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		server.StartTLS()
		defer server.Close()
		_, err := newClient(t, server.URL).Contacts.Get(t.Context(), "abc")
		if err == nil || connections.Load() != 1 {
			t.Errorf("got %v after %d connections, want an error after one", err, connections.Load())
		}
	})
}

// TestContactsService_Delete_Retried retries a delete whose first attempt was applied.
func TestContactsService_Delete_Retried(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"JSON":       `{"error":"Contact with id abc not found","status":400}`,
		"plain text": "Contact not found",
		"list":       `["Contact with id abc not found"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{{status: 502}, {status: 400, body: body}}}
				var response client.Response
				err := api.client(t).Contacts.Delete(t.Context(), "abc", client.WithResponseInto(&response))
				if err != nil || response.StatusCode != http.StatusOK || response.Attempts != 2 {
					t.Errorf("got %v, %v, want a success with status 200 after 2 attempts", err, response)
				}
			})
		})
	}
}

// TestContactsService_Upsert_AlwaysCreates loses the responses to upserts. Upserts that always
// create a contact are not retried.
func TestContactsService_Upsert_AlwaysCreates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		request client.UpsertContactRequest
		retried bool
	}{
		{"email", client.UpsertContactRequest{Email: client.Set("a@example.com")}, true},
		{"phone", client.UpsertContactRequest{Phone: client.Set("+15551234567")}, true},
		{"neither", client.UpsertContactRequest{FirstName: client.Set("Jane")}, false},
		{"empty and null", client.UpsertContactRequest{Email: client.Set(" "), Phone: client.Clear[string]()}, false},
		{
			"new if duplicate",
			client.UpsertContactRequest{Email: client.Set("a@example.com"), CreateNewIfDuplicateAllowed: client.Set(true)},
			false,
		},
		{
			"not new if duplicate",
			client.UpsertContactRequest{Email: client.Set("a@example.com"), CreateNewIfDuplicateAllowed: client.Set(false)},
			true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{{err: io.ErrUnexpectedEOF}, success}}
				_, err := api.client(t).Contacts.Upsert(t.Context(), test.request)
				if test.retried != (err == nil) || (err != nil && !errors.Is(err, client.ErrMaybeApplied)) {
					t.Errorf("got %v after %d requests, retried: want %v", err, api.requests.Load(), test.retried)
				}
			})
		})
	}
}

// TestRetry_DeadlineBeforeTheWait checks that no wait starts that cannot end before the deadline.
func TestRetry_DeadlineBeforeTheWait(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		fail outcome
		kind client.Kind
	}{
		{"429", outcome{status: 429, header: http.Header{"Retry-After": {"20"}}}, "rate_limited"},
		{"503", outcome{status: 503, header: http.Header{"Retry-After": {"20"}}}, "server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{test.fail}}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				start := time.Now()
				_, err := api.client(t).Contacts.Get(ctx, "abc")
				if took := time.Since(start); took != 0 {
					t.Errorf("took %v, want 0", took)
				}
				if !errors.Is(err, context.DeadlineExceeded) || client.KindOf(err) != test.kind || !strings.Contains(err.Error(), "20s") {
					t.Errorf("got %v (%s), want the deadline, %s and the wait", err, client.KindOf(err), test.kind)
				}
			})
		})
	}
	t.Run("rate limit", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			api := &scripted{outcomes: []outcome{success}}
			c := api.client(t, client.WithPacer(client.NewPacer(1, 10*time.Second)))
			_ = c.Contacts.Delete(t.Context(), "abc")
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			start := time.Now()
			_, err := c.Contacts.Get(ctx, "abc")
			if !errors.Is(err, context.DeadlineExceeded) || client.KindOf(err) != "deadline" || time.Since(start) != 0 || api.requests.Load() != 1 {
				t.Errorf("got %v (%s) after %v", err, client.KindOf(err), time.Since(start))
			}
		})
	})
}

// TestRetryPolicy_Defaults counts attempts and delays with policies that have zero fields.
func TestRetryPolicy_Defaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		policy   client.RetryPolicy
		attempts int32
	}{
		{client.RetryPolicy{}, 3},
		{client.RetryPolicy{MaxAttempts: 5}, 5},
		{client.RetryPolicy{MaxAttempts: 1}, 1},
		{client.RetryPolicy{MinDelay: time.Minute}, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := &scripted{outcomes: []outcome{{err: syscall.ECONNREFUSED, unsent: true}}}
			start := time.Now()
			_, err := api.client(t, client.WithRetry(test.policy)).Contacts.Get(t.Context(), "abc")
			if got := api.requests.Load(); err == nil || got != test.attempts {
				t.Errorf("%+v: got %v after %d attempts, want %d", test.policy, err, got, test.attempts)
			}
			if took := time.Since(start); (test.attempts > 1) != (took > 0) || took > 10*time.Minute {
				t.Errorf("%+v: took %v", test.policy, took)
			}
		})
	}
}
