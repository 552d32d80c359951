package gen_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

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
				const text = `{"unknown":[1e3,{"a":null}]}`
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

func TestDate_UnmarshalJSON_Null(t *testing.T) {
	t.Parallel()
	date := gen.Date("1990-09-25")
	if err := date.UnmarshalJSON([]byte("null")); err != nil || date != "" {
		t.Errorf("got %q, %v, want an empty date", date, err)
	}
}
