package clienttest_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// wire sends raw requests to a fake.
type wire struct {
	tb     testing.TB
	server *clienttest.Server
	header http.Header
}

func newWire(tb testing.TB, opts ...clienttest.Option) *wire {
	tb.Helper()
	return wireTo(tb, clienttest.NewServer(tb, opts...))
}

func wireTo(tb testing.TB, s *clienttest.Server) *wire {
	tb.Helper()
	return &wire{tb: tb, server: s, header: http.Header{
		"Authorization": {"Bearer " + s.Token},
		"Version":       {"2021-07-28"},
		"Content-Type":  {"application/json"},
	}}
}

// reply is a response with its body as JSON.
type reply struct {
	status int
	header http.Header
	text   string
	json   any
}

func (w *wire) do(method, path, body string) reply {
	w.tb.Helper()
	resp, err := w.try(w.tb.Context(), method, path, body)
	if err != nil {
		w.tb.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.tb.Fatalf("%s %s: %v", method, path, err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(text)}
	_ = json.Unmarshal(text, &r.json) // json stays nil if the body is not JSON
	return r
}

func (w *wire) try(ctx context.Context, method, path, body string) (*http.Response, error) {
	w.tb.Helper()
	request, err := http.NewRequestWithContext(ctx, method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.tb.Fatal(err)
	}
	request.Header = w.header.Clone()
	caller := w.server.HTTPClient()
	caller.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return caller.Do(request)
}

// at returns the part of the body at a path of names and indexes, or nil.
func (r reply) at(path ...any) any {
	value := r.json
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// has reports whether a property exists, even if it is null.
func (r reply) has(path ...any) bool {
	object, _ := r.at(path[:len(path)-1]...).(map[string]any)
	_, ok := object[str(path[len(path)-1])]
	return ok
}

// wantJSON compares the body, without its traceId if the wanted one has none.
func (r reply) wantJSON(tb testing.TB, status int, want string) {
	tb.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		tb.Fatal(err)
	}
	if r.status != status {
		tb.Errorf("got status %d, want %d: %s", r.status, status, r.text)
	}
	object, isObject := r.json.(map[string]any)
	expected, _ := wanted.(map[string]any)
	if _, ok := expected["traceId"]; isObject && !ok {
		object = maps.Clone(object)
		delete(object, "traceId")
		r.json = object
	}
	if diff := cmp.Diff(wanted, r.json); diff != "" {
		tb.Errorf("body (-want +got):\n%s", diff)
	}
}

// create creates a contact and returns its ID.
func (w *wire) create(properties string) string {
	w.tb.Helper()
	if !strings.Contains(properties, `"email"`) && !strings.Contains(properties, `"firstName"`) {
		properties = strings.TrimSuffix(`"firstName":"Ada",`+properties, ",")
	}
	r := w.do("POST", "/contacts/", `{"locationId":"`+w.server.LocationID+`",`+properties+`}`)
	if r.status != http.StatusCreated {
		w.tb.Fatalf("create: got %d %s, want 201", r.status, r.text)
	}
	return str(r.at("contact", "id"))
}

func (w *wire) list(query string) reply {
	w.tb.Helper()
	return w.do("GET", "/contacts/?locationId="+w.server.LocationID+query, "")
}

// str returns a JSON string, or "" if the value is not a string.
func str(value any) string {
	text, _ := value.(string)
	return text
}
