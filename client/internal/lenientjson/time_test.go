package lenientjson_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2021, 7, 16, 11, 39, 30, 564e6, time.UTC)
	for text, want := range map[string]time.Time{
		`"2021-07-16T11:39:30.564Z"`:      at,
		`"2021-07-16T11:39:30.564000Z"`:   at,
		`"2021-07-16T13:39:30.564+02:00"`: at,
		`"2021-07-16T13:39:30.564+0200"`:  at,
		`"2021-07-16T13:39:30.564+02"`:    at,
		`"2021-07-16T11:39:30.564"`:       at,
		`"2021-07-16T11:39:30Z"`:          at.Truncate(time.Second),
		`"2021-07-16 11:39:30.564Z"`:      at,
		`"2021-07-16 13:39:30.564+0200"`:  at,
		`"2021-07-16 11:39:30.564"`:       at,
		`"2021-07-16"`:                    at.Truncate(24 * time.Hour),
		`1626435570564`:                   at,
		`"1626435570564"`:                 at,
		`-1000`:                           time.Unix(-1, 0),
		`0`:                               time.Unix(0, 0),
		``:                                {},
		`null`:                            {},
		`""`:                              {},
		`"yesterday"`:                     {},
		`"2021-13-16T11:39:30.564Z"`:      {},
		`"16/07/2021"`:                    {},
		`1626435570564.5`:                 {},
		`99999999999999999999`:            {},
		`9223372036854775807`:             {},
		`-9223372036854775808`:            {},
		`"9999-12-31T23:59:59-1200"`:      {},
		`"2021-07-16T11:39:30.564+2400"`:  at.Add(-24 * time.Hour),
		`true`:                            {},
		`{}`:                              {},
		`[1626435570564]`:                 {},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, ok := lenientjson.ParseTime(jsontext.Value(text))
			if !got.Equal(want) || ok == want.IsZero() {
				t.Errorf("got %v, %t, want %v", got, ok, want)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("the time cannot be encoded: %v", err)
			}
		})
	}
}
