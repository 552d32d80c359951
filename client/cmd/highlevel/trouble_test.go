package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// expectation is what a row of a fixture says about itself in its first two columns: its trouble, and
// its outcome. The outcome is a status, followed by the text of the problem, or by the values that
// are stored, each separated by a bar.
type expectation struct {
	line             int
	trouble, outcome string
}

// expectationsOf reads the first two cells of the lines that begin with a trouble, from the text and
// not as CSV, so that they do not depend on what is tested.
func expectationsOf(text, delimiter string) []expectation {
	var all []expectation
	for i, line := range strings.Split(text, "\n") {
		cells := strings.SplitN(strings.ReplaceAll(line, `"`, ""), delimiter, 3)
		if len(cells) == 3 && slices.Contains([]string{statusCreated, statusUpdated, statusPartial, statusFailed}, strings.SplitN(cells[1], "|", 2)[0]) {
			all = append(all, expectation{i + 1, cells[0], cells[1]})
		}
	}
	return all
}

// The fixtures are files as spreadsheets in Europe and in the United States write them. Each row has
// another trouble. Only flags are needed to import them.
func TestImport_Trouble(t *testing.T) {
	t.Parallel()
	troubles := map[string]bool{}
	for _, tt := range []struct {
		file, delimiter string
		decode          func(string) (string, error)
		args            []string
	}{
		{"europe.csv", ";", charmap.Windows1252.NewDecoder().String, []string{
			"--encoding", "windows-1252", "--country", "DE", "--date-format", "DD.MM.YYYY", "--decimal", ",",
			"--map", "Trouble=-", "--map", "Outcome=-", "--map", "Vorname=firstName", "--map", "Nachname=lastName", "--map", "Telefon=phone", "--map", "Handy=-",
			"--map", "Land=country", "--map", "Ort=city", "--map", "PLZ=postalCode", "--map", "Geburtstag=dateOfBirth", "--map", "Umsatz=custom:my_number",
			"--map", "Größe=custom:my_select", "--map", "Farben=My list", "--map", "Gruppen=tags", "--map", "Notiz=custom:my_text",
		}},
		{"america.csv", ",", func(s string) (string, error) { return s, nil }, []string{
			"--split-name", "--date-format", "MM/DD/YYYY", "--decimal", ".", "--tag-separator", "|",
			"--map", "Trouble=-", "--map", "Outcome=-", "--map", "Work Phone=-", "--map", "Revenue=My number", "--map", "Do Not Contact=dnd", "--map", "Opt-in=My checkbox",
			"--map", "Notes=custom:my_text",
		}},
	} {
		l := newLocation(t, "US", clienttest.WithSeed(1))
		l.Seed(
			client.Contact{FirstName: "Tina", Email: "tags@example.com", Tags: []string{"customer", "vip"}},
			client.Contact{FirstName: "Olga", Email: "owner@example.com", Phone: "+493090182099"},
			client.Contact{FirstName: "Gerd", Email: "gender@example.com"},
		)
		data, err := os.ReadFile(filepath.Join("testdata", tt.file))
		if err != nil {
			t.Fatal(err)
		}
		l.file(t, "in.csv", string(data))
		l.run(t, append([]string{"import", "in.csv"}, tt.args...)...).wants(t, 1, "report: ")
		text, err := tt.decode(string(data))
		if err != nil {
			t.Fatal(err)
		}
		entries := l.reportOf(t)
		expected := expectationsOf(text, tt.delimiter)
		for _, want := range expected {
			troubles[want.trouble] = true
			at := slices.IndexFunc(entries, func(e entry) bool { return e.line == want.line })
			if at < 0 {
				t.Errorf("%s, line %d, %s: not in the report", tt.file, want.line, want.trouble)
				continue
			}
			l.checkOutcome(t, tt.file, entries[at], want)
		}
		if len(entries) != len(expected)+strings.Count(text, "(no row of its own)") {
			t.Errorf("%s: got %d entries, want %d", tt.file, len(entries), len(expected))
		}
	}
	if len(troubles) < 40 {
		t.Errorf("got %d kinds of trouble, want 40: %q", len(troubles), slices.Sorted(maps.Keys(troubles)))
	}
}

func (l *location) checkOutcome(t *testing.T, file string, got entry, want expectation) {
	t.Helper()
	parts := strings.Split(want.outcome, "|")
	if got.status != parts[0] {
		t.Errorf("%s, line %d, %s: got %+v, want %s", file, want.line, want.trouble, got, want.outcome)
		return
	}
	stored, _ := l.Contact(got.contact)
	encoded, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	var properties map[string]any
	if err := json.Unmarshal(encoded, &properties); err != nil {
		t.Fatal(err)
	}
	for _, part := range parts[1:] {
		name, value, isValue := strings.Cut(part, "=")
		switch {
		case !isValue && !strings.Contains(got.cause, part):
			t.Errorf("%s, line %d, %s: got the problem %q, want %q", file, want.line, want.trouble, got.cause, part)
		case isValue && name == "tags" && strings.Join(stored.Tags, " ") != value,
			isValue && name == "custom" && (len(stored.CustomFields) != 1 || oneCell(client.FieldValue{Raw: stored.CustomFields[0].Value}.Text()) != value),
			isValue && name != "tags" && name != "custom" && stringOf(properties[name]) != value:
			t.Errorf("%s, line %d, %s: got %s, want %s", file, want.line, want.trouble, encoded, part)
		}
	}
}

func stringOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return string(mustJSON(value))
}
