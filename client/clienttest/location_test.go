package clienttest_test

import (
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestSampleLocations(t *testing.T) {
	t.Parallel()
	locations := clienttest.SampleLocations(2)
	locations[0].Country = "de"
	w := newWire(t, clienttest.WithLocationSettings(locations[0]), clienttest.WithLocationSettings(locations[1]))
	w.server.AddToken("second", clienttest.Grant{LocationID: locations[0].ID})
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
		t.Errorf("got %s, want a German number and two fields", created.text)
	}
}
