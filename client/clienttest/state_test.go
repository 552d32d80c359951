package clienttest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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

func TestWithState_Crash(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	first := started(t, path)
	w := wireTo(t, first)
	stored := w.create(`"firstName":"Rosan","email":"rosan@deos.com","tags":["vip"],"customFields":[{"key":"my_list","field_value":["red"]}],"dndSettings":{"SMS":{"status":"active"}}`)
	deleted := w.create(`"email":"deleted@deos.com"`)
	w.do("PUT", "/contacts/"+stored, `{"city":"Dolomite"}`)
	w.do("DELETE", "/contacts/"+deleted, "")
	before := first.Contacts()
	// The server is not closed: the process can crash at any time. A write that was not confirmed
	// can leave a part of a line.
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
		t.Errorf("got status %d for a duplicate, want 400", r.status)
	}
	if fresh := w.create(""); fresh == stored {
		t.Error("got the ID of another contact for a new one")
	}
	if n := started(t, crashed(t, path)).Len(); n != 2 {
		t.Errorf("got %d contacts after another restart, want 2", n)
	}
}

// crashed returns the path of a copy of a state file, as it is after a crash of the process.
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

func TestWithState_DeletedIDsAreNotReused(t *testing.T) {
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
		t.Fatalf("got %d lines, want a contact and a deleted ID", lines(t, path))
	}
	if id := wireTo(t, second).create(""); id == deleted {
		t.Errorf("got the deleted ID %s for a new contact", id)
	}
	second.Close()
	if id := wireTo(t, started(t, path)).create(""); id == deleted {
		t.Errorf("got the deleted ID %s for a new contact after a restart", id)
	}
}

func TestWithState_SecondServer(t *testing.T) {
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
			t.Errorf("got error %v for a second server", err)
		}
	}
	first.Close()
	started(t, path)
}

func TestWithStateSync(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	s, err := clienttest.Start(clienttest.WithState(path), clienttest.WithStateSync(), clienttest.WithoutSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wireTo(t, s).create(`"firstName":"Ada"`)
	if lines(t, path) != 1 {
		t.Errorf("got %d lines, want 1", lines(t, path))
	}
}

func TestWithState_Compaction(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	s := started(t, path)
	for range 1100 {
		s.Seed(gen.Contact{ID: "one", FirstName: "A"})
	}
	if lines(t, path) != 1100 {
		t.Fatalf("got %d lines, want 1100", lines(t, path))
	}
	path = crashed(t, path)
	again := started(t, path)
	if lines(t, path) != 1 || again.Len() != 1 {
		t.Errorf("got %d lines and %d contacts, want 1 and 1", lines(t, path), again.Len())
	}
	again.Seed(gen.Contact{ID: "two"})
	if n := started(t, crashed(t, path)).Len(); n != 2 {
		t.Errorf("got %d contacts after a write to the compacted file, want 2", n)
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

func TestWithState_InvalidFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	if err := os.WriteFile(path, []byte("{\"id\":\"a\"}\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := clienttest.Start(clienttest.WithState(path)); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got error %v, want one that names line 2", err)
	}
}
