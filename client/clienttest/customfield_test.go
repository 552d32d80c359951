package clienttest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
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

func TestCustomFields(t *testing.T) {
	t.Parallel()
	const files = `{"f31175d4-2b06-4fc6-b7bc-74cd814c68cb":{"url":"https://example.com/roof.jpg","documentId":"d1"}}`
	tests := []struct {
		name, fields string
		want         string
	}{
		{"by ID", `{"id":"6dvNaf7VhkQ9snc5vnjJ","field_value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"by key, returned by ID", `{"key":"my_text","field_value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"named fieldValue", `{"key":"my_text","fieldValue":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"named value", `{"key":"my_text","value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"number", `{"key":"my_number","field_value":100.5}`, `[{"id":"9NAf0SNjEs4p2wRzIFvU","value":100.5}]`},
		{"number as a string", `{"key":"my_number","field_value":"7"}`, `[{"id":"9NAf0SNjEs4p2wRzIFvU","value":7}]`},
		{"date becomes milliseconds", `{"key":"my_date","field_value":"2020-10-28"}`, `[{"id":"MgobCB14YMVKuE4Ka8p1","value":1603843200000}]`},
		{"option", `{"key":"my_select","field_value":"small"}`, `[{"id":"3sv6UEo51C9Bmpo1cKTq","value":"small"}]`},
		{"list", `{"key":"my_list","field_value":["red","blue"]}`, `[{"id":"1HeGizb13P0odwgOgKSs","value":["red","blue"]}]`},
		{"files", `{"key":"my_files","field_value":` + files + `}`, `[{"id":"w2M9qTZ0ZJz8rGt02jdJ","value":` + files + `}]`},
		{"unknown key is dropped", `{"key":"nope","field_value":"a"}`, `[]`},
		{"unknown option is dropped", `{"key":"my_select","field_value":"huge"}`, `[]`},
		{"unknown options of a list are dropped", `{"key":"my_list","field_value":["red","pink"]}`, `[{"id":"1HeGizb13P0odwgOgKSs","value":["red"]}]`},
		{"number for a text field", `{"key":"my_text","field_value":5}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"5"}]`},
		{"key with its prefix", `{"key":"contact.my_text","field_value":"a"}`, `[{"id":"6dvNaf7VhkQ9snc5vnjJ","value":"a"}]`},
		{"date as milliseconds", `{"key":"my_date","field_value":1603870249758}`, `[{"id":"MgobCB14YMVKuE4Ka8p1","value":1603870249758}]`},
		{"date as a time", `{"key":"my_date","field_value":"2020-10-28T07:30:49.758Z"}`, `[{"id":"MgobCB14YMVKuE4Ka8p1","value":1603870249758}]`},
		{"values of a wrong type are dropped", `{"key":"my_number","field_value":"many"},{"key":"my_date","field_value":"soon"},{"key":"my_list","field_value":{"a":1}},{"key":"my_files","field_value":"a"},{"key":"my_text","field_value":["a"]}`, `[]`},
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

// The API writes keys with the prefix "contact.".
func TestFieldDefinition_KeyWithPrefix(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithLocationSettings(clienttest.Location{Fields: []clienttest.FieldDefinition{{ID: "f1", Key: "contact.size"}}}))
	for _, key := range []string{"size", "contact.size"} {
		id := w.create(`"customFields":[{"key":"` + key + `","field_value":"a"}]`)
		got := w.do("GET", "/contacts/"+id, "").at("contact", "customFields")
		reply{status: 200, json: got}.wantJSON(t, 200, `[{"id":"f1","value":"a"}]`)
	}
}

func TestCustomFields_OthersDoNotChange(t *testing.T) {
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
