package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

// browser is a browser with an InstallHandler. ExampleInstallHandler uses a real consent page.
type browser struct {
	api     *fakeAPI
	store   oauth.TokenStore
	handler http.Handler
	jar     http.CookieJar
}

func newBrowser(t *testing.T, settings *oauth.InstallSettings) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{api: newFakeAPI(t), store: oauth.NewMemoryStore(), jar: jar}
	b.handler = oauth.InstallHandler(newApp(t, config(b.api)), func(ctx context.Context, credential oauth.Credential) error {
		return oauth.Save(ctx, b.store, credential)
	}, settings)
	return b
}

// visit sends a request with the cookies of the browser.
func (b *browser) visit(ctx context.Context, method, path string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequestWithContext(ctx, method, "https://app.example"+path, nil), httptest.NewRecorder()
	for _, cookie := range b.jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	b.handler.ServeHTTP(w, r)
	b.jar.SetCookies(r.URL, w.Result().Cookies())
	return w
}

// wantVisit checks the status of the response, and whether a credential is stored afterwards.
func (b *browser) wantVisit(t *testing.T, method, path string, status int, saved bool) {
	t.Helper()
	w := b.visit(t.Context(), method, path)
	if _, err := b.store.Load(t.Context()); w.Code != status || (err == nil) != saved {
		t.Errorf("%s %s: got %d %s and %v from the store, want %d and a credential: %t", method, path, w.Code, w.Body, err, status, saved)
	}
}

// callback starts an installation, and returns the path to which the consent page redirects.
func (b *browser) callback(t *testing.T, grant clienttest.Grant) string {
	t.Helper()
	consent, err := url.Parse(b.visit(t.Context(), http.MethodGet, "/install").Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return "/callback?code=" + b.api.AuthorizationCode(grant) + "&state=" + consent.Query().Get("state")
}

func TestInstallHandler_SavesTheCredential(t *testing.T) {
	t.Parallel()
	welcome := func(w http.ResponseWriter, _ *http.Request, credential oauth.Credential) {
		fmt.Fprintf(w, "welcome %s", credential.UserType)
	}
	for want, settings := range map[string]*oauth.InstallSettings{"The app is installed. You can close this page.\n": nil, "welcome Company": {Installed: welcome}} {
		b := newBrowser(t, settings)
		w := b.visit(t.Context(), http.MethodGet, b.callback(t, clienttest.Grant{UserType: clienttest.UserTypeCompany}))
		credential, err := b.store.Load(t.Context())
		if w.Code != 200 || w.Body.String() != want || err != nil || credential.CompanyID != b.api.CompanyID {
			t.Errorf("got %d %s, %v, %v, want %q", w.Code, w.Body, credential, err, want)
		}
	}
}

func TestInstallHandler_Cookie(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, nil)
	states := map[string]bool{}
	for range 2 {
		w := b.visit(t.Context(), http.MethodGet, "/install")
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("got %d cookies and %v, want 1, and no-store", len(cookies), w.Header())
		}
		c := cookies[0]
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") || len(c.Name) < 50 {
			t.Errorf("got %+v, want Secure, HttpOnly, SameSite=Lax and a random name", c)
		}
		states[c.Name] = true
	}
	if len(states) != 2 {
		t.Error("got the same state twice")
	}
}

// A user starts the installation in two tabs of a browser. Each of them can complete it, once.
func TestInstallHandler_InvalidState_IsRefused(t *testing.T) {
	t.Parallel()
	b, other := newBrowser(t, nil), newBrowser(t, nil)
	callback, secondTab := b.callback(t, clienttest.Grant{}), b.callback(t, clienttest.Grant{})
	noState, _, _ := strings.Cut(callback, "&state=")
	other.handler = b.handler
	other.wantVisit(t, http.MethodGet, callback, 403, false)
	other.wantVisit(t, http.MethodGet, noState, 403, false)
	b.wantVisit(t, http.MethodGet, noState, 403, false)
	b.wantVisit(t, http.MethodGet, callback+"x", 403, false)
	b.wantVisit(t, http.MethodHead, callback, 405, false) // programs that check links send HEAD
	b.wantVisit(t, http.MethodGet, callback, 200, true)
	b.wantVisit(t, http.MethodGet, callback, 403, true)
	b.wantVisit(t, http.MethodGet, secondTab, 200, true)
}

func TestInstallHandler_WithoutState(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, &oauth.InstallSettings{AllowMissingState: true})
	callback := "/callback?code=" + b.api.AuthorizationCode(clienttest.Grant{})
	b.wantVisit(t, http.MethodGet, callback+"&state=forged", 403, false)
	b.wantVisit(t, http.MethodGet, callback, 200, true)
}

// The code is valid once, so the credential is saved even if the browser disconnects while the app
// exchanges the code.
func TestInstallHandler_BrowserDisconnects_CredentialIsSaved(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, nil)
	callback := b.callback(t, clienttest.Grant{})
	ctx, disconnect := context.WithCancel(t.Context())
	b.api.after = func(*http.Request) http.HandlerFunc { disconnect(); return nil }
	b.visit(ctx, http.MethodGet, callback)
	if _, err := b.store.Load(t.Context()); err != nil {
		t.Errorf("got %v, want the saved credential", err)
	}
}

// The page of a failed callback contains no details, Failed receives the error, and the log contains
// the reason without secrets.
func TestInstallHandler_CallbackFails(t *testing.T) {
	t.Parallel()
	diskFull := errors.New("insert r3fresh-1: disk full")
	tokens, notFound := `{"access_token":"acc3ss-1","refresh_token":"r3fresh-1"}`, `{"error_description":"Authorization code not found"}`
	for _, test := range []struct {
		transport http.HandlerFunc
		query     string
		status    int
		want      error
		log       string
	}{
		{respond(500, ""), "?code=c0de-1&state=x", 403, oauth.ErrStateMismatch, "the state does not match"},
		{respond(500, ""), "?error=access_denied", 403, oauth.ErrConsentDenied, "the installation was denied"},
		{respond(500, ""), "", 400, client.ErrInvalid, "the code is empty"},
		{respond(401, notFound), "?code=c0de-1", 400, oauth.ErrReinstallRequired, "Authorization code not found"},
		{hang, "?code=c0de-1", 502, client.ErrNetwork, "timeout"},
		{respond(200, tokens), "?code=c0de-1", 502, diskFull, "save the credential: insert [redacted]: disk full"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			c, settings := config(inMemory(test.transport)), &oauth.InstallSettings{AllowMissingState: true}
			c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			visit := func() *httptest.ResponseRecorder {
				w := httptest.NewRecorder()
				oauth.InstallHandler(newApp(t, c), func(context.Context, oauth.Credential) error { return diskFull }, settings).
					ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/callback"+test.query, nil))
				return w
			}
			w := visit()
			if text := w.Body.String(); w.Code != test.status || text == "" || strings.Contains(text, "c0de") || strings.Contains(text, "disk") {
				t.Errorf("%s: got %d %s, want %d without details", test.query, w.Code, text, test.status)
			}
			var got error
			settings.Failed = func(_ http.ResponseWriter, _ *http.Request, err error) { got = err }
			if visit(); !errors.Is(got, test.want) {
				t.Errorf("%s: got error %v, want %v", test.query, got, test.want)
			}
			if reason := log.String(); strings.Count(reason, "oauth: installation failed") != 2 || !strings.Contains(reason, test.log) ||
				strings.Contains(reason, "c0de-1") || strings.Contains(reason, "r3fresh-1") {
				t.Errorf("%s: got log %s, want the reason %q without secrets", test.query, reason, test.log)
			}
		})
	}
}

func TestInstallHandler_NilArguments_Panic(t *testing.T) {
	t.Parallel()
	app, save := newApp(t, config(nil)), func(context.Context, oauth.Credential) error { return nil }
	for name, install := range map[string]func(){
		"app": func() { oauth.InstallHandler(nil, save, nil) }, "save": func() { oauth.InstallHandler(app, nil, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("got no panic for a nil %s", name)
				}
			}()
			install()
		}()
	}
}
