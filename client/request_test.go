package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// TestContactsService_Create_Frames counts the functions of this module between Create and the
// transport.
func TestContactsService_Create_Frames(t *testing.T) {
	t.Parallel()
	var frames []string
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		pcs := make([]uintptr, 64)
		stack := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
		for {
			frame, more := stack.Next()
			if strings.Contains(frame.Function, "contacts-go/client.") || strings.Contains(frame.Function, "contacts-go/gen.") {
				frames = append(frames, frame.Function)
			}
			if !more {
				return everything.response(req), nil
			}
		}
	}))
	if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Jane"}); err != nil {
		t.Fatal(err)
	}
	if len(frames) == 0 || len(frames) > 8 {
		t.Errorf("got %d frames, want at most 8: %q", len(frames), frames)
	}
	if slices.ContainsFunc(frames, func(name string) bool { return strings.Contains(name, ".func") }) {
		t.Errorf("got a closure in %q", frames)
	}
}

func TestClient_Do(t *testing.T) {
	t.Parallel()
	type definitions struct {
		CustomFields []struct{ ID, FieldKey string } `json:"customFields"`
	}
	c, api := newStub(t, ok(`{"customFields":[{"id":"6dv","fieldKey":"contact.shoe_size"}]}`))
	var got definitions
	err := c.Do(t.Context(), http.MethodGet, "/locations/abc/customFields", url.Values{"model": {"contact"}}, nil, &got)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.CustomFields) != 1 || got.CustomFields[0].FieldKey != "contact.shoe_size" {
		t.Errorf("got %+v", got)
	}
	err = c.Do(t.Context(), http.MethodPost, "locations/abc/tags/", nil, map[string]string{"name": "vip"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []sent{
		{"GET", "/proxy/v1/locations/abc/customFields?model=contact", ""},
		{"POST", "/proxy/v1/locations/abc/tags/", `{"name":"vip"}`},
	}
	if diff := cmp.Diff(want, api.sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := api.requests[1].Header; got.Get("Authorization") != "Bearer "+token || got.Get("Content-Type") != "application/json" ||
		got.Get("Version") == "" {
		t.Errorf("got header %v", got)
	}
	if got := client.OperationFromContext(api.requests[0].Context()); got != "do" {
		t.Errorf("got operation %q, want do", got)
	}
}

func TestClient_Do_InvalidArguments(t *testing.T) {
	t.Parallel()
	c := newClient(t, noRequests(t))
	for _, path := range []string{
		"", "/", "//evil.example/x", "https://evil.example/x", "/\\evil.example", "..", "/locations/../x", "/locations/%2e%2e/x", "/locations/.",
		"/locations?x=1", "/locations#x", "/locations/%zz", "/%2Fevil.example", "/a\nb", "/locations/%5c..%5cx",
	} {
		if err := c.Do(t.Context(), http.MethodGet, path, nil, nil, nil); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("path %q: got %v, want ErrInvalid", path, err)
		}
	}
	for name, err := range map[string]error{
		"method": c.Do(t.Context(), "get", "/x", nil, nil, nil),
		"body":   c.Do(t.Context(), http.MethodPost, "/x", nil, func() {}, nil),
		"option": c.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil, nil),
	} {
		if !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestClient_Do_Responses(t *testing.T) {
	t.Parallel()
	var into map[string]any
	var list []int
	for _, test := range []struct {
		name         string
		stubResponse stubResponse
		out          any
		want         error
	}{
		{"empty body, nil out", stubResponse{status: 204}, nil, nil},
		{"empty body", stubResponse{status: 200}, &into, client.ErrBadResponse},
		{"not JSON", ok("<html>"), &into, client.ErrBadResponse},
		{"object", ok(`{"a":1}`), &into, nil},
		{"list", ok(`[1,2]`), &list, nil},
		{"404", stubResponse{status: 404, body: `{"message":"no such location"}`}, &into, client.ErrNotFound},
		{"403", stubResponse{status: 403}, &into, client.ErrForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, test.stubResponse)
			err := c.Do(t.Context(), http.MethodGet, "/x", nil, nil, test.out)
			if (test.want == nil) != (err == nil) || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestClient_Do_Retries(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int32{"GET": 3, "PUT": 3, "DELETE": 3, "POST": 1, "PATCH": 1} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{{status: 502}}}
				err := api.client(t).Do(t.Context(), method, "/x", nil, nil, nil)
				if got := api.requests.Load(); got != want || errors.Is(err, client.ErrMaybeApplied) != (method != "GET") {
					t.Errorf("got %v after %d requests, want %d", err, got, want)
				}
			})
		})
	}
}

// TestErrMaybeApplied_EarlierAttempt ends calls with an error that is unrelated to the previous
// attempt.
func TestErrMaybeApplied_EarlierAttempt(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]outcome{
		"success is false": {status: 200, body: `{"succeded":false}`},
		"not JSON":         {status: 200, body: `<html>`},
		"refused":          {status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{{status: 502}, last}}
				_, err := api.client(t).Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{City: client.Set("Oslo")})
				if !errors.Is(err, client.ErrMaybeApplied) {
					t.Errorf("got %v, want ErrMaybeApplied", err)
				}
				if apiErr, ok := errors.AsType[*client.Error](err); ok && !apiErr.MaybeApplied {
					t.Errorf("MaybeApplied: got false, want true: %v", err)
				}
			})
		})
	}
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

// TestIdempotencyHeader_HTTP1 sends the header that makes net/http resend a POST by itself.
func TestIdempotencyHeader_HTTP1(t *testing.T) {
	t.Parallel()
	var getBody bool
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		getBody = req.GetBody != nil
		return everything.response(req), nil
	}))
	_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Jane"}, client.WithHeader("Idempotency-Key", "1"))
	if err != nil || getBody {
		t.Errorf("got %v, GetBody %v, want none: net/http sends a request with GetBody again", err, getBody)
	}
}

func TestWithTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := roundTrip(func(req *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(req.Context())
			trace.GetConn("")
			trace.GotConn(httptrace.GotConnInfo{})
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		c := newClient(t, hang, client.WithTimeout(2*time.Second), client.WithRetry(client.RetryPolicy{MaxAttempts: 2, MinDelay: 1, MaxDelay: 1}))
		start := time.Now()
		_, err := c.Contacts.Get(t.Context(), "abc")
		if took := time.Since(start); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("took %v, want two attempts of 2 s", took)
		}
		if !errors.Is(err, client.ErrNetwork) || errors.Is(err, context.Canceled) || client.Kind(err) != "network" {
			t.Errorf("got %v, want ErrNetwork", err)
		}
		if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{}); !errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("create: got %v, want ErrMaybeApplied", err)
		}
	})
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			slow := roundTrip(func(req *http.Request) (*http.Response, error) {
				resp := ok("").response(req)
				resp.ContentLength, resp.Body = -1, stalledBody{req.Context().Done()}
				return resp, nil
			})
			_, err := newClient(t, slow).Contacts.Get(t.Context(), "abc")
			if !errors.Is(err, client.ErrNetwork) {
				t.Errorf("got %v, want ErrNetwork after the default timeout", err)
			}
		})
	})
}

// stalledBody is a body that never arrives.
type stalledBody struct{ done <-chan struct{} }

func (b stalledBody) Read([]byte) (int, error) {
	<-b.done
	return 0, context.Canceled
}
func (stalledBody) Close() error { return nil }

func TestWithOnSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{status: 502}, {status: 502}, success}}
		c := api.client(t, client.WithPacer(client.NewPacer(1, time.Second)))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		start, calls, after := time.Now(), 0, time.Duration(0)
		_, err := c.Contacts.Get(t.Context(), "abc", client.WithOnSend(func() { calls++; after = time.Since(start) }))
		if err != nil || calls != 1 || after <= 0 {
			t.Errorf("got %v, %d calls after %v, want one after the rate limit", err, calls, after)
		}
		if _, err := c.Contacts.Get(t.Context(), "abc", client.WithOnSend(nil)); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("nil: got %v, want ErrInvalid", err)
		}
	})
}

func TestWithCallHook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var infos []client.CallInfo
		api := &scripted{outcomes: []outcome{{status: 503, header: http.Header{"Retry-After": {"2"}}}, success, {status: 403}}}
		c := api.client(t, client.WithCallHook(func(_ context.Context, info client.CallInfo) { infos = append(infos, info) }))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		err := c.Contacts.Delete(t.Context(), "def")
		_ = c.Contacts.Delete(t.Context(), "") // not a call
		want := []client.CallInfo{
			{Operation: "getContact", Method: "GET", Path: "/proxy/contacts/abc", StatusCode: 200, Attempts: 2, Waited: 2 * time.Second, Duration: 2 * time.Second},
			{Operation: "deleteContact", Method: "DELETE", Path: "/proxy/contacts/def", StatusCode: 403, Attempts: 1, Err: err},
		}
		if diff := cmp.Diff(want, infos, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" { //nolint:errorlint // the same value
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWithDefaultHeader(t *testing.T) {
	t.Parallel()
	api := &stub{responses: []stubResponse{everything}}
	c := newClient(t, api, client.WithDefaultHeader("x-team", "a"), client.WithDefaultHeader("Accept", "text/json"))
	if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Contacts.Get(t.Context(), "abc", client.WithHeader("X-Team", "b")); err != nil {
		t.Fatal(err)
	}
	setHeaders := func(_ context.Context, req *http.Request) error {
		req.Header.Set("X-Team", "c")
		req.Header.Set("Version", "v3")
		req.Header.Set("User-Agent", "mine")
		req.Header.Set("Authorization", "Bearer other")
		return nil
	}
	if _, err := c.Generated().GetContact(t.Context(), "abc", setHeaders); err != nil { //nolint:bodyclose // it is in memory
		t.Fatal(err)
	}
	for i, want := range []string{"a text/json 2021-07-28", "b text/json 2021-07-28", "c text/json v3"} {
		header := api.requests[i].Header
		if got := fmt.Sprint(header.Get("X-Team"), " ", header.Get("Accept"), " ", header.Get("Version")); got != want {
			t.Errorf("request %d: got %q, want %q", i, got, want)
		}
		if header.Get("Authorization") != "Bearer "+token {
			t.Errorf("request %d: Authorization was overwritten", i)
		}
	}
	if got := api.requests[2].Header.Get("User-Agent"); got != "mine" {
		t.Errorf("User-Agent: got %q, want mine", got)
	}
}

// TestDeadline_WaitNotStarted checks that no wait starts that cannot end before the deadline.
func TestDeadline_WaitNotStarted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		fail outcome
		kind string
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
				if !errors.Is(err, context.DeadlineExceeded) || client.Kind(err) != test.kind || !strings.Contains(err.Error(), "20s") {
					t.Errorf("got %v (%s), want the deadline, %s and the wait", err, client.Kind(err), test.kind)
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
			if !errors.Is(err, context.DeadlineExceeded) || client.Kind(err) != "deadline" || time.Since(start) != 0 || api.requests.Load() != 1 {
				t.Errorf("got %v (%s) after %v", err, client.Kind(err), time.Since(start))
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

// TestError_ByHand builds errors by hand, as a mock does.
func TestError_ByHand(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*client.Error{
		"rate_limited": {StatusCode: 429},
		"not_found":    {StatusCode: 400, Messages: []string{"Contact with id x not found"}},
		"duplicate":    {StatusCode: 400, ContactID: "abc"},
		"unauthorized": {StatusCode: 401},
		"forbidden":    {StatusCode: 403},
		"invalid":      {StatusCode: 422},
		"server":       {StatusCode: 503, MaybeApplied: true},
	} {
		if got := client.Kind(fmt.Errorf("sync: %w", err)); got != want {
			t.Errorf("got %q, want %q for %v", got, want, err)
		}
		if errors.Is(err, client.ErrMaybeApplied) != err.MaybeApplied {
			t.Errorf("%v: ErrMaybeApplied does not follow MaybeApplied", err)
		}
	}
	daily := &client.Error{StatusCode: 429, Response: client.Response{RateLimit: client.RateLimit{Known: true, DailyLimit: 200_000}}}
	if !errors.Is(daily, client.ErrDailyLimit) || !errors.Is(daily, client.ErrRateLimited) {
		t.Errorf("got %v, want ErrDailyLimit and ErrRateLimited", daily)
	}
	if got := client.Kind(nil) + client.Kind(io.EOF); got != "other" {
		t.Errorf("got %q, want other", got)
	}
}

// TestLog_Levels checks that expected errors are logged at debug level.
func TestLog_Levels(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelInfo}))
	c := newClient(t, &stub{responses: []stubResponse{{status: 400, body: `{"message":"Contact not found for id:abc"}`}}}, client.WithLogger(logger))
	_, _ = c.Contacts.Get(t.Context(), "abc")
	if logged.Len() > 0 {
		t.Errorf("a Get of a contact that does not exist logged %s", &logged)
	}
	_ = c.Contacts.Delete(t.Context(), "abc")
	var record struct{ Kind, Cause string }
	if err := json.Unmarshal(logged.Bytes(), &record); err != nil || record.Kind != "not_found" || record.Cause == "" {
		t.Errorf("got %s, want kind and cause", &logged)
	}
}

// generatedCalls are calls of the generated client by operation.
var generatedCalls = []struct {
	operation string
	want      sent
	call      func(ctx context.Context, c gen.ClientInterface) (*http.Response, error)
}{
	{"getContact", sent{Method: "GET", Target: "/proxy/v1/contacts/abc"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContact(ctx, "abc")
	}},
	{"updateContact", sent{Method: "PUT", Target: "/proxy/v1/contacts/abc", Body: `{"city":null}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.UpdateContact(ctx, "abc", gen.UpdateContactRequest{City: client.Clear[string]()})
	}},
	{"updateContact", sent{Method: "PUT", Target: "/proxy/v1/contacts/abc", Body: `{"x":1}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.UpdateContactWithBody(ctx, "abc", "application/json", strings.NewReader(`{"x":1}`))
	}},
	{"deleteContact", sent{Method: "DELETE", Target: "/proxy/v1/contacts/abc"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.DeleteContact(ctx, "abc")
	}},
	{"upsertContact", sent{Method: "POST", Target: "/proxy/v1/contacts/upsert", Body: `{"locationId":"l"}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.UpsertContact(ctx, gen.UpsertContactRequest{LocationID: "l"})
	}},
	{"createContact", sent{Method: "POST", Target: "/proxy/v1/contacts/", Body: `{"locationId":"l"}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.CreateContact(ctx, gen.CreateContactRequest{LocationID: "l"})
	}},
	{"getContacts", sent{Method: "GET", Target: "/proxy/v1/contacts/?locationId=l"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContacts(ctx, &gen.GetContactsParams{LocationID: "l"})
	}},
	{"getContactsByBusinessId", sent{Method: "GET", Target: "/proxy/v1/contacts/business/b?locationId=l"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContactsByBusinessID(ctx, "b", &gen.GetContactsByBusinessIDParams{LocationID: "l"})
	}},
	// The generated client checks no arguments. No path may make the call panic.
	{"getContact", sent{Method: "GET", Target: "/proxy/v1/contacts/a%2Fcontacts%2Fb"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContact(ctx, "a/contacts/b")
	}},
	{"deleteContact", sent{Method: "DELETE", Target: "/proxy/v1/"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.DeleteContact(ctx, "..")
	}},
}

func TestClient_Generated(t *testing.T) {
	t.Parallel()
	for _, test := range generatedCalls {
		t.Run(test.operation+" "+test.want.Target, func(t *testing.T) {
			t.Parallel()
			api := &stub{responses: []stubResponse{ok(`{"contact":{}}`), ok(strings.Repeat("x", 1001))}}
			c := newClient(t, api, client.WithMaxResponseBytes(1000), client.WithUserAgent("example/1"))
			resp, err := test.call(t.Context(), c.Generated())
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if content, err := io.ReadAll(resp.Body); err != nil || string(content) != `{"contact":{}}` {
				t.Errorf("body %q, %v", content, err)
			}
			if diff := cmp.Diff([]sent{test.want}, api.sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			header := api.requests[0].Header
			if header.Get("Authorization") != "Bearer "+token || header.Get("Version") != "2021-07-28" || !strings.HasPrefix(header.Get("User-Agent"), "example/1 contacts-go/") {
				t.Errorf("header %v", header)
			}
			if _, err := test.call(t.Context(), c.Generated()); !errors.Is(err, client.ErrResponseTooLarge) { //nolint:bodyclose // there is none
				t.Errorf("large body: %v", err)
			}
		})
	}
}

func TestClient_Generated_Errors(t *testing.T) {
	t.Parallel()
	for _, test := range generatedCalls {
		t.Run(test.operation+" "+test.want.Target, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, stubResponse{status: 400, body: `{"error":"Contact with id abc not found","status":400}`})
			_, err := test.call(t.Context(), c.Generated()) //nolint:bodyclose // there is none
			var apiError *client.Error
			if !errors.Is(err, client.ErrNotFound) || !errors.As(err, &apiError) {
				t.Fatalf("got %v", err)
			}
			if apiError.Operation != test.operation || apiError.Method != test.want.Method {
				t.Errorf("operation %q, method %q", apiError.Operation, apiError.Method)
			}
		})
	}
}

// TestClient_Generated_UncheckedIDs has a base URL without a path, so that unchecked IDs result in
// the shortest paths.
func TestClient_Generated_UncheckedIDs(t *testing.T) {
	t.Parallel()
	for _, id := range badIDs {
		c := newClient(t, &stub{responses: []stubResponse{{status: 404}}}, client.WithBaseURL("https://api.example"))
		_, err := c.Generated().DeleteContact(t.Context(), id) //nolint:bodyclose // there is none
		var apiError *client.Error
		if !errors.As(err, &apiError) || apiError.Operation != "deleteContact" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestOperationFromContext(t *testing.T) {
	t.Parallel()
	var got []string
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		got = append(got, client.OperationFromContext(req.Context()))
		return everything.response(req), nil
	}))
	for _, operation := range operations {
		if err := operation.call(t.Context(), c); err != nil {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
	want := []string{
		"getContact", "getContacts", "getContactsByBusinessId", "updateContact", "deleteContact", "upsertContact", "upsertContact", "createContact",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other := client.OperationFromContext(t.Context()); other != "" {
		t.Errorf("got %q for another context, want an empty string", other)
	}
}

// TestErrNetwork_Text compares complete messages. They contain neither the query nor the address. A
// transport that does not support traces may have written the request.
func TestErrNetwork_Text(t *testing.T) {
	t.Parallel()
	const maybe = "; the write may have been applied"
	want := map[string]string{
		"get":                 "getContact: GET /proxy/v1/contacts/abc: unexpected EOF",
		"list":                "getContacts: GET /proxy/v1/contacts/: unexpected EOF",
		"list by business":    "getContactsByBusinessId: GET /proxy/v1/contacts/business/b: unexpected EOF",
		"update":              "updateContact: PUT /proxy/v1/contacts/abc: unexpected EOF" + maybe,
		"delete":              "deleteContact: DELETE /proxy/v1/contacts/abc: unexpected EOF" + maybe,
		"upsert":              "upsertContact: POST /proxy/v1/contacts/upsert: unexpected EOF" + maybe,
		"upsert of a new one": "upsertContact: POST /proxy/v1/contacts/upsert: unexpected EOF" + maybe,
		"create":              "createContact: POST /proxy/v1/contacts/: unexpected EOF" + maybe,
	}
	c := newClient(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }))
	for _, operation := range operations {
		err := operation.call(t.Context(), c)
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err.Error() != want[operation.name] {
			t.Errorf("got  %s\nwant %s", err, want[operation.name])
		}
	}
}

// TestErrNetwork_TruncatedBody truncates bodies. A truncated success is an ErrNetwork, and a
// truncated error response has the kind of its status.
func TestErrNetwork_TruncatedBody(t *testing.T) {
	t.Parallel()
	broken := func(status int) *client.Client {
		return newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := stubResponse{status: status}.response(req)
			resp.ContentLength, resp.Body = -1, io.NopCloser(brokenReader{})
			return resp, nil
		}))
	}
	for _, operation := range operations {
		err := operation.call(t.Context(), broken(200))
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err := operation.call(t.Context(), broken(403)); !errors.Is(err, client.ErrForbidden) {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
}

// TestClient_ContextEnds ends the context while the transport waits for a response.
func TestClient_ContextEnds(t *testing.T) {
	t.Parallel()
	for _, operation := range operations {
		ctx, cancel := context.WithCancel(t.Context())
		c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			cancel()
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		err := operation.call(ctx, c)
		if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		cancel()
	}
}

// TestWithHTTPClient uses the proxy and the TLS settings of the caller's HTTP client.
func TestWithHTTPClient(t *testing.T) {
	t.Parallel()
	contact := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"contact":{"id":"abc"}}`) })
	get := func(t *testing.T, address string, httpClient *http.Client) error {
		t.Helper()
		c, err := client.New(client.StaticToken("pit-test"), client.WithBaseURL(address), client.WithHTTPClient(httpClient),
			client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Contacts.Get(t.Context(), "abc")
		return err
	}
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewTLSServer(contact)
		defer server.Close()
		if err := get(t, server.URL, server.Client()); err != nil {
			t.Error(err)
		}
		if err := get(t, server.URL, &http.Client{}); err == nil {
			t.Error("an untrusted certificate was accepted")
		}
	})
	t.Run("proxy", func(t *testing.T) {
		t.Parallel()
		var proxied atomic.Int32
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proxied.Add(1)
			if r.URL.Host != "localhost:1" {
				t.Errorf("got a request for %s", r.URL.Host)
			}
			contact(w, r)
		}))
		defer proxy.Close()
		address, err := url.Parse(proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := get(t, "http://localhost:1", &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}); err != nil {
			t.Error(err)
		}
		if proxied.Load() != 1 {
			t.Errorf("%d requests came by the proxy", proxied.Load())
		}
	})
}
