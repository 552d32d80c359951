package clienttest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// The document and the fake have the same operations.
func TestServer_Operations_Document(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(api.Contacts)
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			documented = append(documented, operation.OperationID)
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
