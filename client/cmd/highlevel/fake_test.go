package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// servedFake is a fake that the program serves in a process of its own.
type servedFake struct {
	url, greeting string
	fields        map[string]string // of the greeting
	log           *bytes.Buffer     // read it after stop
	stop          func() error
}

// serveProgram starts the program with the command fake on a free port.
func serveProgram(t *testing.T, args ...string) *servedFake {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := newProgram(ctx, t, append([]string{"fake", "--addr", "127.0.0.1:0"}, args...)...)
	f := &servedFake{log: &bytes.Buffer{}, fields: map[string]string{}}
	cmd.Stderr = f.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.stop = sync.OnceValue(func() error {
		if runtime.GOOS == "windows" { // it has no interrupts
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return nil
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, stdout) // until the process ends
		return cmd.Wait()
	})
	t.Cleanup(func() { _ = f.stop() })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "export ") {
		f.greeting += lines.Text() + "\n"
		if field := regexp.MustCompile(`^  (\w+(?: \w+)?)  +([^ ,]+)`).FindStringSubmatch(lines.Text()); field != nil {
			f.fields[field[1]] = field[2]
		}
	}
	if found := regexp.MustCompile(`Fake HighLevel at (http://\S+)`).FindStringSubmatch(f.greeting); found != nil {
		f.url = found[1]
		return f
	}
	t.Fatalf("got the greeting %q, and %v and %s at the end", f.greeting, f.stop(), f.log)
	return nil
}

func (f *servedFake) send(t *testing.T, method, path, body, token string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Version": {"2021-07-28"}, "Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
	if method == http.MethodPost && strings.HasPrefix(path, "/oauth/") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	httpClient := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := httpClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content) + resp.Header.Get("Location")
}

func TestFake_ServesUntilInterrupted(t *testing.T) {
	t.Parallel()
	received := make(chan string, 10)
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get("X-GHL-Signature") }))
	defer site.Close()
	f := serveProgram(t, "--webhooks", site.URL, "--token", "pit-test", "--location", "L", "--contacts", "3", "--locations", "2")
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		contains                 string
	}{
		{"the page", "GET", "/", "", 200, "<code>pit-test</code>"},
		{"a write", "POST", "/contacts/", `{"locationId":"L","email":"ada@example.com","customFields":[{"key":"shoe_size","field_value":43}]}`, 201, `"ada@example.com"`},
		{"a list", "GET", "/contacts/?locationId=L&query=ada%40example.com", "", 200, `"value":43`},
		{"an unknown route", "GET", "/ada@example.com", "", 404, ""},
	} {
		status, text := f.send(t, tt.method, tt.path, tt.body, "pit-test")
		if status != tt.status || !strings.Contains(text, tt.contains) {
			t.Errorf("%s: got %d %s, want %d with %q", tt.name, status, text, tt.status, tt.contains)
		}
	}
	if signature := <-received; signature == "" {
		t.Error("got a webhook without a signature")
	}
	if err := f.stop(); err != nil {
		t.Error(err)
	}
	if lines := f.log.String(); strings.Contains(lines, "example.com") || !strings.Contains(lines, "404 unknown route") || !strings.Contains(lines, "200 getContacts in") {
		t.Errorf("got the log\n%s\nwant the operations and no personal data", lines)
	}
}

// Two fakes do not accept the token of each other, and the page and the greeting show the token.
func TestFake_DistinctTokens(t *testing.T) {
	t.Parallel()
	a, b := serveProgram(t), serveProgram(t)
	if a.fields["token"] == b.fields["token"] || a.url == b.url {
		t.Errorf("got %s and %s with one token or address", a.greeting, b.greeting)
	}
	for _, f := range []*servedFake{a, b} {
		if _, page := f.send(t, "GET", "/", "", ""); !strings.Contains(page, f.fields["token"]) || !strings.Contains(page, strings.TrimPrefix(f.url, "http://")) {
			t.Errorf("the page of %s does not say which fake it is", f.url)
		}
	}
	if status, _ := a.send(t, "GET", "/contacts/?locationId="+a.fields["location"], "", b.fields["token"]); status != http.StatusUnauthorized {
		t.Errorf("got status %d for the token of another fake, want 401", status)
	}
}

// An app that is installed in an agency of 50 locations reads all contacts of all of them.
func TestFake_Agency(t *testing.T) {
	t.Parallel()
	f := serveProgram(t, "--locations", "50", "--contacts", "3")
	app, err := oauth.New(oauth.Config{
		ClientID: f.fields["client ID"], ClientSecret: client.NewSecret(f.fields["client secret"]), Scopes: []string{"contacts.readonly", "oauth.write"},
		RedirectURL: "http://127.0.0.1/callback", BaseURL: f.url, MarketplaceURL: f.url,
	})
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(app.AuthCodeURL(""), f.url)
	_, page := f.send(t, "GET", path, "", "")
	consent := url.Values{"decision": {"allow"}, "agency": {"true"}}
	for _, found := range regexp.MustCompile(`name="?location"?[^>]*value="?([A-Za-z0-9]{20})`).FindAllStringSubmatch(page, -1) {
		consent.Add("location", found[1])
	}
	_, redirect := f.send(t, "POST", path, consent.Encode(), "")
	target, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := app.Exchange(t.Context(), target.Query().Get("code"), oauth.UserTypeCompany)
	store := oauth.NewMemoryStore()
	if err = errors.Join(err, oauth.Save(t.Context(), store, credential)); err != nil {
		t.Fatal(err)
	}
	pool := oauth.NewClientPool(app.Source(store), func(string) []client.Option { return []client.Option{client.WithBaseURL(f.url)} })
	contacts := 0
	for _, location := range credential.ApprovedLocations {
		c, err := pool.Client(location)
		if err != nil {
			t.Fatal(err)
		}
		page, err := c.Contacts.Search(t.Context(), client.SearchRequest{})
		if err != nil {
			t.Fatal(err)
		}
		contacts += len(page.Contacts)
	}
	if len(credential.ApprovedLocations) != 50 || contacts != 150 {
		t.Errorf("got %d locations and %d contacts, want 50 and 150", len(credential.ApprovedLocations), contacts)
	}
}

func TestFake_InvalidFlags(t *testing.T) {
	t.Parallel()
	l := newLocation(t, "")
	for _, flag := range []string{"--nope", "--locations=0", "--contacts=-1", "extra", "--addr=nowhere:x", "--webhooks=nowhere"} {
		l.run(t, "fake", flag).wants(t, 1, "highlevel: ")
	}
}
