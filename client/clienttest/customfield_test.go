package clienttest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

func TestReadFields(t *testing.T) {
	t.Parallel()
	fields, err := clienttest.ReadFields(strings.NewReader(`[
		{"id": "f1", "fieldKey": "contact.size", "dataType": "NUMERICAL", "unheard": "of"},
		{"fieldKey": "contact.color", "dataType": "SINGLE_OPTIONS", "picklistOptions": ["red"]}
	]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []gen.CustomFieldDefinition{
		{ID: "f1", Key: "contact.size", DataType: "NUMERICAL"},
		{ID: fields[1].ID, Key: "contact.color", DataType: "SINGLE_OPTIONS", Options: []string{"red"}},
	}
	if diff := cmp.Diff(want, fields); diff != "" || len(fields[1].ID) != 20 {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	for _, bad := range []string{`{}`, `[{"id":"a"}]`, `[{"fieldKey":"a"},{"fieldKey":"contact.a"}]`, `[{"id":"a","fieldKey":"a"},{"id":"a","fieldKey":"b"}]`} {
		if _, err := clienttest.ReadFields(strings.NewReader(bad)); err == nil {
			t.Errorf("no error for %s", bad)
		}
	}
}

const (
	files      = `{"f31175d4-2b06-4fc6-b7bc-74cd814c68cb":{"url":"https://example.com/roof.jpg","documentId":"d1"}}`
	textID     = "6dvNaf7VhkQ9snc5vnjJ"
	numberID   = "9NAf0SNjEs4p2wRzIFvU"
	dateID     = "MgobCB14YMVKuE4Ka8p1"
	selectID   = "3sv6UEo51C9Bmpo1cKTq"
	listID     = "1HeGizb13P0odwgOgKSs"
	filesID    = "w2M9qTZ0ZJz8rGt02jdJ"
	checkboxID = "Kd8Rv2mXq4nTs7wYb0Hc"
	rowsID     = "Lp3Fs9cGu6xJh1zVo5Ne"
)

func TestCustomFields(t *testing.T) {
	t.Parallel()
	stored := func(id, value string) string { return `[{"id":"` + id + `","value":` + value + `}]` }
	tests := []struct {
		name, fields string
		want         string
	}{
		{"by ID", `{"id":"` + textID + `","field_value":"a"}`, stored(textID, `"a"`)},
		{"by key, returned by ID", `{"key":"my_text","field_value":"a"}`, stored(textID, `"a"`)},
		{"key with its prefix", `{"key":"contact.my_text","field_value":"a"}`, stored(textID, `"a"`)},
		{"named fieldValue", `{"key":"my_text","fieldValue":"a"}`, stored(textID, `"a"`)},
		{"number for a text field", `{"key":"my_text","field_value":5}`, stored(textID, `"5"`)},
		{"number", `{"key":"my_number","field_value":100.5}`, stored(numberID, `100.5`)},
		{"number as a string", `{"key":"my_number","field_value":"7"}`, stored(numberID, `7`)},
		{"date", `{"key":"my_date","field_value":"2020-10-28"}`, stored(dateID, `"2020-10-28"`)},
		{"time, of which the day remains", `{"key":"my_date","field_value":"2020-10-28T07:30:49.758Z"}`, stored(dateID, `"2020-10-28"`)},
		{"milliseconds, of which midnight remains", `{"key":"my_date","field_value":1603870249758}`, stored(dateID, `1603843200000`)},
		{"option", `{"key":"my_select","field_value":"small"}`, stored(selectID, `"small"`)},
		{"list", `{"key":"my_list","field_value":["red","blue"]}`, stored(listID, `["red","blue"]`)},
		{"checkbox", `{"key":"my_checkbox","field_value":["Yes"]}`, stored(checkboxID, `["Yes"]`)},
		{"files", `{"key":"my_files","field_value":` + files + `}`, stored(filesID, files)},
		{"unknown key is dropped", `{"key":"nope","field_value":"a"}`, `[]`},
		{"field of opportunities is dropped", `{"key":"opportunity.my_reason","field_value":"a"}`, `[]`},
		{"unknown option is dropped", `{"key":"my_select","field_value":"huge"}`, `[]`},
		{"unknown options of a list are dropped", `{"key":"my_list","field_value":["red","pink"]}`, stored(listID, `["red"]`)},
		{"string for a checkbox is dropped", `{"key":"my_checkbox","field_value":"Yes"}`, `[]`},
		{"new rows are dropped", `{"key":"my_rows","field_value":{"r1":"a"}}`, `[]`},
		{"values of a wrong type are dropped", `{"key":"my_number","field_value":"many"},{"key":"my_list","field_value":{"a":1}},{"key":"my_files","field_value":"a"},{"key":"my_text","field_value":["a"]}`, `[]`},
		{"empty string clears", `{"key":"my_text","field_value":"a"},{"key":"my_text","field_value":""}`, `[]`},
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

func TestCustomFields_Rejected(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	id := w.create("")
	for value, want := range map[string]string{
		`{"key":"my_date","field_value":"28/10/2020"}`:                   `Invalid Custom Field Value \"\"28/10/2020\"\" for \"` + dateID + `\"`,
		`{"key":"my_number","field_value":{"currency":"USD","value":5}}`: `Invalid Custom Field Value \"{\"currency\":\"USD\",\"value\":5}\" for \"` + numberID + `\"`,
	} {
		r := w.do("PUT", "/contacts/"+id, `{"customFields":[`+value+`]}`)
		if r.status != 400 || str(r.at("message")) != strings.ReplaceAll(want, `\"`, `"`) {
			t.Errorf("got %d %s, want 400 and %s", r.status, r.text, want)
		}
	}
}

// A TEXTBOX_LIST takes only the rows that it has already.
func TestCustomFields_Rows(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.server.Seed(gen.Contact{ID: "c", CustomFields: []gen.CustomField{{ID: rowsID, Value: []byte(`{"r1":"a","r2":"b"}`)}}})
	w.do("PUT", "/contacts/c", `{"customFields":[{"key":"my_rows","field_value":{"r2":"c"}}]}`)
	w.do("PUT", "/contacts/c", `{"customFields":[{"key":"my_rows","field_value":{"r1":"z","r3":"d"}}]}`)
	contact, _ := w.server.Contact("c")
	if got := string(contact.CustomFields[0].Value); got != `{"r1":"a","r2":"c"}` {
		t.Errorf("got %s, want the second row changed and no third row", got)
	}
}

func TestCustomFields_OthersDoNotChange(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	id := w.create(`"customFields":[{"key":"my_text","field_value":"a"},{"key":"my_number","field_value":1}]`)
	w.do("PUT", "/contacts/"+id, `{"customFields":[{"key":"my_number","field_value":2}]}`)
	contact, _ := w.server.Contact(id)
	want := []gen.CustomField{{ID: textID, Value: []byte(`"a"`)}, {ID: numberID, Value: []byte(`2`)}}
	if diff := cmp.Diff(want, contact.CustomFields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestGetCustomFields(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithDefaultLocationID("L"), clienttest.WithLocationSettings(clienttest.Location{Fields: []gen.CustomFieldDefinition{
		{ID: "f1", Key: "color", Name: "Color", DataType: "RADIO", Options: []string{"red"}, DateAdded: time.Unix(0, 0)},
		{ID: "f2", Key: "files", DataType: "FILE_UPLOAD", MaxFileLimit: 1},
		{ID: "f3", Key: "opportunity.size", Model: "opportunity"},
	}}))
	r := w.do("GET", "/locations/L/customFields", "")
	reply{status: 200, json: r.at("customFields", 0)}.wantJSON(t, 200, `{"id":"f1","name":"Color","model":"contact","fieldKey":"contact.color","placeholder":"",
		"dataType":"RADIO","position":50,"documentType":"field","parentId":"7DcVqzvRQwnMmPpRCwow","locationId":"L","dateAdded":"1970-01-01T00:00:00.000Z",
		"standard":false,"picklistOptions":["red"]}`)
	if r.at("customFields", 1, "maxFileLimit") != 1.0 || r.has("customFields", 1, "picklistOptions") || r.at("traceId") == nil {
		t.Errorf("got %s, want a field of files and a traceId", r.text)
	}
	for query, want := range map[string]int{"": 2, "?model=contact": 2, "?model=opportunity": 1, "?model=all": 3} {
		if fields, _ := w.do("GET", "/locations/L/customFields"+query, "").at("customFields").([]any); len(fields) != want {
			t.Errorf("%s: got %d fields, want %d", query, len(fields), want)
		}
	}
	w.do("GET", "/locations/L/customFields?limit=5&locationId=L", "").wantJSON(t, 422,
		`{"message":["property limit should not exist","property locationId should not exist"],"error":"Unprocessable Entity","statusCode":422}`)
	w.do("GET", "/locations/other/customFields", "").wantJSON(t, 403, `{"statusCode":403,"message":"The token does not have access to this location."}`)
}
