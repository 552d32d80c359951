package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
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
		got := 0
		for _, outcome := range bulk.All(t.Context(), contacts(10), hl.Client().Contacts.Upsert, bulk.WithJournal(j, strconv.Itoa)) {
			got++
			if outcome.Err != nil && i > 0 {
				t.Error(outcome.Err)
			}
		}
		if got != want {
			t.Errorf("run %d: got %d outcomes, want %d", i, got, want)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWithJournal_Break_RecordsLostOutcomes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: time.Second})
		j := openJournal(t, path)
		journal := bulk.WithJournal(j, strconv.Itoa)
		for range bulk.All(t.Context(), contacts(10), hl.Client().Contacts.Upsert, journal) {
			break // nine more calls are in flight
		}
		if hl.Len() != 10 {
			t.Fatalf("got %d contacts, want 10", hl.Len())
		}
		for i := range bulk.All(t.Context(), contacts(10), hl.Client().Contacts.Upsert, journal) {
			t.Errorf("input %d: got an outcome, want none for an input that is done", i)
		}
	})
}

// The intent of a create is on the disk before the create is sent. Without a result, the create is
// not sent again.
func TestWithJournal_Intent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := openJournal(t, path)
	inputs := []client.CreateContactRequest{{FirstName: "a"}, {FirstName: "b"}, {FirstName: "c"}}
	call := func(_ context.Context, in client.CreateContactRequest, _ ...client.CallOption) (int, error) {
		data, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(data, []byte("?\"row "+in.FirstName+"\"\n")) {
			t.Errorf("%s: got the journal %q, %v, want the intent", in.FirstName, data, err)
		}
		switch in.FirstName {
		case "a":
			return 0, fmt.Errorf("no response: %w", client.ErrMaybeApplied)
		case "b":
			return 0, client.ErrInvalid
		}
		return 0, nil
	}
	journal := bulk.WithJournal(j, func(i int) string { return "row " + inputs[i].FirstName })
	for range bulk.All(t.Context(), slices.All(inputs), call, journal) {
	}
	var again []string
	count := func(_ context.Context, in client.CreateContactRequest, _ ...client.CallOption) (int, error) {
		again = append(again, in.FirstName)
		return 0, nil
	}
	var ambiguous []int
	for i, outcome := range bulk.All(t.Context(), slices.All(inputs), count, journal) {
		if errors.Is(outcome.Err, client.ErrMaybeApplied) {
			ambiguous = append(ambiguous, i)
		}
	}
	if !slices.Equal(again, []string{"b"}) || !slices.Equal(ambiguous, []int{0}) {
		t.Errorf("got %q sent again and %v ambiguous, want b and 0", again, ambiguous)
	}
}

func TestOpenJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	// A killed process can leave an incomplete line.
	if err := os.WriteFile(path, []byte("+\"0\"\n?\"1\"\n-\"1\"\n+\"2"), 0o600); err != nil {
		t.Fatal(err)
	}
	j := openJournal(t, path)
	if _, err := bulk.OpenJournal(path); err == nil {
		t.Error("a journal was opened twice")
	}
	var sent []int
	call := func(_ context.Context, in string, _ ...client.CallOption) (int, error) {
		i, err := strconv.Atoi(in)
		sent = append(sent, i)
		return i, err
	}
	for range bulk.All(t.Context(), slices.All([]string{"0", "1", "2"}), call, bulk.WithJournal(j, strconv.Itoa)) {
	}
	if !slices.Equal(sent, []int{1, 2}) {
		t.Errorf("sent %v, want 1 and 2", sent)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	want := "+\"0\"\n?\"1\"\n-\"1\"\n+\"1\"\n+\"2\"\n"
	if data, err := os.ReadFile(path); err != nil || string(data) != want {
		t.Errorf("got the journal %q, %v, want %q", data, err, want)
	}
	for range bulk.All(t.Context(), slices.All([]string{"9"}), call, bulk.WithJournal(j, func(int) string { return "9" })) {
	}
	if slices.Contains(sent, 9) {
		t.Error("a call was made after the journal was closed")
	}
	for _, text := range []string{"x\"0\"\n", "\n", "+0\n", "email,name\n"} {
		other := filepath.Join(t.TempDir(), "other")
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bulk.OpenJournal(other); err == nil {
			t.Errorf("%q was opened as a journal", text)
		}
	}
}
