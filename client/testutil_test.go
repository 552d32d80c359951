package client_test

import (
	"context"
	"embed"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/highlevel-contacts/contacts-go/client"
)

const (
	base      = "https://api.example/proxy/v1" // with a path, to test that it is prepended
	token     = "pit-00000000-0000-4000-8000-0000zuluzulu"
	location  = "ve9EPM428h8vShlRW1KT"
	contactID = "ocQHyuzHvysMo5N5VsXc"
)

//go:embed testdata/*.json
var bodies embed.FS

// body returns a complete response as the API sends it.
func body(t testing.TB, name string) string {
	t.Helper()
	text, err := bodies.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// contactBody returns the response to getContact with the given properties and an ID.
func contactBody(properties string) string {
	if properties != "" {
		properties = "," + properties
	}
	return `{"contact":{"id":"` + contactID + `"` + properties + `}}`
}

// stubResponse is a response of the stub.
type stubResponse struct {
	status int
	body   string
	header http.Header
}

// ok returns a response with status 200 and the given body.
func ok(body string) stubResponse {
	return stubResponse{status: http.StatusOK, body: body}
}

// sent is a request that was sent. Target is the escaped path and the query.
type sent struct {
	Method, Target, Body string
}

// stub is a transport that returns its responses in order, the last one for all further requests,
// and records the requests.
type stub struct {
	mu        sync.Mutex
	responses []stubResponse
	requests  []*http.Request
	sent      []sent
}

func (s *stub) RoundTrip(req *http.Request) (*http.Response, error) {
	var content []byte
	if req.Body != nil {
		content, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.responses[min(len(s.requests), len(s.responses)-1)]
	s.requests = append(s.requests, req)
	s.sent = append(s.sent, sent{Method: req.Method, Target: req.URL.RequestURI(), Body: string(content)})
	return next.response(req), nil
}

func (a stubResponse) response(req *http.Request) *http.Response {
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

// targets returns the method and target of each request, in order.
func (s *stub) targets() []string {
	var targets []string
	for _, request := range s.sent {
		targets = append(targets, request.Method+" "+request.Target)
	}
	return targets
}

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

// newClient returns a client for base that sends each request once, without rate limiting.
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

// newStub returns a client and the stub that responds to it.
func newStub(t testing.TB, responses ...stubResponse) (*client.Client, *stub) {
	t.Helper()
	api := &stub{responses: responses}
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

// isNotPrintable reports whether r is a line break or a control character of a terminal.
func isNotPrintable(r rune) bool {
	return !unicode.IsPrint(r)
}

// outcome is the result of one request to a scripted transport.
type outcome struct {
	status    int
	header    http.Header
	body      string
	err       error // instead of a response
	unsent    bool  // the error occurred before the request was written
	truncated bool  // the body is truncated
}

// scripted is a transport that returns outcomes in order, the last one for all further requests.
type scripted struct {
	outcomes []outcome
	requests atomic.Int32
	bodies   []string
}

func (s *scripted) RoundTrip(req *http.Request) (*http.Response, error) {
	number := int(s.requests.Add(1))
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		s.bodies = append(s.bodies, string(body))
	}
	play := s.outcomes[min(number, len(s.outcomes))-1]
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
		trace.GetConn("")
		if !play.unsent {
			trace.WroteHeaders()
		}
	}
	if play.err != nil {
		return nil, play.err
	}
	resp := &http.Response{StatusCode: play.status, Header: play.header, ContentLength: -1, Request: req}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	var body io.Reader = strings.NewReader(play.body)
	if play.truncated {
		body = io.MultiReader(body, brokenReader{})
	}
	resp.Body = io.NopCloser(body)
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (s *scripted) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	opts = append([]client.Option{
		client.WithHTTPClient(&http.Client{Transport: s}), client.WithLocation("loc"), client.WithBaseURL("http://localhost/proxy"),
	}, opts...)
	c, err := client.New(client.StaticToken("pit-test"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// operations has a call of each operation, with its properties.
var operations = []struct {
	name       string
	idempotent bool
	write      bool
	call       func(ctx context.Context, c *client.Client, opts ...client.CallOption) error
}{
	{"get", true, false, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		_, err := c.Contacts.Get(ctx, "abc", opts...)
		return err
	}},
	{"list", true, false, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		_, err := c.Contacts.List(ctx, client.ListRequest{}, opts...)
		return err
	}},
	{"list by business", true, false, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		_, err := c.Contacts.ListByBusiness(ctx, "b", client.BusinessListRequest{}, opts...)
		return err
	}},
	{"update", true, true, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		_, err := c.Contacts.Update(ctx, "abc", client.UpdateContactRequest{City: client.Set("Oslo")}, opts...)
		return err
	}},
	{"delete", true, true, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		return c.Contacts.Delete(ctx, "abc", opts...)
	}},
	{"upsert", true, true, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		_, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set("a@example.com")}, opts...)
		return err
	}},
	{"upsert of a new one", false, true, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		request := client.UpsertContactRequest{Email: client.Set("a@example.com"), CreateNewIfDuplicateAllowed: client.Set(true)}
		_, err := c.Contacts.Upsert(ctx, request, opts...)
		return err
	}},
	{"create", false, true, func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
		_, err := c.Contacts.Create(ctx, client.CreateContactRequest{Email: "a@example.com"}, opts...)
		return err
	}},
}

var success = outcome{status: http.StatusOK, body: `{"contact":{"id":"abc"},"contacts":[],"succeded":true,"new":false}`}

// listing serves getContacts for a location with the given number of realistic contacts, whose
// dates are one second apart.
type listing struct {
	total              int
	head, middle, tail string // of a contact, around its id and dateAdded
	newest             time.Time
	buffers            sync.Pool
}

func newListing(t testing.TB, total int) *listing {
	t.Helper()
	var page struct{ Contacts []json.RawMessage }
	if err := json.Unmarshal([]byte(body(t, "getContacts")), &page); err != nil {
		t.Fatal(err)
	}
	const added = "2020-10-28T07:30:49.758Z"
	newest, err := time.Parse(time.RFC3339, added)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(page.Contacts[0]), contactID)
	middle, tail, _ := strings.Cut(rest, added)
	return &listing{
		total: total, head: head, middle: middle, tail: tail, newest: newest,
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
}

// id returns the ID of a contact by its position in the list.
func (*listing) id(place int) string {
	digits := strconv.Itoa(place)
	return strings.Repeat("0", len(contactID)-len(digits)) + digits
}

func (l *listing) added(place int) time.Time {
	return l.newest.Add(-time.Duration(place) * time.Second)
}

// page appends the response with up to limit contacts from a position on.
func (l *listing) page(body []byte, from, limit int) []byte {
	end := min(from+limit, l.total)
	body = append(body, `{"contacts":[`...)
	for place := from; place < end; place++ {
		if place > from {
			body = append(body, ',')
		}
		body = append(append(append(body, l.head...), l.id(place)...), l.middle...)
		body = append(l.added(place).AppendFormat(body, "2006-01-02T15:04:05.000Z"), l.tail...)
	}
	body = append(body, `],"meta":{"total":`...)
	body = append(strconv.AppendInt(body, int64(l.total), 10), `,"nextPageUrl":"http://localhost:8080/contacts/","prevPage":null`...)
	if end > from {
		body = append(body, `,"startAfter":`...)
		body = append(strconv.AppendInt(body, l.added(end-1).UnixMilli(), 10), `,"startAfterId":"`...)
		body = append(append(body, l.id(end-1)...), `","currentPage":1`...)
	}
	if end < l.total {
		return append(body, `,"nextPage":2}}`...)
	}
	return append(body, `,"nextPage":null}}`...)
}

func (l *listing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, from := r.URL.Query(), 0
	// As in the API, half a cursor returns the first page.
	if query.Has("startAfter") && query.Has("startAfterId") {
		last, _ := strconv.Atoi(query.Get("startAfterId"))
		from = last + 1
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		limit = 20
	}
	w.Header().Set("Content-Type", "application/json")
	buffer := l.buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is in it
	defer l.buffers.Put(buffer)
	*buffer = l.page((*buffer)[:0], from, limit)
	_, _ = w.Write(*buffer)
}
