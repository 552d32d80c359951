package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// result is the output, the log and the error of a run.
type result struct {
	out, log string
	err      error
}

// line returns the line of a row in the report.
func (r result) line(id string) string {
	for line := range strings.Lines(r.out) {
		if strings.HasPrefix(line, id+" ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// wantRow checks that the report describes a row as want: "confirmed", "contradicted" or
// "not-seen".
func (r result) wantRow(t *testing.T, id, want string) {
	t.Helper()
	if fields := strings.Fields(strings.Replace(r.line(id), "not seen", "not-seen", 1)); len(fields) < 2 || fields[1] != want {
		t.Errorf("row %s: got %q, want %s", id, r.line(id), want)
	}
}

func runAgainst(ctx context.Context, fake *clienttest.Server, token string, args ...string) result {
	env := map[string]string{"HIGHLEVEL_TOKEN": token, "HIGHLEVEL_LOCATION": fake.LocationID, "HIGHLEVEL_URL": fake.URL}
	var out, log strings.Builder
	err := run(ctx, args, func(name string) string { return env[name] }, &out, &log, client.WithHTTPClient(fake.HTTPClient()))
	return result{out.String(), log.String(), err}
}

func newFake(t *testing.T, opts ...clienttest.Option) *clienttest.Server {
	t.Helper()
	fake := clienttest.NewServer(t, append([]clienttest.Option{clienttest.WithRateLimit(clienttest.RateLimit{
		Max: 10_000, Interval: 10 * time.Second, Daily: 200_000,
	})}, opts...)...)
	if err := fake.SeedSamples(45); err != nil {
		t.Fatal(err)
	}
	return fake
}

func TestRun_Default_OnlyReads(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	before := fake.Snapshot()
	r := runAgainst(t.Context(), fake, fake.Token)
	if r.err != nil {
		t.Fatalf("got %v, want no error\n%s", r.err, r.out)
	}
	if changes := fake.Snapshot().Since(before); len(changes) > 0 {
		t.Errorf("got %d changed contacts, want none", len(changes))
	}
	for _, request := range fake.Requests() {
		if request.Method != http.MethodGet {
			t.Errorf("got a %s request, want only GET", request.Method)
		}
	}
	for _, id := range []string{"schema", "D7", "O5", "O8", "O11", "O12", "O17", "A1", "A2", "A4", "A5", "A7", "A10", "A15", "E3", "E8", "H1", "H3"} {
		r.wantRow(t, id, "confirmed")
	}
	for _, id := range []string{"O13", "R1", "A20", "E6"} {
		r.wantRow(t, id, "not-seen")
	}
}

func TestRun_Write_DeletesItsContact(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	before := fake.Snapshot()
	r := runAgainst(t.Context(), fake, fake.Token, "-write")
	if r.err != nil {
		t.Fatalf("got %v, want no error\n%s", r.err, r.out)
	}
	for _, id := range []string{"O13", "O18", "O20", "R1", "R8", "A20", "A24", "E6"} {
		r.wantRow(t, id, "confirmed")
	}
	if changes := fake.Snapshot().Since(before); len(changes) > 0 {
		t.Errorf("got %d changed contacts after the run, want none", len(changes))
	}
}

func TestRun_Write_DuplicatesAllowed_DeletesBothContacts(t *testing.T) {
	t.Parallel()
	fake := newFake(t, clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}))
	r := runAgainst(t.Context(), fake, fake.Token, "-write")
	if r.err != nil && !errors.Is(r.err, errContradicted) {
		t.Fatal(r.err)
	}
	if got := fake.Len(); got != 45 {
		t.Errorf("got %d contacts after the run, want 45", got)
	}
	r.wantRow(t, "O13", "not-seen")
}

func TestRun_Write_Interrupt_DeletesItsContact(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	fake := newFake(t, clienttest.WithRequestHook(func(r clienttest.Request) {
		if r.Method == http.MethodPut {
			interrupt()
		}
	}))
	r := runAgainst(ctx, fake, fake.Token, "-write")
	if !errors.Is(r.err, errIncomplete) {
		t.Errorf("got %v, want errIncomplete", r.err)
	}
	if got := fake.Len(); got != 45 {
		t.Errorf("got %d contacts after the interrupt, want 45", got)
	}
}

// If the response to the create is lost, the run finds the contact by its email address.
func TestRun_Write_CreateResponseLost_DeletesItsContact(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	fake.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 1, Status: http.StatusBadGateway, Apply: true})
	r := runAgainst(t.Context(), fake, fake.Token, "-write")
	if !errors.Is(r.err, errIncomplete) {
		t.Errorf("got %v, want errIncomplete", r.err)
	}
	if got := fake.Len(); got != 45 {
		t.Errorf("got %d contacts after the run, want 45", got)
	}
}

// A contradiction is reported with the pointer and the type of the value, and without the value.
func TestRun_Contradictions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		fault     clienttest.Fault
		afterGets bool // the fault begins after the calls of getContact for existing contacts
		row       string
		want      string
	}{
		{
			name:  "type of a property",
			fault: clienttest.Fault{Operation: "getContact", Set: map[string]any{"/contact/city": map[string]any{"name": "Secretville"}}},
			row:   "schema", want: "getContact: /contact/city is object, want string",
		},
		{
			name:  "unknown property",
			fault: clienttest.Fault{Operation: "getContacts", Set: map[string]any{"/contacts/0/nickname": "Secretville"}},
			row:   "A4", want: "getContacts: /contacts/0/nickname (string) is not in api/contacts.yaml",
		},
		{
			name:  "form of a time",
			fault: clienttest.Fault{Operation: "getContact", Set: map[string]any{"/contact/dateAdded": "Secretville"}},
			row:   "A7", want: "getContact: /contact/dateAdded is string",
		},
		{
			name:  "missing header",
			fault: clienttest.Fault{Header: http.Header{"X-Ratelimit-Max": nil}},
			row:   "H1", want: "getContact: header X-Ratelimit-Max is missing",
		},
		{
			name: "status of an unknown contact",
			fault: clienttest.Fault{
				Operation: "getContact", Status: http.StatusNotFound,
				Body: `{"error":"Contact with id aaaaaaaaaaaaaaaaaaaa not found","status":404}`,
			},
			afterGets: true,
			row:       "O17", want: "unknown contact: status 404",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fake := newFake(t, clienttest.WithoutValidation())
			if test.afterGets {
				test.fault.After = countGets(t)
			}
			fake.InjectFaults(test.fault)
			r := runAgainst(t.Context(), fake, fake.Token)
			if !errors.Is(r.err, errContradicted) {
				t.Errorf("got %v, want errContradicted\n%s", r.err, r.out)
			}
			r.wantRow(t, test.row, "contradicted")
			if !strings.Contains(r.out, test.want) {
				t.Errorf("got\n%s\nwant a line with %q", r.out, test.want)
			}
			if strings.Contains(r.out+r.log+r.err.Error(), "Secretville") {
				t.Error("the report contains a value")
			}
		})
	}
}

// countGets returns the number of existing contacts that a run gets. The last call of getContact is
// for an unknown contact.
func countGets(t *testing.T) int {
	t.Helper()
	fake := newFake(t)
	runAgainst(t.Context(), fake, fake.Token)
	n := 0
	for _, request := range fake.Requests() {
		if request.Operation == "getContact" {
			n++
		}
	}
	return n - 1
}

func TestRun_WrongToken(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	r := runAgainst(t.Context(), fake, "pit-00000000-0000-4000-8000-000000000000")
	if !errors.Is(r.err, client.ErrUnauthorized) || exitStatus(r.err) != 3 {
		t.Fatalf("got %v, exit status %d, want ErrUnauthorized and 3", r.err, exitStatus(r.err))
	}
	if text := r.err.Error(); !strings.Contains(text, "create a new token") || strings.Contains(text, "pit-") {
		t.Errorf("got %q, want what to do and no token", text)
	}
}

func TestRun_Write_ReadOnlyScope(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	fake.AddToken(clienttest.Token{Value: "pit-read-only", Scopes: []string{"contacts.readonly"}})
	r := runAgainst(t.Context(), fake, "pit-read-only", "-write")
	if r.err != nil {
		t.Fatalf("got %v, want no error\n%s", r.err, r.out)
	}
	r.wantRow(t, "A7", "confirmed")
	r.wantRow(t, "A20", "not-seen")
	if !strings.Contains(r.out, "nothing was written: the token does not have the scope contacts.write") {
		t.Errorf("got\n%s\nwant that nothing was written", r.out)
	}
}

func TestRun_RateLimit_IsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake(t, clienttest.WithoutSocket(), clienttest.WithRateLimit(clienttest.RateLimit{
			Max: 5, Interval: 10 * time.Second, Daily: 1000,
		}))
		begin := time.Now()
		r := runAgainst(t.Context(), fake, fake.Token)
		if r.err != nil {
			t.Fatalf("got %v, want no error\n%s", r.err, r.out)
		}
		if took := time.Since(begin); took < 10*time.Second {
			t.Errorf("took %v, want at least one interval", took)
		}
	})
}

func TestRun_DailyLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake(t, clienttest.WithoutSocket(), clienttest.WithRateLimit(clienttest.RateLimit{
			Max: 100, Interval: 10 * time.Second, Daily: 4,
		}))
		r := runAgainst(t.Context(), fake, fake.Token)
		if !errors.Is(r.err, errIncomplete) || !errors.Is(r.err, client.ErrDailyLimit) {
			t.Fatalf("got %v, want errIncomplete with ErrDailyLimit", r.err)
		}
		if !strings.Contains(r.err.Error(), "try again tomorrow") {
			t.Errorf("got %q, want what to do", r.err)
		}
		r.wantRow(t, "A2", "confirmed") // the results until the error are reported
	})
}

func TestRun_Record_ReplacesPersonalData(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	dir := filepath.Join(t.TempDir(), "fixtures")
	if r := runAgainst(t.Context(), fake, fake.Token, "-write", "-record", dir); r.err != nil {
		t.Fatal(r.err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("got %d files and error %v, want one for each response", len(files), err)
	}
	var all bytes.Buffer
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	recorded := strings.ToLower(all.String())
	for _, contact := range fake.Contacts() {
		for _, personal := range []string{contact.ID, contact.Email, contact.Phone, contact.FirstName, contact.LastName, contact.Address1, contact.CompanyName} {
			if len(personal) > 3 && regexp.MustCompile(`(?i)\b`+regexp.QuoteMeta(personal)+`\b`).MatchString(recorded) {
				t.Errorf("the recorded bodies contain %q", personal)
			}
		}
	}
	for _, secret := range []string{fake.LocationID, fake.Token, "livecheck-"} {
		if strings.Contains(recorded, strings.ToLower(secret)) {
			t.Errorf("the recorded bodies contain %q", secret)
		}
	}

	// The cursor still matches the last contact, and a contact has the same ID in the list and by
	// itself.
	list, contact := readJSON(t, files[0]), readJSON(t, filepath.Join(dir, "04-getContact-200.json"))
	ids := find(list, "/contacts/*/id")
	if got, want := lookup(list, "/meta/startAfterId"), ids[len(ids)-1].value; got != want {
		t.Errorf("startAfterId: got %v, want %v", got, want)
	}
	if f := compareCursor(&observation{step: "getContacts", body: list}); !f.confirmed {
		t.Errorf("startAfter: got %v, want the dateAdded of the last contact", f.contradicted)
	}
	if got, want := lookup(contact, "/contact/id"), ids[0].value; got != want {
		t.Errorf("ID of the first contact: got %v, want %v", got, want)
	}
}

func readJSON(t *testing.T, file string) any {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var body any
	if err := json.Unmarshal(content, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func TestRun_NoToken(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	err := run(t.Context(), nil, func(string) string { return "" }, io.Discard, &log)
	if exitStatus(err) != 2 {
		t.Errorf("got exit status %d, want 2", exitStatus(err))
	}
	for _, want := range []string{"HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION", "Private Integrations", "contacts.readonly"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got %q, want %q in it", log.String(), want)
		}
	}
}

func TestRun_UnexpectedArgument(t *testing.T) {
	t.Parallel()
	r := runAgainst(t.Context(), newFake(t), "pit-0", "write")
	if exitStatus(r.err) != 2 || !strings.Contains(r.log, `unexpected argument "write"`) {
		t.Errorf("got exit status %d and %q, want 2 and the argument", exitStatus(r.err), r.log)
	}
}

func TestRows_AreInTheNotes(t *testing.T) {
	t.Parallel()
	notes, err := os.ReadFile("../../../api/NOTES.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.id != "schema" && !strings.Contains(string(notes), "\n| "+row.id+" | ") {
			t.Errorf("api/NOTES.md has no row %s", row.id)
		}
	}
}
