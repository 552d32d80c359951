package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	neturl "net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// childArgs is the environment variable that makes the test program run the fake.
const childArgs = "FAKEHIGHLEVEL_TEST_ARGS"

func TestMain(m *testing.M) {
	if args, ok := os.LookupEnv(childArgs); ok {
		if err := run(context.Background(), strings.Split(args, "\n"), os.Stdout, io.Discard); err != nil {
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// output is a writer whose content can be read concurrently.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(part []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(part)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var greeting = regexp.MustCompile(`Fake HighLevel at (http://\S+)`)

// started runs the fake until the test ends, and returns its address and its request log. stop
// stops the fake and returns its error.
func started(t *testing.T, args ...string) (url string, log *output, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	log = &output{}
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), writer, log)
		writer.CloseWithError(io.EOF)
		ended <- err
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })
	line, err := bufio.NewReader(reader).ReadString('\n') // the buffer has room for the whole greeting
	found := greeting.FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("got greeting %q, %v and error %v of run", line, err, stop())
	}
	return found[1], log, stop
}

func do(t *testing.T, method, url, body string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Version": {"2021-07-28"}, "Authorization": {"Bearer pit-test"}, "Content-Type": {"application/json"}}
	httpClient := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := httpClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}

func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun_ServesUntilCanceled(t *testing.T) {
	t.Parallel()
	seed := write(t, "seed.jsonl", `{"id":"ada","firstName":"Ada","email":"ada@example.com"}`)
	faults := write(t, "faults.json", `[{"operation":"deleteContact","status":500,"count":1}]`)
	url, log, stop := started(t, "-token", "pit-test", "-location", "L", "-seed", seed, "-faults", faults, "-rate", "6/1h,100", "-allow-duplicates")
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		contains                 string
	}{
		{"the page", "GET", "/", "", 200, "6 of 6 in 1h0m0s, 100 left today"},
		{"the document", "GET", "/document", "", 200, "upsertContact"},
		{"a contact of the seed", "GET", "/contacts/ada", "", 200, "ada@example.com"},
		{"a duplicate", "POST", "/contacts/", `{"locationId":"L","email":"ada@example.com"}`, 201, "ada@example.com"},
		{"a fault", "DELETE", "/contacts/ada", "", 500, ""},
		{"after the fault", "DELETE", "/contacts/ada", "", 200, "succeded"},
		{"a search", "GET", "/contacts/?locationId=L&query=ada%40example.com", "", 200, `"total":1`},
		{"an unknown property", "PUT", "/contacts/x", `{"oops":1}`, 422, "oops"},
		{"the limit", "GET", "/contacts/x", "", 400, ""},
		{"over the limit", "GET", "/contacts/x", "", 429, ""},
		{"an unknown route", "GET", "/ada@example.com", "", 404, ""},
	} {
		status, text := do(t, test.method, url+test.path, test.body)
		if status != test.status || !strings.Contains(text, test.contains) {
			t.Errorf("%s: got %d %s, want %d with %q", test.name, status, text, test.status, test.contains)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if lines := log.String(); strings.Contains(lines, "example.com") || !strings.Contains(lines, "500 (fault) deleteContact") || !strings.Contains(lines, "200 getContact in") {
		t.Errorf("got log\n%s\nwant the operations and no personal data", lines)
	}
}

func TestRun_VerboseLog(t *testing.T) {
	t.Parallel()
	url, log, _ := started(t, "-token", "pit-test", "-location", "L", "-rate", "off", "-v", "-validate=false")
	do(t, "POST", url+"/contacts/", `{"locationId":"L","email":"ada@example.com","oops":1}`)
	do(t, "GET", url+"/contacts/?locationId=L&query=ada", "")
	do(t, "GET", url+"/contacts/x%0A12:00:00.000%20200%20forged", "")
	do(t, "PUT", url+"/contacts/x", "{\n\"oops\u009b\": 1}\n12:00:00.000 200 forged")
	for line := range strings.Lines(log.String()) {
		if strings.HasPrefix(line, "12:00:00.000 200 forged") || strings.Contains(line, "\u009b") {
			t.Errorf("got the line %q of a caller", line)
		}
	}
	if lines := log.String(); !strings.Contains(lines, "ada@example.com") || !strings.Contains(lines, "query=ada") || strings.Contains(lines, "pit-test") {
		t.Errorf("got log\n%s\nwant bodies and queries, and no token", lines)
	}
}

func TestRun_LocationsFieldsAndCountry(t *testing.T) {
	t.Parallel()
	fields := write(t, "fields.json", `[{"key":"shoe_size","type":"number"}]`)
	url, log, _ := started(t, "-token", "pit-test", "-location", "L", "-contacts", "3", "-locations", "2", "-fields", fields, "-country", "de", "-approve",
		"-state", filepath.Join(t.TempDir(), "state.jsonl"), "-sync")
	_, page := do(t, "GET", url+"/", "")
	if !strings.Contains(page, "<dd>6</dd>") {
		t.Errorf("got a page without 6 contacts in two locations: %s\n%s", page, log)
	}
	status, text := do(t, "POST", url+"/contacts/", `{"locationId":"L","phone":"030 901820","customFields":[{"key":"shoe_size","field_value":43},{"key":"my_text","field_value":"x"}]}`)
	if status != 201 || !strings.Contains(text, "+4930901820") || !strings.Contains(text, `"value":43`) || strings.Contains(text, `"value":"x"`) {
		t.Errorf("got %d %s, want 201, a German number and one field", status, text)
	}
	query := "?response_type=code&client_id=60e1f3f2a8b7c40001a1b2c3-kq2x9d1e&state=s&redirect_uri=" + neturl.QueryEscape(url+"/callback")
	if status, text := do(t, "GET", url+"/oauth/chooselocation"+query, ""); status != 404 || !strings.Contains(text, "Cannot GET /callback") {
		t.Errorf("got %d %s, want a redirect to the unknown route", status, text)
	}
}

func TestParseSettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]clienttest.RateLimit{
		"25/10s":        {Max: 25, Interval: 10 * time.Second, Daily: 200_000},
		"25/10s,10000":  {Max: 25, Interval: 10 * time.Second, Daily: 10_000},
		"1/500ms,0":     {Max: 1, Interval: 500 * time.Millisecond},
		"off":           {},
		"100/10s,20000": {Max: 100, Interval: 10 * time.Second, Daily: 20_000},
	} {
		s, err := parseSettings([]string{"-rate", text}, io.Discard)
		if err != nil || s.rate.RateLimit != want {
			t.Errorf("%s: got %+v and error %v, want %+v", text, s, err, want)
		}
		if again, err := parseSettings([]string{"-rate", s.rate.String()}, io.Discard); err != nil || again.rate.Max != want.Max {
			t.Errorf("got %s as %s, which is read as %v", text, &s.rate, err)
		}
	}
	for _, bad := range [][]string{{"-rate", "100"}, {"-rate", "0/10s"}, {"-rate", "1/10s,x"}, {"-nope"}, {"-sync"}, {"-locations", "0"}, {"-contacts", "-1"}, {"extra"}} {
		if _, err := parseSettings(bad, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%v: got error %v, want errUsage", bad, err)
		}
	}
	for _, bad := range [][]string{{"-seed", "/nowhere"}, {"-faults", "/nowhere"}, {"-state", "/nowhere/at/all"}, {"-addr", "nowhere:x"}, {"-fields", "/nowhere"}, {"-country", "Germany"}, {"-faults", write(t, "f.json", `[{"operation":"no"}]`)}} {
		if err := run(t.Context(), bad, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: got no error, want one", bad)
		}
	}
}
