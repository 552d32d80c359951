package clienttest_test

import (
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestFindDuplicateContact(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		location clienttest.Location
		query    string
		want     any
	}{
		{"email address", clienttest.Location{}, "email=MAE%40example.com", "mail"},
		{"secondary email address", clienttest.Location{}, "email=old%40example.com", "mail"},
		{"phone number", clienttest.Location{}, "number=%2B18888888888", "call"},
		{"both", clienttest.Location{}, "email=mae%40example.com&number=%2B18888888888", "mail"},
		{"both, phone number first", clienttest.Location{PhoneFirst: true}, "email=mae%40example.com&number=%2B18888888888", "call"},
		{"both, duplicates allowed", clienttest.Location{PhoneFirst: true, AllowDuplicates: true}, "email=mae%40example.com&number=%2B18888888888", "mail"},
		{"none", clienttest.Location{}, "email=nobody%40example.com", nil},
		{"plus that is not escaped", clienttest.Location{}, "number=+99999999999", nil},
	} {
		w := pair(t, test.location)
		r := w.do("GET", "/contacts/search/duplicate?locationId="+w.server.LocationID+"&"+test.query, "")
		if r.status != 200 || r.at("contact", "id") != test.want || !r.has("contact") || r.at("traceId") == nil || r.has("matchingField") != (test.want != nil) {
			t.Errorf("%s: got %d %s, want %v", test.name, r.status, r.text, test.want)
		}
	}
	w := newWire(t)
	w.do("GET", "/contacts/search/duplicate?locationId="+w.server.LocationID, "").wantJSON(t, 400,
		`{"statusCode":400,"message":"Pass at least one of number, email query parameter","error":"Bad Request"}`)
	w.do("GET", "/contacts/search/duplicate?email=a", "").wantJSON(t, 403, `{"statusCode":403,"message":"The token does not have access to this location."}`)
}

func TestTags(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	id := w.create(`"tags":["old"]`)
	updated := func() any { contact, _ := w.server.Contact(id); return contact.DateUpdated }
	for _, step := range []struct {
		method, tags string
		status       int
		want         string
		changes      bool
	}{
		{"POST", `[" VIP ","old"]`, 201, `{"tags":["old","vip"],"tagsAdded":["vip"]}`, true},
		{"POST", `["vip"]`, 201, `{"tags":["old","vip"],"tagsAdded":[]}`, false},
		{"DELETE", `["OLD","none"]`, 200, `{"tags":["vip"],"tagsRemoved":["old"]}`, true},
		{"DELETE", `["old"]`, 200, `{"tags":["vip"],"tagsRemoved":[]}`, false},
		{"DELETE", `["vip"]`, 200, `{"tags":[],"tagsRemoved":["vip"]}`, true},
	} {
		before := updated()
		w.server.Advance(time.Second)
		r := w.do(step.method, "/contacts/"+id+"/tags", `{"tags":`+step.tags+`}`)
		r.wantJSON(t, step.status, step.want)
		if r.at("traceId") == nil || (updated() != before) != step.changes {
			t.Errorf("%s %s: got %s, want a traceId, and a change of dateUpdated: %t", step.method, step.tags, r.text, step.changes)
		}
	}
	for body, want := range map[string]string{
		`{"tags":"vip"}`:        "tags must be an array",
		`{}`:                    "tags should not be empty",
		`{"tags":[],"other":1}`: "property other should not exist",
	} {
		for _, method := range []string{"POST", "DELETE"} {
			w.do(method, "/contacts/"+id+"/tags", body).wantJSON(t, 422, `{"message":["`+want+`"],"error":"Unprocessable Entity","statusCode":422}`)
		}
	}
	w.do("POST", "/contacts/nobody/tags", `{"tags":["a"]}`).wantJSON(t, 400, `{"error":"Contact with id nobody not found","status":400}`)
}
