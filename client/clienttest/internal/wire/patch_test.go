package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

func TestPatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, body, pointer, value, want string }{
		{"property", `{"a":1,"b":2}`, "/a", `5`, `{"a":5,"b":2}`},
		{"new property", `{"a":1}`, "/b", `2`, `{"a":1,"b":2}`},
		{"element", `[1,2]`, "/1", `5`, `[1,5]`},
		{"every element", `[{"a":1},{"a":2}]`, "/*/a", `0`, `[{"a":0},{"a":0}]`},
		{"every property", `{"a":{"x":1},"b":{"x":1}}`, "/*/x", `0`, `{"a":{"x":0},"b":{"x":0}}`},
		{"removed property", `{"a":1,"b":2}`, "/a", ``, `{"b":2}`},
		{"removed element", `[1,2]`, "/0", ``, `[2]`},
		{"escaped", `{"a/b":1,"c~d":2}`, "/a~1b", `5`, `{"a/b":5,"c~d":2}`},
		{"digits of numbers", `{"a":1603870249758123456,"b":1}`, "/b", `2`, `{"a":1603870249758123456,"b":2}`},
		{"no such property", `{"a":1}`, "/x/y", `2`, `{"a":1}`},
		{"not JSON", `<html>`, "/a", `1`, `<html>`},
	} {
		var value []byte
		if test.value != "" {
			value = []byte(test.value)
		}
		if got := wire.Patch([]byte(test.body), test.pointer, value); string(got) != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// FuzzPatch checks that JSON stays JSON.
func FuzzPatch(f *testing.F) {
	f.Add(`{"a":[{"b":1}]}`, "/a/*/b", `null`)
	f.Fuzz(func(t *testing.T, body, pointer, value string) {
		if !json.Valid([]byte(body)) || !json.Valid([]byte(value)) || pointer == "" || pointer[0] != '/' {
			return
		}
		for _, v := range [][]byte{nil, []byte(value)} {
			if got := wire.Patch([]byte(body), pointer, v); len(got) > 0 && !json.Valid(got) {
				t.Errorf("Patch(%q, %q, %q) = %q is not JSON", body, pointer, v, got)
			}
		}
	})
}
