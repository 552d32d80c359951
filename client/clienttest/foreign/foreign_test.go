// Package foreign tests the fake with other clients: the vendor's TypeScript SDK and curl.
package foreign

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// need skips a test if a tool is missing. With FOREIGN=required, which "make test-foreign" sets,
// the test fails instead.
func need(t *testing.T, ok bool, what string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("FOREIGN") == "required":
		t.Fatal(what + " is missing")
	default:
		t.Skip(what + " is missing")
	}
}

func has(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

func newServer(t *testing.T) *clienttest.Server {
	t.Helper()
	s := clienttest.NewServer(t)
	s.Seed(
		client.Contact{ID: "first", Email: "first@example.com", BusinessID: "b1"},
		client.Contact{ID: "second", BusinessID: "b1"},
		client.Contact{ID: "third"},
	)
	return s
}

func TestVendorSDK(t *testing.T) {
	t.Parallel()
	need(t, has("node"), "node")
	_, err := os.Stat("node_modules/@gohighlevel/api-client")
	need(t, err == nil, "node_modules (npm ci)")
	s := newServer(t)
	node := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", "sdk.test.mjs")
	node.Env = append(os.Environ(),
		"FAKE_URL="+s.URL, "FAKE_TOKEN="+s.Token, "FAKE_LOCATION="+s.LocationID, "FAKE_COMPANY="+s.CompanyID,
		"FAKE_CLIENT_ID="+s.App.ClientID, "FAKE_CLIENT_SECRET="+s.App.ClientSecret,
		"FAKE_CODE="+s.AuthorizationCode(clienttest.Grant{}),
		"FAKE_AGENCY_CODE="+s.AuthorizationCode(clienttest.Grant{UserType: clienttest.UserTypeCompany}),
	)
	out, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	succeeded := map[string]bool{}
	for _, request := range s.Requests() {
		if request.Header.Get("X-Sdk-Version") == "3.1.0" && request.Status < 300 {
			succeeded[request.Operation] = true
		}
	}
	for _, operation := range s.Operations() {
		isPage := strings.Contains(operation, "Consent") // for browsers
		if !succeeded[operation] && !isPage {
			t.Errorf("got no successful request of the SDK for %s", operation)
		}
	}
}

func TestCurl(t *testing.T) {
	t.Parallel()
	need(t, has("curl"), "curl")
	s := newServer(t)
	in := "?locationId=" + s.LocationID
	steps := []struct {
		name, path string
		args       []string
		status     string
		contains   string
	}{
		{"create", "/contacts/", []string{"-d", `{"locationId":"` + s.LocationID + `","email":"new@example.com"}`}, "201", "new@example.com"},
		{"get", "/contacts/first", nil, "200", "first@example.com"},
		{"update", "/contacts/first", []string{"-X", "PUT", "-d", `{"city":"Rome"}`}, "200", "Rome"},
		{"upsert", "/contacts/upsert", []string{"-d", `{"locationId":"` + s.LocationID + `","email":"first@example.com"}`}, "200", `"new":false`},
		{"list", "/contacts/" + in + "&limit=1", nil, "200", "new@example.com"},
		{"list by business", "/contacts/business/b1" + in, nil, "200", `"count":2`},
		{"delete", "/contacts/first", []string{"-X", "DELETE"}, "200", "succeded"},
		{"not found", "/contacts/nobody", nil, "400", "Contact with id nobody not found"},
		{"search", "/contacts/search", []string{"-d", `{"locationId":"` + s.LocationID + `","pageLimit":1}`}, "200", `"total":3`},
		{"duplicate", "/contacts/search/duplicate" + in + "&number=%2B18888888888", nil, "200", `"contact":null`},
		{"add tags", "/contacts/second/tags", []string{"-d", `{"tags":["VIP"]}`}, "201", `"tagsAdded":["vip"]`},
		{"remove tags", "/contacts/second/tags", []string{"-X", "DELETE", "-d", `{"tags":["vip"]}`}, "200", `"tags":[]`},
		{"custom fields", "/locations/" + s.LocationID + "/customFields", nil, "200", "picklistOptions"},
		{"compressed", "/contacts/second", []string{"--compressed"}, "200", "second"},
		{"HTTP/1.0", "/contacts/second", []string{"--http1.0"}, "200", "second"},
	}
	for _, step := range steps {
		args := append([]string{
			"--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}",
			"-H", "Version: 2021-07-28", "-H", "Authorization: Bearer " + s.Token, "-H", "Content-Type: application/json", s.URL + step.path,
		}, step.args...)
		out, err := exec.CommandContext(t.Context(), "curl", args...).Output()
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		body, status, _ := strings.Cut(string(out), "\n")
		if status != step.status || !strings.Contains(body, step.contains) || !json.Valid([]byte(body)) {
			t.Errorf("%s: %s, want %s with %q", step.name, out, step.status, step.contains)
		}
	}
}
