//go:build unix

package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// PostgreSQL accepts every value, and the original is stored if it is another one.
func TestEncodeContact(t *testing.T) {
	t.Parallel()
	m := newTestMirror(t, newFake(t, 1, 0))
	for _, row := range []struct {
		name, value, want string
		hasOriginal       bool
	}{
		{"text", `"a"`, `"a"`, false},
		{"a small number", `-1.5e-10`, `-0.00000000015`, false},
		{"a long number", `12345678901234567890.123`, `12345678901234567890.123`, false},
		{"zero", `0.000`, `0.000`, false},
		{"objects and lists", `{"b": [1, null, {"a": true}]}`, `{"b": [1, null, {"a": true}]}`, false},
		{"U+0000", `"a\u0000b"`, `"a` + "\uFFFD" + `b"`, true},
		{"U+0000 in a name", `{"a\u0000": 1}`, `{"a` + "\uFFFD" + `": 1}`, true},
		{"half of a surrogate pair", `["\ud83d"]`, `["` + "\uFFFD" + `"]`, true},
		{"a large number", `1e400000`, `"1e400000"`, true},
		{"a tiny number", `[1e-400000]`, `["1e-400000"]`, true},
	} {
		contact := client.Contact{CustomFields: []gen.CustomField{{Value: json.RawMessage(row.value)}}}
		value, original, err := encodeContact(&contact)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		got := query[string](m, `SELECT ($1::jsonb#>'{customFields,0,value}')::text`, value)
		if got != row.want || (original != nil) != row.hasOriginal {
			t.Errorf("%s: got %s, original %v, want %s", row.name, got, original != nil, row.want)
		}
	}
}

// Whatever the order in which two states of a contact are written, the newer one remains.
func TestStoreContacts_Guard(t *testing.T) {
	t.Parallel()
	m := newTestMirror(t, newFake(t, 1, 0))
	m.installApp(clienttest.Grant{})
	location, now := m.fake.LocationID, time.Now().Truncate(time.Millisecond)
	write := func(f func(tx pgx.Tx) error) {
		t.Helper()
		if err := pgx.BeginFunc(t.Context(), m.pool, f); err != nil {
			t.Fatal(err)
		}
	}
	store := func(city string, age time.Duration) {
		t.Helper()
		contact := client.Contact{ID: "c", City: city, DateUpdated: now.Add(-age)}
		write(func(tx pgx.Tx) error {
			return storeContacts(t.Context(), tx, location, []client.Contact{contact, {ID: "c", City: "older", DateUpdated: now.Add(-time.Hour)}})
		})
	}
	remove := func() {
		t.Helper()
		write(func(tx pgx.Tx) error { return deleteContacts(t.Context(), tx, location, []string{"c"}) })
	}
	want := func(city string) {
		t.Helper()
		if got := query[string](m, cityOf, "c"); got != city {
			t.Errorf("got city %q, want %q", got, city)
		}
	}
	store("Oslo", time.Minute)
	want("Oslo")
	store("Bergen", 2*time.Minute)
	want("Oslo")
	store("Bergen", time.Minute) // not newer, but another content
	want("Bergen")
	written := query[time.Time](m, `SELECT written_at FROM mirror_rows`)
	store("Bergen", time.Minute)
	if got := query[time.Time](m, `SELECT written_at FROM mirror_rows`); !got.Equal(written) {
		t.Error("an equal contact was written")
	}
	remove()
	want("")
	store("Bergen", time.Minute) // from an index that lags
	want("")
	store("Oslo", -time.Hour) // the contact was restored
	want("Oslo")
	remove() // the clock of the database is behind that of the API
	want("")
	store("Oslo", -time.Hour)
	want("")
	if err := pgx.BeginFunc(t.Context(), m.pool, func(tx pgx.Tx) error {
		return storeContacts(t.Context(), tx, "unknown", []client.Contact{{ID: "c"}})
	}); err == nil {
		t.Error("a contact of an unknown location was stored")
	}
}
