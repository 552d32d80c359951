package clienttest_test

import (
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// pair seeds two contacts, one with an address and one with a number.
func pair(t *testing.T, l clienttest.Location, opts ...clienttest.Option) *wire {
	t.Helper()
	w := newWire(t, append(opts, clienttest.WithLocation(l))...)
	w.server.Seed(
		gen.Contact{
			ID: "mail", FirstName: "Mae", LastName: "Ill", Email: "mae@example.com", Gender: "female",
			AdditionalEmails: []gen.AdditionalEmail{{Email: "old@example.com"}, {Email: "older@example.com"}},
		},
		gen.Contact{ID: "call", FirstName: "Cal", Phone: "+18888888888"},
	)
	return w
}

func (w *wire) upsert(properties string) reply {
	w.tb.Helper()
	return w.do("POST", "/contacts/upsert", `{"locationId":"`+w.server.LocationID+`",`+properties+`}`)
}

func TestDuplicateOnCreate(t *testing.T) {
	t.Parallel()
	refused := func(id, property, name string) string {
		return `{"statusCode":400,"message":"This location does not allow duplicated contacts.",
			"meta":{"contactId":"` + id + `","matchingField":"` + property + `","contactName":"` + name + `"}}`
	}
	tests := []struct {
		name       string
		location   clienttest.Location
		properties string
		want       string // empty: created
	}{
		{"address in another case", clienttest.Location{}, `"email":"MAE@example.com"`, refused("mail", "email", "Mae Ill")},
		{"number in another form", clienttest.Location{}, `"phone":"(888) 888-8888"`, refused("call", "phone", "Cal")},
		{"both: address first", clienttest.Location{}, `"email":"mae@example.com","phone":"8888888888"`, refused("mail", "email", "Mae Ill")},
		{"both: number first", clienttest.Location{PhoneFirst: true}, `"email":"mae@example.com","phone":"8888888888"`, refused("call", "phone", "Cal")},
		{"duplicates allowed", clienttest.Location{AllowDuplicates: true}, `"email":"mae@example.com"`, ""},
		{"nobody else's", clienttest.Location{}, `"email":"new@example.com"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := pair(t, test.location)
			r := w.do("POST", "/contacts/", `{"locationId":"`+w.server.LocationID+`",`+test.properties+`}`)
			if test.want != "" {
				r.wantJSON(t, 400, test.want)
			} else if r.status != 201 {
				t.Errorf("%d %s", r.status, r.text)
			}
		})
	}
}

func TestUpsertMatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		location   clienttest.Location
		properties string
		status     int
		id         string // empty: a new one
	}{
		{"nobody", clienttest.Location{}, `"email":"new@example.com"`, 201, ""},
		{"no identifier", clienttest.Location{}, `"firstName":"X"`, 201, ""},
		{"address", clienttest.Location{}, `"email":"mae@example.com"`, 200, "mail"},
		{"number", clienttest.Location{}, `"phone":"+18888888888"`, 200, "call"},
		{"two contacts: address first", clienttest.Location{}, `"email":"mae@example.com","phone":"+18888888888"`, 200, "mail"},
		{"two contacts: number first", clienttest.Location{PhoneFirst: true}, `"email":"mae@example.com","phone":"+18888888888"`, 200, "call"},
		{"second address", clienttest.Location{}, `"email":"old@example.com"`, 200, "mail"},
		{"new at once where duplicates are allowed", clienttest.Location{AllowDuplicates: true}, `"email":"mae@example.com","createNewIfDuplicateAllowed":true`, 201, ""},
		{"new at once is ignored elsewhere", clienttest.Location{}, `"email":"mae@example.com","createNewIfDuplicateAllowed":true`, 200, "mail"},
		{"duplicates allowed, not asked for", clienttest.Location{AllowDuplicates: true}, `"email":"mae@example.com"`, 200, "mail"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := pair(t, test.location)
			r := w.upsert(test.properties)
			if r.status != test.status || r.at("new") != (test.status == 201) || r.at("traceId") == nil {
				t.Errorf("%d %s, want %d", r.status, r.text, test.status)
			}
			if id := r.at("contact", "id"); test.id != "" && id != test.id {
				t.Errorf("matched %v, want %s", id, test.id)
			}
		})
	}
}

func TestUpsertIgnoresTheOtherIdentifier(t *testing.T) {
	t.Parallel()
	w := pair(t, clienttest.Location{})
	w.upsert(`"email":"mae@example.com","phone":"+18888888888","city":"Oslo"`)
	mail, _ := w.server.Contact("mail")
	call, _ := w.server.Contact("call")
	if mail.Phone != "" || mail.City != "Oslo" || call.Phone != "+18888888888" {
		t.Errorf("got %+v and %+v", mail, call)
	}
}

func TestUpsertPromotesASecondAddress(t *testing.T) {
	t.Parallel()
	w := pair(t, clienttest.Location{})
	w.upsert(`"email":"old@example.com"`)
	mail, _ := w.server.Contact("mail")
	if mail.Email != "old@example.com" || len(mail.AdditionalEmails) != 1 || mail.AdditionalEmails[0].Email != "older@example.com" {
		t.Errorf("got %q and %v", mail.Email, mail.AdditionalEmails)
	}
	if r := w.upsert(`"email":"mae@example.com"`); r.at("new") != true {
		t.Errorf("the old primary address still matches: %s", r.text)
	}
}

func TestUpsertDiscardsGender(t *testing.T) {
	t.Parallel()
	w := pair(t, clienttest.Location{})
	if r := w.upsert(`"email":"mae@example.com","gender":"male"`); r.at("contact", "gender") != "male" {
		t.Errorf("got gender %v", r.at("contact", "gender"))
	}
	if got := w.do("GET", "/contacts/mail", "").at("contact", "gender"); got != "female" {
		t.Errorf("stored %v", got)
	}
}

func TestDuplicateUpdateOfOurChoice(t *testing.T) {
	t.Parallel()
	w := pair(t, clienttest.Location{}, clienttest.WithBehavior(clienttest.Behavior{RejectDuplicateUpdate: true}))
	if r := w.do("PUT", "/contacts/call", `{"email":"mae@example.com"}`); r.status != 400 {
		t.Errorf("%d %s", r.status, r.text)
	}
	if r := w.do("PUT", "/contacts/mail", `{"email":"mae@example.com"}`); r.status != 200 {
		t.Errorf("its own address: %d %s", r.status, r.text)
	}
}
