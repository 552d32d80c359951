package lenientjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// filled returns element between two strings, repeated up to a size of 192 KiB.
func filled(before, element, after string) string {
	count := (192<<10 - len(before) - len(after)) / (len(element) + 1)
	return before + element + strings.Repeat(","+element, count-1) + after
}

// TestDecode_Memory decodes bodies of small elements. Each body is decoded in 16 times its size plus
// 16 MiB, or rejected. The test is not parallel, because it measures the heap.
func TestDecode_Memory(t *testing.T) {
	const contact = `{"contacts":[{"id":"a"`
	for _, list := range []struct{ name, before, after string }{
		{"contacts", `{"contacts":[`, `]}`},
		{"object in place of contacts", `{"contacts":{"id":"a","attributions":[`, `]}}`},
		{"attributions after an unexpected value", contact + `,"dnd":"no","attributions":[`, `]}]}`},
		{"tags", contact + `,"tags":[`, `]}]}`},
		{"searchAfter", contact + `,"searchAfter":[`, `]}]}`},
		{"unknown property twice", contact + `,"unknown":1,"unknown":[`, `]}]}`},
	} {
		for _, element := range []string{`{}`, `1`, `null`, `""`, `[]`, `{"a":[{}]}`} {
			t.Run(list.name+" "+element, func(t *testing.T) {
				body := []byte(filled(list.before, element, list.after))
				result, before := new(gen.ListContactsResult), heap()
				drift, err := lenientjson.Decode(body, result, inStrings)
				if used, limit := int64(heap()-before), int64(16*len(body)+16<<20); used > limit {
					t.Errorf("%d bytes take %d, want at most %d", len(body), used, limit)
				}
				if err != nil && !errors.Is(err, lenientjson.ErrTooLarge) {
					t.Errorf("got %v", err)
				}
				if isObject := strings.HasPrefix(element, "{"); list.name == "contacts" && (err != nil) != isObject {
					t.Errorf("got %v for %s", err, element)
				} else if list.name == "contacts" && !isObject && (len(result.Contacts) > 0 || len(drift) != 100) {
					t.Errorf("got %d contacts and %d places", len(result.Contacts), len(drift))
				}
				runtime.KeepAlive(body)
				runtime.KeepAlive(result)
			})
		}
	}
}

// TestDecode_Memory_NestedLists decodes a list whose elements are small, and are lists of large elements.
func TestDecode_Memory_NestedLists(t *testing.T) {
	t.Parallel()
	var lists [][]gen.Contact
	if _, err := lenientjson.Decode([]byte(filled("[[", "{}", "]]")), &lists, inStrings); !errors.Is(err, lenientjson.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

// heap returns the size of the objects that are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // the first one only marks what pools hold
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestDecode_LargePages decodes pages that are larger than usual, and not too large.
func TestDecode_LargePages(t *testing.T) {
	t.Parallel()
	braces, _ := json.Marshal(strings.Repeat("{{contact.name}} {},null", 500))
	fields := func(count int) string {
		return strings.TrimSuffix(strings.Repeat(`{"id":"MgobCB14YMVKuE4Ka8p1","value":"a"},`, count), ",")
	}
	for _, test := range []struct {
		name, properties string
		contacts         int
	}{
		{"braces in strings", `"source":` + string(braces), 100},
		{"20 custom fields", `"customFields":[` + fields(20) + `]`, 500},
		{"300 custom fields", `"customFields":[` + fields(300) + `]`, 500},
		{"300 small custom fields", `"customFields":[{"id":"a","value":1}` + strings.Repeat(`,{"id":"a","value":1}`, 299) + `]`, 500},
		{"no other properties", `"x":1`, 2000},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var page strings.Builder
			for i := range test.contacts {
				fmt.Fprintf(&page, `,{"id":"%d",%s}`, i, test.properties)
			}
			var result gen.ListContactsResult
			drift, err := lenientjson.Decode([]byte(`{"contacts":[`+page.String()[1:]+`]}`), &result, inStrings)
			if err != nil || len(drift) > 0 || len(result.Contacts) != test.contacts {
				t.Fatalf("got %d contacts, %v, %v", len(result.Contacts), drift, err)
			}
			for i, contact := range result.Contacts {
				if contact.ID != strconv.Itoa(i) || len(contact.CustomFields) != len(result.Contacts[0].CustomFields) {
					t.Fatalf("contact %d: got ID %q and %d custom fields", i, contact.ID, len(contact.CustomFields))
				}
			}
		})
	}
}
