package client_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestNewCustomField(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		field client.CustomFieldInput
		want  string
	}{
		{"string by ID", client.NewCustomField("6dvN", "My Selected Option"), `{"id":"6dvN","field_value":"My Selected Option"}`},
		{"string by key", client.NewCustomFieldByKey("contact.my_field", "a"), `{"field_value":"a","key":"contact.my_field"}`},
		{"number", client.NewCustomField("a", 100.5), `{"id":"a","field_value":100.5}`},
		{"large number", client.NewCustomField("a", int64(1603870249758)), `{"id":"a","field_value":1603870249758}`},
		{"options", client.NewCustomField("a", []string{"red", "green"}), `{"id":"a","field_value":["red","green"]}`},
		{"no options", client.NewCustomField("a", []string{}), `{"id":"a","field_value":[]}`},
		{"empty string", client.NewCustomField("a", ""), `{"id":"a","field_value":""}`},
		{"null", client.NewCustomField("a", nil), `{"id":"a","field_value":null}`},
		{"false", client.NewCustomFieldByKey("a", false), `{"field_value":false,"key":"a"}`},
		{"zero", client.NewCustomFieldByKey("a", 0), `{"field_value":0,"key":"a"}`},
		{"object", client.NewCustomField("a", map[string]any{"uuid": map[string]string{"url": "u"}}), `{"id":"a","field_value":{"uuid":{"url":"u"}}}`},
		{"raw JSON", client.NewCustomField("a", json.RawMessage(`{"b":[1]}`)), `{"id":"a","field_value":{"b":[1]}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			fields := []client.CustomFieldInput{test.field}
			_, err1 := c.Contacts.Create(t.Context(), client.CreateContactRequest{LocationID: "l", CustomFields: fields})
			_, err2 := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{CustomFields: fields})
			_, err3 := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{LocationID: "l", CustomFields: fields})
			if err1 != nil || err2 != nil || err3 != nil {
				t.Fatal(err1, err2, err3)
			}
			want := []string{
				`{"customFields":[` + test.want + `],"locationId":"l"}`,
				`{"customFields":[` + test.want + `]}`,
				`{"customFields":[` + test.want + `],"locationId":"l"}`,
			}
			if diff := cmp.Diff(want, sentBodies(api)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const files = `{"b-uuid":{"meta":{"fieldname":"w2M9","originalname":"roof.jpg","encoding":"7bit","mimetype":"image/jpeg","size":1786611,"uuid":"b-uuid"},"url":"https://files.example/b","documentId":"w2M9"},"a-uuid":{"meta":{"originalname":"plan.pdf","size":7},"url":"https://files.example/a"}}`

func TestReadCustomField(t *testing.T) {
	t.Parallel()
	added := time.UnixMilli(1603870249758).UTC()
	day := time.Date(2021, 7, 2, 0, 0, 0, 0, time.UTC)
	type read struct {
		Kind   client.FieldKind
		Text   string
		Number float64
		IsNum  bool
		Bool   bool
		IsBool bool
		Time   time.Time
		IsTime bool
		List   []string
		Files  []client.File
	}
	for _, test := range []struct {
		value string
		want  read
	}{
		{``, read{}},
		{`null`, read{}},
		{`""`, read{}},
		{`[]`, read{}},
		{` [ ] `, read{}},
		{`{}`, read{}},
		{`"My Selected Option"`, read{Kind: client.FieldText, Text: "My Selected Option", List: []string{"My Selected Option"}}},
		{`"\u00c5s \"x\""`, read{Kind: client.FieldText, Text: `Ås "x"`, List: []string{`Ås "x"`}}},
		{`" "`, read{Kind: client.FieldText, Text: " ", List: []string{" "}}},
		{`"12.5"`, read{Kind: client.FieldText, Text: "12.5", Number: 12.5, IsNum: true, List: []string{"12.5"}}},
		{`" 7 "`, read{Kind: client.FieldText, Text: " 7 ", Number: 7, IsNum: true, List: []string{" 7 "}}},
		{`"NaN"`, read{Kind: client.FieldText, Text: "NaN", List: []string{"NaN"}}},
		{`"Infinity"`, read{Kind: client.FieldText, Text: "Infinity", List: []string{"Infinity"}}},
		{`"1e999"`, read{Kind: client.FieldText, Text: "1e999", List: []string{"1e999"}}},
		{`"0x10"`, read{Kind: client.FieldText, Text: "0x10", List: []string{"0x10"}}},
		{`100.5`, read{Kind: client.FieldNumber, Text: "100.5", Number: 100.5, IsNum: true, List: []string{"100.5"}}},
		{`-1e3`, read{Kind: client.FieldNumber, Text: "-1e3", Number: -1000, IsNum: true, List: []string{"-1e3"}}},
		{`1e999`, read{Kind: client.FieldNumber, Text: "1e999", List: []string{"1e999"}}},
		{`1603870249758`, read{Kind: client.FieldNumber, Text: "1603870249758", Number: 1603870249758, IsNum: true, Time: added, IsTime: true, List: []string{"1603870249758"}}},
		{`"2020-10-28T07:30:49.758Z"`, read{Kind: client.FieldText, Text: "2020-10-28T07:30:49.758Z", Time: added, IsTime: true, List: []string{"2020-10-28T07:30:49.758Z"}}},
		{`"2021-07-02"`, read{Kind: client.FieldText, Text: "2021-07-02", Time: day, IsTime: true, List: []string{"2021-07-02"}}},
		{`true`, read{Kind: client.FieldBool, Bool: true, IsBool: true, Text: "true", List: []string{"true"}}},
		{`false`, read{Kind: client.FieldBool, IsBool: true, Text: "false", List: []string{"false"}}},
		{`"True"`, read{Kind: client.FieldText, Bool: true, IsBool: true, Text: "True", List: []string{"True"}}},
		{`"false"`, read{Kind: client.FieldText, IsBool: true, Text: "false", List: []string{"false"}}},
		{`["true"]`, read{Kind: client.FieldList, Text: "true", List: []string{"true"}}},
		{`["red","green"]`, read{Kind: client.FieldList, Text: "red, green", List: []string{"red", "green"}}},
		{`["red",7,null,{"a":1}]`, read{Kind: client.FieldList, Text: `red, 7, , {"a":1}`, List: []string{"red", "7", "", `{"a":1}`}}},
		{files, read{Kind: client.FieldFiles, Files: []client.File{
			{UUID: "a-uuid", URL: "https://files.example/a", Name: "plan.pdf", Size: 7},
			{UUID: "b-uuid", DocumentID: "w2M9", URL: "https://files.example/b", Name: "roof.jpg", MIMEType: "image/jpeg", Encoding: "7bit", Size: 1786611},
		}}},
		{`{"a":1}`, read{Kind: client.FieldObject}},
		{`{"a":{"url":"u"}}`, read{Kind: client.FieldObject}},
		{`{"a":null}`, read{Kind: client.FieldObject}},
		{`{"a":{"meta":{"size":"large"},"url":"u"}}`, read{Kind: client.FieldObject}},
	} {
		t.Run(test.value, func(t *testing.T) {
			t.Parallel()
			value := client.ReadCustomField(client.CustomField{ID: "a", Value: json.RawMessage(test.value)})
			got := read{Kind: value.Kind(), Text: value.Text(), List: value.List(), Files: value.Files()}
			got.Number, got.IsNum = value.Number()
			got.Bool, got.IsBool = value.Bool()
			got.Time, got.IsTime = value.Time()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if string(value.Raw()) != test.value {
				t.Errorf("got raw %s, want %s", value.Raw(), test.value)
			}
		})
	}
}

func TestCustomFieldByID(t *testing.T) {
	t.Parallel()
	contact := &client.Contact{CustomFields: []client.CustomField{{ID: "a", Value: json.RawMessage(`1`)}, {ID: "b", Value: json.RawMessage(`"two"`)}}}
	for id, want := range map[string]string{"a": "1", "b": "two", "c": "", "": ""} {
		if got := client.CustomFieldByID(contact, id).Text(); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
	if kind := client.CustomFieldByID(contact, "c").Kind(); kind != client.FieldEmpty {
		t.Errorf("no such field: got %v, want empty", kind)
	}
}

// A value that was read, for example of files, can be written unchanged.
func TestNewCustomField_RawValue(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, everything)
	value := client.ReadCustomField(client.CustomField{ID: "a", Value: json.RawMessage(files)})
	fields := []client.CustomFieldInput{client.NewCustomField("a", value.Raw())}
	if _, err := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{CustomFields: fields}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"customFields":[{"id":"a","field_value":` + files + `}]}`}, sentBodies(api)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFieldKind_String(t *testing.T) {
	t.Parallel()
	for kind, want := range map[client.FieldKind]string{
		client.FieldEmpty: "empty", client.FieldText: "text", client.FieldNumber: "number", client.FieldBool: "bool",
		client.FieldList: "list", client.FieldFiles: "files", client.FieldObject: "object", -1: "FieldKind(-1)", 7: "FieldKind(7)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
