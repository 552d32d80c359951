package client_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
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
	c, _ := newStub(t, ok(getContactBody))
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
			endless := &countingBody{}
			c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: test.status, Header: http.Header{}, ContentLength: test.announced, Body: endless, Request: req}, nil
			}), client.WithMaxResponseBytes(50_000))
			err := operation.call(t.Context(), c)
			apiErr, ok := errors.AsType[*client.Error](err)
			if !ok || apiErr.Kind != test.want || apiErr.MaybeApplied != operation.write || len(apiErr.Response.Body) != test.kept || apiErr.Response.StatusCode != test.status {
				t.Errorf("%s, %s: got %v, %d bytes, want %s and %d bytes", operation.name, test.name, err, len(apiErr.Response.Body), test.want, test.kept)
			}
			if endless.read > test.atMost || !endless.closed {
				t.Errorf("%s, %s: read %d bytes, closed %v, want at most %d and closed", operation.name, test.name, endless.read, endless.closed, test.atMost)
			}
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

// TestDecode_PageWithWrongTypes has an unexpected value in one contact of a page.
func TestDecode_PageWithWrongTypes(t *testing.T) {
	c, _ := newStub(t, ok(strings.Replace(pageOfListed("", "", 100), `"dnd":false`, `"dnd":"no","loyalty":7`, 1)), ok(pageOfListed("", "", 100)))
	var response client.Response
	got, err1 := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100}, client.WithResponseInto(&response))
	want, err2 := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	want.Contacts[0].Extra = []byte(`{"dnd":"no","loyalty":7}`)
	if diff, drift := cmp.Diff(want, got), driftText("", response.Drift); diff != "" || drift != "/contacts/0/dnd boolean string" {
		t.Errorf("got drift %s (-want +got):\n%s", drift, diff)
	}
}

// TestErrBadResponse has 2xx responses without the expected content.
func TestErrBadResponse(t *testing.T) {
	t.Parallel()
	bodies := []string{
		"", " \n", html, "OK", `"OK"`, `true`, `null`, `[]`, `[{"id":"abc"}]`, `{"contact":{"id":"abc"},"contacts":[`,
		`{"contact":{"id":7},"contacts":[{"id":7},`, `{"contact":{"id":"abc"},"contacts":[]}{}`, `{"contact":{"id":7},"contacts":[{"id":7}],x}`,
	}
	properties := []string{ // without what the operation needs; a delete needs nothing
		`{}`, `{"contact":null,"contacts":null}`, `{"contact":"abc","contacts":"abc"}`, `{"contact":{},"contacts":null}`, `{"contact":{"city":"Oslo"}}`,
	}
	for _, operation := range allOperations {
		if operation.goName == "Do" {
			continue // its tests are in TestClient_Do_Responses
		}
		tests := bodies
		if operation.name != "delete" && operation.name != "find duplicate" {
			tests = slices.Concat(bodies, properties)
		}
		for _, body := range tests {
			c, api := newStub(t, stubResponse{body: body, header: http.Header{"Content-Type": {"text/odd"}}})
			err := operation.call(t.Context(), c)
			if !errors.Is(err, client.ErrBadResponse) || errors.Is(err, client.ErrMaybeApplied) != operation.write || len(api.sent) != 1 ||
				!strings.Contains(err.Error(), "200 bad response") || !strings.Contains(err.Error(), `content type "text/odd"`) {
				t.Errorf("%s, %s: got %v after %d requests", operation.name, body, err, len(api.sent))
			}
		}
	}
}

// TestDecode_ExtremeBodies decodes bodies that json/v2 rejects or that would take too much memory.
// Package lenientjson tests more of them.
func TestDecode_ExtremeBodies(t *testing.T) {
	t.Parallel()
	for properties, want := range map[string]client.Kind{
		`"deep":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000): client.ErrBadResponse,
		`"attributions":[{}` + strings.Repeat(",{}", 300_000) + `]`:           client.ErrResponseTooLarge,
		`"birthDay":1e999999,"birthMonth":99999999999999999999`:               "",
	} {
		c, _ := newStub(t, ok(contactBody(properties)))
		contact, err := c.Contacts.Get(t.Context(), "abc")
		if client.KindOf(err) != want || (err == nil) != (contact != nil && contact.ID == contactID) || (err != nil && isLongOrBroken(err.Error())) {
			t.Errorf("%.30s: got %v, want %q", properties, err, want)
		}
	}
}

// TestContactsService_List_EmptyContact has lists without contacts, a contact without properties, and an
// element that is not a contact.
func TestContactsService_List_EmptyContact(t *testing.T) {
	for body, want := range map[string]int{
		`{"contacts":[]}`: 0, `{"contacts":[{},{"id":"a"}]}`: 2, `{"contacts":[{},{"id":"a","dnd":"no"}]}`: 2, `{"contacts":[null,{"id":"a"}]}`: 1, `{"contacts":null}`: -1, `{}`: -1, `{"contacts":{},"meta":1}`: 1,
	} {
		c, _ := newStub(t, ok(body))
		for _, list := range []any{client.ListRequest{}, client.BusinessListRequest{}, client.SearchRequest{}} {
			page, err := listOf(t.Context(), c, list)
			if want < 0 && !errors.Is(err, client.ErrBadResponse) || want >= 0 && (page == nil || page.Contacts == nil || len(page.Contacts) != want) {
				t.Errorf("%s of %T: got %+v, %v, want %d contacts", body, list, page, err, want)
			}
		}
	}
}
