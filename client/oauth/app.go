package oauth

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

const (
	defaultBaseURL        = "https://services.leadconnectorhq.com"
	defaultMarketplaceURL = "https://marketplace.gohighlevel.com"
	// WhiteLabelMarketplaceURL is, as Config.MarketplaceURL, the host of the consent page without HighLevel's name, for
	// agencies that sell under their own.
	WhiteLabelMarketplaceURL = "https://marketplace.leadconnectorhq.com"

	defaultRefreshBefore = 5 * time.Minute
)

// Config is what the marketplace knows of an app. It prints without its secret.
type Config struct {
	ClientID     string
	ClientSecret Secret
	// RedirectURL is where the consent page sends the code, as registered with the app. It is https, or http on loopback.
	RedirectURL string
	// Scopes are what the app may do, such as contacts.readonly and contacts.write; an agency's app that makes location tokens
	// needs oauth.write. Only the consent page asks for them.
	Scopes []string

	// BaseURL is the address of the API, https://services.leadconnectorhq.com if empty. It is https, or http on loopback.
	BaseURL string
	// MarketplaceURL is the address of the consent page, https://marketplace.gohighlevel.com if empty.
	MarketplaceURL string
	// HTTPClient sends the requests, with its transport, proxy and TLS settings. It is copied, and the copy follows no
	// redirect. Nil means one with the transport of http.DefaultClient. An attempt has 8 seconds, or less if the client says so.
	HTTPClient *http.Client `json:"-"`
	// RefreshBefore is how long before its end an access token is renewed, but no longer than a tenth of its life. Zero means
	// five minutes.
	RefreshBefore time.Duration
	// Logger gets a record of each renewal at debug level and of each that failed at warn level, without secrets. Nil means none.
	Logger *slog.Logger `json:"-"`
}

// App is an app of the marketplace. It is safe for concurrent use.
type App struct {
	config   Config
	base     string
	consent  string
	endpoint *http.Client
	logger   *slog.Logger
}

// New returns the app of config. It sends nothing. Its error tells which member of config is bad.
func New(config Config) (*App, error) {
	if config.ClientID == "" || config.ClientSecret.IsZero() {
		return nil, errors.New("oauth: ClientID and ClientSecret are needed")
	}
	if config.RefreshBefore < 0 {
		return nil, fmt.Errorf("oauth: RefreshBefore is negative: %s", config.RefreshBefore)
	}
	if config.RefreshBefore == 0 {
		config.RefreshBefore = defaultRefreshBefore
	}
	if _, err := checkURL("RedirectURL", config.RedirectURL); err != nil {
		return nil, err
	}
	config.Scopes = slices.Clone(config.Scopes)
	for _, scope := range config.Scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n") {
			return nil, fmt.Errorf("oauth: Scopes: %q is not one scope", scope)
		}
	}
	app := &App{config: config, endpoint: withoutRedirects(config.HTTPClient), logger: config.Logger}
	if app.logger == nil {
		app.logger = slog.New(slog.DiscardHandler)
	}
	var err error
	if app.base, err = checkURL("BaseURL", cmp.Or(config.BaseURL, defaultBaseURL)); err != nil {
		return nil, err
	}
	if app.consent, err = checkURL("MarketplaceURL", cmp.Or(config.MarketplaceURL, defaultMarketplaceURL)); err != nil {
		return nil, err
	}
	return app, nil
}

// checkURL refuses addresses that would carry a code or a secret in the clear, and returns the others without a slash at the end.
func checkURL(member, address string) (string, error) {
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http"):
		return "", fmt.Errorf("oauth: %s is not an address with scheme and host, such as %s", member, defaultBaseURL)
	case parsed.Scheme == "http" && !httpx.IsLoopback(parsed.Hostname()):
		return "", fmt.Errorf("oauth: %s is http, which sends secrets in the clear; use https (http is for loopback only)", member)
	case parsed.User != nil || parsed.Fragment != "":
		return "", fmt.Errorf("oauth: %s has a user or a fragment; leave them out", member)
	case member != "RedirectURL" && (parsed.RawQuery != "" || parsed.ForceQuery):
		return "", fmt.Errorf("oauth: %s has a query; leave it out", member)
	}
	return strings.TrimRight(parsed.String(), "/"), nil
}
