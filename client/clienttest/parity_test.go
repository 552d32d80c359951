package clienttest_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// wrapped names the method of package client for each operation of the document.
var wrapped = map[string]string{
	"getContact": "Get", "createContact": "Create", "updateContact": "Update", "upsertContact": "Upsert",
	"deleteContact": "Delete", "getContacts": "List", "getContactsByBusinessId": "ListByBusiness",
}

// Each operation of the document is a route of the fake and a method of the client, and the other way round.
func TestDocumentFakeAndClientHaveTheSameOperations(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(api.Contacts)
	if err != nil {
		t.Fatal(err)
	}
	var documented, methods []string
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			documented = append(documented, operation.OperationID)
			methods = append(methods, wrapped[operation.OperationID])
		}
	}
	faked := slices.DeleteFunc(clienttest.NewServer(t).Operations(), func(id string) bool { return strings.Contains(id, "AccessToken") || strings.Contains(id, "Consent") })
	slices.Sort(documented)
	slices.Sort(faked)
	if diff := cmp.Diff(documented, faked); diff != "" {
		t.Errorf("operations (-document +fake):\n%s", diff)
	}
	var offered []string
	for method := range reflect.TypeFor[*client.ContactsService]().Methods() {
		if !strings.HasPrefix(method.Name, "All") { // iterators over List and ListByBusiness
			offered = append(offered, method.Name)
		}
	}
	slices.Sort(methods)
	slices.Sort(offered)
	if diff := cmp.Diff(methods, offered); diff != "" {
		t.Errorf("methods (-document +client):\n%s", diff)
	}
}
