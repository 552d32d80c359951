package clienttest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// serveDirect sends a request to the handler of a fake, without a network.
func serveDirect(s *clienttest.Server, method, path, query, body string) (status int, parsed map[string]any, text string) {
	request := &http.Request{
		Method: method, URL: &url.URL{Path: path, RawQuery: query}, Body: io.NopCloser(strings.NewReader(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "highlevel.test",
		Header: http.Header{
			"Authorization": {"Bearer " + s.Token}, "Version": {"2021-07-28"}, "Content-Type": {"application/json"},
		},
	}
	if strings.HasPrefix(path, "/oauth/") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, request)
	text = recorder.Body.String()
	if json.Unmarshal([]byte(text), &parsed) != nil {
		parsed = nil
	}
	return recorder.Code, parsed, text
}

// regressions are requests that caused a panic or a 500, or whose result could not be read back.
var regressions = []struct{ method, path, query, body string }{
	{"GET", "/contacts/business/B", "limit=9223372036854775807&skip=1&query=jane", ""},
	{"GET", "/contacts/business/B", "limit=9223372036854775807&skip=9223372036854775807", ""},
	{"GET", "/contacts/business/B", "limit=0", ""},
	{"GET", "/contacts/", "limit=100&startAfter=9223372036854775807&startAfterId=x", ""},
	{"POST", "/contacts/", "", `{"locationId":"L","firstName":"A","customFields":[{"key":"my_number","field_value":"NaN"}]}`},
	{"POST", "/contacts/", "", `{"locationId":"L","firstName":"A","customFields":[{"key":"my_number","field_value":"Inf"}]}`},
	{"POST", "/contacts/", "", `{"locationId":"L","firstName":"A","customFields":[{"key":"my_date","field_value":"0123"}]}`},
	{"POST", "/contacts/", "", `{"locationId":"L","firstName":"A","customFields":[{"key":"my_date","field_value":"+1603870249758"}]}`},
	{"POST", "/contacts/", "", `{"locationId":"L","firstName":"A","customFields":[{"key":"my_number","field_value":"0x1p-2"}]}`},
	{"PUT", "/contacts/seeded", "", "{\"customFields\":[{\"key\":\"my_text\",\"field_value\":\"\xff\"}]}"},
	{"PUT", "/contacts/seeded", "", `{"firstName":"A","customFields":[{"key":"my_text","field_value":"\ud800"}]}`},
	{"PUT", "/contacts/seeded", "", `{"firstName":"A","customFields":[{"key":"my_files","field_value":{"a":1,"a":2}}]}`},
	{"PUT", "/contacts/seeded", "", `{"dateOfBirth":"10000-01-01","firstName":"A","customFields":[{"key":"my_date","field_value":"9999999999999999999"}]}`},
}

func newFuzzed(tb testing.TB) *clienttest.Server {
	tb.Helper()
	s := clienttest.NewServer(tb, clienttest.WithoutSocket(), clienttest.WithDefaultLocationID("L"),
		clienttest.WithRateLimit(clienttest.RateLimit{}), clienttest.WithRequestLog(10))
	s.Seed(
		gen.Contact{ID: "seeded", FirstName: "Jane", Email: "jane@example.com", Phone: "+18888888888", BusinessID: "B"},
		gen.Contact{ID: "other", FirstName: "Jane", Email: "other@example.com", BusinessID: "B"},
	)
	return s
}

// FuzzRequests sends whole requests. No request may cause a panic or a 500, and each write that was
// confirmed with a 2xx can be read back.
func FuzzRequests(f *testing.F) {
	for _, r := range regressions {
		f.Add(r.method, r.path, r.query, r.body)
	}
	f.Add("POST", "/contacts/upsert", "", `{"locationId":"L","email":"jane@example.com","name":"Jane Doe","tags":["A"],"dnd":true,"gender":"x"}`)
	f.Add("PUT", "/contacts/seeded", "", `{"firstName":null,"dndSettings":{"SMS":{"status":"active"}},"inboundDndSettings":{"all":{"status":"active"}}}`)
	f.Add("DELETE", "/contacts/seeded", "", "")
	f.Add("GET", "/contacts/", "limit=1&query=jane&startAfter=1&startAfterId=x", "")
	f.Add("POST", "/contacts/search", "", `{"locationId":"L","pageLimit":2,"page":1,"query":"jane","sort":[{"field":"email","direction":"asc"}],"searchAfter":["jane@example.com","seeded"]}`)
	f.Add("POST", "/contacts/search", "", `{"locationId":"L","pageLimit":2,"filters":[{"group":"OR","filters":[{"field":"tags","operator":"contains","value":["abc"]},{"field":"dateAdded","operator":"range","value":{"gt":"2026-01-01","lt":5}}]}]}`)
	f.Add("POST", "/contacts/seeded/tags", "", `{"tags":["A"]}`)
	f.Add("DELETE", "/contacts/seeded/tags", "", `{"tags":["A"]}`)
	f.Add("GET", "/locations/L/customFields", "model=all", "")
	f.Add("POST", "/oauth/token", "", "client_id=a&client_secret=b&grant_type=refresh_token&refresh_token=c")
	f.Add("GET", "/oauth/chooselocation", "response_type=code&client_id=x&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback&state=s&scope=a+b", "")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		checkRequest(t, newFuzzed(t), method, path, query, body)
	})
}

func checkRequest(t *testing.T, s *clienttest.Server, method, path, query, body string) {
	t.Helper()
	if strings.HasPrefix(path, "/contacts/business/") || path == "/contacts/" && method == http.MethodGet {
		query += "&locationId=L"
	}
	status, response, text := serveDirect(s, method, path, query, body)
	if status == http.StatusInternalServerError || status < 200 {
		t.Fatalf("%s %s?%s: got %d %s, want no 500", method, path, query, status, text)
	}
	if status < 300 && (method == http.MethodPost || method == http.MethodPut) {
		if contact, ok := response["contact"].(map[string]any); ok {
			checkReadBack(t, s, contact)
		}
	}
	if status < 300 && method == http.MethodDelete && !strings.HasSuffix(path, "/tags") {
		if again, _, text := serveDirect(s, http.MethodGet, path, "", ""); again != http.StatusBadRequest {
			t.Errorf("after the delete: %d %s, want 400", again, text)
		}
	}
	if status, list, text := serveDirect(s, http.MethodGet, "/contacts/", "locationId=L&limit=100", ""); status != http.StatusOK || list == nil {
		t.Errorf("list: got %d %s, want 200", status, text)
	}
}

// checkReadBack compares the contact of a write's response with what a get returns.
func checkReadBack(t *testing.T, s *clienttest.Server, written map[string]any) {
	t.Helper()
	id, _ := written["id"].(string)
	status, response, text := serveDirect(s, http.MethodGet, "/contacts/"+id, "", "")
	read, ok := response["contact"].(map[string]any)
	if status != http.StatusOK || !ok {
		t.Fatalf("get after the write: got %d %s, want 200", status, text)
	}
	for name := range read {
		if _, ok := written[name]; !ok {
			delete(read, name) // a create returns fewer properties
		}
	}
	for _, name := range []string{"bounceEmail", "deleted", "lastSessionActivityAt", "lastUpdatedBy", "unsubscribeEmail", "validEmail", "validEmailDate"} {
		delete(written, name) // only a create returns them
	}
	delete(written, "gender") // an upsert returns the one that was sent and does not store it
	delete(read, "gender")
	if diff := cmp.Diff(written, read); diff != "" {
		t.Errorf("contact (-written +read):\n%s", diff)
	}
}
