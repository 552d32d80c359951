package client_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

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
