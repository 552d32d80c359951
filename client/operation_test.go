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
		got = append(got, client.OperationFromContext(req.Context()))
		return everything.response(req), nil
	}))
	for _, operation := range operations {
		if err := operation.call(t.Context(), c); err != nil {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
	want := []string{
		"getContact", "getContacts", "getContactsByBusinessId", "updateContact", "deleteContact", "upsertContact", "upsertContact", "createContact",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other := client.OperationFromContext(t.Context()); other != "" {
		t.Errorf("got %q for another context, want an empty string", other)
	}
}
