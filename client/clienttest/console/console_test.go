package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
	"github.com/highlevel-contacts/contacts-go/gen"
)

func serve(t *testing.T, s *clienttest.Server) string {
	t.Helper()
	server := httptest.NewServer(console.Handler(s))
	t.Cleanup(server.Close)
	return server.URL
}

func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	return send(t, http.MethodGet, address, nil, nil)
}

// send sends a request with headers and returns the status and the body.
func send(t *testing.T, method, address string, header http.Header, form url.Values) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header.Clone()
	}
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
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

// The page shows everything that the fake has, escaped.
func TestHandler_Page(t *testing.T) {
	t.Parallel()
	second := clienttest.Location{ID: "second-location", Name: "Second", Country: "DE", Fields: []gen.CustomFieldDefinition{
		{ID: "field-id", Key: "size", DataType: "SINGLE_OPTIONS", Options: []string{"small", "large"}},
	}}
	s := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithLocationSettings(second))
	base := serve(t, s)
	if _, empty := get(t, base+"/"); !strings.Contains(empty, "No contacts yet") || !strings.Contains(empty, "No requests yet") {
		t.Errorf("got %s for an empty fake", empty)
	}
	contact := s.Seed(client.Contact{FirstName: "Ada <script>", Email: "ada@example.com", Tags: []string{"vip"}})[0]
	s.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 3, Connection: clienttest.ConnectionClosedInBody, Delay: time.Millisecond})
	s.AddToken("another-token", clienttest.Grant{Scopes: []string{"contacts.readonly"}})
	s.HandleWebhooks(http.NotFoundHandler())
	s.AuthorizationCode(clienttest.Grant{})
	s.WaitForWebhooks()
	if status, _ := get(t, base+"/contacts/x"); status != http.StatusUnauthorized {
		t.Errorf("got %d from the API, want 401", status)
	}
	_, page := get(t, base+"/")
	page = strings.ReplaceAll(page, "&#43;", "+") // in the key of webhooks
	for _, want := range []string{
		"Fake HighLevel at " + strings.TrimPrefix(base, "http://"), s.Token, s.LocationID,
		"Ada &lt;script&gt;", "ada@example.com", `href="/console/contact?id=` + contact.ID, "<td>vip</td>",
		"GET /contacts/x", "401", "version header was not found.", "createContact", "closedInBody", "1ms", "0 of 3",
		"second-location", "Second", "DE", "field-id", "contact.size", "SINGLE_OPTIONS", "small, large", "shoe_size",
		s.App.ClientID, s.App.ClientSecret, "/oauth/chooselocation?", "another-toke…", "never",
		console.WebhookKey(s), "<td>INSTALL</td>", s.Deliveries()[0].ID, "404", `<a href="/openapi.yaml">`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("got a page without %q", want)
		}
	}
	for path, want := range map[string]string{"/console/refresh.js": "data-live", "/openapi.yaml": string(api.Contacts)} {
		if status, text := get(t, base+path); status != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: got %d %s, want 200", path, status, text)
		}
	}
}

func TestHandler_FaultForm(t *testing.T) {
	t.Parallel()
	s := clienttest.NewServer(t, clienttest.WithoutSocket())
	base := serve(t, s)
	status, page := send(t, "POST", base+"/console/faults", nil, url.Values{
		"operation": {"createContact"}, "status": {"503"}, "count": {"2"}, "delay": {"1ms"}, "connection": {"closedInBody"}, "body": {"busy"},
	})
	if status != 200 || !strings.Contains(page, "<td>503</td>") || !strings.Contains(page, "0 of 2") {
		t.Errorf("got %d, want 200 and a page with the fault", status)
	}
	want := clienttest.Fault{
		Operation: "createContact", Status: 503, Count: 2, Delay: time.Millisecond, Connection: clienttest.ConnectionClosedInBody, Body: "busy",
	}
	if faults := s.Faults(); len(faults) != 1 || !cmp.Equal(faults[0].Fault, want) {
		t.Errorf("got faults %+v, want %+v", faults, want)
	}
	for name, form := range map[string]url.Values{
		"status": {"status": {"99"}}, "number": {"count": {"many"}}, "delay": {"delay": {"soon"}}, "operation": {"operation": {"fly"}},
	} {
		if status, page := send(t, "POST", base+"/console/faults", nil, form); status != 400 || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s: status %d, want 400 and a message", name, status)
		}
	}
	if status, _ := send(t, "POST", base+"/console/faults/clear", nil, nil); status != 200 || len(s.Faults()) != 0 {
		t.Errorf("clear: got status %d and %d faults, want 200 and none", status, len(s.Faults()))
	}
}

// A contact is changed and deleted through the API of the fake, with the checks of its location.
func TestHandler_Contact(t *testing.T) {
	t.Parallel()
	s := clienttest.NewServer(t, clienttest.WithoutSocket())
	var webhooks []string
	s.HandleWebhooks(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		webhooks = append(webhooks, string(body))
	}))
	contact := s.Seed(client.Contact{
		LocationID: "second", FirstName: "Ada", LastName: "<script>", Email: "ada@example.com", Phone: "+14155552671", Tags: []string{"old", "vip"},
	})[0]
	address := serve(t, s) + "/console/contact"
	path := "?id=" + contact.ID
	_, page := get(t, address+path)
	for _, want := range []string{`value="Ada"`, `value="&lt;script&gt;"`, `value="ada@example.com"`, `value="&#43;14155552671"`, `value="old, vip"`, `&#34;locationId&#34;: &#34;second&#34;`} {
		if !strings.Contains(page, want) {
			t.Errorf("got a page without %s:\n%s", want, page)
		}
	}
	form := url.Values{"firstName": {"Grace"}, "lastName": {" Hopper "}, "email": {"grace@example.com"}, "phone": {""}, "tags": {"VIP, new"}}
	status, page := send(t, "POST", address+path, nil, form)
	if status != 200 || !strings.Contains(page, "<td>Grace Hopper</td>") {
		t.Errorf("got %d, want 200 and the page with the changed contact", status)
	}
	s.WaitForWebhooks()
	want := contact
	want.FirstName, want.LastName, want.Name, want.Email, want.Phone, want.Tags = "Grace", "Hopper", "Grace Hopper", "grace@example.com", "", []string{"vip", "new"}
	stored, _ := s.Contact(contact.ID)
	stored.DateUpdated = contact.DateUpdated
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("contact (-want +got):\n%s", diff)
	}
	if sent := strings.Join(webhooks, " "); !strings.Contains(sent, "ContactUpdate") || !strings.Contains(sent, "grace@example.com") {
		t.Errorf("got webhooks %s, want ContactUpdate", sent)
	}
	form.Set("email", "nonsense")
	if status, page := send(t, "POST", address+path, nil, form); status != 400 || !strings.Contains(page, "email must be an email") || !strings.Contains(page, `value="nonsense"`) {
		t.Errorf("got %d %s for an invalid address, want 400, the reason and the form", status, page)
	}
	if status, page := send(t, "POST", address+"/delete"+path, nil, nil); status != 200 || !strings.Contains(page, "No contacts yet") || s.Len() != 0 {
		t.Errorf("got %d after the delete, want 200 and the page without contacts", status)
	}
	s.WaitForWebhooks()
	if last := webhooks[len(webhooks)-1]; !strings.Contains(last, "ContactDelete") {
		t.Errorf("got the webhook %s last, want ContactDelete", last)
	}
	for _, test := range []struct{ method, address string }{{"GET", address + path}, {"POST", address + path}, {"POST", address + "/delete"}} {
		if status, _ := send(t, test.method, test.address, nil, form); status != 404 {
			t.Errorf("%s %s: got %d for an unknown contact, want 404", test.method, test.address, status)
		}
	}
	if tokens := s.Tokens(); len(tokens) != 1 {
		t.Errorf("got tokens %v, want only the default one", tokens)
	}
}

func TestHandler_OtherSites(t *testing.T) {
	t.Parallel()
	s := clienttest.NewServer(t, clienttest.WithoutSocket())
	s.Seed(client.Contact{ID: "c", FirstName: "Ada"})
	base := serve(t, s)
	tests := []struct {
		name, method, path string
		header             http.Header
		want               int
	}{
		{"a program", "GET", "/", nil, 200},
		{"a person types the address", "GET", "/", http.Header{"Sec-Fetch-Site": {"none"}}, 200},
		{"the page itself", "GET", "/", http.Header{"Sec-Fetch-Site": {"same-origin"}}, 200},
		{"a link on another site", "GET", "/", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}, 200},
		{"a frame on another site", "GET", "/", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"iframe"}}, 403},
		{"a script of another site", "GET", "/", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"no-cors"}}, 403},
		{"a script on another port", "GET", "/contacts/x", http.Header{"Sec-Fetch-Site": {"same-site"}, "Sec-Fetch-Mode": {"cors"}}, 403},
		{"a rebound name", "GET", "/", http.Header{"Host": {"evil.example:8787"}}, 403},
		{"a rebound name at a contact", "GET", "/console/contact?id=x", http.Header{"Host": {"evil.example:8787"}}, 403},
		{"any name at the API", "POST", "/oauth/token", http.Header{"Host": {"fake.internal.example"}}, 401},
		{"a container", "GET", "/", http.Header{"Host": {"fake:8787"}}, 200},
		{"IPv6", "GET", "/", http.Header{"Host": {"[::1]:8787"}}, 200},
		{"a form of another site", "POST", "/console/faults", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"a form of an older browser", "POST", "/console/faults", http.Header{"Origin": {"https://evil.example"}}, 403},
		{"a change of a contact by another site", "POST", "/console/contact?id=c", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"a delete by another site", "POST", "/console/contact/delete?id=c", http.Header{"Origin": {"https://evil.example"}}, 403},
		{"a delete with a rebound name", "POST", "/console/contact/delete?id=c", http.Header{"Host": {"evil.example:8787"}}, 403},
		{"a form of a sandboxed frame", "POST", "/console/faults/clear", http.Header{"Origin": {"null"}}, 403},
		{"a token request of another site", "POST", "/oauth/token", http.Header{"Origin": {"https://evil.example"}}, 403},
		{"a write of a program", "POST", "/oauth/token", nil, 401},
	}
	for _, test := range tests {
		if status, body := send(t, test.method, base+test.path, test.header, url.Values{"status": {"500"}}); status != test.want {
			t.Errorf("%s: got %d %s, want %d", test.name, status, body, test.want)
		}
	}
	if contact, _ := s.Contact("c"); len(s.Faults()) != 0 || contact.FirstName != "Ada" {
		t.Errorf("got %d faults and the contact %+v, want no change by another site", len(s.Faults()), contact)
	}
	resp, err := http.Get(base) //nolint:noctx // the server is local
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, name := range []string{"Content-Security-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy", "X-Content-Type-Options"} {
		if resp.Header.Get(name) == "" {
			t.Errorf("got no %s, want one", name)
		}
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("got Access-Control-Allow-Origin, want none")
	}
}
