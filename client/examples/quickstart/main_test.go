package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestTourOfTheFake(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := tourFake(t.Context(), &transcript{to: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, method := range []string{"Get", "Create", "Update", "Upsert", "Delete", "List", "All", "ListByBusiness"} {
		if !strings.Contains(out.String(), "c.Contacts."+method+"(") {
			t.Errorf("the transcript does not show %s", method)
		}
	}
	for _, shown := range []string{"232 contacts in 3 requests", "ErrDuplicate", "ErrNotFound", "ErrInvalid", "ErrMaybeApplied", "drift at", "attempts 2"} {
		if !strings.Contains(out.String(), shown) {
			t.Errorf("the transcript does not show %q", shown)
		}
	}
}

func TestTourOfTheRealAPI(t *testing.T) {
	t.Parallel()
	for _, write := range []bool{false, true} {
		fake := clienttest.NewServer(t)
		fake.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com", BusinessID: business})
		before := fake.Snapshot()
		var out bytes.Buffer
		if err := tourReal(t.Context(), &transcript{to: &out}, fake.Client(), write); err != nil {
			t.Fatalf("write %v: %v\n%s", write, err, out.String())
		}
		if changes := fake.Snapshot().Since(before); len(changes) > 0 {
			t.Errorf("write %v: it left %d changes behind", write, len(changes))
		}
		writes := 0
		for _, request := range fake.Requests() {
			if request.Method != http.MethodGet {
				writes++
			}
		}
		if (writes > 0) != write {
			t.Errorf("write %v: %d writes were sent", write, writes)
		}
	}
}
