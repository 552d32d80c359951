package client

import (
	"os"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// FuzzTolerant decodes every body in both ways: where the strict one succeeds, the tolerant one gives the same and tells of no
// drift; where the strict one meets another type, the tolerant one keeps the rest, and every place that it tells is in the body.
func FuzzTolerant(f *testing.F) {
	for _, name := range []string{"getContact", "getContacts"} {
		seed, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	for _, seed := range []string{
		`{"contact":{"id":7,"tags":"a","dateAdded":"","birthDay":1.5,"attributions":{"url":1},"extra":{}}}`, `{"contact":null}`, `{}`,
		`{"contacts":[{"id":1,"":2},{"additionalEmails":["a",{}]}],"meta":{"startAfter":"1"},"count":1e2}`, `{"a":1,"a":2,"~/":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		checkTolerant[gen.GetContactResult](t, body)
		checkTolerant[gen.ListContactsResult](t, body)
		checkTolerant[gen.UpdateContactResult](t, body)
	})
}

func checkTolerant[T any](t *testing.T, body []byte) {
	t.Helper()
	var strict, second T
	var pass tolerant
	strictErr := jsonv2.Unmarshal(body, &strict, lenient)
	tolerantErr := jsonv2.Unmarshal(body, &second, pass.options())
	if strictErr == nil {
		if diff := cmp.Diff(strict, second); diff != "" || tolerantErr != nil || pass.drift != nil {
			t.Errorf("%v, drift %v (-strict +tolerant):\n%s", tolerantErr, pass.drift, diff)
		}
		return
	}
	if jsontext.Value(body).IsValid(lenient) && (tolerantErr != nil || pass.drift == nil) {
		t.Errorf("valid JSON, but %v, drift %v", tolerantErr, pass.drift)
	}
	for _, place := range pass.drift {
		if !jsontext.Pointer(place.Pointer).IsValid() || place.Want == place.Got || place.Want == "" || place.Got == "" {
			t.Errorf("%+v", place)
		}
	}
}
