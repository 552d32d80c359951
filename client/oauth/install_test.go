package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// site is a web application that is served over TLS, with a browser and the fake API.
type site struct {
	*httptest.Server
	fake    *clienttest.Server
	browser *http.Client
	store   oauth.TokenStore
	saveErr error
}

func newSite(t *testing.T, grant clienttest.Grant, settings *oauth.InstallSettings) *site {
	t.Helper()
	s := &site{fake: clienttest.NewServer(t, clienttest.WithConsent(grant)), store: oauth.NewMemoryStore()}
	var handler http.Handler
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	app := newApp(t, oauth.Config{
		ClientID: s.fake.App.ClientID, ClientSecret: client.NewSecret(s.fake.App.ClientSecret),
		RedirectURL: s.URL + "/callback", BaseURL: s.fake.URL, MarketplaceURL: s.fake.URL,
	})
	handler = oauth.InstallHandler(app, func(ctx context.Context, credential oauth.Credential) error {
		if s.saveErr != nil {
			return s.saveErr
		}
		return oauth.Save(ctx, s.store, credential)
	}, settings)
	s.browser = s.newBrowser(t)
	return s
}

func (s *site) newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: s.Client().Transport, Jar: jar}
}

// visit returns the status and the text of the page after all redirects.
func (s *site) visit(t *testing.T, browser *http.Client, address string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// callback returns the address that the consent page redirects the browser to.
func (s *site) callback(t *testing.T, browser *http.Client) string {
	t.Helper()
	var last string
	stopping := *browser
	stopping.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if req.URL.Path == "/callback" {
			last = req.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	s.visit(t, &stopping, s.URL+"/install")
	if last == "" {
		t.Fatal("the consent page did not redirect to the callback")
	}
	return last
}

func (s *site) wantSaved(t *testing.T, want bool) {
	t.Helper()
	if _, err := s.store.Load(t.Context()); (err == nil) != want {
		t.Errorf("got %v from the store, want a credential: %t", err, want)
	}
}

func TestInstallHandler_SavesTheCredential(t *testing.T) {
	t.Parallel()
	for _, userType := range []clienttest.UserType{clienttest.UserTypeLocation, clienttest.UserTypeCompany} {
		s := newSite(t, clienttest.Grant{UserType: userType}, nil)
		if status, text := s.visit(t, s.browser, s.URL+"/install"); status != 200 || !strings.Contains(text, "installed") {
			t.Errorf("%s: got %d %s", userType, status, text)
		}
		credential, err := s.store.Load(t.Context())
		if err != nil || string(credential.UserType) != string(userType) {
			t.Errorf("got %v, %v, want a credential of a %s", credential, err, userType)
		}
	}
}

func TestInstallHandler_Cookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, clienttest.Grant{}, nil)
	states := map[string]bool{}
	for range 2 {
		resp, err := s.Client().Transport.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/install", nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		cookies := resp.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("got %d cookies, want 1", len(cookies))
		}
		c := cookies[0]
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") || len(c.Name) < 50 {
			t.Errorf("got %+v, want Secure, HttpOnly, SameSite=Lax and a random name", c)
		}
		if resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("got Cache-Control %q, want no-store", resp.Header.Get("Cache-Control"))
		}
		states[c.Name] = true
	}
	if len(states) != 2 {
		t.Error("got the same state twice")
	}
}

func TestInstallHandler_InvalidState_IsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, clienttest.Grant{}, nil)
	callback := s.callback(t, s.browser)
	address, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}
	with := func(state string) string {
		changed := *address
		query := changed.Query()
		query.Del("state")
		if state != "" {
			query.Set("state", state)
		}
		changed.RawQuery = query.Encode()
		return changed.String()
	}
	for name, request := range map[string]struct {
		browser *http.Client
		address string
	}{
		"no state":                {s.browser, with("")},
		"another state":           {s.browser, with("another")},
		"other browser":           {s.newBrowser(t), callback},
		"other browser, no state": {s.newBrowser(t), with("")},
	} {
		if status, _ := s.visit(t, request.browser, request.address); status != 403 {
			t.Errorf("%s: got %d, want 403", name, status)
		}
	}
	s.wantSaved(t, false)
	if status, text := s.visit(t, s.browser, callback); status != 200 {
		t.Errorf("same browser: got %d %s, want 200", status, text)
	}
	s.wantSaved(t, true)
	if status, _ := s.visit(t, s.browser, callback); status != 403 {
		t.Errorf("second callback: got %d, want 403", status)
	}
}

func TestInstallHandler_WithoutState(t *testing.T) {
	t.Parallel()
	s := newSite(t, clienttest.Grant{}, &oauth.InstallSettings{AllowMissingState: true})
	code := url.QueryEscape(s.fake.AuthorizationCode(clienttest.Grant{}))
	if status, _ := s.visit(t, s.browser, s.URL+"/callback?state=forged&code="+code); status != 403 {
		t.Errorf("forged state: got %d, want 403", status)
	}
	if status, text := s.visit(t, s.browser, s.URL+"/callback?code="+code); status != 200 {
		t.Errorf("got %d %s", status, text)
	}
	s.wantSaved(t, true)
}

func TestInstallHandler_CallbackFails(t *testing.T) {
	t.Parallel()
	diskFull := errors.New("disk full")
	tests := []struct {
		name    string
		change  func(query url.Values)
		saveErr error
		status  int
		want    error
	}{
		{"denied", func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, nil, 403, oauth.ErrConsentDenied},
		{"no code", func(q url.Values) { q.Del("code") }, nil, 400, nil},
		{"code not found", func(q url.Values) { q.Set("code", "c0de-c0de-c0de-c0de") }, nil, 400, oauth.ErrReinstallRequired},
		{"not saved", func(url.Values) {}, diskFull, 502, diskFull},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, custom := range []bool{false, true} {
				var got error
				var settings oauth.InstallSettings
				if custom {
					settings.Failed = func(w http.ResponseWriter, _ *http.Request, err error) {
						got = err
						w.WriteHeader(test.status)
					}
				}
				s := newSite(t, clienttest.Grant{}, &settings)
				s.saveErr = test.saveErr
				address, err := url.Parse(s.callback(t, s.browser))
				if err != nil {
					t.Fatal(err)
				}
				query := address.Query()
				code := query.Get("code")
				test.change(query)
				address.RawQuery = query.Encode()
				status, text := s.visit(t, s.browser, address.String())
				if status != test.status || strings.Contains(text, code) || strings.Contains(text, "c0de") || strings.Contains(text, "disk") {
					t.Errorf("got %d %s, want %d without details", status, text, test.status)
				}
				if custom && (got == nil || test.want != nil && !errors.Is(got, test.want)) {
					t.Errorf("got error %v, want %v", got, test.want)
				}
				s.wantSaved(t, false)
			}
		})
	}
}

func TestInstallHandler_WithInstalled(t *testing.T) {
	t.Parallel()
	s := newSite(t, clienttest.Grant{}, &oauth.InstallSettings{Installed: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credential, ok := oauth.InstalledCredential(r.Context())
		if !ok {
			t.Error("got no credential in the context")
		}
		_, _ = io.WriteString(w, "welcome "+credential.LocationID)
	})})
	if _, text := s.visit(t, s.browser, s.URL+"/install"); text != "welcome "+s.fake.LocationID {
		t.Errorf("got %q", text)
	}
}

// The code is valid once, so the credential is saved even if the browser disconnects while the app
// exchanges the code.
func TestInstallHandler_BrowserDisconnects_CredentialIsSaved(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	api.codes["code-1"] = true
	ctx, disconnect := context.WithCancel(t.Context())
	api.after = func(*http.Request) http.HandlerFunc { disconnect(); return nil }
	store := oauth.NewMemoryStore()
	handler := oauth.InstallHandler(newApp(t, config(api)), func(ctx context.Context, credential oauth.Credential) error {
		return oauth.Save(ctx, store, credential)
	}, &oauth.InstallSettings{AllowMissingState: true})
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/callback?code=code-1", nil))
	if _, err := store.Load(t.Context()); err != nil {
		t.Errorf("got %v, want the saved credential", err)
	}
}

// Programs that check links send a HEAD request before the browser opens the callback.
func TestInstallHandler_HeadDoesNotUseUpTheCode(t *testing.T) {
	t.Parallel()
	s := newSite(t, clienttest.Grant{}, nil)
	callback := s.callback(t, s.browser)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, callback, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: got %d, want 405", resp.StatusCode)
	}
	s.wantSaved(t, false)
	if status, text := s.visit(t, s.browser, callback); status != 200 {
		t.Errorf("GET: got %d %s, want 200", status, text)
	}
	s.wantSaved(t, true)
}

// A user starts the installation in several tabs of a browser. Each of them can complete, except the
// oldest ones if there are too many.
func TestInstallHandler_SeveralTabs(t *testing.T) {
	t.Parallel()
	const tabs, accepted = 10, 8
	s := newSite(t, clienttest.Grant{}, nil)
	callbacks := make([]string, tabs)
	for i := range callbacks {
		callbacks[i] = s.callback(t, s.browser)
	}
	for i, callback := range callbacks {
		want := 200
		if i < tabs-accepted {
			want = 403
		}
		if status, text := s.visit(t, s.browser, callback); status != want {
			t.Errorf("tab %d: got %d %s, want %d", i, status, text, want)
		}
	}
}

func TestInstallHandler_Log(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		transport http.HandlerFunc
		query     string
		saveErr   func() error
		want      string
	}{
		"state":   {respond(500, ""), "?code=c0de-1&state=x", nil, "the state does not match"},
		"denied":  {respond(500, ""), "?error=access_denied", nil, "the installation was denied"},
		"code":    {respond(401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`), "?code=c0de-1", nil, "Authorization code not found"},
		"network": {hang, "?code=c0de-1", nil, "timeout"},
		"save": {
			respond(200, `{"access_token":"acc3ss-1","refresh_token":"r3fresh-1"}`), "?code=c0de-1",
			func() error { return errors.New("insert r3fresh-1: disk full") }, "save the credential: insert [redacted]: disk full",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := config(test.transport)
				var log bytes.Buffer
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
				save := func(context.Context, oauth.Credential) error { return test.saveErr() }
				handler := oauth.InstallHandler(newApp(t, c), save, &oauth.InstallSettings{AllowMissingState: true})
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/callback"+test.query, nil))
				got := log.String()
				if !strings.Contains(got, "oauth: installation failed") || !strings.Contains(got, test.want) ||
					strings.Contains(got, "c0de-1") || strings.Contains(got, "r3fresh-1") {
					t.Errorf("got %s, want the reason %q without secrets", got, test.want)
				}
			})
		})
	}
}

func TestInstallHandler_NilSettings(t *testing.T) {
	t.Parallel()
	handler := oauth.InstallHandler(newApp(t, config(respond(500, ""))), nil, nil)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/callback", nil))
	if recorder.Code != http.StatusForbidden {
		t.Errorf("got %d, want 403", recorder.Code)
	}
}
