package clienttest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// The document and the fake have the same operations, and the fake accepts each request that the
// document has as an example.
func TestServer_Document(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(api.Contacts)
	if err != nil {
		t.Fatal(err)
	}
	const id = "ocQHyuzHvysMo5N5VsXc"
	var documented []string
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			documented = append(documented, operation.OperationID)
			if operation.RequestBody == nil {
				continue
			}
			for name, example := range operation.RequestBody.Value.Content.Get("application/json").Examples {
				t.Run(operation.OperationID+" "+name, func(t *testing.T) {
					t.Parallel()
					w := newWire(t)
					w.server.Seed(gen.Contact{ID: id})
					body, err := json.Marshal(example.Value.Value)
					if err != nil {
						t.Fatal(err)
					}
					if r := w.do(method, strings.ReplaceAll(path, "{contactId}", id), string(body)); r.status > 299 {
						t.Errorf("got %d %s for %s, want 2xx", r.status, r.text, body)
					}
				})
			}
		}
	}
	faked := slices.DeleteFunc(clienttest.NewServer(t).Operations(), func(id string) bool {
		return strings.Contains(id, "AccessToken") || strings.Contains(id, "Consent")
	})
	slices.Sort(documented)
	slices.Sort(faked)
	if diff := cmp.Diff(documented, faked); diff != "" {
		t.Errorf("operations (-document +fake):\n%s", diff)
	}
}
