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

// Errors of a callback, for the handler of [WithInstallError].
var (
	// ErrConsentDenied indicates that the user or the API denied the installation.
	ErrConsentDenied = errors.New("oauth: InstallHandler: the installation was denied")
	// ErrStateMismatch indicates that the state of a callback is not the one that /install gave to
	// the same browser. The installation may have been started by somebody else.
	ErrStateMismatch = errors.New("oauth: InstallHandler: the state does not match; start at /install, with cookies allowed")
)

// InstallOption configures [InstallHandler].
type InstallOption func(*installer)

// WithInstalled sets the handler that answers when the credential has been saved, for example
// http.RedirectHandler. It can get the credential by [InstalledCredential]. Without this option a
// short page says that the app is installed.
func WithInstalled(handler http.Handler) InstallOption {
	return func(i *installer) { i.installed = handler }
}

// WithInstallError sets what answers a callback that failed. Without this option a short page
// without the error does, with the status 400, 403 or 502.
func WithInstallError(answer func(w http.ResponseWriter, r *http.Request, err error)) InstallOption {
	return func(i *installer) { i.failed = answer }
}

// WithoutState accepts callbacks without a state, from browsers that did not start at /install. An
// installation that a user starts in the marketplace itself has no state. Without it, a stranger
// can make a user install the stranger's account, so do not link such an installation to the user
// who is logged in. A state that is present must still match.
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

// InstallHandler returns a handler with two paths. GET /install redirects to the consent page, with
// a random state that a cookie binds to the browser. GET /callback, which must be the path of
// [Config.RedirectURL], checks the state, exchanges the code for a credential, whether of a
// location or of an agency, and calls save before it answers. save usually calls [Save] with the
// store of the credential's location or agency.
//
// The cookie is sent over HTTPS only, so the handler must be served over HTTPS (browsers make an
// exception for localhost). Use [http.StripPrefix] for other paths.
//
// Anyone can start an installation. If only users who are logged in may, wrap the handler.
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

// InstalledCredential returns the credential that was saved, for the handler of [WithInstalled].
func InstalledCredential(ctx context.Context) (credential Credential, ok bool) {
	credential, ok = ctx.Value(installedKey{}).(Credential)
	return credential, ok
}

// install redirects to the consent page.
func (i *installer) install(w http.ResponseWriter, r *http.Request) {
	state := rand.Text()
	setState(w, state, int(stateMaxAge.Seconds()))
	private(w.Header())
	http.Redirect(w, r, i.app.AuthCodeURL(state), http.StatusFound)
}

// callback is where the consent page redirects to.
func (i *installer) callback(w http.ResponseWriter, r *http.Request) {
	private(w.Header())
	if err := i.checkState(r); err != nil { // the cookie stays: this may be a forged callback
		i.fail(w, r, err)
		return
	}
	setState(w, "", -1) // a state can be used once
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
	// The code is spent: save also if the browser has gone.
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

// setState sets the cookie of the state. SameSite=Lax sends it with the redirect from the consent
// page.
func setState(w http.ResponseWriter, state string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: stateCookie, Value: state, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// private keeps the code of a callback out of caches and out of the Referer header.
func private(header http.Header) {
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
		status, text = http.StatusForbidden, "This installation was not started in this browser, or too long ago. Start it again.\n"
	case errors.Is(err, ErrConsentDenied):
		status, text = http.StatusForbidden, "The installation was denied.\n"
	case errors.Is(err, ErrReinstallRequired), errors.Is(err, errNoCode):
		status, text = http.StatusBadRequest, "The code is missing, invalid or too old. Start the installation again.\n"
	}
	http.Error(w, text, status)
}
