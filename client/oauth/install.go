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

// Errors of the callback of [InstallHandler]. The function of [WithInstallError] receives them.
var (
	// ErrConsentDenied indicates that the user or the API denied the installation.
	ErrConsentDenied = errors.New("oauth: InstallHandler: the installation was denied")
	// ErrStateMismatch indicates that the state in the address of the callback is not the state in
	// the cookie of the browser. The cookie may have expired, or somebody else may have started the
	// installation.
	ErrStateMismatch = errors.New("oauth: InstallHandler: the state does not match; start at /install with cookies enabled")
)

// InstallOption configures [InstallHandler].
type InstallOption func(*installer)

// WithInstalled sets the handler that responds after the credential has been saved, for example
// [http.RedirectHandler]. The handler can call [InstalledCredential]. Without this option, the
// response is a short page that says that the app is installed.
func WithInstalled(handler http.Handler) InstallOption {
	return func(i *installer) { i.onInstalled = handler }
}

// WithInstallError sets the function that responds to a callback that failed. err is or wraps
// [ErrStateMismatch], [ErrConsentDenied], an error of [App.Exchange], or the error of the save
// function. Without this option, the response is a short page with the status 400, 403 or 502,
// which does not contain the error.
func WithInstallError(respond func(w http.ResponseWriter, r *http.Request, err error)) InstallOption {
	return func(i *installer) { i.onError = respond }
}

// WithoutState makes the handler accept callbacks without a state. Without this option, a user
// cannot start an installation in the marketplace, because only /install creates a state. A state
// that is present must still match.
//
// An attacker can make a user open a callback with the code of the attacker's own account. So do
// not connect an installation without a state to the user who is logged in.
func WithoutState() InstallOption {
	return func(i *installer) { i.withoutState = true }
}

// installer holds the settings of an [InstallHandler].
type installer struct {
	app          *App
	save         func(context.Context, Credential) error
	onInstalled  http.Handler
	onError      func(http.ResponseWriter, *http.Request, error)
	withoutState bool
}

// InstallHandler returns a handler with two paths. GET /install redirects to the consent page with
// a random state, which it also stores in a cookie for 15 minutes. GET /callback checks the state,
// exchanges the code for the credential of a location or an agency, calls save, and then responds.
// [Config.RedirectURL] must be the address of /callback. Use [http.StripPrefix] to serve the
// handler under another path.
//
// Usually save calls [Save] with the store of the location or agency of the credential. The code is
// valid once, so neither the exchange nor save ends when the browser disconnects. The context of
// save ends after 10 seconds.
//
// Browsers send the cookie over HTTPS only, except to localhost, so serve the handler over HTTPS.
// Anyone can start an installation: wrap the handler if only users who are logged in may do so.
func InstallHandler(app *App, save func(ctx context.Context, credential Credential) error, opts ...InstallOption) http.Handler {
	i := &installer{app: app, save: save, onInstalled: http.HandlerFunc(installedPage), onError: errorPage}
	for _, opt := range opts {
		opt(i)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /install", i.install)
	mux.HandleFunc("GET /callback", i.callback)
	return mux
}

// installedKey is the context key of the credential that was saved.
type installedKey struct{}

// InstalledCredential returns the credential that was saved. ctx is the context of the request that
// the handler of [WithInstalled] receives. ok is false for any other context.
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

// callback serves the path to which the consent page redirects the browser.
func (i *installer) callback(w http.ResponseWriter, r *http.Request) {
	protectCode(w.Header())
	if err := i.checkState(r); err != nil { // do not delete the cookie: the callback may be forged
		i.fail(w, r, err)
		return
	}
	setState(w, "", -1) // a state is valid once
	query := r.URL.Query()
	if query.Get("error") != "" {
		i.fail(w, r, ErrConsentDenied)
		return
	}
	// The code is valid once, so save the credential even if the browser disconnects.
	ctx := context.WithoutCancel(r.Context())
	credential, err := i.app.Exchange(ctx, query.Get("code"), "")
	if err != nil {
		i.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := i.save(ctx, credential); err != nil {
		i.fail(w, r, fmt.Errorf("oauth: InstallHandler: save the credential: %w", err))
		return
	}
	i.onInstalled.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), installedKey{}, credential)))
}

// checkState returns an error if the state in the query is not the state in the cookie.
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

// fail logs err and responds with it.
func (i *installer) fail(w http.ResponseWriter, r *http.Request, err error) {
	i.app.logger.LogAttrs(r.Context(), slog.LevelWarn, "oauth: installation failed", slog.Int("status", statusOf(err)))
	i.onError(w, r, err)
}

// setState sets the cookie with the state. maxAge is in seconds; a negative one deletes the cookie.
// With SameSite=Lax, the browser also sends the cookie with the redirect from the consent page.
func setState(w http.ResponseWriter, state string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: stateCookie, Value: state, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// protectCode sets response headers for the address of the callback, which contains the code.
// Browsers then do not cache the response, and do not send its address in Referer headers.
func protectCode(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
}

func installedPage(w http.ResponseWriter, _ *http.Request) {
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
