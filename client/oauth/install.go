package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

const (
	stateCookie = "__Host-highlevel-oauth-state"
	stateMaxAge = 15 * time.Minute
)

// Errors of a callback, which the function of [WithInstallError] receives.
var (
	// ErrConsentDenied indicates that the user or the API denied the installation.
	ErrConsentDenied = errors.New("oauth: InstallHandler: the installation was denied")
	// ErrStateMismatch indicates that the state of a callback is not the state that /install stored
	// in the browser. Somebody else may have started the installation.
	ErrStateMismatch = errors.New("oauth: InstallHandler: the state does not match; start at /install with cookies enabled")
)

// InstallOption configures [InstallHandler].
type InstallOption func(*installer)

// WithInstalled sets the handler that responds when the credential has been saved, for example
// [http.RedirectHandler]. [InstalledCredential] returns the credential to the handler. Without this
// option, the response is a short page that says that the app is installed.
func WithInstalled(handler http.Handler) InstallOption {
	return func(i *installer) { i.installed = handler }
}

// WithInstallError sets the function that responds to a callback that failed. Without this option,
// the response is a short page with the status 400, 403 or 502, which does not contain the error.
func WithInstallError(respond func(w http.ResponseWriter, r *http.Request, err error)) InstallOption {
	return func(i *installer) { i.failed = respond }
}

// WithoutState makes the handler accept callbacks without a state: an installation that a user
// starts in the marketplace, and not at /install, has none. An attacker can send such a callback to
// a user with the code of the attacker's own account. So do not connect an installation without a
// state to the user who is logged in. A state that is present must still match.
func WithoutState() InstallOption {
	return func(i *installer) { i.withoutState = true }
}

// installer is the handler of [InstallHandler].
type installer struct {
	app          *App
	save         func(context.Context, Credential) error
	installed    http.Handler
	failed       func(http.ResponseWriter, *http.Request, error)
	withoutState bool
}

// InstallHandler returns a handler with two paths. GET /install redirects to the consent page with
// a random state, which it also stores in a cookie. GET /callback, which must be the path of
// [Config.RedirectURL], checks the state and exchanges the code for the credential of a location or
// an agency. It calls save before it responds. Usually save calls [Save] with the store of that
// location or agency.
//
// Browsers send the cookie over HTTPS only, except to localhost, so serve the handler over HTTPS.
// Use [http.StripPrefix] for other paths.
//
// Anyone can start an installation. Wrap the handler if only users who are logged in may do so.
func InstallHandler(app *App, save func(ctx context.Context, credential Credential) error, opts ...InstallOption) http.Handler {
	i := &installer{app: app, save: save, installed: http.HandlerFunc(installedPage), failed: failedPage}
	for _, opt := range opts {
		opt(i)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /install", i.install)
	mux.HandleFunc("GET /callback", i.callback)
	return mux
}

type installedKey struct{}

// InstalledCredential returns the credential that was saved. ctx is the context of the request that
// the handler of [WithInstalled] receives.
func InstalledCredential(ctx context.Context) (credential Credential, ok bool) {
	credential, ok = ctx.Value(installedKey{}).(Credential)
	return credential, ok
}

// install redirects to the consent page.
func (i *installer) install(w http.ResponseWriter, r *http.Request) {
	state := rand.Text()
	setState(w, state, int(stateMaxAge.Seconds()))
	protectCode(w.Header())
	http.Redirect(w, r, i.app.AuthCodeURL(state), http.StatusFound)
}

// callback responds to the redirect of the consent page.
func (i *installer) callback(w http.ResponseWriter, r *http.Request) {
	protectCode(w.Header())
	if err := i.checkState(r); err != nil { // do not delete the cookie: this may be a forged callback
		i.fail(w, r, err)
		return
	}
	setState(w, "", -1) // a state is valid once
	query := r.URL.Query()
	if query.Get("error") != "" {
		i.fail(w, r, ErrConsentDenied)
		return
	}
	credential, err := i.app.Exchange(r.Context(), query.Get("code"), "")
	if err != nil {
		i.fail(w, r, err)
		return
	}
	// The code is valid once, so the credential is saved even if the browser has disconnected.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTimeout)
	defer cancel()
	if err := i.save(ctx, credential); err != nil {
		i.fail(w, r, fmt.Errorf("oauth: InstallHandler: save the credential: %w", err))
		return
	}
	i.installed.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), installedKey{}, credential)))
}

// checkState compares the state of the query with that of the cookie.
func (i *installer) checkState(r *http.Request) error {
	state := r.URL.Query().Get("state")
	cookie, err := r.Cookie(stateCookie)
	switch {
	case state == "" && i.withoutState:
		return nil
	case state == "", err != nil, subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(state)) != 1:
		return ErrStateMismatch
	default:
		return nil
	}
}

func (i *installer) fail(w http.ResponseWriter, r *http.Request, err error) {
	i.app.logger.LogAttrs(r.Context(), slog.LevelWarn, "oauth: installation failed", slog.Int("status", statusOf(err)))
	i.failed(w, r, err)
}

// setState sets the cookie of the state. With SameSite=Lax, the browser also sends it with the
// redirect from the consent page.
func setState(w http.ResponseWriter, state string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: stateCookie, Value: state, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// protectCode sets headers that exclude the code of a callback from caches and Referer headers.
func protectCode(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
}

func installedPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("The app is installed. You can close this page.\n"))
}

func failedPage(w http.ResponseWriter, _ *http.Request, err error) {
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
