package client_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestCursorsAsText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want client.Cursor
	}{
		{"", client.Cursor{}},
		{"1603870249758:ocQHyuzHvysMo5N5VsXc", client.Cursor{AddedMillis: 1603870249758, ID: "ocQHyuzHvysMo5N5VsXc"}},
		{"9007199254740993:a", client.Cursor{AddedMillis: 9007199254740993, ID: "a"}},
		{"1:a:b", client.Cursor{AddedMillis: 1, ID: "a:b"}},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got, err := client.ParseCursor(test.text)
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v", got, err)
			}
			if got.String() != test.text {
				t.Errorf("as text %q", got)
			}
			if got.IsZero() != (test.text == "") {
				t.Errorf("zero: %v", got.IsZero())
			}
		})
	}
}

func TestBadCursorTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		":", "1603870249758", "1603870249758:", ":abc", "0:abc", "-1:abc", "1.5:abc", "abc:1603870249758", " 1:abc", "99999999999999999999:abc", "1e3:abc",
	} {
		cursor, err := client.ParseCursor(text)
		if !errors.Is(err, client.ErrInvalid) || !cursor.IsZero() {
			t.Errorf("%q: got %+v, %v", text, cursor, err)
		}
		kept := client.Cursor{AddedMillis: 1, ID: "a"}
		if err := kept.UnmarshalText([]byte(text)); err == nil || kept != (client.Cursor{AddedMillis: 1, ID: "a"}) {
			t.Errorf("%q: got %+v, %v", text, kept, err)
		}
	}
}

// TestACursorInAFile keeps a cursor in JSON, where the numbers of JavaScript would round it.
func TestACursorInAFile(t *testing.T) {
	t.Parallel()
	type state struct {
		After client.Cursor  `json:"after"`
		Next  *client.Cursor `json:"next"`
	}
	want := state{After: client.Cursor{AddedMillis: 9007199254740993, ID: "a"}, Next: &client.Cursor{AddedMillis: 1603870249758, ID: "b"}}
	text, err := json.Marshal(want)
	if err != nil || string(text) != `{"after":"9007199254740993:a","next":"1603870249758:b"}` {
		t.Errorf("got %s, %v", text, err)
	}
	var got state
	if err := json.Unmarshal(text, &got); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCursorAfter(t *testing.T) {
	t.Parallel()
	added := time.Date(2020, 10, 28, 7, 30, 49, 758999999, time.FixedZone("", 3600))
	for _, test := range []struct {
		name    string
		contact client.Contact
		want    client.Cursor
	}{
		{"whole milliseconds", client.Contact{ID: "a", DateAdded: time.UnixMilli(1603870249758)}, client.Cursor{AddedMillis: 1603870249758, ID: "a"}},
		{"parts of a millisecond, another zone", client.Contact{ID: "a", DateAdded: added}, client.Cursor{AddedMillis: 1603866649758, ID: "a"}},
		{"no id", client.Contact{DateAdded: added}, client.Cursor{}},
		{"no date", client.Contact{ID: "a"}, client.Cursor{}},
	} {
		if got := client.CursorAfter(&test.contact); got != test.want {
			t.Errorf("%s: got %+v", test.name, got)
		}
	}
}
