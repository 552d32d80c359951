package client_test

import (
	"cmp"
	"context"
	_ "embed" // for getContactBody
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/highlevel-contacts/contacts-go/client"
)

const (
	base      = "https://api.example/proxy/v1" // with a path, to test that it is prepended
	token     = "pit-00000000-0000-4000-8000-0000zuluzulu"
	location  = "ve9EPM428h8vShlRW1KT"
	contactID = "ocQHyuzHvysMo5N5VsXc"
)

// getContactBody is a complete response to getContact as the API sends it.
//
//go:embed testdata/getContact.json
var getContactBody string

// contactBody returns the response to getContact with the given properties and an ID.
func contactBody(properties string) string {
	if properties != "" {
		properties = "," + properties
	}
	return `{"contact":{"id":"` + contactID + `"` + properties + `}}`
}

// stubResponse is a response of the stub.
type stubResponse struct {
	status int // 200 if it is zero
	body   string
	header http.Header
	err    error // error in place of a response
	unsent bool  // whether err occurred before a connection was acquired
	cut    bool  // whether the body ends with io.ErrUnexpectedEOF
}

// ok returns a response with status 200 and the given body.
func ok(body string) stubResponse { return stubResponse{status: http.StatusOK, body: body} }

// everything is a response that every operation accepts as a success.
var everything = ok(`{"contact":{"id":"` + contactID + `"},"contacts":[],"tags":[],"customFields":[],"succeded":true,"new":true}`)

func (r stubResponse) response(req *http.Request) *http.Response {
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header["Content-Type"] == nil {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp := &http.Response{
		StatusCode: cmp.Or(r.status, http.StatusOK), Header: header, Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: int64(len(r.body)), Body: io.NopCloser(strings.NewReader(r.body)),
	}
	if r.cut {
		resp.ContentLength, resp.Body = -1, io.NopCloser(io.MultiReader(strings.NewReader(r.body), iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return resp
}

// stub is a transport that returns its responses in order and records the requests. Unless it is
// strict, it returns the last response for all further requests.
type stub struct {
	responses []stubResponse
	tb        testing.TB // receives the failures of a strict stub
	strict    bool       // whether there must be one request for each response

	mu       sync.Mutex
	requests []*http.Request
	sent     []string // "METHOD target body" of each request; the target begins after the path of base
}

func (s *stub) RoundTrip(req *http.Request) (*http.Response, error) {
	line := req.Method + " " + strings.TrimPrefix(req.URL.RequestURI(), "/proxy/v1")
	if req.Body != nil {
		content, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
		line = strings.TrimSpace(line + " " + string(content))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := min(len(s.sent), len(s.responses)-1)
	s.requests, s.sent = append(s.requests, req), append(s.sent, line)
	if s.strict && len(s.sent) > len(s.responses) {
		s.tb.Errorf("request %d is one too many: %s", len(s.sent), line)
		return nil, http.ErrServerClosed
	}
	next := s.responses[at]
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
		trace.GetConn("")
		if !next.unsent {
			trace.GotConn(httptrace.GotConnInfo{})
		}
	}
	if err := req.Context().Err(); err != nil { // the client ends the request after too many connections
		return nil, err
	}
	if next.err != nil {
		return nil, next.err
	}
	return next.response(req), nil
}

// newClient returns a client for base that sends each request once, without rate limiting.
func newClient(t testing.TB, transport http.RoundTripper, opts ...client.Option) *client.Client {
	t.Helper()
	return newClientWith(t, client.StaticToken(token), transport, opts...)
}

func newClientWith(t testing.TB, tokens client.TokenSource, transport http.RoundTripper, opts ...client.Option) *client.Client {
	t.Helper()
	opts = slices.Concat([]client.Option{
		client.WithBaseURL(base), client.WithLocation(location), client.WithHTTPClient(&http.Client{Transport: transport}),
		client.WithRetry(client.RetryPolicy{MaxAttempts: 1}), client.WithPacer(client.Unpaced{}),
	}, opts)
	c, err := client.New(tokens, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newStub returns a client and the stub that responds to it.
func newStub(t testing.TB, responses ...stubResponse) (*client.Client, *stub) {
	t.Helper()
	api := &stub{responses: responses}
	return newClient(t, api), api
}

// script returns a client and a strict stub. At the end, the test fails unless there was exactly one
// request for each response.
func script(t testing.TB, responses []stubResponse, opts ...client.Option) (*client.Client, *stub) {
	t.Helper()
	api := &stub{responses: responses, tb: t, strict: true}
	t.Cleanup(func() {
		if len(api.sent) < len(responses) {
			t.Errorf("got %d requests, want %d: %q", len(api.sent), len(responses), api.sent)
		}
	})
	return newClient(t, api, opts...), api
}

// retries is the option for three attempts.
var retries = client.WithRetry(client.RetryPolicy{})

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// noRequests is a transport that must not be used.
func noRequests(t testing.TB) http.RoundTripper {
	t.Helper()
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		t.Errorf("%s %s was sent", req.Method, req.URL)
		return nil, http.ErrServerClosed
	})
}

// errOf returns the error of a call.
func errOf[T any](_ T, err error) error { return err }

// operationTest is a call of an operation, with its properties.
type operationTest struct {
	name       string
	goName     string // name in errors and logs
	request    string // method, target and body
	idempotent bool
	write      bool
	call       func(ctx context.Context, c *client.Client, opts ...client.CallOption) error
}

// methodAndPath returns the method and the path of the request.
func (o operationTest) methodAndPath() (method, path string) {
	parts := strings.FieldsFunc(o.request, func(r rune) bool { return r == ' ' || r == '?' })
	return parts[0], parts[1]
}

// allOperations has a call of each operation, of those that some requests change, and of Do with each
// method and each CallOption that changes the retries.
var allOperations = []operationTest{
	{name: "get", goName: "Contacts.Get", request: "GET /contacts/abc", idempotent: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.Get(ctx, "abc", opts...))
	}},
	{name: "list", goName: "Contacts.List", request: "GET /contacts/?locationId=" + location, idempotent: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.List(ctx, client.ListRequest{}, opts...))
	}},
	{name: "list by business", goName: "Contacts.ListByBusiness", request: "GET /contacts/business/b?locationId=" + location, idempotent: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.ListByBusiness(ctx, "b", client.BusinessListRequest{}, opts...))
	}},
	{name: "update", goName: "Contacts.Update", request: `PUT /contacts/abc {"city":"Oslo"}`, idempotent: true, write: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.Update(ctx, "abc", client.UpdateContactRequest{City: client.Set("Oslo")}, opts...))
	}},
	{name: "delete", goName: "Contacts.Delete", request: "DELETE /contacts/abc", idempotent: true, write: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return c.Contacts.Delete(ctx, "abc", opts...)
	}},
	{name: "upsert", goName: "Contacts.Upsert", request: `POST /contacts/upsert {"email":"a@example.com","locationId":"` + location + `"}`, idempotent: true, write: true, call: upsertCall(client.UpsertContactRequest{Email: client.Set("a@example.com")})},
	{name: "upsert without email and phone", goName: "Contacts.Upsert", request: `POST /contacts/upsert {"locationId":"` + location + `"}`, idempotent: true, write: true, call: upsertCall(client.UpsertContactRequest{})},
	{name: "upsert of a new one", goName: "Contacts.Upsert", request: `POST /contacts/upsert {"createNewIfDuplicateAllowed":true,"locationId":"` + location + `"}`, write: true, call: upsertCall(client.UpsertContactRequest{CreateNewIfDuplicateAllowed: client.Set(true)})},
	{name: "create", goName: "Contacts.Create", request: `POST /contacts/ {"email":"a@example.com","locationId":"` + location + `"}`, write: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.Create(ctx, client.CreateContactRequest{Email: "a@example.com"}, opts...))
	}},
	{name: "search", goName: "Contacts.Search", request: `POST /contacts/search {"locationId":"` + location + `","pageLimit":100}`, idempotent: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.Search(ctx, client.SearchRequest{}, opts...))
	}},
	{name: "find duplicate", goName: "Contacts.FindDuplicate", request: "GET /contacts/search/duplicate?locationId=" + location + "&email=a%40example.com", idempotent: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.FindDuplicate(ctx, client.DuplicateQuery{Email: "a@example.com"}, opts...))
	}},
	{name: "add tags", goName: "Contacts.AddTags", request: `POST /contacts/abc/tags {"tags":["vip"]}`, idempotent: true, write: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.AddTags(ctx, "abc", []string{"vip"}, opts...))
	}},
	{name: "remove tags", goName: "Contacts.RemoveTags", request: `DELETE /contacts/abc/tags {"tags":["vip"]}`, idempotent: true, write: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.RemoveTags(ctx, "abc", []string{"vip"}, opts...))
	}},
	{name: "custom fields", goName: "Contacts.CustomFields", request: "GET /locations/" + location + "/customFields", idempotent: true, call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.CustomFields(ctx, "", opts...))
	}},
	doCall(operationTest{name: "do GET", request: "GET /x", idempotent: true}),
	doCall(operationTest{name: "do PUT", request: "PUT /x {}", idempotent: true, write: true}),
	doCall(operationTest{name: "do DELETE", request: "DELETE /x", idempotent: true, write: true}),
	doCall(operationTest{name: "do POST", request: "POST /x {}", write: true}),
	doCall(operationTest{name: "do PATCH", request: "PATCH /x {}", write: true}),
	doCall(operationTest{name: "do POST, idempotent", request: "POST /x {}", idempotent: true, write: true}, client.Idempotent()),
	doCall(operationTest{name: "do POST, read-only", request: "POST /x {}", idempotent: true}, client.ReadOnly()),
}

func upsertCall(request client.UpsertContactRequest) func(context.Context, *client.Client, ...client.CallOption) error {
	return func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return errOf(c.Contacts.Upsert(ctx, request, opts...))
	}
}

func doCall(operation operationTest, options ...client.CallOption) operationTest {
	method, path := operation.methodAndPath()
	operation.goName = "Do"
	operation.call = func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return c.Do(ctx, method, path, nil, nil, new(map[string]any), slices.Concat(options, opts)...)
	}
	return operation
}
