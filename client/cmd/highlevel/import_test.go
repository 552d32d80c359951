package main

import (
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// reportOf returns the entries of the report of in.csv.
func (l *location) reportOf(t *testing.T) []entry {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(l.read(t, "in.report.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := report{entries: map[string]entry{}}
	var entries []entry
	for _, cells := range rows[1:] {
		if err := r.replay(encodeRow(cells), true); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, r.entries[cells[4]])
	}
	return entries
}

// byEmail returns the stored contact with an email address.
func (l *location) byEmail(t *testing.T, email string) client.Contact {
	t.Helper()
	var found []client.Contact
	for _, c := range l.Contacts() {
		if c.Email == email {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d contacts with the email address %s, want 1", len(found), email)
	}
	return found[0]
}

// Tags are added to those of the contact, see TestImport_Trouble, unless --tags replace is given.
func TestImport_ReplaceTags(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.Seed(client.Contact{Email: "ada@example.com", Tags: []string{"customer", "vip"}})
	l.file(t, "in.csv", "Email,Tags\nada@example.com,Newsletter\nada@example.com,second\n")
	l.run(t, "import", "in.csv", "--tags", "replace").wants(t, 0, "2 rows: 0 created, 2 updated")
	if got := l.byEmail(t, "ada@example.com").Tags; !slices.Equal(got, []string{"second"}) {
		t.Errorf("got tags %q, want those of the second row", got)
	}
}

func TestImport_NoFileIsOverwritten(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	const data = "Email\nada@example.com\n"
	for _, name := range []string{"in.csv", "report.csv", "other.csv"} {
		l.file(t, name, data)
	}
	if err := os.Symlink("in.csv", filepath.Join(l.dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"in.csv", "link.csv", "./in.csv"} {
		l.run(t, "import", "in.csv", "--report", name).wants(t, 1, "would overwrite the file to import")
	}
	l.run(t, "import", "in.csv", "--report", "other.csv").wants(t, 1, "is not a report")
	l.run(t, "import", "report.csv").wants(t, 0, "1 rows: 1 created", "report.report.csv")
	l.run(t, "import", "report.csv").wants(t, 0, "1 rows: 0 created, 1 updated") // a report may be replaced
	for _, name := range []string{"in.csv", "report.csv", "other.csv"} {
		if got := l.read(t, name); got != data {
			t.Errorf("%s: got %q, want %q", name, got, data)
		}
	}
}

func TestImport_RevokedTokenEndsTheRun(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.file(t, "in.csv", "Email\n"+strings.Repeat("ada@example.com\n", 300))
	l.InjectFaults(clienttest.Fault{Operation: "upsertContact", After: 20, Status: http.StatusUnauthorized, Body: `{"statusCode":401,"message":"Invalid JWT"}`})
	before := len(l.Requests())
	l.run(t, "import", "in.csv").wants(t, 1, "the import ended after", "unauthorized", "continue it with --resume")
	if requests := len(l.Requests()) - before; requests > 150 {
		t.Errorf("got %d requests, want that the run ends", requests)
	}
	if part := l.read(t, "in.report.csv.part"); strings.Contains(part, ","+statusFailed+",") {
		t.Errorf("got the report %s, want no row that failed", part)
	}
	l.run(t, "import", "in.csv").wants(t, 1, "did not end: continue the import with --resume")
	l.ClearFaults()
	l.run(t, "import", "in.csv", "--resume").wants(t, 0, "300 rows: 1 created, 299 updated, 0 partial, 0 failed")
}

func TestImport_Resume(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.Seed(client.Contact{Email: "owner@example.com", Phone: "+14155550100"})
	in := "Email,Phone,Gender\nbad,,\nada@example.com,,\ngrace@example.com,+14155550100,\nowner@example.com,,female\n"
	l.file(t, "in.csv", in)
	l.run(t, "import", "in.csv").wants(t, 1, "4 rows: 1 created, 0 updated, 1 partial, 2 failed, 0 unclear; 0 of them were done by an earlier run")
	first := l.reportOf(t)
	before := len(l.Requests())
	l.run(t, "import", "in.csv", "--resume").wants(t, 1, "4 rows: 1 created, 0 updated, 1 partial, 2 failed, 0 unclear; 2 of them were done by an earlier run")
	if again := l.reportOf(t); !slices.Equal(first, again) {
		t.Errorf("got %+v, want the earlier problems %+v", again, first)
	}
	var operations []string
	for _, r := range l.Requests()[before:] {
		operations = append(operations, r.Operation)
	}
	if got := strings.Join(operations, " "); strings.Contains(got, "upsertContact") || !strings.Contains(got, "findDuplicateContact") {
		t.Errorf("got the requests %s, want only the failed row again", got)
	}
	l.run(t, "import", "in.csv", "--resume", "--change-email").wants(t, 1, "4 rows: 1 created, 0 updated, 2 partial, 1 failed")
	l.file(t, "in.csv", in+"new@example.com,,\n")
	l.run(t, "import", "in.csv", "--resume").wants(t, 1, "the file has changed since")
	l.file(t, "in.csv", in)
	l.run(t, "import", "in.csv", "--resume").wants(t, 1, "3 of them were done by an earlier run")
	l.run(t, "import", "in.csv").wants(t, 1, "0 of them were done by an earlier run")
}

// A row that matches another person by phone number, or by a secondary email address, does not
// overwrite the person.
func TestImport_AnotherEmail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ mode, row string }{
		{modeUpsert, "Grace,grace@example.com,+14155550100"},
		{modeUpdate, "Grace,grace@example.com,+14155550100"},
		{modeUpsert, "Grace,second@example.com,"},
	} {
		l := newLocation(t, "")
		owner := l.Seed(client.Contact{
			FirstName: "Olga", Email: "owner@example.com", Phone: "+14155550100",
			AdditionalEmails: []gen.AdditionalEmail{{Email: "second@example.com"}},
		})[0]
		l.file(t, "in.csv", "First Name,Email,Phone\n"+tt.row+"\nOlga,OWNER@example.com,+14155550100\n")
		l.run(t, "import", "in.csv", "--mode", tt.mode).wants(t, 1, "0 created, 1 updated, 0 partial, 1 failed")
		if got := l.reportOf(t)[0]; got.contact != owner.ID || !strings.Contains(got.cause, "another email address") {
			t.Errorf("%+v: got %+v, want the contact %s", tt, got, owner.ID)
		}
		if got := l.Contacts(); len(got) != 1 || got[0].FirstName != "Olga" || len(got[0].AdditionalEmails) != 1 {
			t.Errorf("%+v: got %+v, want the owner alone", tt, got)
		}
		l.run(t, "import", "in.csv", "--mode", tt.mode, "--change-email").wants(t, 1, "partial, 0 failed")
	}
}

func TestImport_DryRun(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "FR")
	l.file(t, "in.csv", "Name,Email,Phone,Tags\n"+strings.Repeat("Ada Lovelace,ada@example.com,01 23 45 67 89,vip\n", 12)+"Bob,bob,,\n,,,\nEve,eve@example.com,123,\n")
	got := l.run(t, "import", "in.csv", "--dry-run", "--split-name")
	got.wants(t, 1, `line 2: {"email":"ada@example.com","firstName":"Ada","lastName":"Lovelace","locationId":"`+l.LocationID+`","phone":"+33123456789"}, and the tags ["vip"]`,
		`line 14: failed: column "Email": want one email address`, `line 16: failed: column "Phone": not a valid number of FR`, "12 rows would be sent, 2 have problems")
	if strings.Count(got.out, "line ") != 12 || l.Len() != 0 {
		t.Errorf("got %v and %d contacts, want ten rows, two problems and no contact", got, l.Len())
	}
	if _, err := os.Stat(filepath.Join(l.dir, "in.report.csv")); err == nil {
		t.Error("got a report, want none")
	}
}

func TestImport_SkipCells(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.file(t, "in.csv", "Email,Phone,City,Birthday\nada@example.com,12,London,someday\nbad,,London,\n")
	l.run(t, "import", "in.csv", "--skip-cells", "--country", "GB").wants(t, 1, "0 created, 0 updated, 1 partial, 1 failed")
	if got := l.byEmail(t, "ada@example.com"); got.City != "London" || got.Phone != "" {
		t.Errorf("got %+v, want the valid cells", got)
	}
	if got := l.reportOf(t)[0].cause; !strings.Contains(got, `"Phone"`) || !strings.Contains(got, `"Birthday"`) {
		t.Errorf("got %q, want both cells", got)
	}
}

func TestImport_Modes(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	seeded := l.Seed(
		client.Contact{Email: "ada@example.com", City: "Paris", Tags: []string{"vip"}},
		client.Contact{FirstName: "Grace"},
	)
	l.file(t, "in.csv", "id,Email,City,Tags,My number\n,ada@example.com,London,new,1234567.25\n,new@example.com,Rome,new,\n"+seeded[1].ID+",,Oslo,,\n")
	l.run(t, "import", "in.csv", "--mode", "create").wants(t, 1, "3 rows: 1 created, 0 updated, 0 partial, 2 failed")
	if got := l.reportOf(t); got[0].contact != seeded[0].ID || !strings.Contains(got[0].cause, "duplicate") {
		t.Errorf("got %+v, want the duplicate", got)
	}
	l.run(t, "import", "in.csv", "--mode", "update").wants(t, 0, "3 rows: 0 created, 3 updated")
	ada, grace := l.byEmail(t, "ada@example.com"), seeded[1].ID
	if number := string(ada.CustomFields[0].Value); ada.City != "London" || !slices.Equal(ada.Tags, []string{"vip", "new"}) || number != "1234567.25" {
		t.Errorf("got %q, %q and the number %s", ada.City, ada.Tags, number)
	}
	if got, _ := l.Contact(grace); got.City != "Oslo" {
		t.Errorf("got %+v, want Oslo", got)
	}
	l.file(t, "none.csv", "Email\nnobody@example.com\n")
	l.run(t, "import", "none.csv", "--mode", "update").wants(t, 1, "1 failed")
	l.run(t, "import", "none.csv", "--mode", "delete").wants(t, 1, "--mode delete: want upsert, create or update")
}

// A create whose response did not arrive is not made again if its contact exists.
func TestImport_UnclearCreate(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "", clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}))
	l.file(t, "in.csv", "First Name,Email\nAda,ada@example.com\nGrace,grace@example.com\nNemo,\n")
	l.InjectFaults(
		clienttest.Fault{Operation: "createContact", Count: 2, Connection: clienttest.ConnectionResetAfterApply},
		clienttest.Fault{Operation: "createContact", Count: 1, Status: http.StatusBadGateway},
	)
	l.run(t, "import", "in.csv", "--mode", "create").wants(t, 1, "0 created, 0 updated, 0 partial, 0 failed, 3 unclear")
	l.InjectFaults(clienttest.Fault{Operation: "findDuplicateContact", Status: http.StatusForbidden, Body: `{"message":"forbidden"}`})
	l.run(t, "import", "in.csv", "--mode", "create", "--resume").wants(t, 1, "3 unclear")
	l.ClearFaults()
	l.run(t, "import", "in.csv", "--mode", "create", "--resume").wants(t, 1, "2 created, 0 updated, 0 partial, 0 failed, 1 unclear")
	for _, email := range []string{"ada@example.com", "grace@example.com"} {
		l.byEmail(t, email)
	}
}

// Without a country of the location, a national number is reported and not sent.
func TestImport_NoCountry(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.file(t, "in.csv", "Email,Phone,Country\na@example.com,01 23 45 67 89,\nb@example.com,01 23 45 67 89,FR\nc@example.com,+33123456780,\n")
	l.run(t, "import", "in.csv").wants(t, 1, "the country of the location is not available", "2 created, 0 updated, 0 partial, 1 failed")
	if got := l.byEmail(t, "b@example.com").Phone; got != "+33123456789" {
		t.Errorf("got %s, want the number of the row's country", got)
	}
	if got := l.reportOf(t)[0].cause; !strings.Contains(got, "pass --country") {
		t.Errorf("got %q, want the flag", got)
	}
}
