package oauth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

const (
	// stateCookie is the beginning of the name of the cookie of a state. The state follows, so that
	// a browser can have several installations in progress, each in its own tab.
	stateCookie = "__Host-highlevel-oauth-state-"
	stateMaxAge = 15 * time.Minute
)

// Errors of the callback of [InstallHandler]. InstallSettings.Failed receives them.
var (
	// ErrConsentDenied indicates that the user or the API denied the installation.
	ErrConsentDenied = errors.New("oauth: InstallHandler: the installation was denied")
	// ErrStateMismatch indicates that the browser has no cookie for the state in the address of the
	// callback. The cookie may have expired, or somebody else may have started the installation.
	ErrStateMismatch = errors.New("oauth: InstallHandler: the state does not match; start at /install with cookies enabled")
)

// InstallSettings are optional settings of [InstallHandler].
type InstallSettings struct {
	// Installed responds after the credential has been saved, for example with a redirect. Nil means
	// a short page that says that the app is installed.
	Installed func(w http.ResponseWriter, r *http.Request, credential Credential)
	// Failed responds to a callback that failed. err is or wraps [ErrStateMismatch],
	// [ErrConsentDenied], an error of [App.Exchange], or the error of the save function. Nil means a
	// short page with the status 400, 403 or 502, which does not contain the error.
	Failed func(w http.ResponseWriter, r *http.Request, err error)
	// AllowMissingState accepts callbacks without a state, so that users can start an installation
	// in the marketplace. A state that is present must still match. An attacker can make a user open
	// a callback with the code of the attacker's own account, so do not connect an installation
	// without a state to the user who is logged in.
	AllowMissingState bool
}

// installer serves an [InstallHandler].
type installer struct {
	app      *App
	save     func(context.Context, Credential) error
	settings InstallSettings
}

// InstallHandler returns a handler with two paths. GET /install redirects to the consent page with
// a random state, for which it sets a cookie for 15 minutes. GET /callback checks the state,
// exchanges the code for a credential, calls save, usually with [Save], and responds.
// [Config.RedirectURL] must be the address of /callback. settings may be nil.
//
// Neither the exchange nor save ends when the browser disconnects. The context of save ends after
// 10 seconds. Serve the handler over HTTPS, because browsers send the cookie over HTTPS only.
// InstallHandler panics if app or save is nil.
func InstallHandler(app *App, save func(ctx context.Context, credential Credential) error, settings *InstallSettings) http.Handler {
	if app == nil || save == nil {
		panic("oauth: InstallHandler: app and save must not be nil")
	}
	i := &installer{app: app, save: save}
	if settings != nil {
		i.settings = *settings
	}
	if i.settings.Installed == nil {
		i.settings.Installed = installedPage
	}
	if i.settings.Failed == nil {
		i.settings.Failed = errorPage
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /install", i.install)
	mux.HandleFunc("/callback", i.callback)
	return mux
}

// install redirects to the consent page.
func (i *installer) install(w http.ResponseWriter, r *http.Request) {
	state := rand.Text()
	setState(w, state, int(stateMaxAge.Seconds()))
	protectCode(w.Header())
	http.Redirect(w, r, i.app.AuthCodeURL(state), http.StatusFound)
}

// callback serves the path to which the consent page redirects the browser.
func (i *installer) callback(w http.ResponseWriter, r *http.Request) {
	protectCode(w.Header())
	if r.Method != http.MethodGet { // programs that check links send HEAD, which must not use up the code
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	credential, err := i.finish(w, r)
	if err != nil {
		reason := redact.Local(err, credential.AccessToken.Reveal(), credential.RefreshToken.Reveal())
		i.app.config.Logger.LogAttrs(r.Context(), slog.LevelWarn, "oauth: installation failed",
			slog.Int("status", statusOf(err)), slog.String("reason", reason))
		i.settings.Failed(w, r, err)
		return
	}
	i.settings.Installed(w, r, credential)
}

// finish checks the state, exchanges the code, and saves the credential. It returns the credential
// even if it could not be saved.
func (i *installer) finish(w http.ResponseWriter, r *http.Request) (Credential, error) {
	query := r.URL.Query()
	if state := query.Get("state"); state != "" || !i.settings.AllowMissingState {
		if _, err := r.Cookie(stateCookie + state); err != nil {
			return Credential{}, ErrStateMismatch
		}
		setState(w, state, -1) // a state is valid once
	}
	if query.Get("error") != "" {
		return Credential{}, ErrConsentDenied
	}
	// The code is valid once, so save the credential even if the browser disconnects.
	ctx := context.WithoutCancel(r.Context())
	credential, err := i.app.Exchange(ctx, query.Get("code"), "")
	if err != nil {
		return Credential{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := i.save(ctx, credential); err != nil {
		return credential, fmt.Errorf("oauth: InstallHandler: save the credential: %w", err)
	}
	return credential, nil
}

// setState sets the cookie of a state. maxAge is in seconds; a negative one deletes the cookie. With
// SameSite=Lax, the browser also sends the cookie with the redirect from the consent page.
func setState(w http.ResponseWriter, state string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: stateCookie + state, Value: "1", Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// protectCode sets response headers for the address of the callback, which contains the code.
// Browsers then do not cache the response, and do not send its address in Referer headers.
func protectCode(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
}

func installedPage(w http.ResponseWriter, _ *http.Request, _ Credential) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("The app is installed. You can close this page.\n"))
}

func errorPage(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusBadGateway
	text := "The app could not be installed. Try again later.\n"
	switch {
	case errors.Is(err, ErrStateMismatch):
		status, text = http.StatusForbidden, "The installation was not started in this browser, or it was started too long ago. Start it again.\n"
	case errors.Is(err, ErrConsentDenied):
		status, text = http.StatusForbidden, "The installation was denied.\n"
	case errors.Is(err, ErrReinstallRequired), errors.Is(err, errNoCode):
		status, text = http.StatusBadRequest, "The code is missing, invalid or too old. Start the installation again.\n"
	}
	http.Error(w, text, status)
}
