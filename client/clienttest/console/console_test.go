package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
)

func serve(t *testing.T, s *clienttest.Server) string {
	t.Helper()
	handler, err := console.Handler(s)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := clienttest.NewServer(t, clienttest.WithoutSocket())
	url := serve(t, s)
	if _, empty := get(t, url+"/"); !strings.Contains(empty, "There are none yet") || !strings.Contains(empty, "None. Start with") {
		t.Errorf("an empty fake shows %s", empty)
	}
	s.Seed(client.Contact{FirstName: "Ada <script>", Email: "ada@example.com", Tags: []string{"vip"}})
	s.Fail(clienttest.Fault{Operation: "createContact", Count: 3, Cut: clienttest.CutBody, Delay: time.Millisecond})
	if status, _ := get(t, url+"/contacts/x"); status != http.StatusUnauthorized {
		t.Errorf("the API behind the page: %d", status)
	}
	status, page := get(t, url+"/")
	for _, want := range []string{
		url, s.Token, s.LocationID, "100 of 100 in 10s", "Ada &lt;script&gt;", "ada@example.com", "GET /contacts/x", "401",
		"cut: body", "wait 1ms", `<a href="/document">`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%d, without %q", status, want)
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	url := serve(t, clienttest.NewServer(t, clienttest.WithoutSocket()))
	_, page := get(t, url+"/document")
	for _, want := range []string{
		`id="upsertContact"`, `id="Contact"`, `href="#CreateContactRequest"`, "contacts.readonly", "<code>dateAdded</code>",
		"startAfterId", "list of CustomField", "version header was not found.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("without %q", want)
		}
	}
	if _, raw := get(t, url+"/openapi.yaml"); raw != string(api.Contacts) {
		t.Error("/openapi.yaml is not api/contacts.yaml")
	}
}
