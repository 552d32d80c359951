package gen_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// codec reads and writes JSON with one of the two packages of the standard library.
type codec struct {
	name      string
	marshal   func(any) ([]byte, error)
	unmarshal func([]byte, any) error
}

var codecs = []codec{
	{"encoding/json", json.Marshal, json.Unmarshal},
	{
		"json/v2",
		func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
		func(data []byte, v any) error { return jsonv2.Unmarshal(data, v) },
	},
}

// extra is a property that the document does not know, with characters that encoding/json escapes.
const extra = `"unknown":{"a<b>&c` + "\u2028" + `":[1e3,"x"],"dnd":null}`

// stored is a contact with unknown properties at every depth, in the order in which the models are written.
const stored = `{"id":"a","additionalEmails":[{"email":"a@example.com",` + extra + `}],` +
	`"additionalPhones":[{"phone":"+18887777777",` + extra + `}],"attributionSource":{"medium":"form",` + extra + `},` +
	`"attributions":[{"isFirst":true,` + extra + `},{` + extra + `}],"createdBy":{"channel":"OAUTH",` + extra + `},` +
	`"customFields":[{"id":"b","value":[1,"<b>"],"fieldKey":"contact.b"}],"dateAdded":"2021-07-02T05:18:26.704Z","dnd":true,` +
	`"dndSettings":{"SMS":{"status":"active",` + extra + `},"Fax":{"status":"active"}},` +
	`"inboundDndSettings":{"all":{"status":"inactive",` + extra + `},` + extra + `},"lastActivity":"2021-07-16T11:39:30.564Z",` +
	`"lastAttributionSource":{` + extra + `},"opportunities":[{"id":"c","monetaryValue":250.5,` + extra + `}],"searchAfter":[1603870249758,"a"],"tags":["vip"],` + extra + `}`

// TestContact_JSON writes and reads a contact with each combination of the two packages. The expected texts are the same with
// every version of Go.
func TestContact_JSON(t *testing.T) {
	t.Parallel()
	var want gen.Contact
	if err := jsonv2.Unmarshal([]byte(stored), &want); err != nil {
		t.Fatal(err)
	}
	for _, writer := range codecs {
		written, err := writer.marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		text := stored
		if writer.name == "encoding/json" {
			text = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "\u2028", `\u2028`).Replace(stored)
		}
		if diff := cmp.Diff(text, string(written)); diff != "" {
			t.Errorf("written by %s (-want +got):\n%s", writer.name, diff)
		}
		for _, reader := range codecs {
			t.Run(fmt.Sprintf("%s to %s", writer.name, reader.name), func(t *testing.T) {
				t.Parallel()
				var got gen.Contact
				if err := reader.unmarshal(written, &got); err != nil {
					t.Fatal(err)
				}
				again, err := jsonv2.Marshal(got)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(canonical(t, []byte(stored)), canonical(t, again)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// canonical returns data with sorted properties and without optional escapes.
func canonical(t *testing.T, data []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestModels_JSON writes and reads each model that has unknown properties, as a value, behind a pointer and in a list.
func TestModels_JSON(t *testing.T) {
	t.Parallel()
	for _, model := range []any{
		gen.AdditionalEmail{},
		gen.AdditionalPhone{},
		gen.Attribution{},
		gen.Contact{},
		gen.CreatedBy{},
		gen.CustomField{},
		gen.DNDSetting{},
		gen.DNDSettings{},
		gen.InboundDNDSetting{},
		gen.InboundDNDSettings{},
		gen.Opportunity{},
	} {
		kind := reflect.TypeOf(model)
		for _, c := range codecs {
			t.Run(kind.Name()+" with "+c.name, func(t *testing.T) {
				t.Parallel()
				const text = `{"unknown":[1]}`
				value := reflect.New(kind)
				if err := c.unmarshal([]byte(text), value.Interface()); err != nil {
					t.Fatal(err)
				}
				if got := value.Elem().FieldByName("Extra").Bytes(); string(got) != text {
					t.Errorf("got Extra %s, want %s", got, text)
				}
				for form, v := range map[string]any{
					text:                          value.Elem().Interface(),
					" " + text:                    value.Interface(),
					`{"x":` + text + `}`:          map[string]any{"x": value.Elem().Interface()},
					`[` + text + `,` + text + `]`: reflect.Append(reflect.MakeSlice(reflect.SliceOf(kind), 0, 2), value.Elem(), value.Elem()).Interface(),
				} {
					got, err := c.marshal(v)
					if err != nil || string(got) != strings.TrimSpace(form) {
						t.Errorf("got %s, %v, want %s", got, err, form)
					}
				}
				zero, err := c.marshal(model)
				if err != nil || string(zero) != `{}` {
					t.Errorf("zero value: got %s, %v, want {}", zero, err)
				}
				if err := c.unmarshal([]byte("null"), reflect.New(kind).Interface()); err != nil {
					t.Errorf("null: %v", err)
				}
			})
		}
	}
}

// TestContact_UnmarshalJSON_Options checks that the options of the caller reach the nested values.
func TestContact_UnmarshalJSON_Options(t *testing.T) {
	t.Parallel()
	reject := jsonv2.WithUnmarshalers(jsonv2.UnmarshalFunc(func(_ []byte, _ *string) error { return errRejected }))
	for name, text := range map[string]string{
		"contact": `{"id":"a"}`, "custom field": `{"customFields":[{"id":"a"}]}`, "channel": `{"dndSettings":{"SMS":{"code":"1"}}}`,
	} {
		var contact gen.Contact
		if err := jsonv2.Unmarshal([]byte(text), &contact, reject); err == nil || !strings.Contains(err.Error(), "rejected") {
			t.Errorf("%s: got %v, want the caller's error", name, err)
		}
	}
}

var errRejected = errors.New("rejected")
