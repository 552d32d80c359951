package client_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestWithResponseInto(t *testing.T) {
	header := http.Header{
		"Content-Type": {"application/json"}, "Cf-Ray": {"8f1c"},
		"X-Ratelimit-Max": {"100"}, "X-Ratelimit-Remaining": {"99"}, "X-Ratelimit-Interval-Milliseconds": {"10000"},
		"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"199512"}, "X-Ratelimit-Daily-Reset": {"43200000"},
	}
	limit := client.RateLimit{Known: true, Max: 100, Remaining: 99, Interval: 10 * time.Second, DailyLimit: 200000, DailyRemaining: 199512, DailyReset: 12 * time.Hour}
	stale := client.Response{StatusCode: 418, Body: []byte("stale"), Attempts: 7, Drift: []client.Drift{{Pointer: "/stale"}}}
	for _, test := range []struct {
		response stubResponse
		kind     client.Kind
		drift    []client.Drift
	}{
		{stubResponse{status: 200, body: everything.body}, "", nil},
		{stubResponse{status: 201, body: contactBody(`"city":7`)}, "", []client.Drift{{Pointer: "/contact/city", Want: "string", Got: "number"}}},
		{stubResponse{status: 422, body: `{"message":["no"]}`}, client.ErrInvalid, nil},
		{stubResponse{status: 200, body: html}, client.ErrBadResponse, nil},
		{stubResponse{status: 200, body: strings.Repeat(" ", 1001)}, client.ErrResponseTooLarge, nil},
		{stubResponse{err: io.ErrUnexpectedEOF}, client.ErrNetwork, nil},
	} {
		want := client.Response{Attempts: 1}
		if test.response.err == nil {
			test.response.header = header
			want = client.Response{StatusCode: test.response.status, Header: header, Body: []byte(test.response.body), Attempts: 1, RateLimit: limit, Drift: test.drift}
		}
		if test.kind == client.ErrResponseTooLarge {
			want.Body = nil
		}
		c := newClient(t, always(test.response), client.WithMaxResponseBytes(1000))
		got := stale
		_, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&got))
		if diff := cmp.Diff(capturedParts(want), capturedParts(got)); diff != "" || client.KindOf(err) != test.kind {
			t.Errorf("got %v, want %q (-want +got):\n%s", err, test.kind, diff)
		}
		if err != nil && strings.Count(err.Error(), test.kind.Error()) != 1 {
			t.Errorf("got %v, want its kind once", err)
		}
		if apiErr, ok := errors.AsType[*client.Error](err); ok && cmp.Diff(capturedParts(got), capturedParts(apiErr.Response)) != "" {
			t.Errorf("the error has another response: %v", apiErr.Response)
		}
	}
	got := stale
	_, err := newClient(t, noRequests(t)).Contacts.Get(t.Context(), "..", client.WithResponseInto(&got))
	if !errors.Is(err, client.ErrInvalid) || cmp.Diff(capturedParts(stale), capturedParts(got)) != "" {
		t.Errorf("invalid argument: got %v, %v", got, err)
	}
}

// capturedParts are the fields of a Response, which prints only a summary.
func capturedParts(r client.Response) []any {
	return []any{r.StatusCode, r.Header, string(r.Body), r.Attempts, r.RateLimit, r.Drift}
}

// TestWithResponseInto_BodyOwnership changes the body, which must not change the contact.
func TestWithResponseInto_BodyOwnership(t *testing.T) {
	c, _ := newStub(t, ok(body(t, "getContact")))
	var response client.Response
	got, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprintf("%+v", got)
	clear(response.Body)
	if diff := cmp.Diff(before, fmt.Sprintf("%+v", got)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// countingBody is an endless body that counts the bytes read, and records whether it was closed.
type countingBody struct {
	read   int
	closed bool
}

func (b *countingBody) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	b.read += len(p)
	return len(p), nil
}

func (b *countingBody) Close() error {
	b.closed = true
	return nil
}

// TestResponse_BoundedBodies has endless bodies of different announced lengths.
func TestResponse_BoundedBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		status    int
		announced int64
		atMost    int // bytes read
		kept      int // bytes of Error.Response
		want      client.Kind
	}{
		{"success of unknown length", 200, -1, 50_001, 0, client.ErrResponseTooLarge},
		{"success of a length over the limit", 200, 50_001, 0, 0, client.ErrResponseTooLarge},
		{"success that is longer than announced", 200, 50_000, 50_001, 0, client.ErrResponseTooLarge},
		{"success that announces nothing, and more", 200, 0, 50_001, 0, client.ErrResponseTooLarge},
		{"success of the largest length", 200, math.MaxInt64, 0, 0, client.ErrResponseTooLarge},
		{"error of unknown length", 500, -1, 64<<10 + 1, 64 << 10, client.ErrServer},
		{"error of the largest length", 500, math.MaxInt64, 64<<10 + 1, 64 << 10, client.ErrServer},
	} {
		for _, operation := range allOperations {
			t.Run(operation.name+": "+test.name, func(t *testing.T) {
				t.Parallel()
				endless := &countingBody{}
				c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: test.status, Header: http.Header{}, ContentLength: test.announced, Body: endless, Request: req}, nil
				}), client.WithMaxResponseBytes(50_000))
				err := operation.call(t.Context(), c)
				apiErr, ok := errors.AsType[*client.Error](err)
				if !ok || apiErr.Kind != test.want || apiErr.MaybeApplied != operation.write || len(apiErr.Response.Body) != test.kept || apiErr.Response.StatusCode != test.status {
					t.Errorf("got %v, %d bytes, want %s and %d bytes", err, len(apiErr.Response.Body), test.want, test.kept)
				}
				if endless.read > test.atMost || !endless.closed {
					t.Errorf("read %d bytes, closed %v, want at most %d and closed", endless.read, endless.closed, test.atMost)
				}
			})
		}
	}
}

func TestWithMaxResponseBytes(t *testing.T) {
	body := contactBody(`"city":"Oslo"`)
	for _, announced := range []int64{int64(len(body)), -1, 0, 1} {
		for limit, want := range map[int64]client.Kind{int64(len(body)): "", math.MaxInt64: "", int64(len(body)) - 1: client.ErrResponseTooLarge} {
			c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
				resp := ok(body).response(req)
				resp.ContentLength = announced
				return resp, nil
			}), client.WithMaxResponseBytes(limit))
			if contact, err := c.Contacts.Get(t.Context(), contactID); client.KindOf(err) != want || (err == nil && contact.City != "Oslo") {
				t.Errorf("announced %d, limit %d: got %+v, %v, want %q", announced, limit, contact, err, want)
			}
		}
	}
}

// TestResponse_CompressedBodies checks that the limit applies to the decompressed body, and that an
// error is not read to its end.
func TestResponse_CompressedBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status, size int
		want         client.Kind
	}{{200, 4, ""}, {200, 100_000, client.ErrResponseTooLarge}, {200, 4 << 20, client.ErrResponseTooLarge}, {500, 4 << 20, client.ErrServer}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("gzip is not accepted")
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(test.status)
			_, _ = w.Write(gzipped(contactBody(`"city":"` + strings.Repeat("o", test.size) + `"`)))
		}))
		c := onSocket(t, server, client.WithMaxResponseBytes(100_000))
		var response client.Response
		contact, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
		if client.KindOf(err) != test.want || (err == nil && len(contact.City) != test.size) || len(response.Body) > 100_000 {
			t.Errorf("%+v: got %v, %d bytes", test, err, len(response.Body))
		}
		server.Close()
	}
}

// TestDecode_PageWithWrongTypes has an unexpected value in one contact of a page. The other contacts
// are as on a page without it.
func TestDecode_PageWithWrongTypes(t *testing.T) {
	page := `{"contacts":` + contactList(1, 100) + `}`
	c, _ := newStub(t, ok(page), ok(strings.Replace(page, `"id":"c42",`, `"id":"c42","dnd":"no","loyalty":7,`, 1)))
	want, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var response client.Response
	got, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100}, client.WithResponseInto(&response))
	want.Contacts[41].Extra = []byte(`{"dnd":"no","loyalty":7}`)
	if diff := cmp.Diff(want, got); err != nil || diff != "" || len(got.Contacts) != 100 {
		t.Errorf("%v, %d contacts (-want +got):\n%s", err, len(got.Contacts), diff)
	}
	if drift := driftText("", response.Drift); drift != "/contacts/41/dnd boolean string" {
		t.Errorf("got drift %s", drift)
	}
}

// TestContactsService_Search_NullInPlaceOfAContact has an element that is not a contact.
func TestContactsService_Search_NullInPlaceOfAContact(t *testing.T) {
	c, _ := newStub(t, ok(`{"contacts":[null,{"id":"a"}],"total":2}`))
	page, err := c.Contacts.Search(t.Context(), client.SearchRequest{Limit: 5})
	if page == nil || len(page.Contacts) != 1 || page.Contacts[0].ID != "a" {
		t.Errorf("got %+v, %v, want one contact", page, err)
	}
}

func TestDrift_Bounded(t *testing.T) {
	c, _ := newStub(t, ok(contactBody(`"tags":[0`+strings.Repeat(",0", 999)+`]`)))
	var response client.Response
	contact, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
	if err != nil || len(contact.Tags) != 1000 || len(response.Drift) != 100 {
		t.Errorf("%d tags, %d places, %v", len(contact.Tags), len(response.Drift), err)
	}
}

// TestErrBadResponse has 2xx responses without the expected content.
func TestErrBadResponse(t *testing.T) {
	t.Parallel()
	bodies := []struct{ name, contentType, body string }{
		{"empty", "application/json", ""},
		{"spaces", "application/json", " \n"},
		{"a page", "text/html", html},
		{"a text", "text/plain", "OK"},
		{"a JSON text", "application/json", `"OK"`},
		{"true", "application/json", `true`},
		{"null", "application/json", `null`},
		{"a list", "application/json", `[]`},
		{"a list of contacts", "application/json", `[{"id":"abc"}]`},
		{"truncated", "application/json", `{"contact":{"id":"abc"},"contacts":[`},
		{"truncated after an unexpected value", "application/json", `{"contact":{"id":7},"contacts":[{"id":7},`},
		{"two values", "application/json", `{"contact":{"id":"abc"},"contacts":[]}{}`},
		{"not JSON after an unexpected value", "application/json", `{"contact":{"id":7},"contacts":[{"id":7}],x}`},
	}
	properties := []struct{ name, contentType, body string }{ // a delete has no expected content
		{"an object without it", "application/json", `{}`},
		{"null for it", "application/json", `{"contact":null,"contacts":null}`},
		{"a text for it", "application/json", `{"contact":"abc","contacts":"abc"}`},
		{"an empty one", "application/json", `{"contact":{},"contacts":null}`},
		{"one without an id", "application/json", `{"contact":{"city":"Oslo"}}`},
	}
	for _, operation := range allOperations {
		if operation.goName == "Do" {
			continue // its tests are in TestClient_Do_Responses
		}
		tests := bodies
		if operation.name != "delete" && operation.name != "find duplicate" {
			tests = append(tests, properties...)
		}
		for _, test := range tests {
			t.Run(operation.name+": "+test.name, func(t *testing.T) {
				t.Parallel()
				c, api := newStub(t, stubResponse{status: 200, body: test.body, header: map[string][]string{"Content-Type": {test.contentType}}})
				err := operation.call(t.Context(), c)
				if !errors.Is(err, client.ErrBadResponse) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
					t.Fatalf("got %v", err)
				}
				if len(api.sent) != 1 {
					t.Errorf("%d requests", len(api.sent))
				}
				for _, part := range []string{"200 bad response", `content type "` + test.contentType + `"`} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s is not in the error: %v", part, err)
					}
				}
			})
		}
	}
}

// TestDecode_UnusualBodies decodes bodies that no other test has. Package lenientjson tests the memory
// that decoding takes.
func TestDecode_UnusualBodies(t *testing.T) {
	t.Parallel()
	repeated := func(before, middle, after string, count int) string {
		return `{"contact":{"id":"abc",` + before + strings.Repeat(middle, count) + after + `}}`
	}
	for _, test := range []struct {
		name, body string
		want       client.Kind
	}{
		{"deep nesting", repeated(`"deep":`, "[", strings.Repeat("]", 20_000), 20_000), client.ErrBadResponse},
		{"many unknown properties", repeated(`"y":1`, `,"x":1`, "", 20_000), ""},
		{"too many elements", repeated(`"attributions":[{}`, ",{}", "]", 300_000), client.ErrResponseTooLarge},
		{"a NUL byte", "{\"contact\":\x00{\"id\":\"abc\"}}", client.ErrBadResponse},
		{"an escaped NUL", `{"contact":{"id":"abc","city":"O\u0000slo"}}`, ""},
		{"another encoding", "\xFF\xFE{\x00}\x00", client.ErrBadResponse},
		{"an ID twice", `{"contact":{"id":"xyz","id":"abc"}}`, ""},
		{"numbers that do not fit", `{"contact":{"id":"abc","birthDay":1e999999,"birthMonth":99999999999999999999}}`, ""},
	} {
		c, _ := newStub(t, ok(test.body))
		contact, err := c.Contacts.Get(t.Context(), "abc")
		if client.KindOf(err) != test.want || (err == nil) != (contact != nil && contact.ID == "abc") {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		if err != nil && isLongOrBroken(err.Error()) {
			t.Errorf("%s: got %q", test.name, err)
		}
	}
}

// TestContactsService_List_EmptyContact has lists without contacts, and a contact without properties.
func TestContactsService_List_EmptyContact(t *testing.T) {
	for body, want := range map[string]int{
		`{"contacts":[]}`: 0, `{"contacts":[{},{"id":"a"}]}`: 2, `{"contacts":[{},{"id":"a","dnd":"no"}]}`: 2, `{"contacts":null}`: -1, `{}`: -1, `{"contacts":{},"meta":1}`: 1,
	} {
		c, _ := newStub(t, ok(body))
		for _, list := range []any{client.ListRequest{}, client.BusinessListRequest{}, client.SearchRequest{}} {
			page, err := listOf(t.Context(), c, list)
			if want < 0 && !errors.Is(err, client.ErrBadResponse) || want >= 0 && (page == nil || len(page.Contacts) != want) {
				t.Errorf("%s of %T: got %+v, %v, want %d contacts", body, list, page, err, want)
			}
		}
	}
}
