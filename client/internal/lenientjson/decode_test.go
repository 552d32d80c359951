package lenientjson_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// The test has its own types and rules.
type (
	base struct {
		Embedded string `json:"embedded,omitzero"`
	}
	mark struct {
		Text  string         `json:"text,omitzero"`
		Extra jsontext.Value `json:",embed"`
	}
	item struct {
		Name    string                  `json:"name,omitzero"`
		Count   int8                    `json:"count,omitzero"`
		Ratio   float64                 `json:"ratio,omitzero"`
		At      time.Time               `json:"at,omitzero"`
		Names   []string                `json:"names,omitzero"`
		Marks   []mark                  `json:"marks,omitzero"`
		Inner   mark                    `json:"inner,omitzero"`
		Pointer *mark                   `json:"pointer,omitzero"`
		Any     any                     `json:"any,omitzero"`
		Raw     json.RawMessage         `json:"raw,omitzero"`
		Raws    []jsontext.Value        `json:"raws,omitzero"`
		Date    gen.Date                `json:"date,omitzero"`
		Active  gen.Time                `json:"active,omitzero"`
		Maybe   nullable.Nullable[bool] `json:"maybe,omitzero"`
		base
		Extra jsontext.Value `json:",embed"`
	}
)

var inStrings = lenientjson.Strings{reflect.TypeFor[mark](): "text"}

// TestDecode decodes values of expected and unexpected types, and encodes the result. It contains
// the values that could not be converted.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, want, drift string }{
		{`{}`, `{}`, ""},
		{"\xEF\xBB\xBF" + ` {"name":"a"} `, `{"name":"a"}`, ""},
		{`{"name":"a","count":1,"unknown":{"a":[1]}}`, `{"name":"a","count":1,"unknown":{"a":[1]}}`, ""},
		{`{"name":7}`, `{"name":"7"}`, "/name string number"},
		{`{"name":[7],"other":1}`, `{"name":[7],"other":1}`, "/name string array"},
		{`{"count":"7"}`, `{"count":7}`, "/count integer string"},
		{`{"count":128}`, `{"count":128}`, "/count integer number"},
		{`{"count":7.9}`, `{"count":7.9}`, "/count integer number"},
		{`{"ratio":"0.5"}`, `{"ratio":0.5}`, "/ratio number string"},
		{`{"ratio":"NaN"}`, `{"ratio":"NaN"}`, "/ratio number string"},
		{`{"ratio":1e999}`, `{"ratio":1e999}`, "/ratio number number"}, //nolint:dupword // wanted and found
		{`{"at":1603870249758}`, `{"at":"2020-10-28T07:30:49.758Z"}`, ""},
		{`{"at":""}`, `{}`, "/at date-time string"},
		{`{"at":"null"}`, `{"at":"null"}`, "/at date-time string"},
		{`{"at":"soon"}`, `{"at":"soon"}`, "/at date-time string"},
		{`{"names":"a"}`, `{"names":["a"]}`, "/names array string"},
		{`{"names":""}`, `{}`, "/names array string"},
		{`{"names":{"a":1}}`, `{"names":{"a":1}}`, "/names array object"},
		{`{"names":[{"a":1},null,7]}`, `{"names":["","7"]}`, "/names/0 string object, /names/2 string number"},
		{`{"marks":{"text":7,"x":1}}`, `{"marks":[{"text":"7","x":1}]}`, "/marks array object, /marks/text string number"},
		{`{"marks":["a",{"text":{}}]}`, `{"marks":[{"text":"a"},{"text":{}}]}`, "/marks/0 object string, /marks/1/text string object"},
		{`{"inner":"a"}`, `{"inner":{"text":"a"}}`, "/inner object string"},
		{`{"inner":7}`, `{"inner":7}`, "/inner object number"},
		{`{"pointer":7}`, `{"pointer":7}`, "/pointer object number"},
		{`{"pointer":{"text":[]}}`, `{"pointer":{"text":[]}}`, "/pointer/text string array"},
		{`{"name":7,"any":[1],"raw":{"a":1}}`, `{"name":"7","any":[1],"raw":{"a":1}}`, "/name string number"},
		{`{"name":{},"name":"a"}`, `{"name":"a"}`, "/name string object"},
		{`{"inner":{"text":"a"},"inner":{"x":1}}`, `{"inner":{"x":1}}`, ""},
		{`{"name":"a","name":{}}`, `{"name":{}}`, "/name string object"},
		{`{"marks":[1,null,"a",[],{"text":"b"}]}`, `{"marks":[{"text":"a"},{"text":"b"}]}`, "/marks/0 object number, /marks/1 object null, /marks/2 object string, /marks/3 object array"},
		{`{"marks":[null]}`, `{"marks":[null]}`, "/marks/0 object null"},
		{`{"date":654220800000,"name":"null"}`, `{"name":"null","date":"1990-09-25"}`, ""},
		{`{"date":-86400000}`, `{"date":"1969-12-31"}`, ""},
		{`{"active":1626435570564}`, `{"active":"2021-07-16T11:39:30.564Z"}`, ""},
		{`{"active":"2021-07-16T11:39:30.564+00"}`, `{"active":"2021-07-16T11:39:30.564Z"}`, "/active date-time string"},
		{`{"active":9007199254740993}`, `{"active":9007199254740993}`, "/active date-time number"},
		{`{"active":null}`, `{}`, ""},
		{`{"date":1e999}`, `{"date":"1e999"}`, "/date string number"},
		{`{"maybe":"true"}`, `{"maybe":"true"}`, "/maybe object string"},
		{`{"maybe":"perhaps"}`, `{"maybe":"perhaps"}`, "/maybe object string"},
		{`{"embedded":7}`, `{"embedded":"7"}`, "/embedded string number"},
		// Values that json/v2 does not accept, or cannot encode.
		{`{"unknown":{"a":1,"a":2,"b":{"c":1,"c":2}},"b":[{"a":1,"a":2},{}]}`, `{"b":[{"a":2},{}],"unknown":{"a":2,"b":{"c":2}}}`, ""},
		{`{"unknown":1,"b":1,"unknown":2}`, `{"b":1,"unknown":2}`, ""},
		{"{\"name\":\"\xff\",\"\xff\":\"\xff\"}", "{\"name\":\"\ufffd\",\"\ufffd\":\"\ufffd\"}", ""},
		{`{"unknown":"\ud800"}`, `{"unknown":"\ufffd"}`, ""},
		{"{\"raw\":[\"\xff\",1e9]}", `{"raw":["\ufffd",1e9]}`, ""},
		{`{"raws":[{"a":1,"a":1},{}]}`, `{"raws":[{"a":1},{}]}`, ""},
		{`{"raw":{"a":1,"a":1},"name":7}`, `{"name":"7","raw":{"a":1}}`, "/name string number"},
		{`{"name":{"a":1,"a":2}}`, `{"name":{"a":2}}`, "/name string object"},
	} {
		t.Run(test.body, func(t *testing.T) {
			t.Parallel()
			var got item
			drift, err := lenientjson.Decode([]byte(test.body), &got, inStrings)
			if err != nil {
				t.Fatal(err)
			}
			for _, marshal := range []func(any) ([]byte, error){
				func(v any) ([]byte, error) { return jsonv2.Marshal(v) }, json.Marshal,
			} {
				if _, err := marshal(got); err != nil {
					t.Errorf("cannot be encoded: %v", err)
				}
			}
			written, _ := jsonv2.Marshal(got)
			want := strings.ReplaceAll(test.want, `\ufffd`, "\ufffd")
			if diff := cmp.Diff(want, string(written)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var places []string
			for _, d := range drift {
				places = append(places, d.Pointer+" "+d.Want+" "+d.Got)
			}
			if diff := cmp.Diff(test.drift, strings.Join(places, ", ")); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecode_NotAnObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " ", "null", "[]", `"a"`, "{", `{"name":`, `{"name":7`, `{"name":"a"}{}`, `{"name":7}x`, "{\x00}", "<html>"} {
		var got item
		if _, err := lenientjson.Decode([]byte(body), &got, inStrings); err == nil || err.Error() != "not a complete JSON object" {
			t.Errorf("%q: got %v, want the error for a body that is not an object", body, err)
		}
	}
}

// TestDecode_OtherTypes decodes into types without registered functions.
func TestDecode_OtherTypes(t *testing.T) {
	t.Parallel()
	type node struct {
		Name string `json:"name"`
		Next *node  `json:"next"`
	}
	var recursive node
	if _, err := lenientjson.Decode([]byte(`{"name":1,"next":{"name":2}}`), &recursive, inStrings); err != nil || recursive.Next.Name != "2" {
		t.Errorf("got %+v, %v", recursive, err)
	}
	var behindPointer struct {
		*node
		Count int `json:"count"`
	}
	if _, err := lenientjson.Decode([]byte(`{"name":1,"count":"2"}`), &behindPointer, inStrings); err != nil || behindPointer.Count != 2 {
		t.Errorf("got %+v, %v", behindPointer, err)
	}
	var values map[string]any
	if _, err := lenientjson.Decode([]byte(`{"a":[1]}`), &values, inStrings); err != nil || len(values) != 1 {
		t.Errorf("got %v, %v", values, err)
	}
	var numbers map[string]int
	if _, err := lenientjson.Decode([]byte(`{"a":"b"}`), &numbers, inStrings); err == nil {
		t.Errorf("got %v, want an error, because a map has no place for other values", numbers)
	}
	var anything any
	if _, err := lenientjson.Decode([]byte(`{"a":[1]}`), &anything, inStrings); err != nil || anything == nil {
		t.Errorf("got %v, %v", anything, err)
	}
}

// FuzzDecode checks that a decoded value can be encoded, and that decoding it again returns the
// same value.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"id":7,"createdBy":[],"customFields":{"id":"a"},"dnd":"no","tags":[{}],"dateAdded":""}`,
		`{"id":"a","x":{"a":1,"a":"\ud800"},"dndSettings":{"RCS":{"status":"active"},"SMS":"x"},"lastActivity":null}`,
		"{\"id\":\"\xff\",\"customFields\":[{\"value\":{\"\xff\":1,\"\xff\":2}}]}", `{"attachments":["a"],"additionalEmails":["b",{}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var contact gen.Contact
		drift, err := lenientjson.Decode(body, &contact, inStrings)
		if err != nil {
			return
		}
		if len(drift) > 100 {
			t.Fatalf("%d places", len(drift))
		}
		if _, err := json.Marshal(contact); err != nil {
			t.Fatalf("encoding/json: %v", err)
		}
		written, err := jsonv2.Marshal(&contact)
		if err != nil {
			t.Fatalf("json/v2: %v", err)
		}
		var again gen.Contact
		if _, err := lenientjson.Decode(written, &again, inStrings); err != nil {
			t.Fatal(err)
		}
		rewritten, err := jsonv2.Marshal(&again)
		if err != nil || string(rewritten) != string(written) {
			t.Fatalf("%v (-first +second):\n%s", err, cmp.Diff(string(written), string(rewritten)))
		}
	})
}
