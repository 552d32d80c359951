package client_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestOperationFromContext(t *testing.T) {
	t.Parallel()
	var got []string
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		operation, _ := client.OperationFromContext(req.Context())
		got = append(got, operation)
		return everything.response(req), nil
	}))
	for _, operation := range operations {
		if err := operation.call(t.Context(), c); err != nil {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
	want := []string{
		"Contacts.Get", "Contacts.List", "Contacts.ListByBusiness", "Contacts.Update", "Contacts.Delete", "Contacts.Upsert", "Contacts.Upsert", "Contacts.Create",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other, ok := client.OperationFromContext(t.Context()); ok {
		t.Errorf("got %q for another context, want an empty string", other)
	}
}
