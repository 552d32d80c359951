package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

const (
	defaultBaseURL        = "https://services.leadconnectorhq.com"
	defaultMarketplaceURL = "https://marketplace.gohighlevel.com"
	defaultRefreshBefore  = 5 * time.Minute
)

// Config holds the settings of a marketplace app. ClientID, ClientSecret and RedirectURL are
// required.
type Config struct {
	// ClientID and ClientSecret are the credentials of the app, from the marketplace. ClientSecret
	// is redacted when it is printed.
	ClientID     string
	ClientSecret client.Secret
	// RedirectURL is the address that is registered in the marketplace, and to which the consent
	// page redirects with the code. It must be https, or http on loopback.
	RedirectURL string
	// Scopes are the permissions that the consent page asks for, such as contacts.readonly and
	// contacts.write. The app of an agency needs oauth.write to request location tokens.
	Scopes []string

	// BaseURL is the base URL of the API, https://services.leadconnectorhq.com if empty. It must be
	// https, or http on loopback.
	BaseURL string
	// MarketplaceURL is the base URL of the consent page, https://marketplace.gohighlevel.com if
	// empty. Agencies that use their own brand prefer https://marketplace.leadconnectorhq.com. It
	// must be https, or http on loopback.
	MarketplaceURL string
	// HTTPClient sends the requests, with its transport, proxy and TLS settings. The app uses a
	// copy that does not follow redirects. Nil means a client with [http.DefaultTransport]. Each
	// attempt of a request times out after 8 seconds, or after HTTPClient.Timeout if that is
	// shorter.
	HTTPClient *http.Client `json:"-"`
	// RefreshBefore is how long before its expiry an access token is refreshed. Zero means five
	// minutes. If it is more than a tenth of the lifetime of a token, that tenth is used. It must
	// not be negative.
	RefreshBefore time.Duration
	// Logger receives a record of each attempt to request a token, at debug level on success and at
	// warn level on failure. It also receives a warning when an early refresh or an installation
	// fails. The records contain no secrets. Nil disables logging.
	Logger *slog.Logger `json:"-"`
}

// App is a marketplace app. It is safe for concurrent use.
type App struct {
	config Config // with the defaults of New
}

// New returns the app with the given settings, or an error if a setting is missing or invalid. It
// makes no requests.
func New(config Config) (*App, error) {
	if config.ClientID == "" || config.ClientSecret.Reveal() == "" {
		return nil, errors.New("oauth: New: ClientID and ClientSecret must be set")
	}
	if config.RefreshBefore < 0 {
		return nil, fmt.Errorf("oauth: New: RefreshBefore: %s is negative; use 0 for the default", config.RefreshBefore)
	}
	if config.RefreshBefore == 0 {
		config.RefreshBefore = defaultRefreshBefore
	}
	redirect, _, _ := strings.Cut(config.RedirectURL, "?") // its query is allowed
	if _, err := checkURL("RedirectURL", redirect); err != nil {
		return nil, err
	}
	config.Scopes = slices.Clone(config.Scopes)
	for _, scope := range config.Scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n") {
			return nil, fmt.Errorf("oauth: New: Scopes: %q is not one scope; use one element for each scope", scope)
		}
	}
	var err error
	if config.BaseURL, err = checkURL("BaseURL", cmp.Or(config.BaseURL, defaultBaseURL)); err != nil {
		return nil, err
	}
	if config.MarketplaceURL, err = checkURL("MarketplaceURL", cmp.Or(config.MarketplaceURL, defaultMarketplaceURL)); err != nil {
		return nil, err
	}
	config.HTTPClient = withoutRedirects(config.HTTPClient)
	config.Logger = cmp.Or(config.Logger, slog.New(slog.DiscardHandler))
	return &App{config: config}, nil
}

// checkURL returns address without trailing slashes. It returns an error if address is not a valid
// value of the setting, or if requests to it would send a code or a secret unencrypted.
func checkURL(setting, address string) (string, error) {
	parsed, err := httpx.ParseBaseURL(address)
	if err != nil {
		return "", fmt.Errorf("oauth: New: %s: %w", setting, err)
	}
	return strings.TrimRight(parsed.String(), "/"), nil
}

// AuthCodeURL returns the address of the consent page, where a user installs the app in a location
// or an agency. The page redirects to [Config.RedirectURL] with a code for [App.Exchange].
//
// If state is not empty, the page adds it to the redirect. Use a random string, store it in the
// user's session, and reject a redirect with a different state. Otherwise an attacker can connect
// the attacker's own account to your user's session. [InstallHandler] does all of this.
//
// API reference: https://marketplace.gohighlevel.com/docs/oauth/Authorization.
func (a *App) AuthCodeURL(state string) string {
	query := url.Values{
		"response_type": {"code"},
		"client_id":     {a.config.ClientID},
		"redirect_uri":  {a.config.RedirectURL},
		"scope":         {strings.Join(a.config.Scopes, " ")},
	}
	if state != "" {
		query.Set("state", state)
	}
	return a.config.MarketplaceURL + "/oauth/chooselocation?" + query.Encode()
}

// Exchange exchanges the code of the consent page for a credential. Store the credential with
// [Save]. userType says whether to request the tokens of a location or those of an agency. If it is
// empty, the API decides.
//
// A code is valid once, and for a short time. If it is not valid, the error matches
// [ErrReinstallRequired]. Non-2xx responses are returned as a [client.Error].
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-access-token.
func (a *App) Exchange(ctx context.Context, code string, userType UserType) (Credential, error) {
	if code == "" {
		return Credential{}, errNoCode
	}
	form := url.Values{
		"grant_type":   {"authorization_code"},
		"code":         {code},
		"redirect_uri": {a.config.RedirectURL},
	}
	return a.requestToken(ctx, "App.Exchange", form, Credential{UserType: userType})
}

// refresh exchanges the refresh token of a credential for the next credential.
func (a *App) refresh(ctx context.Context, credential Credential) (Credential, error) {
	form := url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {credential.RefreshToken.Reveal()},
	}
	credential.UserType = credential.inferredUserType()
	return a.requestToken(ctx, "Source.Token", form, credential)
}
