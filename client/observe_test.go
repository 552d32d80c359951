package client_test

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestWithCallHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var infos, again []client.CallInfo
		header := http.Header{"Retry-After": {"2"}, "Cf-Ray": {"8f1c-IAD"}, "X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"7"}}
		c, _ := script(t, []stubResponse{{status: 503, header: header}, everything, {status: 403, header: header}}, retries,
			client.WithCallHook(func(_ context.Context, info client.CallInfo) { infos = append(infos, info) }),
			client.WithCallHook(func(_ context.Context, info client.CallInfo) { again = append(again, info) }),
		)
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		err := c.Contacts.Delete(t.Context(), "def")
		_ = c.Contacts.Delete(t.Context(), "") // not a call
		limit := client.RateLimit{Known: true, DailyLimit: 200000, DailyRemaining: 7}
		want := []client.CallInfo{
			{Operation: "Contacts.Get", Method: "GET", Path: "/proxy/v1/contacts/abc", StatusCode: 200, Attempts: 2, Waited: 2 * time.Second, Duration: 2 * time.Second},
			{Operation: "Contacts.Delete", Method: "DELETE", Path: "/proxy/v1/contacts/def", StatusCode: 403, Attempts: 1, Err: err, RateLimit: limit, CFRay: "8f1c-IAD"},
		}
		for _, got := range [][]client.CallInfo{infos, again} {
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" { //nolint:errorlint // the same value
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}

// TestWithLogger compares complete records, so that they contain no other attributes.
func TestWithLogger(t *testing.T) {
	limits := http.Header{
		"Cf-Ray": {"8f1c-IAD"}, "X-Ratelimit-Max": {"100"}, "X-Ratelimit-Remaining": {"99"}, "X-Ratelimit-Interval-Milliseconds": {"10000"},
		"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"199512"},
	}
	const get = " operation=Contacts.Get method=GET path=/proxy/v1/contacts/abc "
	const attempt, failed = `level=DEBUG msg="highlevel: attempt"` + get, `level=WARN msg="highlevel: call failed"` + get
	const trace = "9f1c8e0a-58d3-4c3c-a60b-6c5e2b1d7f30"
	const forbidden = ` cf_ray="" kind=forbidden cause="Contacts.Get: GET /proxy/v1/contacts/abc: 403 forbidden: no (trace ` + trace + `)" trace_id=` + trace + "\n"
	const server = ` cf_ray="" kind=server cause="Contacts.Get: GET /proxy/v1/contacts/abc: 500 server`
	for _, test := range []struct {
		name      string
		responses []stubResponse
		level     slog.Level
		want      string
	}{
		{"success, debug", []stubResponse{{body: everything.body, header: limits}}, slog.LevelDebug, attempt + "status=200 attempt=1 waited=1s duration=2s cf_ray=8f1c-IAD remaining=99 daily_remaining=199512\n"},
		{"success", []stubResponse{everything}, slog.LevelInfo, ""},
		{
			"error, debug",
			[]stubResponse{{status: 403, body: `{"message":"no","traceId":"` + trace + `"}`}},
			slog.LevelDebug,
			attempt + "status=403 attempt=1 waited=1s duration=2s" + forbidden + failed + "status=403 attempt=1 waited=1s duration=3s" + forbidden,
		},
		{
			"error after a retry",
			[]stubResponse{{status: 500, header: retryAfter("5")}, {status: 500, body: html}},
			slog.LevelWarn,
			failed + "status=500 attempt=2 waited=7s duration=11s" + server + " after 2 attempts: " + withheld + "\" trace_id=\"\"\n",
		},
		{
			"response that does not match the schema",
			[]stubResponse{ok(contactBody(`"city":7,"dnd":"Dolomite"`))},
			slog.LevelInfo,
			`level=WARN msg="highlevel: response does not match the schema"` + get + `status=200 attempt=1 waited=1s duration=3s cf_ray="" places=2 pointer=/contact/city want=string got=number` + "\n",
		},
		{
			"bad response",
			[]stubResponse{ok(html)},
			slog.LevelWarn,
			failed + `status=200 attempt=1 waited=1s duration=3s cf_ray="" kind=bad_response cause="Contacts.Get: GET /proxy/v1/contacts/abc: 200 bad response: ` +
				`the body is not a complete JSON object (content type \"application/json; charset=utf-8\", 121 bytes)" trace_id=""` + "\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged bytes.Buffer
				handler := slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: test.level, ReplaceAttr: withoutTime})
				api := &stub{responses: test.responses, tb: t, strict: true}
				slow := roundTrip(func(req *http.Request) (*http.Response, error) {
					time.Sleep(2 * time.Second)
					return api.RoundTrip(req)
				})
				pacer := &testPacer{wait: func() error { time.Sleep(time.Second); return nil }}
				c := newClient(t, slow, client.WithLogger(slog.New(handler)), client.WithPacer(pacer), client.WithRetry(client.RetryPolicy{MaxAttempts: 2}))
				_, _ = c.Contacts.Get(t.Context(), "abc")
				if diff := cmp.Diff(test.want, logged.String()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func withoutTime(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}

// TestWithLogger_Levels checks that expected errors are logged at debug level.
func TestWithLogger_Levels(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, operation := range allOperations {
		var logged bytes.Buffer
		logger := client.WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
		_ = operation.call(canceled, newClient(t, noRequests(t), logger))
		_ = operation.call(t.Context(), newClient(t, always(stubResponse{status: 400, body: `{"message":"Contact not found for id:abc"}`}), logger))
		want := map[bool]int{true: 2, false: 1}[operation.name == "get" || operation.name == "find duplicate"]
		debug, warn := strings.Count(logged.String(), `level=DEBUG msg="highlevel: call failed"`), strings.Count(logged.String(), "level=WARN")
		if debug != want || warn != 2-want {
			t.Errorf("%s: got %d failed calls at debug level and %d at warn level, want %d and %d", operation.name, debug, warn, want, 2-want)
		}
	}
}

// TestWithLogger_Default is not parallel, because it redirects the output of package log, to which
// the default logger writes.
func TestWithLogger_Default(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	c, _ := newStub(t, stubResponse{status: 500, body: html})
	_, _ = c.Contacts.Get(t.Context(), "abc")
	if logged.Len() != 0 {
		t.Errorf("logged %s", logged.String())
	}
}

// TestPanics calls code of the program that panics. The panic arrives on the goroutine of the caller.
func TestPanics(t *testing.T) {
	const problem = "of the program"
	source := client.StaticToken(token)
	ofLog := func([]string, slog.Attr) slog.Attr { panic(problem) }
	ofRedirect := func(*http.Request, []*http.Request) error { panic(problem) }
	call := func(source client.TokenSource, option client.Option, opts ...client.CallOption) func() error {
		return func() error {
			_, err := newClientWith(t, source, always(redirect(307, "/v2/")), option).Contacts.Get(t.Context(), "abc", opts...)
			return err
		}
	}
	for name, get := range map[string]func() error{
		"hook":        call(source, client.WithCallHook(func(context.Context, client.CallInfo) { panic(problem) })),
		"logger":      call(source, client.WithLogger(slog.New(slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{ReplaceAttr: ofLog})))),
		"transport":   call(source, client.WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { panic(problem) })})),
		"redirect":    call(source, client.WithHTTPClient(&http.Client{Transport: always(redirect(307, "/v2/")), CheckRedirect: ofRedirect})),
		"pacer":       call(source, client.WithPacer(&testPacer{wait: func() error { panic(problem) }})),
		"source":      call(sourceFunc(func(context.Context) (string, error) { panic(problem) }), client.WithTimeout(time.Minute)),
		"call option": call(source, client.WithTimeout(time.Minute), client.WithOnSend(func() { panic(problem) })),
	} {
		func() {
			defer func() {
				if got := recover(); got != problem {
					t.Errorf("%s: got %v, want the panic", name, got)
				}
			}()
			t.Errorf("%s: got %v, want a panic", name, get())
		}()
	}
}

// sourceFunc is a TokenSource that is a function.
type sourceFunc func(context.Context) (string, error)

func (f sourceFunc) Token(ctx context.Context) (string, error) { return f(ctx) }
