package clienttest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

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

func TestCustomFields(t *testing.T) {
	t.Parallel()
	const files = `{"f31175d4-2b06-4fc6-b7bc-74cd814c68cb":{"url":"https://example.com/roof.jpg","documentId":"d1"}}`
	tests := []struct {
		name, fields string
		want         string
	}{
		{"by id", `{"id":"6dvNaf7VhkQ9snc5vnjJ","field_value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"by key, returned by ID", `{"key":"my_text","field_value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"spelt fieldValue", `{"key":"my_text","fieldValue":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"spelt value", `{"key":"my_text","value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"number", `{"key":"my_number","field_value":100.5}`, `[{"id":"9NAf0SNjEs4p2wRzIFvU","value":100.5}]`},
		{"number as a text", `{"key":"my_number","field_value":"7"}`, `[{"id":"9NAf0SNjEs4p2wRzIFvU","value":7}]`},
		{"date becomes milliseconds", `{"key":"my_date","field_value":"2020-10-28"}`, `[{"id":"MgobCB14YMVKuE4Ka8p1","value":1603843200000}]`},
		{"option", `{"key":"my_select","field_value":"small"}`, `[{"id":"3sv6UEo51C9Bmpo1cKTq","value":"small"}]`},
		{"list", `{"key":"my_list","field_value":["red","blue"]}`, `[{"id":"1HeGizb13P0odwgOgKSs","value":["red","blue"]}]`},
		{"files", `{"key":"my_files","field_value":` + files + `}`, `[{"id":"w2M9qTZ0ZJz8rGt02jdJ","value":` + files + `}]`},
		{"unknown key dropped silently", `{"key":"nope","field_value":"a"}`, `[]`},
		{"option that does not exist dropped silently", `{"key":"my_select","field_value":"huge"}`, `[]`},
		{"options that do not exist dropped silently", `{"key":"my_list","field_value":["red","pink"]}`, `[{"id":"1HeGizb13P0odwgOgKSs","value":["red"]}]`},
		{"text written as a number", `{"key":"my_text","field_value":5}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"5"}]`},
		{"key with its prefix", `{"key":"contact.my_text","field_value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"date as milliseconds", `{"key":"my_date","field_value":1603870249758}`, `[{"id":"MgobCB14YMVKuE4Ka8p1","value":1603870249758}]`},
		{"date as a time", `{"key":"my_date","field_value":"2020-10-28T07:30:49.758Z"}`, `[{"id":"MgobCB14YMVKuE4Ka8p1","value":1603870249758}]`},
		{"values of another kind dropped silently", `{"key":"my_number","field_value":"many"},{"key":"my_date","field_value":"soon"},{"key":"my_list","field_value":{"a":1}},{"key":"my_files","field_value":"a"},{"key":"my_text","field_value":["a"]}`, `[]`},
		{"empty clears", `{"key":"my_text","field_value":"a"},{"key":"my_text","field_value":""}`, `[]`},
	}
	s := clienttest.NewServer(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := wireTo(t, s)
			id := w.create(`"customFields":[` + test.fields + `]`)
			reply{status: 200, json: w.do("GET", "/contacts/"+id, "").at("contact", "customFields")}.wantJSON(t, 200, test.want)
		})
	}
}

func TestFieldsNotNamedAreKept(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	id := w.create(`"customFields":[{"key":"my_text","field_value":"a"},{"key":"my_number","field_value":1}]`)
	w.do("PUT", "/contacts/"+id, `{"customFields":[{"key":"my_number","field_value":2}]}`)
	contact, _ := w.server.Contact(id)
	want := []gen.CustomField{{ID: "6dvNaf7VhkQ9snc5vnjJ", Value: []byte(`"a"`)}, {ID: "9NAf0SNjEs4p2wRzIFvU", Value: []byte(`2`)}}
	if diff := cmp.Diff(want, contact.CustomFields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestGetShape(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.server.Seed(gen.Contact{
		ID: "bare", DateAdded: day,
	}, gen.Contact{
		ID: "full", DateAdded: day, FirstName: "Rosan", LastName: "Deo", Email: "Rosan@deos.com",
		Attributions:     []gen.Attribution{{UtmSessionSource: "CRM UI", URL: "https://example.com", IsFirst: true}, {UtmSessionSource: "Social", IsLast: true}},
		AdditionalEmails: []gen.AdditionalEmail{{Email: "home@deos.com"}},
		AdditionalPhones: []gen.AdditionalPhone{{Phone: "+18887777777", PhoneLabel: "Work"}},
		CreatedBy:        gen.CreatedBy{Source: "INTEGRATION", Timestamp: day},
	})
	bare := w.do("GET", "/contacts/bare", "")
	for _, absent := range []string{"firstName", "email", "phone", "city", "assignedTo", "dateOfBirth", "dndSettings", "contactName", "firstNameRaw", "attributions"} {
		if bare.has("contact", absent) {
			t.Errorf("an empty contact has %s", absent)
		}
	}
	if !bare.has("contact", "companyName") || bare.at("traceId") == nil {
		t.Errorf("companyName null or traceId are missing: %s", bare.text)
	}
	full := w.do("GET", "/contacts/full", "")
	for property, want := range map[string]any{
		"name": "Rosan Deo", "firstName": "Rosan", "firstNameLowerCase": "rosan", "fullNameLowerCase": "rosan deo",
		"emailLowerCase":        "rosan@deos.com",
		"attributionSource":     map[string]any{"sessionSource": "CRM UI", "url": "https://example.com"},
		"lastAttributionSource": map[string]any{"sessionSource": "Social"},
		"additionalEmails":      []any{map[string]any{"email": "home@deos.com", "validEmail": nil}},
		"additionalPhones":      []any{map[string]any{"phone": "+18887777777", "phoneLabel": "Work"}},
		"createdBy":             map[string]any{"source": "INTEGRATION", "timestamp": "2026-03-01T12:00:00Z"},
	} {
		if diff := cmp.Diff(want, full.at("contact", property)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", property, diff)
		}
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
