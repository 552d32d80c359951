package clienttest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestReadFields(t *testing.T) {
	t.Parallel()
	fields, err := clienttest.ReadFields(strings.NewReader(`[
		{"id": "f1", "key": "contact.size", "type": "number"},
		{"key": "color", "type": "select", "options": ["red"]},
		{"key": "note"}
	]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []clienttest.FieldDefinition{
		{ID: "f1", Key: "size", Type: clienttest.FieldTypeNumber},
		{ID: fields[1].ID, Key: "color", Type: clienttest.FieldTypeSelect, Options: []string{"red"}},
		{ID: fields[2].ID, Key: "note", Type: clienttest.FieldTypeText},
	}
	if diff := cmp.Diff(want, fields); diff != "" || len(fields[1].ID) != 20 {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		`{}`, `[{"key":"a","type":"money"}]`, `[{"id":"a"}]`, `[{"key":"a"},{"key":"a"}]`, `[{"key":"a","oops":1}]`,
	} {
		if _, err := clienttest.ReadFields(strings.NewReader(bad)); err == nil {
			t.Errorf("no error for %s", bad)
		}
	}
}

func TestSampleLocations(t *testing.T) {
	t.Parallel()
	locations := clienttest.SampleLocations(2)
	locations[0].Country = "DE"
	w := newWire(t, clienttest.WithLocation(locations[0]), clienttest.WithLocation(locations[1]),
		clienttest.WithToken(clienttest.Token{Value: "second", LocationID: locations[0].ID}))
	if got := w.server.Locations(); len(got) != 3 || got[0].ID != w.server.LocationID || got[1].ID != locations[0].ID || got[1].Country != "DE" {
		t.Errorf("got %+v", got)
	}
	if err := w.server.SeedSamplesIn(locations[0].ID, 3); err != nil {
		t.Fatal(err)
	}
	w.header.Set("Authorization", "Bearer second")
	r := w.do("GET", "/contacts/?locationId="+locations[0].ID, "")
	if r.at("meta", "total") != 3.0 {
		t.Errorf("got %d %s, want 3 contacts", r.status, r.text)
	}
	created := w.do("POST", "/contacts/", `{"locationId":"`+locations[0].ID+`","phone":"030 901820","customFields":[{"key":"shoe_size","field_value":43},{"key":"favorite_color","field_value":"red"}]}`)
	if created.at("contact", "phone") != "+4930901820" || created.at("contact", "customFields", 1, "value") != "red" {
		t.Errorf("created %s", created.text)
	}
	if _, err := clienttest.Start(clienttest.WithLocation(clienttest.Location{Country: "Germany"})); err == nil {
		t.Error("no error for a country that is not a code")
	}
}
