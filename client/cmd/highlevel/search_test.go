package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

var sampleDefinitions = client.CustomFieldDefinitions{
	{ID: "num", Key: "contact.shoe_size", Name: "Shoe size", DataType: "NUMERICAL"},
	{ID: "txt", Key: "contact.city", Name: "City", DataType: "TEXT"},
	{ID: "day", Key: "contact.day", Name: "Day", DataType: "DATE"},
	{ID: "one", Key: "contact.one", Name: "Twice", DataType: "TEXT"},
	{ID: "two", Key: "contact.two", Name: "Twice", DataType: "TEXT"},
	{ID: "town", Key: "contact.town", Name: "Town", DataType: "TEXT"},
}

func TestParseExpression(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"tags contains VIP":                   `{"field":"tags","operator":"contains","value":"vip"}`,
		"firstName = Ada":                     `{"field":"firstNameLowerCase","operator":"eq","value":"ada"}`,
		"city!=New York":                      `{"field":"city","operator":"not_eq","value":"New York"}`,
		"companyName not contains 'a=b'":      `{"field":"companyName","operator":"not_contains","value":"a=b"}`,
		"email exists":                        `{"field":"email","operator":"exists"}`,
		"phone NOT exists":                    `{"field":"phone","operator":"not_exists"}`,
		"dnd = true":                          `{"field":"dnd","operator":"eq","value":true}`,
		"dateUpdated >= 2026-11-01":           `{"field":"dateUpdated","operator":"range","value":{"gte":"2026-11-01T00:00:00.000Z"}}`,
		"dateAdded<2026-11-01T08:00:00+01:00": `{"field":"dateAdded","operator":"range","value":{"lt":"2026-11-01T07:00:00.000Z"}}`,
		`"Shoe size" > 42.5`:                  `{"field":"customFields.num","operator":"range","value":{"gt":42.5}}`,
		"shoe_size = 42":                      `{"field":"customFields.num","operator":"eq","value":42}`,
		"city = Rome":                         `{"field":"city","operator":"eq","value":"Rome"}`,
		"custom:city = Rome":                  `{"field":"customFields.txt","operator":"eq","value":"Rome"}`,
		"day <= 2026-01-01":                   `{"field":"customFields.day","operator":"range","value":{"lte":"2026-01-01T00:00:00.000Z"}}`,
		"state = CA or state = NY":            `{"group":"OR","filters":[{"field":"state","operator":"eq","value":"CA"},{"field":"state","operator":"eq","value":"NY"}]}`,
		"state = 'CA or NY'":                  `{"field":"state","operator":"eq","value":"CA or NY"}`,
	} {
		filter, err := parseExpression(expression, sampleDefinitions)
		encoded, encodeErr := json.Marshal(filter)
		var got, wanted any
		if err != nil || encodeErr != nil || json.Unmarshal(encoded, &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil || fmt.Sprint(got) != fmt.Sprint(wanted) {
			t.Errorf("%s: got %s, %v, want %s", expression, encoded, err, want)
		}
	}
	for _, expression := range []string{
		"", "tags", "tags vip", "tags contains", "email exists yes", "nonsense = 1", "Twice = 1", "city > Rome", "shoe_size > big",
		"dateAdded > yesterday", "city = 'Rome", "tags contains vip or", "or", "custom:nothing = 1",
	} {
		if filter, err := parseExpression(expression, sampleDefinitions); err == nil {
			t.Errorf("%q: got %+v, want an error", expression, filter)
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "", clienttest.WithBehavior(clienttest.Behavior{}))
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	l.Seed(
		client.Contact{FirstName: "Ada\x1b[31m", Email: "ada@example.com", Tags: []string{"vip"}, DateAdded: day(1)},
		client.Contact{FirstName: "Grace", Email: "grace@example.com", Tags: []string{"vip", "new"}, DateAdded: day(2)},
		client.Contact{FirstName: "Alan", Email: "alan@example.com", DateAdded: day(3)},
	)
	got := l.run(t, "search", "tags contains vip", "dateUpdated >= 2026-11-02")
	got.wants(t, 0, "ID ", "Grace", "grace@example.com", "vip, new")
	if strings.Contains(got.out, "Ada") || strings.Contains(got.out, "Alan") {
		t.Errorf("got %v, want Grace alone", got)
	}
	l.run(t, "search", "--where", "tags contains vip or firstName = alan", "--count").wants(t, 0, "3\n")
	first := l.run(t, "search", "--limit", "1")
	first.wants(t, 0, "ada@example.com", "only the first 1 contacts")
	if strings.Contains(first.out, "\x1b") || strings.Count(first.out, "\n") != 2 {
		t.Errorf("got %q, want a header and a contact without control characters", first.out)
	}
	l.run(t, "search", "shoes = 1").wants(t, 1, "unknown field shoes")
}

func TestTag(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	seeded := l.Seed(
		client.Contact{Email: "ada@example.com", City: "Rome", Tags: []string{"customer"}},
		client.Contact{Email: "grace@example.com", City: "Rome", Tags: []string{"vip"}},
		client.Contact{Email: "alan@example.com", City: "Oslo"},
	)
	tags := func() (all [][]string) {
		for _, c := range seeded {
			stored, _ := l.Contact(c.ID)
			all = append(all, stored.Tags)
		}
		return all
	}
	check := func(want ...[]string) {
		t.Helper()
		if got := tags(); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("got tags %q, want %q", got, want)
		}
	}
	l.run(t, "tag", "add", "VIP").wants(t, 1, "select contacts with --where or --since, or all of them with --all")
	l.run(t, "tag", "add", "VIP", "--where", "city = Rome").wants(t, 0, "2 contacts match, 1 of them to change", "1 contacts changed, 0 failed")
	check([]string{"customer", "vip"}, []string{"vip"}, nil)
	l.run(t, "tag", "add", "a", "b", "--all").wants(t, 0, "3 contacts changed")
	l.run(t, "tag", "remove", "vip", "a", "--where", "tags contains vip").wants(t, 0, "2 contacts match, 2 of them to change", "2 contacts changed, 0 failed")
	check([]string{"customer", "b"}, []string{"b"}, []string{"a", "b"})

	l.InjectFaults(clienttest.Fault{Operation: "addTags", Count: 1, Status: 400, Body: `{"error":"Contact with id x not found","status":400}`})
	l.run(t, "tag", "add", "c", "--all").wants(t, 1, "2 contacts changed, 1 failed", "not found")
	l.ClearFaults()
	l.InjectFaults(clienttest.Fault{Operation: "addTags", Status: 401, Body: `{"message":"Invalid JWT"}`})
	l.run(t, "tag", "add", "d", "--all").wants(t, 1, "3 contacts were not changed: run the command again")
}
