package clienttest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// pair starts a fake with two contacts, one with an email address and one with a phone number.
func pair(t *testing.T, l clienttest.Location) *wire {
	t.Helper()
	w := newWire(t, clienttest.WithLocationSettings(l))
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

func TestCreateContact_Duplicate(t *testing.T) {
	t.Parallel()
	duplicate := func(id, property, name string) string {
		return `{"statusCode":400,"message":"This location does not allow duplicated contacts.",
			"meta":{"contactId":"` + id + `","matchingField":"` + property + `","contactName":"` + name + `"}}`
	}
	tests := []struct {
		name       string
		location   clienttest.Location
		properties string
		want       string // empty if the contact is created
	}{
		{"email address in another case", clienttest.Location{}, `"email":"MAE@example.com"`, duplicate("mail", "email", "Mae Ill")},
		{"phone number in another form", clienttest.Location{}, `"phone":"(888) 888-8888"`, duplicate("call", "phone", "Cal")},
		{"both, email address first", clienttest.Location{}, `"email":"mae@example.com","phone":"8888888888"`, duplicate("mail", "email", "Mae Ill")},
		{"both, phone number first", clienttest.Location{PhoneFirst: true}, `"email":"mae@example.com","phone":"8888888888"`, duplicate("call", "phone", "Cal")},
		{"duplicates allowed", clienttest.Location{AllowDuplicates: true}, `"email":"mae@example.com"`, ""},
		{"no match", clienttest.Location{}, `"email":"new@example.com"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := pair(t, test.location)
			r := w.do("POST", "/contacts/", `{"locationId":"`+w.server.LocationID+`",`+test.properties+`}`)
			if test.want != "" {
				r.wantJSON(t, 400, test.want)
			} else if r.status != 201 {
				t.Errorf("got %d %s, want 201", r.status, r.text)
			}
		})
	}
}

func TestUpsertContact_Match(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		location   clienttest.Location
		properties string
		status     int
		id         string // empty for a new contact
	}{
		{"no match", clienttest.Location{}, `"email":"new@example.com"`, 201, ""},
		{"email address", clienttest.Location{}, `"email":"mae@example.com"`, 200, "mail"},
		{"phone number", clienttest.Location{}, `"phone":"+18888888888"`, 200, "call"},
		{"two contacts, email address first", clienttest.Location{}, `"email":"mae@example.com","phone":"+18888888888"`, 200, "mail"},
		{"two contacts, phone number first", clienttest.Location{PhoneFirst: true}, `"email":"mae@example.com","phone":"+18888888888"`, 200, "call"},
		{"secondary email address", clienttest.Location{}, `"email":"old@example.com"`, 200, "mail"},
		{"createNewIfDuplicateAllowed, duplicates allowed", clienttest.Location{AllowDuplicates: true}, `"email":"mae@example.com","createNewIfDuplicateAllowed":true`, 201, ""},
		{"createNewIfDuplicateAllowed, duplicates not allowed", clienttest.Location{}, `"email":"mae@example.com","createNewIfDuplicateAllowed":true`, 200, "mail"},
		{"duplicates allowed, no createNewIfDuplicateAllowed", clienttest.Location{AllowDuplicates: true}, `"email":"mae@example.com"`, 200, "mail"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := pair(t, test.location)
			r := w.upsert(test.properties)
			if r.status != test.status || r.at("new") != (test.status == 201) || r.at("traceId") == nil {
				t.Errorf("got %d %s, want %d", r.status, r.text, test.status)
			}
			if id := r.at("contact", "id"); test.id != "" && id != test.id {
				t.Errorf("got match %v, want %s", id, test.id)
			}
		})
	}
}

// The responses to writes have the properties that were recorded in 2026.
func TestWrites_RecordedProperties(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	const both = "country createdBy customFields dateAdded dateUpdated email emailLowerCase firstName firstNameLowerCase fullNameLowerCase id locationId tags type"
	created := w.do("POST", "/contacts/", `{"locationId":"`+w.server.LocationID+`","firstName":"Jane","email":"jane@example.com"}`)
	id := str(created.at("contact", "id"))
	for _, test := range []struct {
		name                  string
		reply                 reply
		properties, ofContact string
	}{
		{"create", created, "contact traceId", both + " bounceEmail deleted lastSessionActivityAt lastUpdatedBy unsubscribeEmail validEmail validEmailDate"},
		{"upsert", w.upsert(`"email":"jane@example.com"`), "contact new succeded succeeded traceId", both + " additionalEmails additionalPhones followers"},
		{"update", w.do("PUT", "/contacts/"+id, `{}`), "contact succeded succeeded traceId", both + " additionalEmails additionalPhones followers"},
		{"delete", w.do("DELETE", "/contacts/"+id, ""), "succeded succeeded traceId", ""},
	} {
		for _, part := range []struct {
			of   any
			want string
		}{{test.reply.json, test.properties}, {test.reply.at("contact"), test.ofContact}} {
			object, _ := part.of.(map[string]any)
			if diff := cmp.Diff(slices.Sorted(slices.Values(strings.Fields(part.want))), slices.Sorted(maps.Keys(object))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	}
}

// An upsert ignores what another contact has, replaces the primary address and does not store gender.
func TestUpsertContact_Stored(t *testing.T) {
	t.Parallel()
	w := pair(t, clienttest.Location{})
	w.upsert(`"email":"mae@example.com","phone":"+18888888888","city":"Oslo"`)
	mail, _ := w.server.Contact("mail")
	call, _ := w.server.Contact("call")
	if mail.Phone != "" || mail.City != "Oslo" || call.Phone != "+18888888888" {
		t.Errorf("got %+v and %+v", mail, call)
	}
	if r := w.upsert(`"email":"old@example.com","gender":"male"`); r.at("contact", "gender") != "male" {
		t.Errorf("got gender %v, want male", r.at("contact", "gender"))
	}
	mail, _ = w.server.Contact("mail")
	if mail.Email != "old@example.com" || len(mail.AdditionalEmails) != 1 || mail.AdditionalEmails[0].Email != "older@example.com" || mail.Gender != "female" {
		t.Errorf("got %q, %v and gender %s", mail.Email, mail.AdditionalEmails, mail.Gender)
	}
	if r := w.upsert(`"email":"mae@example.com"`); r.at("new") != true {
		t.Errorf("got %s for the old primary address, want a new contact", r.text)
	}
	w.upsert(`"firstName":"X","email":""`).wantJSON(t, 400,
		`{"statusCode":400,"message":"Pass at least one of number, email query parameter","error":"Bad Request"}`)
}

func TestWrites_Rejected(t *testing.T) {
	t.Parallel()
	unprocessable := func(message string) string {
		return `{"message":["` + message + `"],"error":"Unprocessable Entity","statusCode":422}`
	}
	tests := []struct {
		name, method, body string
		status             int
		want               string
	}{
		{"unknown property", "POST", `{"locationId":"L","x":1}`, 422, unprocessable("property x should not exist")},
		{"locationId on update", "PUT", `{"locationId":"L"}`, 422, unprocessable("property locationId should not exist")},
		{"gender on update", "PUT", `{"gender":"male"}`, 422, unprocessable("property gender should not exist")},
		{"ID on update", "PUT", `{"id":"x"}`, 422, unprocessable("property id should not exist")},
		{"create without an identifier or a name", "POST", `{"locationId":"L","name":"Ada Lovelace","email":""}`, 422, `{"message":"Contacts without email, phone, firstName and lastName are not allowed.","error":"Unprocessable Entity","statusCode":422}`},
		{"custom fields as an object", "PUT", `{"customFields":{"a":"b"}}`, 422, unprocessable("customFields must be an array")},
		{"tags as a string", "PUT", `{"tags":"a"}`, 422, unprocessable("tags must be an array")},
		{"number for a string", "PUT", `{"firstName":5}`, 422, unprocessable("firstName must be a string")},
		{"string for a boolean", "PUT", `{"dnd":"yes"}`, 422, unprocessable("dnd must be a boolean value")},
		{"null that is not allowed", "PUT", `{"country":null}`, 422, unprocessable("country Value is not nullable")},
		{"no location", "POST", `{"email":"a@b.c"}`, 422, unprocessable("locationId should not be empty")},
		{"channel in another case", "PUT", `{"dndSettings":{"sms":{"status":"active"}}}`, 422, unprocessable("dndSettings.property sms should not exist")},
		{"unknown property of a custom field", "PUT", `{"customFields":[{"id":"a","field_value":"b","x":1}]}`, 422, unprocessable("customFields.0.property x should not exist")},
		{"id and key of two fields", "PUT", `{"customFields":[{"id":"6dvNaf7VhkQ9snc5vnjJ","key":"my_number","field_value":"b"}]}`, 422, unprocessable("customFields.0.id and key must name the same field")},
		{"several problems", "PUT", `{"x":1,"y":2}`, 422, `{"message":["property x should not exist","property y should not exist"],"error":"Unprocessable Entity","statusCode":422}`},
		{"email", "PUT", `{"email":"nonsense"}`, 422, unprocessable("email must be an email")},
		{"phone", "PUT", `{"phone":"12"}`, 400, `{"message":"Invalid country calling code","error":"Bad Request","statusCode":400}`},
		{"country", "PUT", `{"country":"Germany"}`, 422, unprocessable("country must be valid")},
		{"day of birth", "PUT", `{"dateOfBirth":"yesterday"}`, 422, unprocessable("dateOfBirth must be a valid date")},
		{"no body", "PUT", ``, 422, unprocessable("body should not be empty")},
		{"not JSON", "PUT", `{"city":`, 400, `{"message":"request body is not valid JSON","error":"Bad Request","statusCode":400}`},
	}
	s := clienttest.NewServer(t, clienttest.WithDefaultLocationID("L"))
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

func TestUpdateContact_StoredForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, property string
		want                 any
	}{
		{"tags are trimmed and lower-cased", `{"tags":[" VIP ","Old"]}`, "tags", []any{"vip", "old"}},
		{"tags are replaced", `{"tags":["new"]}`, "tags", []any{"new"}},
		{"tags are removed", `{"tags":[]}`, "tags", []any{}},
		{"properties that are not sent do not change", `{"city":"Oslo"}`, "tags", []any{"first"}},
		{"phone becomes E.164", `{"phone":"+1 (888) 888-8888"}`, "phone", "+18888888888"},
		{"phone of the location's country", `{"phone":"415 555 2671"}`, "phone", "+14155552671"},
		{"country is upper-cased", `{"country":"us"}`, "country", "US"},
		{"day of birth by year", `{"dateOfBirth":"1990-09-25"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth by month", `{"dateOfBirth":"09-25-1990"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth with slashes", `{"dateOfBirth":"09/25/1990"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth with dots", `{"dateOfBirth":"1990.09.25"}`, "dateOfBirth", "1990-09-25"},
		{"day of birth with underscores", `{"dateOfBirth":"09_25_1990"}`, "dateOfBirth", "1990-09-25"},
		{"channels are merged", `{"dndSettings":{"Email":{"status":"inactive"}}}`, "dndSettings", map[string]any{
			"Email": map[string]any{"status": "inactive"}, "SMS": map[string]any{"status": "active", "message": "asked"},
		}},
		{"null clears", `{"city":null}`, "city", nil},
		{"null clears the phone number", `{"phone":null}`, "phone", nil},
		{"an empty phone number is ignored", `{"phone":""}`, "phone", "+18888888888"},
		{"company, keyword, ssn and type", `{"companyName":"Acme","keyword":"k","ssn":"s","type":"customer"}`, "type", "customer"},
		{"country of the location", `{}`, "country", "US"},
		{"an empty string clears", `{"city":""}`, "city", nil},
		{"a full name is split", `{"name":"Ada King Lovelace"}`, "lastName", "King Lovelace"},
	}
	s := clienttest.NewServer(t, clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, phone := wireTo(t, s), ""
			if test.property == "phone" {
				phone = `"phone":"8888888888",`
			}
			id := w.create(`"tags":["first"],"city":"Rome",` + phone + `"dndSettings":{"SMS":{"status":"active","message":"asked"}}`)
			if r := w.do("PUT", "/contacts/"+id, test.body); r.status != 200 {
				t.Fatalf("update: got %d %s, want 200", r.status, r.text)
			}
			if diff := cmp.Diff(test.want, w.do("GET", "/contacts/"+id, "").at("contact", test.property)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.property, diff)
			}
		})
	}
}

func TestDeleteContact_Deleted(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	id := w.create("")
	w.do("DELETE", "/contacts/"+id, "")
	w.do("DELETE", "/contacts/"+id, "").wantJSON(t, 400, `{"statusCode":400,"message":"Contact not found for id:`+id+`"}`)
	w.server.Advance(time.Minute)
	w.do("DELETE", "/contacts/"+id, "").wantJSON(t, 400, `{"error":"Contact with id `+id+` not found","status":400}`)
}
