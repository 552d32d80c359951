package lenientjson_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// The test does not have the functions that package client registers. It registers others for its
// own types.
type (
	mark struct {
		Text  string         `json:"text,omitzero"`
		Extra jsontext.Value `json:",embed"`
	}
	flag struct {
		On       bool `json:"on,omitzero"`
		Finished bool `json:"-"`
	}
	item struct {
		Name    string           `json:"name,omitzero"`
		Count   int8             `json:"count,omitzero"`
		Ratio   float64          `json:"ratio,omitzero"`
		At      time.Time        `json:"at,omitzero"`
		Names   []string         `json:"names,omitzero"`
		Marks   []mark           `json:"marks,omitzero"`
		Inner   mark             `json:"inner,omitzero"`
		Pointer *mark            `json:"pointer,omitzero"`
		Any     any              `json:"any,omitzero"`
		Raw     json.RawMessage  `json:"raw,omitzero"`
		Raws    []jsontext.Value `json:"raws,omitzero"`
		Flag    flag             `json:"flag,omitempty"` //nolint:modernize // as the generator writes it
		Extra   jsontext.Value   `json:",embed"`
	}
)

func init() {
	lenientjson.RegisterFallback("object", func(target *mark, raw jsontext.Value) bool {
		if raw.Kind() != '"' {
			return false
		}
		target.Text = lenientjson.Text(raw)
		return true
	})
	lenientjson.RegisterAfterDecode(func(target *flag) { target.Finished = true })
}

// TestDecode decodes values of expected and unexpected types, and encodes the result. It contains
// the values that could not be converted.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, want, drift string }{
		{`{}`, `{}`, ""},
		{"\xEF\xBB\xBF" + ` {"name":"a"} `, `{"name":"a"}`, ""},
		{`{"name":"a","count":1,"unknown":{"a":[1]}}`, `{"name":"a","count":1,"unknown":{"a":[1]}}`, ""},
		{`{"name":7}`, `{"name":"7"}`, "/name string number"},
		{`{"name":[7],"other":1}`, `{"other":1,"name":[7]}`, "/name string array"},
		{`{"count":"7"}`, `{"count":7}`, "/count integer string"},
		{`{"count":128}`, `{"count":128}`, "/count integer number"},
		{`{"count":7.9}`, `{"count":7}`, "/count integer number"},
		{`{"ratio":"0.5"}`, `{"ratio":0.5}`, "/ratio number string"},
		{`{"ratio":"NaN"}`, `{"ratio":"NaN"}`, "/ratio number string"},
		{`{"ratio":1e999}`, `{"ratio":1e999}`, "/ratio number number"}, //nolint:dupword // wanted and found
		{`{"at":1603870249758}`, `{"at":"2020-10-28T07:30:49.758Z"}`, ""},
		{`{"at":""}`, `{}`, "/at date-time string"},
		{`{"at":"soon"}`, `{"at":"soon"}`, "/at date-time string"},
		{`{"names":"a"}`, `{"names":["a"]}`, "/names array string"},
		{`{"names":{"a":1}}`, `{"names":{"a":1}}`, "/names array object"},
		{`{"names":[{"a":1},null,7]}`, `{"names":["{\"a\":1}","","7"]}`, "/names/0 string object, /names/2 string number"},
		{`{"marks":{"text":7,"x":1}}`, `{"marks":[{"text":"7","x":1}]}`, "/marks array object, /marks/text string number"},
		{`{"marks":["a",{"text":{}}]}`, `{"marks":[{"text":"a"},{"text":{}}]}`, "/marks/0 object string, /marks/1/text string object"},
		{`{"inner":"a"}`, `{"inner":{"text":"a"}}`, "/inner object string"},
		{`{"inner":7}`, `{"inner":7}`, "/inner object number"},
		{`{"pointer":{"text":[]}}`, `{"pointer":{"text":[]}}`, "/pointer/text string array"},
		{`{"name":7,"any":[1],"raw":{"a":1}}`, `{"name":"7","any":[1],"raw":{"a":1}}`, "/name string number"},
		{`{"name":{},"name":"a"}`, `{"name":"a"}`, "/name string object"},
		{`{"flag":{"on":"perhaps"}}`, `{}`, "/flag/on boolean string"},
		// Raw values that json/v2 cannot encode.
		{`{"unknown":{"a":1,"a":2,"b":{"c":1,"c":2}}}`, `{"unknown":{"a":1,"b":{"c":1}}}`, ""},
		{`{"unknown":1,"unknown":2}`, `{"unknown":1}`, ""},
		{`{"unknown":"\ud800"}`, `{"unknown":"\ufffd"}`, ""},
		{"{\"raw\":[\"\xff\",1e9]}", `{"raw":["\ufffd",1e9]}`, ""},
		{`{"raws":[{"a":1,"a":1},{}]}`, `{"raws":[{"a":1},{}]}`, ""},
		{`{"raw":{"a":1,"a":1},"name":7}`, `{"name":"7","raw":{"a":1}}`, "/name string number"},
		{`{"name":{"a":1,"a":2}}`, `{"name":{"a":1}}`, "/name string object"},
	} {
		t.Run(test.body, func(t *testing.T) {
			t.Parallel()
			var got item
			drift, err := lenientjson.Decode([]byte(test.body), &got)
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
			if !got.Flag.Finished {
				t.Error("the afterDecode function was not called")
			}
		})
	}
}

func TestDecode_NotAnObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " ", "null", "[]", `"a"`, "{", `{"name":`, `{"name":7`, `{"name":"a"}{}`, `{"name":7}x`, "{\x00}", "<html>"} {
		var got item
		if _, err := lenientjson.Decode([]byte(body), &got); err == nil || err.Error() != "not a complete JSON object" {
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
	if _, err := lenientjson.Decode([]byte(`{"name":1,"next":{"name":2}}`), &recursive); err != nil || recursive.Next.Name != "2" {
		t.Errorf("got %+v, %v", recursive, err)
	}
	var values map[string]any
	if _, err := lenientjson.Decode([]byte(`{"a":[1]}`), &values); err != nil || len(values) != 1 {
		t.Errorf("got %v, %v", values, err)
	}
	var anything any
	if _, err := lenientjson.Decode([]byte(`{"a":[1]}`), &anything); err != nil || anything == nil {
		t.Errorf("got %v, %v", anything, err)
	}
}

// TestDecode_PreallocatedSlice decodes into a preallocated slice. A missing list and null are nil;
// an empty list is not.
func TestDecode_PreallocatedSlice(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]gen.Contact{
		`{}`:                 nil,
		`{"contacts":null}`:  nil,
		`{"contacts":"abc"}`: nil,
		`{"contacts":[]}`:    {},
		`{"contacts":[{"id":"a"},{"id":"b"},{"id":"c"}]}`: {{ID: "a"}, {ID: "b"}, {ID: "c"}},
		`{"contacts":[{"id":1},{"id":"b"}]}`:              {{ID: "1"}, {ID: "b"}},
	} {
		result := gen.ListContactsResult{Contacts: make([]gen.Contact, 0, 2)}
		if _, err := lenientjson.Decode([]byte(body), &result); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if diff := cmp.Diff(want, result.Contacts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

// TestDecode_Memory decodes bodies with many objects, and with many braces in strings.
func TestDecode_Memory(t *testing.T) {
	t.Parallel()
	contacts := func(count int, contact string) string {
		return `{"contacts":[` + contact + strings.Repeat(","+contact, count-1) + `]}`
	}
	braces, _ := json.Marshal(strings.Repeat("{{contact.name}} {}", 500))
	fields := strings.TrimSuffix(strings.Repeat(`{"id":"a","value":1},`, 600), ",")
	for _, test := range []struct {
		name, body string
		rejected   bool
	}{
		{"100 contacts with braces in their strings", contacts(100, `{"id":"a","source":`+string(braces)+`}`), false},
		{"100 contacts with 600 custom fields", contacts(100, `{"id":"a","customFields":[`+fields+`]}`), false},
		{"10,000 contacts", contacts(10_000, `{"id":"a"}`), false},
		{"a million empty contacts", contacts(1_000_000, `{}`), true},
		{"a million empty attributions", contacts(1, `{"attributions":[{}`+strings.Repeat(",{}", 1_000_000)+`]}`), true},
		{"an object in place of a list", `{"contacts":{"attributions":[{}` + strings.Repeat(",{}", 1_000_000) + `]}}`, true},
		{"a million objects that are not decoded", `{"other":[{}` + strings.Repeat(",{}", 1_000_000) + `],"contacts":[]}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var result gen.ListContactsResult
			_, err := lenientjson.Decode([]byte(test.body), &result)
			if (err != nil) != test.rejected {
				t.Errorf("got %v, want rejected: %t", err, test.rejected)
			}
		})
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
		drift, err := lenientjson.Decode(body, &contact)
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
		if _, err := lenientjson.Decode(written, &again); err != nil {
			t.Fatal(err)
		}
		rewritten, err := jsonv2.Marshal(&again)
		if err != nil || string(rewritten) != string(written) {
			t.Fatalf("%v (-first +second):\n%s", err, cmp.Diff(string(written), string(rewritten)))
		}
	})
}
