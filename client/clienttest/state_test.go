package clienttest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// started starts a fake that stores its state at path.
func started(t *testing.T, path string) *clienttest.Server {
	t.Helper()
	s, err := clienttest.Start(clienttest.WithState(path), clienttest.WithoutSocket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestStateSurvives(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	first := started(t, path)
	w := wireTo(t, first)
	kept := w.create(`"firstName":"Rosan","email":"rosan@deos.com","tags":["vip"],"customFields":[{"key":"my_list","field_value":["red"]}],"dndSettings":{"SMS":{"status":"active"}}`)
	gone := w.create(`"email":"gone@deos.com"`)
	w.do("PUT", "/contacts/"+kept, `{"city":"Dolomite"}`)
	w.do("DELETE", "/contacts/"+gone, "")
	before := first.Contacts()
	// No Close: the process may end at any time. Half a line is what remains of a write that was not confirmed.
	path = crashed(t, path)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"id":"half`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	second := started(t, path)
	if diff := cmp.Diff(before, second.Contacts()); diff != "" {
		t.Errorf("contacts (-before +after):\n%s", diff)
	}
	w = wireTo(t, second)
	if r := w.do("POST", "/contacts/", `{"locationId":"`+second.LocationID+`","email":"Rosan@deos.com"}`); r.status != 400 {
		t.Errorf("the address is not known any more: %d", r.status)
	}
	if fresh := w.create(""); fresh == kept {
		t.Error("an id was given twice")
	}
	if n := started(t, crashed(t, path)).Len(); n != 2 {
		t.Errorf("%d contacts in the third life", n)
	}
}

// crashed returns a copy of a state file, which is what the process after a crash finds.
func crashed(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "state.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDeletedIDsAreNotReusedAfterCompaction(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	first := started(t, path)
	w := wireTo(t, first)
	deleted := w.create("")
	w.do("DELETE", "/contacts/"+deleted, "")
	for range 2100 {
		first.Seed(gen.Contact{ID: "one", FirstName: "A"})
	}
	first.Close()
	second := started(t, path)
	if lines(t, path) != 2 {
		t.Fatalf("%d lines, want a contact and a deleted ID", lines(t, path))
	}
	if id := wireTo(t, second).create(""); id == deleted {
		t.Errorf("ID %s was given again", id)
	}
	second.Close()
	if id := wireTo(t, started(t, path)).create(""); id == deleted {
		t.Errorf("ID %s was given again after another start", id)
	}
}

func TestStateFileHasOneServer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	first := started(t, path)
	link := filepath.Join(t.TempDir(), "link.jsonl")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		_, err := clienttest.Start(clienttest.WithState(name), clienttest.WithoutSocket())
		if err == nil || !strings.Contains(err.Error(), "is in use by process "+strconv.Itoa(os.Getpid())) {
			t.Errorf("a second server: %v", err)
		}
	}
	first.Close()
	started(t, path)
}

func TestStateSync(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	s, err := clienttest.Start(clienttest.WithState(path), clienttest.WithStateSync(), clienttest.WithoutSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wireTo(t, s).create(`"firstName":"Ada"`)
	if lines(t, path) != 1 {
		t.Errorf("%d lines, want 1", lines(t, path))
	}
}

// A log of ten thousand requests of the largest size would hold 80 GB.
func TestRequestLogIsBounded(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithoutSocket(), clienttest.WithoutValidation(), clienttest.WithRateLimit(clienttest.RateLimit{}))
	body := `{"locationId":"` + w.server.LocationID + `","ignored":"` + strings.Repeat("x", 1<<20) + `"}`
	w.do("POST", "/contacts/", body)
	if r := w.server.Requests()[0]; len(r.Body) != 64<<10 || r.BodySize != len(body) {
		t.Errorf("the log has %d bytes of %d, want 64 KiB of %d", len(r.Body), r.BodySize, len(body))
	}
	w.header.Set("X-Long", strings.Repeat("x", 900<<10))
	for range 80 {
		w.do("GET", "/contacts/x", "")
	}
	if n := len(w.server.Requests()); n < 60 || n > 75 {
		t.Errorf("the log has %d requests of 900 KB, want about 70 for 64 MiB", n)
	}
}

func TestStateIsCompacted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	s := started(t, path)
	for range 1100 {
		s.Seed(gen.Contact{ID: "one", FirstName: "A"})
	}
	if lines(t, path) != 1100 {
		t.Fatalf("%d lines", lines(t, path))
	}
	path = crashed(t, path)
	again := started(t, path)
	if lines(t, path) != 1 || again.Len() != 1 {
		t.Errorf("%d lines and %d contacts", lines(t, path), again.Len())
	}
	again.Seed(gen.Contact{ID: "two"})
	if n := started(t, crashed(t, path)).Len(); n != 2 {
		t.Errorf("%d contacts after the compacted file was written to", n)
	}
}

func lines(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte("\n"))
}

func TestBrokenState(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	if err := os.WriteFile(path, []byte("{\"id\":\"a\"}\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := clienttest.Start(clienttest.WithState(path)); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v", err)
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	stored := w.server.Seed(
		gen.Contact{FirstName: "Ann", Phone: "(888) 888-8888", Tags: []string{" VIP "}},
		gen.Contact{FirstName: "Bob", Email: "same@example.com"},
		gen.Contact{FirstName: "Cy", Email: "same@example.com", LocationID: "other"},
	)
	if ann := stored[0]; len(ann.ID) != 20 || ann.Phone != "+18888888888" || ann.Tags[0] != "vip" || ann.LocationID != w.server.LocationID || ann.Type != "lead" {
		t.Errorf("stored %+v", ann)
	}
	if diff := cmp.Diff([]string{stored[0].ID, stored[1].ID}, w.list("").ids()); diff != "" {
		t.Errorf("the first is not the latest (-want +got):\n%s", diff)
	}
	w.server.Seed(gen.Contact{ID: stored[1].ID, FirstName: "Bobby"})
	if bob, _ := w.server.Contact(stored[1].ID); bob.FirstName != "Bobby" || bob.Email != "" || w.server.Len() != 3 {
		t.Errorf("not replaced: %+v", bob)
	}
	again := clienttest.NewServer(t)
	if repeated := again.Seed(gen.Contact{}, gen.Contact{}); repeated[1].ID != stored[1].ID {
		t.Errorf("ids differ between runs: %s and %s", repeated[1].ID, stored[1].ID)
	}
	if other := clienttest.NewServer(t, clienttest.WithSeed(1)).Seed(gen.Contact{}); other[0].ID == stored[0].ID {
		t.Error("ids do not depend on the seed")
	}
}

func TestSeedJSON(t *testing.T) {
	t.Parallel()
	const input = `{"id":"a","firstName":"Ann","attributionSource":{"sessionSource":"CRM UI"},"lastActivity":1626435570564,"unheard":{"of":[1]}}

{"id":"b","firstName":"bob","firstNameRaw":"Bob","attributions":[{"utmSessionSource":"Social","isFirst":true}],"lastActivity":"2021-07-16T11:39:30.564Z"}`
	w := newWire(t)
	n, err := w.server.SeedJSON(strings.NewReader(input))
	if n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if r := w.do("GET", "/contacts/a", ""); r.at("contact", "unheard", "of", 0) != 1.0 {
		t.Errorf("unknown properties are lost: %s", r.text)
	}
	if r := w.do("GET", "/contacts/b", ""); r.at("contact", "firstName") != "Bob" || r.at("contact", "lastActivity") != "2021-07-16T11:39:30.564Z" {
		t.Errorf("b: %s", r.text)
	}
	var out bytes.Buffer
	if err := w.server.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	copied := clienttest.NewServer(t)
	if _, err := copied.SeedJSON(&out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.server.Contacts(), copied.Contacts()); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	if _, err := copied.SeedJSON(strings.NewReader("{}\n{\"id\":5}\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v", err)
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.server.Seed(gen.Contact{ID: "kept"}, gen.Contact{ID: "changed", City: "Rome"}, gen.Contact{ID: "deleted"})
	before := w.server.Snapshot()
	w.do("PUT", "/contacts/changed", `{"city":"Oslo"}`)
	w.do("DELETE", "/contacts/deleted", "")
	created := w.create("")
	after := w.server.Snapshot()
	kinds := map[string]string{}
	for _, change := range after.Since(before) {
		switch {
		case change.Before == nil:
			kinds[change.ID] = "created"
		case change.After == nil:
			kinds[change.ID] = "deleted"
		default:
			kinds[change.ID] = change.Before.City + " to " + change.After.City
		}
	}
	want := map[string]string{"changed": "Rome to Oslo", "deleted": "deleted", created: "created"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if before.Len() != 3 || len(before.Since(before)) != 0 {
		t.Error("a snapshot has changed")
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	var seen []string
	w := newWire(t, clienttest.WithRequestLog(2), clienttest.WithoutSocket(),
		clienttest.WithRequestHook(func(r clienttest.Request) { seen = append(seen, r.Operation) }))
	id := w.create(`"firstName":"Rosan"`)
	w.do("GET", "/contacts/"+id, "")
	w.refresh("secret-token")
	log := w.server.Requests()
	if diff := cmp.Diff([]string{"createContact", "getContact", "getAccessToken"}, seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	if len(log) != 2 || log[0].Path != "/contacts/"+id || log[0].Status != 200 || log[0].Remaining != 98 || log[0].LocationID != w.server.LocationID {
		t.Errorf("log %+v", log)
	}
	if time.Since(log[0].Time) > time.Minute || log[0].TraceID == "" {
		t.Errorf("entry %+v", log[0])
	}
	for _, entry := range log {
		for _, secret := range []string{w.server.Token, w.server.App.ClientSecret, "secret-token"} {
			if strings.Contains(strings.Join(entry.Header["Authorization"], "")+string(entry.Body), secret) {
				t.Errorf("the log holds a secret: %+v", entry)
			}
		}
	}
	w.server.ClearRequests()
	if len(w.server.Requests()) != 0 {
		t.Error("not forgotten")
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]clienttest.Option{
		"token":            clienttest.WithToken(clienttest.Token{}),
		"default token":    clienttest.WithDefaultToken(""),
		"default location": clienttest.WithDefaultLocation(""),
		"rate limit":       clienttest.WithRateLimit(clienttest.RateLimit{Max: 1}),
		"state":            clienttest.WithState(""),
		"state in nowhere": clienttest.WithState("/nowhere/at/all"),
		"request log":      clienttest.WithRequestLog(-1),
		"clock":            clienttest.WithClock(nil),
		"address":          clienttest.WithAddress("nowhere:at all"),
	} {
		if s, err := clienttest.Start(option); err == nil {
			t.Errorf("no error for %s", name)
			s.Close()
		}
	}
}
