package client_test

import (
	"embed"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/highlevel-contacts/contacts-go/client"
)

const (
	base      = "https://api.example/proxy/v1" // not at the root, so that the building of paths is tested
	token     = "pit-00000000-0000-4000-8000-0000zuluzulu"
	location  = "ve9EPM428h8vShlRW1KT"
	contactID = "ocQHyuzHvysMo5N5VsXc"
)

//go:embed testdata/*.json
var bodies embed.FS

// body returns a whole answer as the API sends it.
func body(t testing.TB, name string) string {
	t.Helper()
	text, err := bodies.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// contactBody returns the answer to getContact with these members of the contact besides its id.
func contactBody(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"contact":{"id":"` + contactID + `"` + members + `}}`
}

// answer is what the stub sends back.
type answer struct {
	status int
	body   string
	header http.Header
}

// ok is the answer 200 with that body.
func ok(body string) answer {
	return answer{status: http.StatusOK, body: body}
}

// sent is a request as it went out. Target is the escaped path and the query.
type sent struct {
	Method, Target, Body string
}

// stub stands in for the API: it gives its answers in order, the last one again and again, and keeps what it was sent.
type stub struct {
	mu       sync.Mutex
	answers  []answer
	requests []*http.Request
	sent     []sent
}

func (s *stub) RoundTrip(req *http.Request) (*http.Response, error) {
	var content []byte
	if req.Body != nil {
		content, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.answers[min(len(s.requests), len(s.answers)-1)]
	s.requests = append(s.requests, req)
	s.sent = append(s.sent, sent{Method: req.Method, Target: req.URL.RequestURI(), Body: string(content)})
	return next.response(req), nil
}

func (a answer) response(req *http.Request) *http.Response {
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header["Content-Type"] == nil {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return &http.Response{
		StatusCode: a.status, Header: header, Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: int64(len(a.body)), Body: io.NopCloser(strings.NewReader(a.body)),
	}
}

// targets returns method and target of each request, in order.
func (s *stub) targets() []string {
	var targets []string
	for _, request := range s.sent {
		targets = append(targets, request.Method+" "+request.Target)
	}
	return targets
}

// roundTrip is a transport made of a function.
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

// newClient returns a client below base that sends each request once, at once, through transport.
func newClient(t testing.TB, transport http.RoundTripper, opts ...client.Option) *client.Client {
	t.Helper()
	opts = slices.Concat([]client.Option{
		client.WithBaseURL(base), client.WithLocation(location), client.WithHTTPClient(&http.Client{Transport: transport}),
		client.WithRetry(client.RetryPolicy{MaxAttempts: 1}), client.WithPacer(client.Unpaced{}),
	}, opts)
	c, err := client.New(client.StaticToken(token), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newStub returns a client and the stub that answers it.
func newStub(t testing.TB, answers ...answer) (*client.Client, *stub) {
	t.Helper()
	api := &stub{answers: answers}
	return newClient(t, api), api
}

// quote returns text as JSON.
func quote(t testing.TB, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}

// isNotPrintable tells whether r would break a line or steer a terminal.
func isNotPrintable(r rune) bool {
	return !unicode.IsPrint(r)
}
