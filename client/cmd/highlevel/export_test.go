package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// seedVaried adds n contacts whose values are hard to write to CSV and to read again.
func (l *location) seedVaried(n int) {
	texts := []string{"plain", "comma, semicolon; tab\tend", `"quoted" text`, "two\nlines", "=1+1", "Zoë 🚀", "-5", "'apostrophe", "#5", "[1]"}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	contacts := make([]client.Contact, n)
	for i := range contacts {
		text := texts[i%len(texts)]
		line := strings.ReplaceAll(text, "\n", " ")
		contacts[i] = client.Contact{
			FirstName: line, LastName: fmt.Sprintf("van der %d", i), Email: fmt.Sprintf("person%d@example.com", i), Phone: fmt.Sprintf("+1201%07d", i),
			CompanyName: line + " Inc.", Address1: text, City: line, State: "CA", PostalCode: fmt.Sprintf("%05d", i), Country: "US", Website: "https://example.com/?a=1,2",
			Timezone: "Europe/Berlin", DateOfBirth: "1980-12-31", Source: line, DND: i%3 == 0,
			Tags:         []string{"vip", "tag " + strings.ToLower(line)}[:i%3],
			DateAdded:    start.Add(time.Duration(i) * time.Second),
			CustomFields: []gen.CustomField{{ID: "6dvNaf7VhkQ9snc5vnjJ", Value: mustJSON(text)}},
		}
		if i%2 == 0 {
			contacts[i].CustomFields = append(contacts[i].CustomFields,
				gen.CustomField{ID: "9NAf0SNjEs4p2wRzIFvU", Value: json.RawMessage(fmt.Sprintf("%d.5", i))},
				gen.CustomField{ID: "MgobCB14YMVKuE4Ka8p1", Value: json.RawMessage(`"2024-02-29"`)},
				gen.CustomField{ID: "3sv6UEo51C9Bmpo1cKTq", Value: json.RawMessage(`"medium"`)},
				gen.CustomField{ID: "1HeGizb13P0odwgOgKSs", Value: json.RawMessage(`["red","blue"]`)},
				gen.CustomField{ID: "w2M9qTZ0ZJz8rGt02jdJ", Value: json.RawMessage(`{"7a5e":{"meta":{"originalname":"a.pdf"},"url":"https://example.com/a.pdf","documentId":"d"}}`)},
			)
		}
	}
	l.Seed(contacts...)
}

// comparable returns the contacts as JSON by email address, without what the API sets itself.
func (l *location) comparable(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, c := range l.Contacts() {
		slices.SortFunc(c.CustomFields, func(a, b gen.CustomField) int { return strings.Compare(a.ID, b.ID) })
		c.ID, c.Type, c.DateAdded, c.DateUpdated = "", "", time.Time{}, time.Time{}
		c.CreatedBy, c.LastUpdatedBy = gen.CreatedBy{}, gen.CreatedBy{}
		c.AttributionSource, c.LastAttributionSource = gen.Attribution{}, gen.Attribution{}
		c.LastSessionActivityAt = time.Time{}
		var sorted any // by the names of properties, at every depth
		if err := json.Unmarshal(mustJSON(c), &sorted); err != nil {
			t.Fatal(err)
		}
		all[c.Email] = string(mustJSON(sorted))
	}
	return all
}

// What export writes, import reads without a flag, and the contacts are identical.
func TestProof_RoundTrip(t *testing.T) {
	t.Parallel()
	all := 1000
	if os.Getenv("PROVE") == "full" {
		all = 10_000
	}
	for file, contacts := range map[string]int{"all.csv": all, "all.jsonl": 500} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			from := newLocation(t, "", clienttest.WithoutValidation(), clienttest.WithRequestLog(0))
			from.seedVaried(contacts)
			from.run(t, "export", "-o", file).wants(t, 0, fmt.Sprintf("%d contacts in %s", contacts, file))
			to := newLocation(t, "", clienttest.WithoutValidation(), clienttest.WithRequestLog(0))
			to.dir = from.dir
			to.run(t, "import", file).wants(t, 0, fmt.Sprintf("%d rows: %d created, 0 updated, 0 partial, 0 failed, 0 unclear", contacts, contacts))
			want, got := from.comparable(t), to.comparable(t)
			for email := range want {
				if got[email] != want[email] {
					t.Fatalf("got %s, want %s", got[email], want[email])
				}
			}
			if len(got) != contacts {
				t.Errorf("got %d contacts, want %d", len(got), contacts)
			}
		})
	}
}

func TestExport_Columns(t *testing.T) {
	t.Parallel()
	fields := []string{"Email", "Shoe size", "shoe size", "-", "custom:x", "city", "T-Shirt, \"size\""}
	var definitions client.CustomFieldDefinitions
	for i, name := range fields {
		definitions = append(definitions, client.CustomFieldDefinition{ID: fmt.Sprintf("Id%d", i), Key: fmt.Sprintf("contact.key%d", i), Name: name, DataType: "TEXT"})
	}
	header := headerOf(exported(definitions))
	want := []string{"custom:Id0", "custom:Id1", "custom:Id2", "custom:Id3", "custom:Id4", "custom:Id5", `T-Shirt, "size"`}
	if got := header[len(header)-len(fields):]; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	columns, _, err := parseColumns(header, nil, definitions, modeUpsert)
	if err != nil {
		t.Fatal(err)
	}
	for i := range fields {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.name == fmt.Sprintf("custom:Id%d", i) }) {
			t.Errorf("the import does not find the field %q", fields[i])
		}
	}
}

func TestExport_Selection(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.Seed(
		client.Contact{Email: "old@example.com", Tags: []string{"vip"}, DateUpdated: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)},
		client.Contact{Email: "new@example.com", Tags: []string{"vip"}, DateUpdated: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		client.Contact{Email: "other@example.com", DateUpdated: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
	)
	l.run(t, "export", "-o", "out.jsonl", "--where", "tags contains vip", "--since", "2026-11-01").wants(t, 0, "1 contacts in out.jsonl")
	if got := l.read(t, "out.jsonl"); !strings.Contains(got, "new@example.com") || strings.Count(got, "\n") != 1 {
		t.Errorf("got %s", got)
	}
	for _, args := range [][]string{{"--since", "yesterday"}, {"--where", "tags"}, {"--where", "nonsense = 1"}, {"-o", "out.txt"}, {"-o", ""}, {"--for-spreadsheet"}} {
		l.run(t, append([]string{"export", "-o", "out.jsonl"}, args...)...).wants(t, 1, "highlevel: ")
	}
}

func TestExport_ForSpreadsheet(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.Seed(client.Contact{
		FirstName: "=1+1", LastName: "-x", City: "@x", Email: "ada@example.com", Phone: "+14155550100",
		CustomFields: []gen.CustomField{{ID: "deleted", Value: mustJSON("x")}},
	})
	l.run(t, "export", "-o", "plain.csv").wants(t, 0, "the file lacks 1 values of custom fields")
	l.run(t, "export", "-o", "sheet.csv", "--for-spreadsheet").wants(t, 0)
	if got := l.read(t, "plain.csv"); !strings.Contains(got, ",=1+1,-x,ada@example.com,+14155550100,") {
		t.Errorf("got %s, want the values unchanged", got)
	}
	if got := l.read(t, "sheet.csv"); !strings.Contains(got, ",'=1+1,'-x,ada@example.com,'+14155550100,") || !strings.Contains(got, ",'@x,") {
		t.Errorf("got %s, want no formula", got)
	}
}

// An export that ends early leaves the old file unchanged, and continues where it ended.
func TestExport_Resume(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.seedVaried(1100)
	l.run(t, "export", "-o", "whole.csv").wants(t, 0)
	l.file(t, "out.csv", "old")
	fail := func(args ...string) {
		t.Helper()
		l.InjectFaults(clienttest.Fault{Operation: "searchContacts", After: 2, Status: 403, Body: `{"message":"The token does not have access to this location."}`})
		l.run(t, append([]string{"export", "-o", "out.csv"}, args...)...).wants(t, 1, "the export ended after 1000 contacts", "continue it with --resume")
		l.ClearFaults()
	}
	fail()
	if l.read(t, "out.csv") != "old" {
		t.Error("the old file has changed")
	}
	for _, args := range [][]string{{"--where", "tags contains vip"}, {"--for-spreadsheet"}} {
		l.run(t, append([]string{"export", "-o", "out.csv", "--resume"}, args...)...).wants(t, 1, "belongs to an export with other flags")
	}
	before := len(l.Requests())
	l.run(t, "export", "-o", "out.csv", "--resume").wants(t, 0, "1100 contacts in out.csv")
	if got := l.read(t, "out.csv"); got != l.read(t, "whole.csv") {
		t.Error("the resumed export differs from the whole one")
	}
	if requests := len(l.Requests()) - before; requests > 4 {
		t.Errorf("got %d requests, want only the pages that were missing", requests)
	}
	// Without --resume, the export starts again.
	fail("--for-spreadsheet")
	fail()
	l.run(t, "export", "-o", "out.csv").wants(t, 0, "1100 contacts")
	if got := l.read(t, "out.csv"); got != l.read(t, "whole.csv") {
		t.Error("the new export differs from the whole one")
	}
	// A file that is shorter than its position is not continued.
	fail()
	l.file(t, "out.csv.part", "short")
	l.run(t, "export", "-o", "out.csv", "--resume").wants(t, 1, "is not the file of the export to resume")
	l.run(t, "export", "-o", "out.csv").wants(t, 0, "1100 contacts")
	// An export whose last page was written is completed without another page.
	if err := os.Mkdir(filepath.Join(l.dir, "folder.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.run(t, "export", "-o", "folder.csv").wants(t, 1, "folder.csv")
	if err := os.Remove(filepath.Join(l.dir, "folder.csv")); err != nil {
		t.Fatal(err)
	}
	l.run(t, "export", "-o", "folder.csv", "--resume").wants(t, 0, "1100 contacts")
	if l.read(t, "folder.csv") != l.read(t, "whole.csv") {
		t.Error("the export that was completed differs from the whole one")
	}
	if files, err := filepath.Glob(filepath.Join(l.dir, "out.cs*[^k]")); err != nil || len(files) != 1 { // besides the lock of Windows
		t.Errorf("got %q, %v, want the file alone", files, err)
	}
}

func TestExport_OneAtATime(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.file(t, "out.csv.export", "")
	unlock, err := durable.TryLock(filepath.Join(l.dir, "out.csv.export"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("out.csv", filepath.Join(l.dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"out.csv"}, {"out.csv", "--resume"}, {"link.csv"}} {
		l.run(t, append([]string{"export", "-o"}, args...)...).wants(t, 1, "another export is writing")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	l.run(t, "export", "-o", "out.csv", "--resume").wants(t, 0, "0 contacts")
}
