package client_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
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
			for _, request := range writesOf(test.field) {
				if err := write(t.Context(), c, request); err != nil {
					t.Fatal(err)
				}
			}
			want := []string{
				`{"customFields":[` + test.want + `],"locationId":"` + location + `"}`,
				`{"customFields":[` + test.want + `]}`,
				`{"customFields":[` + test.want + `],"locationId":"` + location + `"}`,
			}
			if diff := cmp.Diff(want, sentBodies(api)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const files = `{"b-uuid":{"meta":{"fieldname":"w2M9","originalname":"roof.jpg","encoding":"7bit","mimetype":"image/jpeg","size":1786611,"uuid":"b-uuid"},"url":"https://files.example/b","documentId":"w2M9"},"a-uuid":{"meta":{"originalname":"plan.pdf","size":7},"url":"https://files.example/a"}}`

func TestFieldValue(t *testing.T) {
	t.Parallel()
	added := time.UnixMilli(1603870249758).UTC()
	day := time.Date(2021, 7, 2, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		value string
		text  string
		list  []string
		time  time.Time
	}{
		{value: ``},
		{value: `null`},
		{value: `""`},
		{value: `[]`},
		{value: ` [ ] `},
		{`{}`, `{}`, []string{`{}`}, time.Time{}},
		{`"My Selected Option"`, "My Selected Option", []string{"My Selected Option"}, time.Time{}},
		{`"\u00c5s \"x\""`, `Ås "x"`, []string{`Ås "x"`}, time.Time{}},
		{`" "`, " ", []string{" "}, time.Time{}},
		{`100.5`, "100.5", []string{"100.5"}, time.Time{}},
		{`1603870249758`, "1603870249758", []string{"1603870249758"}, added},
		{`"2020-10-28T07:30:49.758Z"`, "2020-10-28T07:30:49.758Z", []string{"2020-10-28T07:30:49.758Z"}, added},
		{`"2021-07-02"`, "2021-07-02", []string{"2021-07-02"}, day},
		{`false`, "false", []string{"false"}, time.Time{}},
		{`["red","green"]`, "red, green", []string{"red", "green"}, time.Time{}},
		{`["red",7,null,{"a":1}]`, `red, 7, , {"a":1}`, []string{"red", "7", "", `{"a":1}`}, time.Time{}},
		{`{"a":[1]}`, `{"a":[1]}`, []string{`{"a":[1]}`}, time.Time{}},
	} {
		t.Run(test.value, func(t *testing.T) {
			t.Parallel()
			value := client.FieldValue{Raw: json.RawMessage(test.value)}
			if text, list := value.Text(), value.List(); text != test.text || !slices.Equal(list, test.list) {
				t.Errorf("got %q, %q, want %q, %q", text, list, test.text, test.list)
			}
			if got, ok := value.Time(); !got.Equal(test.time) || ok == test.time.IsZero() {
				t.Errorf("got %v, %v, want %v", got, ok, test.time)
			}
		})
	}
}

func TestCustomFieldByID(t *testing.T) {
	t.Parallel()
	contact := &client.Contact{CustomFields: []gen.CustomField{{ID: "a", Value: json.RawMessage(`1`)}, {ID: "b", Value: json.RawMessage(`"two"`)}}}
	for id, want := range map[string]string{"a": "1", "b": "two", "c": "", "": ""} {
		if got := client.CustomFieldByID(contact, id).Text(); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}

// A value that was read, for example of files, can be written unchanged.
func TestNewCustomField_RawValue(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, everything)
	value := client.FieldValue{Raw: json.RawMessage(files)}
	fields := []client.CustomFieldInput{client.NewCustomField("a", value.Raw)}
	if _, err := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{CustomFields: fields}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"customFields":[{"id":"a","field_value":` + files + `}]}`}, sentBodies(api)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
