package main

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// steps returns the lines of each step of a transcript, by title.
func steps(transcript string) map[string]string {
	byTitle := map[string]string{}
	for _, step := range regexp.MustCompile(`\n\d+\. `).Split(transcript, -1) {
		title, lines, _ := strings.Cut(step, "\n")
		byTitle[title] = lines
	}
	return byTitle
}

func TestTourFake(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := tourFake(t.Context(), &transcript{to: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, method := range []string{"Get", "Create", "Update", "Upsert", "Delete", "List", "All", "ListByBusiness"} {
		if !strings.Contains(out.String(), "c.Contacts."+method+"(") {
			t.Errorf("got no call of %s", method)
		}
	}
	printed := steps(out.String())
	for _, test := range []struct {
		title string
		want  []string
	}{
		{"Create a contact", []string{`Phone: "(202) 555-0143"`, "+12025550143", "#vip"}},
		{"Get the contact", []string{`value.Text(): "analytical engine"`}},
		{"Iterate over all contacts", []string{"232 contacts in 3 requests"}},
		{"Create a duplicate: the error holds the ID of the existing contact", []string{"ErrDuplicate", "MatchingField email"}},
		{"Send an invalid property through the generated client", []string{"ErrInvalid", "StatusCode 422"}},
		{
			"Get a contact with values of unexpected types: the client reads what it can and reports the rest",
			[]string{"/contact/dateAdded", "/contact/tags", "#vip"},
		},
		{
			"Get a contact during an outage: the client retries",
			[]string{"with status 502", "attempt 1: GET /contacts/", ": status 502\n", "attempt 2: GET /contacts/", ": status 200\n", "response.Attempts == 2"},
		},
		{"Lose the response to a Create: the client does not retry and reports that the contact may exist", []string{"ErrMaybeApplied", `client.KindOf(err) == "network"`}},
		{"Delete the contact", []string{"c.Contacts.Delete(", "err == nil"}},
		{"Get the deleted contact", []string{"c.Contacts.Get(", "getContact: ", "ErrNotFound"}},
	} {
		for _, want := range test.want {
			if !strings.Contains(printed[test.title], want) {
				t.Errorf("step %q: got %q, want it to contain %q", test.title, printed[test.title], want)
			}
		}
	}
	if got := printed["Delete the contact"]; strings.Contains(got, "error") || strings.Contains(got, "getContact") {
		t.Errorf("step %q: got %q, want no error of another operation", "Delete the contact", got)
	}
}

func TestTourReal(t *testing.T) {
	t.Parallel()
	for _, write := range []bool{false, true} {
		fake := clienttest.NewServer(t)
		fake.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com", BusinessID: businessID})
		before := fake.Snapshot()
		var out bytes.Buffer
		if err := tourReal(t.Context(), &transcript{to: &out}, fake.Client(), write); err != nil {
			t.Fatalf("write %v: %v\n%s", write, err, out.String())
		}
		if changes := fake.Snapshot().Since(before); len(changes) > 0 {
			t.Errorf("write %v: got %d changes after the tour, want 0", write, len(changes))
		}
		writes := 0
		for _, request := range fake.Requests() {
			if request.Method != http.MethodGet {
				writes++
			}
		}
		if (writes > 0) != write {
			t.Errorf("write %v: got %d writes", write, writes)
		}
	}
}
