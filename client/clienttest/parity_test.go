package clienttest_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// The document, the fake and the client have the same operations.
func TestServer_Operations_DocumentAndClient(t *testing.T) {
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
	called := calledOperations(t)
	slices.Sort(documented)
	slices.Sort(faked)
	if diff := cmp.Diff(documented, faked); diff != "" {
		t.Errorf("operations (-document +fake):\n%s", diff)
	}
	if diff := cmp.Diff(documented, called); diff != "" {
		t.Errorf("operations (-document +called by the methods of the client):\n%s", diff)
	}
}

// calledOperations calls every method of the client except iterators, and returns the sorted
// operations that the fake received.
func calledOperations(t *testing.T) []string {
	t.Helper()
	server := clienttest.NewServer(t, clienttest.WithoutValidation())
	contacts := reflect.ValueOf(server.Client().Contacts)
	for i := range contacts.NumMethod() {
		if strings.HasPrefix(contacts.Type().Method(i).Name, "All") {
			continue // iterators over List and ListByBusiness
		}
		method := contacts.Method(i)
		var args []reflect.Value
		for n := range method.Type().NumIn() - 1 { // without the options
			args = append(args, argument(t.Context(), method.Type().In(n)))
		}
		method.Call(args)
	}
	var called []string
	for _, request := range server.Requests() {
		called = append(called, request.Operation)
	}
	slices.Sort(called)
	return slices.Compact(called)
}

// argument returns a valid argument of the type.
func argument(ctx context.Context, of reflect.Type) reflect.Value {
	switch {
	case of == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case of.Kind() == reflect.String:
		return reflect.ValueOf("ocQHyuzHvysMo5N5VsXc").Convert(of)
	case of.Kind() == reflect.Slice:
		return reflect.MakeSlice(of, 1, 1)
	}
	return reflect.Zero(of)
}
