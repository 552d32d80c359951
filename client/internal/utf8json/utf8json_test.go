package utf8json_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/client/internal/utf8json"
)

type embedded struct {
	Inner string `json:"inner"`
}

type sample struct {
	embedded

	Name    string `json:"name,omitempty"`
	Plain   string
	Skipped string                    `json:"-"`
	Escaped string                    `json:"a/b~c"`
	Raw     json.RawMessage           `json:"raw"`
	Bytes   []byte                    `json:"bytes"`
	Time    time.Time                 `json:"time"`
	Any     any                       `json:"any"`
	Pointer *string                   `json:"pointer"`
	List    []sample                  `json:"list"`
	Array   [2]string                 `json:"array"`
	Map     map[string]any            `json:"map"`
	Numbers map[int]string            `json:"numbers"`
	Value   nullable.Nullable[string] `json:"value,omitempty"`
	private string
}

func TestFindInvalid(t *testing.T) {
	t.Parallel()
	bad := "Jos\xe9"
	for _, test := range []struct {
		value any
		want  string
		found bool
	}{
		{sample{}, "", false},
		{nil, "", false},
		{bad, "", true},
		{"José", "", false},
		{&sample{Name: bad}, "/name", true},
		{sample{Plain: bad}, "/Plain", true},
		{sample{embedded: embedded{bad}}, "/inner", true},
		{sample{Escaped: bad}, "/a~1b~0c", true},
		{sample{Raw: json.RawMessage(`"` + bad + `"`)}, "/raw", true},
		{sample{Raw: json.RawMessage(`"a"`)}, "", false},
		{sample{Any: map[string][]any{"x": {1, true, nil, bad}}}, "/any/x/3", true},
		{sample{Any: &[]string{"a", bad}}, "/any/1", true},
		{sample{Pointer: &bad}, "/pointer", true},
		{sample{List: []sample{{}, {Name: bad}}}, "/list/1/name", true},
		{sample{Array: [2]string{"a", bad}}, "/array/1", true},
		{sample{Map: map[string]any{"a" + bad: 1}}, "/map", true},
		{sample{Numbers: map[int]string{7: bad}}, "/numbers/7", true},
		{sample{Value: nullable.NewNullableWithValue(bad)}, "/value", true},
		{sample{Value: nullable.NewNullNullable[string]()}, "", false},
		{sample{Skipped: bad, Bytes: []byte(bad), private: bad, Time: time.Now()}, "", false}, // not encoded as strings
		{7, "", false},
	} {
		if got, found := utf8json.FindInvalid(test.value); got != test.want || found != test.found {
			t.Errorf("%+v: got %q, %v, want %q, %v", test.value, got, found, test.want, test.found)
		}
	}
}
