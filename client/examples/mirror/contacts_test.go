//go:build unix

package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// PostgreSQL accepts every value.
func TestEncodeContact(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 0)
	m := newTestMirror(t, fake, newConfig(t, fake))
	for _, row := range []struct{ name, value, want string }{
		{"text", `"a\\u0000"`, `"a\\u0000"`},
		{"a small number", `-1.5e-10`, `-0.00000000015`},
		{"a long number", `12345678901234567890.123`, `12345678901234567890.123`},
		{"zero", `0.000`, `0.000`},
		{"objects and lists", `{"b": [1, null, {"a": true}]}`, `{"b": [1, null, {"a": true}]}`},
		{"U+0000", `"a\u0000b"`, `"a` + "\uFFFD" + `b"`},
		{"U+0000 in a name", `{"a\u0000": 1}`, `{"a` + "\uFFFD" + `": 1}`},
		{"half of a surrogate pair", `["\ud83d"]`, `["` + "\uFFFD" + `"]`},
		{"a large number", `{"a": 1e400000}`, `{"a": "1e400000"}`},
		{"a tiny number", `[1e-400000]`, `["1e-400000"]`},
	} {
		contact := client.Contact{CustomFields: []gen.CustomField{{Value: json.RawMessage(row.value)}}}
		value, err := encodeContact(&contact)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if got := query[string](m, `SELECT ($1::jsonb#>'{customFields,0,value}')::text`, value); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

// Whatever the order in which two states of a contact are written, the newer one remains.
func TestStoreContacts_Guard(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 0)
	m := newTestMirror(t, fake, newConfig(t, fake))
	now := time.Now().Truncate(time.Millisecond)
	store := func(city string, age time.Duration) func(pgx.Tx) error {
		return func(tx pgx.Tx) error {
			return storeContacts(t.Context(), tx, "l", []client.Contact{
				{ID: "c", City: city, DateUpdated: now.Add(-age)},
				{ID: "c", City: "older", DateUpdated: now.Add(-2 * time.Hour)},
			})
		}
	}
	remove := func(tx pgx.Tx) error { return deleteContacts(t.Context(), tx, "l", []string{"c"}) }
	for _, step := range []struct {
		name  string
		write func(pgx.Tx) error
		city  string // that is stored afterwards
		wrote bool
	}{
		{"a contact", store("Oslo", time.Minute), "Oslo", true},
		{"an older one", store("Bergen", 2*time.Minute), "Oslo", false},
		{"one of the same time with another content", store("Bergen", time.Minute), "Bergen", true},
		{"an equal one", store("Bergen", time.Minute), "Bergen", false},
		{"a deletion", remove, "", true},
		{"one from an index that lags", store("Bergen", time.Minute), "", false},
		{"a contact that was restored", store("Oslo", -time.Hour), "Oslo", true},
		{"a deletion by a clock that is behind that of the API", remove, "", true},
		{"the contact before that deletion", store("Oslo", -time.Hour), "", false},
	} {
		const writtenAt = `SELECT coalesce(max(written_at), '0001-01-01Z') FROM mirror_rows`
		before := query[time.Time](m, writtenAt)
		if err := pgx.BeginFunc(t.Context(), m.pool, step.write); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		city, wrote := query[string](m, cityOf, "c"), !query[time.Time](m, writtenAt).Equal(before)
		if city != step.city || wrote != step.wrote {
			t.Errorf("%s: got city %q and written %v, want %q and %v", step.name, city, wrote, step.city, step.wrote)
		}
	}
}
