package clienttest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

func TestRefusedWrites(t *testing.T) {
	t.Parallel()
	refusal := func(message string) string {
		return `{"message":["` + message + `"],"error":"Unprocessable Entity","statusCode":422}`
	}
	tests := []struct {
		name, method, body string
		status             int
		want               string
	}{
		{"unknown property", "POST", `{"locationId":"L","x":1}`, 422, refusal("property x should not exist")},
		{"locationId on update", "PUT", `{"locationId":"L"}`, 422, refusal("property locationId should not exist")},
		{"gender on update", "PUT", `{"gender":"male"}`, 422, refusal("property gender should not exist")},
		{"companyName on update", "PUT", `{"companyName":"A"}`, 422, refusal("property companyName should not exist")},
		{"custom fields as an object", "PUT", `{"customFields":{"a":"b"}}`, 422, refusal("customFields must be an array")},
		{"tags as a text", "PUT", `{"tags":"a"}`, 422, refusal("tags must be an array")},
		{"number for a text", "PUT", `{"firstName":5}`, 422, refusal("firstName must be a string")},
		{"text for a boolean", "PUT", `{"dnd":"yes"}`, 422, refusal("dnd must be a boolean value")},
		{"null that is not allowed", "PUT", `{"country":null}`, 422, refusal("country Value is not nullable")},
		{"no location", "POST", `{"email":"a@b.c"}`, 422, refusal("locationId should not be empty")},
		{"channel in another case", "PUT", `{"dndSettings":{"sms":{"status":"active"}}}`, 422, refusal("dndSettings.property sms should not exist")},
		{"unknown property of a custom field", "PUT", `{"customFields":[{"id":"a","field_value":"b","x":1}]}`, 422, refusal("customFields.0.property x should not exist")},
		{"id and key of two fields", "PUT", `{"customFields":[{"id":"6dvNaf7VhkQ9snc5vnjJ","key":"my_number","field_value":"b"}]}`, 422, refusal("customFields.0.id and key must name the same field")},
		{"several at once", "PUT", `{"x":1,"y":2}`, 422, `{"message":["property x should not exist","property y should not exist"],"error":"Unprocessable Entity","statusCode":422}`},
		{"email", "PUT", `{"email":"nonsense"}`, 422, refusal("email must be an email")},
		{"phone, text of ours", "PUT", `{"phone":"12"}`, 422, refusal("phone must be a valid phone number")},
		{"country, text of ours", "PUT", `{"country":"Germany"}`, 422, refusal("country must be a valid ISO31661 Alpha2 code")},
		{"day of birth", "PUT", `{"dateOfBirth":"yesterday"}`, 422, refusal("dateOfBirth must be a valid date")},
		{"no body, text of ours", "PUT", ``, 422, refusal("body should not be empty")},
		{"not JSON, text of ours", "PUT", `{"city":`, 400, `{"message":"request body is not valid JSON","error":"Bad Request","statusCode":400}`},
	}
	s := clienttest.NewServer(t, clienttest.WithDefaultLocation("L"))
	id := wireTo(t, s).create("")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := "/contacts/"
			if test.method == "PUT" {
				path += id
			}
			wireTo(t, s).do(test.method, path, test.body).wantJSON(t, test.status, test.want)
		})
	}
}

func TestStoredForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, property string
		want                 any
	}{
		{"tags are trimmed and lower-cased", `{"tags":[" VIP ","Old"]}`, "tags", []any{"vip", "old"}},
		{"tags are replaced", `{"tags":["new"]}`, "tags", []any{"new"}},
		{"tags are removed", `{"tags":[]}`, "tags", []any{}},
		{"what is not sent is kept", `{"city":"Oslo"}`, "tags", []any{"first"}},
		{"phone becomes E.164", `{"phone":"+1 (888) 888-8888"}`, "phone", "+18888888888"},
		{"phone of the location's country", `{"phone":"415 555 2671"}`, "phone", "+14155552671"},
		{"country is upper-cased", `{"country":"us"}`, "country", "US"},
		{"day of birth by year", `{"dateOfBirth":"1990-09-25"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth by month", `{"dateOfBirth":"09-25-1990"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth with slashes", `{"dateOfBirth":"09/25/1990"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth with dots", `{"dateOfBirth":"1990.09.25"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth with underlines", `{"dateOfBirth":"09_25_1990"}`, "dateOfBirth", "1990-09-25"},
		{"channels are merged", `{"dndSettings":{"Email":{"status":"inactive"}}}`, "dndSettings", map[string]any{
			"Email": map[string]any{"status": "inactive"}, "SMS": map[string]any{"status": "active", "message": "asked"},
		}},
		{"null clears", `{"city":null}`, "city", nil},
		{"an empty text clears", `{"city":""}`, "city", nil},
		{"a full name is split", `{"name":"Ada King Lovelace"}`, "lastName", "King Lovelace"},
	}
	s := clienttest.NewServer(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := wireTo(t, s)
			id := w.create(`"tags":["first"],"city":"Rome","dndSettings":{"SMS":{"status":"active","message":"asked"}}`)
			if r := w.do("PUT", "/contacts/"+id, test.body); r.status != 200 {
				t.Fatalf("update: %d %s", r.status, r.text)
			}
			if diff := cmp.Diff(test.want, w.do("GET", "/contacts/"+id, "").at("contact", test.property)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.property, diff)
			}
		})
	}
}

func TestSuccessSpellings(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[clienttest.SuccessSpelling]struct{ deleted, updated string }{
		clienttest.SuccessToday:   {`{"succeded":true,"succeeded":true}`, "succeded"},
		clienttest.SuccessBefore:  {`{"succeded":true}`, "succeded"},
		clienttest.SuccessCorrect: {`{"succeeded":true}`, "succeeded"},
	} {
		w := newWire(t, clienttest.WithBehavior(clienttest.Behavior{Success: spelling}))
		id := w.create("")
		if r := w.do("PUT", "/contacts/"+id, `{}`); r.at(want.updated) != true || r.has("succeded") == r.has("succeeded") {
			t.Errorf("%d: update returns %s", spelling, r.text)
		}
		w.do("DELETE", "/contacts/"+id, "").wantJSON(t, 200, want.deleted)
	}
}

func TestDeletedForAMoment(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	id := w.create("")
	w.do("DELETE", "/contacts/"+id, "")
	w.do("DELETE", "/contacts/"+id, "").wantJSON(t, 400, `{"statusCode":400,"message":"Contact not found for id:`+id+`"}`)
	w.server.Advance(time.Minute)
	w.do("DELETE", "/contacts/"+id, "").wantJSON(t, 400, `{"error":"Contact with id `+id+` not found","status":400}`)
}

func TestChosenClearing(t *testing.T) {
	t.Parallel()
	for rule, want := range map[clienttest.ClearRule]struct{ afterNull, afterEmpty any }{
		clienttest.ClearRuleBoth:  {nil, nil},
		clienttest.ClearRuleNull:  {nil, "Rome"},
		clienttest.ClearRuleEmpty: {"Rome", nil},
	} {
		w := newWire(t, clienttest.WithBehavior(clienttest.Behavior{Clear: rule, BirthTime: true, PhoneMessage: "p", CountryMessage: "c"}))
		id := w.create(`"city":"Rome","dateOfBirth":"1990-09-25"`)
		if r := w.do("PUT", "/contacts/"+id, `{"city":null}`); r.at("contact", "city") != want.afterNull {
			t.Errorf("rule %d: null leaves %v", rule, r.at("contact", "city"))
		}
		w.do("PUT", "/contacts/"+id, `{"city":"Rome"}`)
		r := w.do("PUT", "/contacts/"+id, `{"city":""}`)
		if r.at("contact", "city") != want.afterEmpty {
			t.Errorf("rule %d: an empty text leaves %v", rule, r.at("contact", "city"))
		}
		if got := r.at("contact", "dateOfBirth"); got != "1990-09-25T00:00:00.000Z" {
			t.Errorf("dateOfBirth is %v", got)
		}
		w.do("PUT", "/contacts/"+id, `{"phone":"1","country":"x"}`).wantJSON(t, 422, `{"message":["c","p"],"error":"Unprocessable Entity","statusCode":422}`)
	}
}
