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
	for want, field := range map[string]client.CustomFieldInput{
		`{"id":"6dvN","field_value":"My Selected Option"}`: client.NewCustomField("6dvN", "My Selected Option"),
		`{"field_value":"a","key":"contact.my_field"}`:     client.NewCustomFieldByKey("contact.my_field", "a"),
		`{"id":"a","field_value":1603870249758.5}`:         client.NewCustomField("a", 1603870249758.5),
		`{"id":"a","field_value":["red","green"]}`:         client.NewCustomField("a", []string{"red", "green"}),
		`{"id":"a","field_value":[]}`:                      client.NewCustomField("a", []string{}),
		`{"id":"a","field_value":""}`:                      client.NewCustomField("a", ""),
		`{"id":"a","field_value":null}`:                    client.NewCustomField("a", nil),
		`{"field_value":false,"key":"a"}`:                  client.NewCustomFieldByKey("a", false),
		`{"field_value":0,"key":"a"}`:                      client.NewCustomFieldByKey("a", 0),
		`{"id":"a","field_value":` + files + `}`:           client.NewCustomField("a", client.FieldValue{Raw: json.RawMessage(files)}.Raw), // as it was read
	} {
		c, api := newStub(t, everything)
		for _, request := range writesOf(field) {
			if err := write(t.Context(), c, request); err != nil {
				t.Fatal(err)
			}
		}
		withLocation := `{"customFields":[` + want + `],"locationId":"` + location + `"}`
		if diff := cmp.Diff([]string{withLocation, `{"customFields":[` + want + `]}`, withLocation}, sentBodies(api)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// files is the value of a field of uploaded files.
const files = `{"b-uuid":{"meta":{"fieldname":"w2M9","originalname":"roof.jpg","mimetype":"image/jpeg","size":1786611},"url":"https://files.example/b"}}`

func TestFieldValue(t *testing.T) {
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
	contact := &client.Contact{CustomFields: []gen.CustomField{{ID: "a", Value: json.RawMessage(`1`)}, {ID: "b", Value: json.RawMessage(`"two"`)}}}
	for id, want := range map[string]string{"a": "1", "b": "two", "c": "", "": ""} {
		if got := client.CustomFieldByID(contact, id).Text(); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}
