package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// killer is a proxy in front of the fake that kills the program at a request: before the fake
// receives the request, or before the program receives the response.
type killer struct {
	fake     http.Handler
	kill     atomic.Pointer[context.CancelFunc]
	left     atomic.Int64 // requests until the kill
	isBefore atomic.Bool
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isLast := k.left.Add(-1) == 0
	if isLast && k.isBefore.Load() {
		(*k.kill.Load())()
		panic(http.ErrAbortHandler)
	}
	// The request reaches the fake although the program is killed.
	r = r.WithContext(context.WithoutCancel(r.Context()))
	recorder := httptest.NewRecorder()
	k.fake.ServeHTTP(recorder, r)
	if isLast {
		(*k.kill.Load())()
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), recorder.Header())
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes()) // to a program that may have been killed
}

// TestKill_Import kills an import with SIGKILL again and again, and resumes it. The fake is in another
// process. In the end, every row
// is written once, and the report is complete.
func TestKill_Import(t *testing.T) {
	t.Parallel()
	kills, rows := 3, 60
	if os.Getenv("PROVE") == "full" {
		kills, rows = 50, 2000
	}
	for _, mode := range []string{modeUpsert, modeCreate} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			killImport(t, mode, kills, rows)
		})
	}
}

func killImport(t *testing.T, mode string, kills, rows int) {
	l := newLocation(t, "", clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}))
	k := &killer{fake: l.Handler()}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	l.url = server.URL
	var text strings.Builder
	text.WriteString("Email,Phone,Tags\n")
	for i := range rows {
		if i%10 == 7 {
			fmt.Fprintf(&text, "row%d,,\n", i) // is reported
			continue
		}
		fmt.Fprintf(&text, "row%d@example.com,+1415%07d,\"one,two\"\n", i, 2_000_000+i)
	}
	l.file(t, "in.csv", text.String())
	for n := range kills {
		k.isBefore.Store(n%2 == 0)
		requests := 5 + n*53%100
		if mode == modeCreate { // which sends one request for each row
			requests = 3 + n*7%15
		}
		k.left.Store(int64(requests))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		k.kill.Store(&cancel)
		cmd := l.command(ctx, t, "import", "in.csv", "--mode", mode, "--resume") // the context kills it with SIGKILL
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		err := cmd.Run()
		cancel()
		if err == nil || ctx.Err() == nil || cmd.ProcessState.Exited() && runtime.GOOS != "windows" { // where a killed process exits
			t.Fatalf("run %d: got %v and %s, want that it is killed", n, err, &output)
		}
		if _, err := os.Stat(filepath.Join(l.dir, "in.report.csv")); err == nil {
			t.Fatalf("run %d: got a complete report", n)
		}
	}
	k.left.Store(0)
	l.run(t, "import", "in.csv", "--mode", mode, "--resume").wants(t, 1, fmt.Sprintf("%d rows: ", rows))
	checkKilled(t, l, rows)
}

// checkKilled checks the contacts and the report after the last run.
func checkKilled(t *testing.T, l *location, rows int) {
	t.Helper()
	stored := map[string]int{}
	for _, contact := range l.Contacts() {
		stored[contact.Email]++
		if !slices.Equal(contact.Tags, []string{"one", "two"}) {
			t.Errorf("%s: got tags %q", contact.Email, contact.Tags)
		}
	}
	entries := l.reportOf(t)
	if len(entries) != rows {
		t.Fatalf("got %d entries, want %d", len(entries), rows)
	}
	for i, e := range entries {
		count := stored[fmt.Sprintf("row%d@example.com", i)]
		switch {
		case e.line != i+2:
			t.Errorf("row %d: got line %d", i, e.line)
		case i%10 == 7:
			if e.status != statusFailed || count != 0 {
				t.Errorf("row %d: got %+v, want that it failed", i, e)
			}
		case count != 1 || e.status != statusCreated && e.status != statusUpdated:
			t.Errorf("row %d: got %+v and %d contacts, want 1", i, e, count)
		}
	}
}
