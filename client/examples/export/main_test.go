package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// An export that fails after each page and is resumed has the same result as an export without
// failures.
func TestExport_Resume(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"contacts.jsonl", "contacts.csv"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hl := clienttest.NewServer(t, clienttest.WithRateLimit(clienttest.RateLimit{}))
			if err := hl.SeedSamples(450); err != nil {
				t.Fatal(err)
			}
			c := hl.Client(client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
			var status bytes.Buffer
			whole := settings{file: filepath.Join(t.TempDir(), name)}
			if err := export(t.Context(), c, whole, &status); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(whole.file)
			if err != nil {
				t.Fatal(err)
			}
			parts := settings{file: filepath.Join(t.TempDir(), name), resume: true}
			runs := 0
			for done := false; !done; runs++ {
				hl.ClearFaults()
				pages := 1
				if name == "contacts.csv" && runs == 0 {
					pages = 6 // the first pass, and one page
				}
				hl.InjectFaults(clienttest.Fault{Operation: "getContacts", After: pages, Status: 503})
				err := export(t.Context(), c, parts, &status)
				if done = err == nil; !done && !errors.Is(err, client.ErrServer) {
					t.Fatal(err)
				}
				if _, err := os.Stat(parts.file); (err == nil) != done {
					t.Errorf("run %d: the file exists: %v, want %v", runs, err == nil, done)
				}
				// A crash can leave a part of a page.
				if !done {
					if err := appendTo(parts.file+".part", "torn"); err != nil {
						t.Fatal(err)
					}
				}
			}
			got, err := os.ReadFile(parts.file)
			if err != nil || !bytes.Equal(got, want) || runs < 4 {
				t.Errorf("after %d runs: %d bytes, want %d, %v", runs, len(got), len(want), err)
			}
			if name == "contacts.csv" {
				rows, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
				if err != nil || len(rows) != 451 || len(rows[0]) <= len(columns) {
					t.Errorf("got %d rows, %v", len(rows), err)
				}
				return
			}
			for line := range bytes.Lines(got) {
				if contact, _, err := client.DecodeContact(line); err != nil || contact.ID == "" || !json.Valid(line) {
					t.Fatalf("line %q: %v", line, err)
				}
			}
		})
	}
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

func TestRun_Demo(t *testing.T) {
	t.Parallel()
	s := settings{demo: true, file: filepath.Join(t.TempDir(), "contacts.csv")}
	var status bytes.Buffer
	if err := run(t.Context(), s, &status); err != nil {
		t.Fatalf("%v: %s", err, &status)
	}
	data, err := os.ReadFile(s.file)
	if err != nil || bytes.Count(data, []byte("\n")) < 1001 {
		t.Errorf("got %d lines, %v", bytes.Count(data, []byte("\n")), err)
	}
}
