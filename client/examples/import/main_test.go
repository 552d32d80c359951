package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestRun(t *testing.T) {
	hl := clienttest.NewServer(t)
	t.Setenv("HIGHLEVEL_TOKEN", hl.Token)
	t.Setenv("HIGHLEVEL_LOCATION", hl.LocationID)
	t.Setenv("HIGHLEVEL_URL", hl.URL)
	dir := t.TempDir()
	s := settings{
		file: filepath.Join(dir, "in.csv"), report: filepath.Join(dir, "report.csv"), resume: filepath.Join(dir, "journal"),
		mapping: "Town=city,Notes=-",
	}
	text := "\uFEFFE-Mail Address,First Name,Town,Notes,Tags\n" +
		"ada@example.com,Ada,London,x,\"VIP; new\"\n" +
		"short\n" +
		",Nobody,,,\n" +
		"edsger,Edsger,,,\n"
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"1 rows imported, 3 have problems", "0 rows imported, 3 have problems"} {
		var out, status bytes.Buffer
		problems, err := run(t.Context(), s, &out, &status)
		if err != nil || problems != 3 || !strings.HasPrefix(out.String(), want) {
			t.Errorf("run %d: got %d, %v, %q, want %q", i, problems, err, &out, want)
		}
		report, err := os.ReadFile(s.report)
		if err != nil || strings.Count(string(report), "\n") != 4 || !strings.Contains(string(report), "3,failed,\"the row has 1 columns") {
			t.Errorf("got the report %q, %v", report, err)
		}
	}
	stored := hl.Contacts()
	if len(stored) != 1 || stored[0].City != "London" || !slices.Equal(stored[0].Tags, []string{"vip", "new"}) {
		t.Errorf("got %+v", stored)
	}
	s.dryRun, s.resume = true, ""
	before := len(hl.Requests())
	var out bytes.Buffer
	if problems, err := run(t.Context(), s, &out, &out); err != nil || problems != 2 || len(hl.Requests()) != before {
		t.Errorf("dry run: got %d, %v, %q, %d requests", problems, err, &out, len(hl.Requests())-before)
	}
}

func TestRun_Demo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	problems, err := run(t.Context(), settings{demo: true, report: filepath.Join(t.TempDir(), "report.csv")}, &out, &out)
	if err != nil || problems != 3 {
		t.Errorf("got %d, %v, %q", problems, err, &out)
	}
}

func TestNewRows_InvalidColumns(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{{"Email,Shoes", ""}, {"Email", "Town=city"}, {"Email", "Town"}, {"Email,Town", "Town=street name"}, {"", ""}} {
		if _, err := newRows(strings.NewReader(tt[0]), tt[1]); err == nil {
			t.Errorf("header %q, -map %q: got no error", tt[0], tt[1])
		}
	}
}
