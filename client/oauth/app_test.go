package oauth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestNew_InvalidConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*oauth.Config)
		want   string
	}{
		{"no client id", func(c *oauth.Config) { c.ClientID = "" }, "ClientID"},
		{"no client secret", func(c *oauth.Config) { c.ClientSecret = client.Secret{} }, "ClientSecret"},
		{"no redirect", func(c *oauth.Config) { c.RedirectURL = "" }, "RedirectURL"},
		{"redirect without a host", func(c *oauth.Config) { c.RedirectURL = "/callback" }, "RedirectURL"},
		{"redirect over http", func(c *oauth.Config) { c.RedirectURL = "http://app.example/callback" }, "http is allowed on loopback only"},
		{"API over http", func(c *oauth.Config) { c.BaseURL = "http://services.leadconnectorhq.com" }, "http is allowed on loopback only"},
		{"API on a host that begins with localhost", func(c *oauth.Config) { c.BaseURL = "http://localhost.example" }, "http is allowed on loopback only"},
		{"API with a user", func(c *oauth.Config) { c.BaseURL = "https://u:p@api.example" }, "user"},
		{"API with a query", func(c *oauth.Config) { c.BaseURL = "https://api.example?a=b" }, "query"},
		{"API with another scheme", func(c *oauth.Config) { c.BaseURL = "ftp://api.example" }, "BaseURL"},
		{"API with an invalid URL", func(c *oauth.Config) { c.BaseURL = "https://api.example/%zz" }, "BaseURL"},
		{"marketplace over http", func(c *oauth.Config) { c.MarketplaceURL = "http://marketplace.gohighlevel.com" }, "MarketplaceURL"},
		{"two scopes in one", func(c *oauth.Config) { c.Scopes = []string{"a b"} }, "not one scope"},
		{"an empty scope", func(c *oauth.Config) { c.Scopes = []string{""} }, "not one scope"},
		{"a negative margin", func(c *oauth.Config) { c.RefreshBefore = -1 }, "RefreshBefore"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := config(nil)
			test.change(&c)
			if _, err := oauth.New(c); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), clientSecret) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestNew_ValidConfig(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "https://api.example", "https://api.example/v2/", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1"} {
		c := config(nil)
		c.BaseURL, c.MarketplaceURL = base, base
		if _, err := oauth.New(c); err != nil {
			t.Errorf("%q: got %v, want no error", base, err)
		}
	}
}

func TestNew_HTTPClientIsNotModified(t *testing.T) {
	t.Parallel()
	c := config(newFakeAPI(oauth.UserTypeLocation))
	before := *c.HTTPClient
	newApp(t, c)
	if c.HTTPClient.CheckRedirect != nil || c.HTTPClient.Transport != before.Transport || c.HTTPClient.Timeout != before.Timeout {
		t.Error("got a modified Config.HTTPClient")
	}
	c.HTTPClient = http.DefaultClient
	newApp(t, c)
	if http.DefaultClient.CheckRedirect != nil {
		t.Error("got a modified http.DefaultClient")
	}
}

func TestApp_AuthCodeURL(t *testing.T) {
	t.Parallel()
	const query = "/oauth/chooselocation?client_id=6690f5b0c5d7a1-app&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback" +
		"&response_type=code&scope=contacts.readonly+contacts.write"
	tests := []struct{ name, marketplace, state, want string }{
		{"standard", "", "", "https://marketplace.gohighlevel.com" + query},
		{"white label", oauth.WhiteLabelMarketplaceURL, "", "https://marketplace.leadconnectorhq.com" + query},
		{"with a state", "", "a&b", "https://marketplace.gohighlevel.com" + query + "&state=a%26b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := config(nil)
			c.MarketplaceURL = test.marketplace
			if got := newApp(t, c).AuthCodeURL(test.state); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
