package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
)

func openJournal(t *testing.T, path string) *bulk.Journal {
	t.Helper()
	j, err := bulk.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestWithJournal_SkipsDoneInputs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	hl := clienttest.NewServer(t, clienttest.WithRateLimit(clienttest.RateLimit{}))
	hl.InjectFaults(clienttest.Fault{After: 3, Count: 1, Status: 422, Body: `{"statusCode":422,"message":"no"}`})
	for i, want := range []int{10, 1, 0} {
		j := openJournal(t, path)
		got := count(bulk.All(t.Context(), contacts(10), bulk.Upsert(hl.Client()), bulk.WithJournal(j, strconv.Itoa)))
		if got[errAny] != want || i > 0 && got[nil] != want {
			t.Errorf("run %d: got %v, want %d outcomes", i, got, want)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A break while creates are in flight, and one waits for the rate limit: the next run makes that one
// and those after it, and no other one again.
func TestWithJournal_Break(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: time.Second})
		journal, op := bulk.WithJournal(openJournal(t, path), strconv.Itoa), bulk.Create(hl.Client())
		sameContact := op // the calls after the waiting one are about its contact
		sameContact.ContactKeys = func(in client.CreateContactRequest) []string {
			if len(in.Email) < len("p100@example.com") {
				return nil
			}
			return []string{"same"}
		}
		for range bulk.All(t.Context(), creates(110), sameContact, journal, bulk.WithMaxInFlight(200)) {
			break
		}
		if hl.Len() != 100 {
			t.Fatalf("got %d contacts, want the 100 that the rate limit allows", hl.Len())
		}
		if got := count(bulk.All(t.Context(), creates(110), op, journal)); got[nil] != 10 || got[errAny] != 10 || hl.Len() != 110 {
			t.Errorf("got %v and %d contacts, want success for the 10 inputs that were not sent", got, hl.Len())
		}
	})
}

// The intent of a create is on the disk before the create is sent. Without a result, the create is
// not sent again.
func TestWithJournal_Intent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	journal := bulk.WithJournal(openJournal(t, path), func(i int) string { return "row " + strconv.Itoa(i) })
	var sent []string
	create := operation(func(_ context.Context, name string, _ ...client.CallOption) (int, error) {
		sent = append(sent, name)
		data, err := os.ReadFile(path)
		if i := len(sent) - 1; i < 3 && (err != nil || !strings.Contains(string(data), fmt.Sprintf("?row+%d\n", i))) {
			t.Errorf("%s: got the journal %q, %v, want the intent", name, data, err)
		}
		switch {
		case name == "ambiguous":
			return 0, fmt.Errorf("no response: %w", client.ErrMaybeApplied)
		case name == "rejected" && len(sent) <= 3:
			return 0, client.ErrInvalid
		}
		return 0, nil
	})
	for run, want := range []string{"0 true, 1 false, 2 <nil>", "0 true, 1 <nil>", "0 true"} {
		var got []string
		inputs := []string{"ambiguous", "rejected", "done"}
		for i, outcome := range bulk.All(t.Context(), slices.All(inputs), create, journal, bulk.WithMaxInFlight(1)) {
			if outcome.Err == nil {
				got = append(got, fmt.Sprint(i, " <nil>"))
			} else {
				got = append(got, fmt.Sprint(i, " ", errors.Is(outcome.Err, client.ErrMaybeApplied)))
			}
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("run %d: got %s, want %s", run, got, want)
		}
	}
	if want := []string{"ambiguous", "rejected", "done", "rejected"}; !slices.Equal(sent, want) {
		t.Errorf("got %q sent, want %q", sent, want)
	}
}

const journalFile = "contacts-go bulk journal 1\n+0\n?1\n-1\n?2\n+%22+%C3%A9%0A%FF\n"

// A killed process can leave every prefix of a journal.
func TestOpenJournal_EveryPrefix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	for size := range len(journalFile) + 1 {
		if err := os.WriteFile(path, []byte(journalFile[:size]), 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := bulk.OpenJournal(path)
		if err != nil {
			t.Fatalf("%q: %v", journalFile[:size], err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		header, _, _ := strings.Cut(journalFile, "\n")
		want := max(strings.LastIndex(journalFile[:size], "\n"), len(header)) + 1
		if data, err := os.ReadFile(path); err != nil || string(data) != journalFile[:want] {
			t.Errorf("%q: got %q, %v, want %q", journalFile[:size], data, err, journalFile[:want])
		}
	}
	j := openJournal(t, path)
	keys := []string{"0", "1", "2", "\" é\n\xff"}
	var sent, ambiguous []int
	op := operation(func(_ context.Context, i int, _ ...client.CallOption) (int, error) {
		sent = append(sent, i)
		return 0, nil
	})
	for i, outcome := range bulk.All(t.Context(), slices.All([]int{0, 1, 2, 3}), op, bulk.WithJournal(j, func(i int) string { return keys[i] })) {
		if errors.Is(outcome.Err, client.ErrMaybeApplied) {
			ambiguous = append(ambiguous, i)
		}
	}
	if !slices.Equal(sent, []int{1}) || !slices.Equal(ambiguous, []int{2}) {
		t.Errorf("got %v sent and %v ambiguous, want 1 and 2", sent, ambiguous)
	}
}

func TestOpenJournal_OtherFilesAreNotChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "credential.json")
	texts := []string{`{"refresh_token":"secret"}`, "email,name\n", "\n", "+0\n", "contacts-go bulk journal 2\n"}
	for _, line := range []string{"x0\n", "\n", "+\"0\"\n", "+%\n", "+%2\n", "+%zz\n", "+'0'", "x", "\x00\x00", "+0 ", "+é", "+%c3", "+%2z"} {
		texts = append(texts, journalFile+line)
	}
	for _, text := range texts {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bulk.OpenJournal(path); err == nil || errors.Is(err, durable.ErrLocked) { // of the previous text
			t.Errorf("%q: got %v, want an error of the contents", text, err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != text {
			t.Errorf("got %q, %v, want %q", data, err, text)
		}
	}
	if files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*[^k]")); err != nil || len(files) != 1 { // besides the lock of Windows
		t.Errorf("got %v, %v, want no other file", files, err)
	}
}

func TestOpenJournal_Locked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := openJournal(t, path)
	if _, err := bulk.OpenJournal(path); err == nil { // the links of a file are tested in package durable
		t.Error("the journal was opened twice")
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	op := operation(func(context.Context, int, ...client.CallOption) (int, error) {
		t.Error("a call was made after the journal was closed")
		return 0, nil
	})
	if got := one(t, op, 1, bulk.WithJournal(j, strconv.Itoa)); got.Err == nil {
		t.Error("got no error for a closed journal")
	}
}
