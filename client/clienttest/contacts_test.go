package clienttest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

func TestServer_Seed(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	stored := w.server.Seed(
		gen.Contact{FirstName: "Ann", Phone: "(888) 888-8888", Tags: []string{" VIP "}},
		gen.Contact{FirstName: "Bob", Email: "same@example.com"},
		gen.Contact{FirstName: "Cy", Email: "same@example.com", LocationID: "other"},
	)
	if ann := stored[0]; len(ann.ID) != 20 || ann.Phone != "+18888888888" || ann.Tags[0] != "vip" || ann.LocationID != w.server.LocationID || ann.Type != "lead" {
		t.Errorf("got %+v", ann)
	}
	if diff := cmp.Diff([]string{stored[0].ID, stored[1].ID}, w.list("").ids()); diff != "" {
		t.Errorf("ids, the latest first (-want +got):\n%s", diff)
	}
	w.server.Seed(gen.Contact{ID: "oldest", Email: "same@example.com", DateAdded: day}, gen.Contact{ID: "newest", Email: "same@example.com"})
	if r := w.upsert(`"email":"same@example.com"`); r.at("contact", "id") != "oldest" {
		t.Errorf("got %s, want the oldest of three contacts with an address", r.text)
	}
	w.server.Seed(gen.Contact{ID: stored[1].ID, FirstName: "Bobby"})
	if bob, _ := w.server.Contact(stored[1].ID); bob.FirstName != "Bobby" || bob.Email != "" || w.server.Len() != 5 {
		t.Errorf("got %+v, want the new contact in place of the old one", bob)
	}
	again := clienttest.NewServer(t)
	if repeated := again.Seed(gen.Contact{}, gen.Contact{}); repeated[1].ID != stored[1].ID {
		t.Errorf("got ID %s, want %s as in the first server", repeated[1].ID, stored[1].ID)
	}
	if other := clienttest.NewServer(t, clienttest.WithSeed(1)).Seed(gen.Contact{}); other[0].ID == stored[0].ID {
		t.Error("got the same ID with another seed")
	}
}

// A contact that cannot be encoded as JSON is not stored.
func TestServer_Seed_InvalidJSON(t *testing.T) {
	t.Parallel()
	for name, contact := range map[string]gen.Contact{
		"custom field":  {CustomFields: []gen.CustomField{{ID: "f", Value: []byte(`NaN`)}}},
		"extra":         {Extra: []byte(`[1]`)},
		"invalid UTF-8": {FirstName: "\xff"},
	} {
		tb := &fatalTB{TB: t}
		s := clienttest.NewServer(tb, clienttest.WithoutSocket())
		s.Seed(contact)
		if tb.message == "" || s.Len() != 0 {
			t.Errorf("%s: got message %q and %d contacts, want a failure and none", name, tb.message, s.Len())
		}
	}
}
