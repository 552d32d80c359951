package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	found := regexp.MustCompile(`Fake HighLevel at (http://\S+)`).FindStringSubmatch(line)
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
	fields := write(t, "fields.json", `[{"fieldKey":"contact.shoe_size","dataType":"NUMERICAL"}]`)
	received := make(chan string, 10)
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get("X-GHL-Signature") }))
	defer site.Close()
	url, log, stop := started(t, "-webhooks", site.URL, "-token", "pit-test", "-location", "L", "-contacts", "3", "-locations", "2", "-fields", fields, "-country", "de")
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		contains                 string
	}{
		{"the page", "GET", "/", "", 200, "<dd>6</dd>"},
		{"a write", "POST", "/contacts/", `{"locationId":"L","email":"ada@example.com","phone":"030 901820","customFields":[{"key":"shoe_size","field_value":43}]}`, 201, `"+4930901820"`},
		{"a search", "GET", "/contacts/?locationId=L&query=ada%40example.com", "", 200, `"value":43`},
		{"an unknown route", "GET", "/ada@example.com", "", 404, ""},
	} {
		status, text := do(t, test.method, url+test.path, test.body)
		if status != test.status || !strings.Contains(text, test.contains) {
			t.Errorf("%s: got %d %s, want %d with %q", test.name, status, text, test.status, test.contains)
		}
	}
	if signature := <-received; signature == "" {
		t.Error("got a webhook without a signature")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if lines := log.String(); strings.Contains(lines, "example.com") || !strings.Contains(lines, "404 unknown route") || !strings.Contains(lines, "200 getContacts in") {
		t.Errorf("got log\n%s\nwant the operations and no personal data", lines)
	}
}

// Two fakes do not accept the token of each other.
func TestGreet_DistinctTokens(t *testing.T) {
	t.Parallel()
	tokens := map[string]bool{}
	for range 2 {
		s, err := parseSettings(nil, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		fake, err := s.start(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		greet(&out, fake, "http://127.0.0.1:1")
		if !strings.Contains(out.String(), "Bearer "+fake.Token) {
			t.Errorf("got greeting %s, want the token", out.String())
		}
		tokens[fake.Token] = true
		fake.Close()
	}
	if len(tokens) != 2 {
		t.Errorf("got tokens %v, want two", tokens)
	}
}

func TestRun_InvalidArguments(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]string{{"-nope"}, {"-locations", "0"}, {"-contacts", "-1"}, {"extra"}} {
		if _, err := parseSettings(bad, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%v: got error %v, want errUsage", bad, err)
		}
	}
	for _, bad := range [][]string{{"-addr", "nowhere:x"}, {"-fields", "/nowhere"}, {"-country", "Germany"}, {"-webhooks", "nowhere"}, {"-fields", write(t, "f.json", `[{"fieldKey":""}]`)}} {
		if err := run(t.Context(), bad, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: got no error, want one", bad)
		}
	}
}
