package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// programVariable makes the test binary run the program instead of the tests.
const programVariable = "HIGHLEVEL_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// newProgram returns a command that runs the program in a process of its own.
func newProgram(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), programVariable+"=1")
	return cmd
}

// fast is a rate limit that the client learns from the headers and never reaches.
var fast = clienttest.RateLimit{Max: 10_000, Interval: 10 * time.Second, Daily: 100_000_000}

// location is a fake of a location, and a directory for files.
type location struct {
	*clienttest.Server

	dir string
	url string
}

// newLocation starts a fake that also serves the country of the location, unless it is empty.
func newLocation(t *testing.T, country string, opts ...clienttest.Option) *location {
	t.Helper()
	fake := clienttest.NewServer(t, append([]clienttest.Option{clienttest.WithRateLimit(fast)}, opts...)...)
	mux := http.NewServeMux()
	mux.Handle("/", fake.Handler())
	if country != "" {
		mux.HandleFunc("GET /locations/{id}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"location":{"id":%q,"country":%q}}`, r.PathValue("id"), country)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &location{Server: fake, dir: t.TempDir(), url: server.URL}
}

// file writes a file.
func (l *location) file(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (l *location) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// result is what a run of the program has printed, and its exit status.
type result struct {
	out, status string
	code        int
}

func (o result) String() string {
	return fmt.Sprintf("exit status %d\n%s\n%s", o.code, o.out, o.status)
}

// command returns a command that runs the program in the directory of l.
func (l *location) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := newProgram(ctx, t, args...)
	cmd.Dir = l.dir
	cmd.Env = append(cmd.Env, "HIGHLEVEL_URL="+l.url, "HIGHLEVEL_TOKEN="+l.Token, "HIGHLEVEL_LOCATION="+l.LocationID)
	return cmd
}

// run runs the program. It fails the test if an email address or phone number is in the status, in an
// error, or in a report.
func (l *location) run(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out, status bytes.Buffer
	cmd := l.command(ctx, t, args...)
	cmd.Stdout, cmd.Stderr = &out, &status
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	checkPrivate(t, "status", status.String())
	reports, err := filepath.Glob(filepath.Join(l.dir, "*.report.csv*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, report := range reports {
		checkPrivate(t, report, l.read(t, filepath.Base(report)))
	}
	return result{out.String(), status.String(), cmd.ProcessState.ExitCode()}
}

// private matches email addresses and phone numbers of the tests.
var private = regexp.MustCompile(`@|\+[0-9]{7}|[0-9]{3}[ -.][0-9]{4}\b`)

func checkPrivate(t *testing.T, name, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if private.MatchString(line) && !strings.Contains(line, "/highlevel") {
			t.Errorf("%s contains private data: %s", name, line)
		}
	}
}

// wants fails the test unless a run ended with a status and printed the texts.
func (o result) wants(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("got %v, want exit status %d", o, code)
	}
	for _, text := range texts {
		if !strings.Contains(o.out+o.status, text) {
			t.Errorf("got %v, want %q", o, text)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	l.run(t, "--help").wants(t, 0, "import", "export", "search", "tag", "fake", "completion", "HIGHLEVEL_TOKEN")
	l.run(t, "imprt").wants(t, 1, "unknown command")
	l.run(t, "import").wants(t, 1, "accepts 1 arg")
	l.Token = ""
	l.run(t, "search").wants(t, 1, "set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION, or pass --demo")
	l.run(t, "search", "--demo", "--count").wants(t, 0, "1000\n")
	l.run(t, "export", "--demo", "-o", "demo.csv").wants(t, 0, "1000 contacts")
	l.run(t, "import", "--demo", "demo.csv").wants(t, 0, "1000 rows: 0 created, 1000 updated")
	l.run(t, "tag", "--demo", "add", "gold", "--where", "tags contains vip").wants(t, 0, "250 contacts changed, 0 failed")
}
