// Package foreign tests the fake with another client, the vendor's TypeScript SDK.
package foreign

import (
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
	_, err := exec.LookPath("node")
	need(t, err == nil, "node")
	_, err = os.Stat("node_modules/@gohighlevel/api-client")
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
