package oauth_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestNew_InvalidConfig(t *testing.T) {
	t.Parallel()
	const loopback = "http is allowed on loopback only"
	for _, test := range []struct {
		name   string
		change func(*oauth.Config)
		want   string
	}{
		{"no client id", func(c *oauth.Config) { c.ClientID = "" }, "ClientID"},
		{"no client secret", func(c *oauth.Config) { c.ClientSecret = client.Secret{} }, "ClientSecret"},
		{"no redirect", func(c *oauth.Config) { c.RedirectURL = "" }, "RedirectURL"},
		{"redirect without a host", func(c *oauth.Config) { c.RedirectURL = "/callback" }, "RedirectURL"},
		{"redirect over http", func(c *oauth.Config) { c.RedirectURL = "http://app.example/callback" }, loopback},
		{"API over http", func(c *oauth.Config) { c.BaseURL = "http://services.leadconnectorhq.com" }, loopback},
		{"API on a host that begins with localhost", func(c *oauth.Config) { c.BaseURL = "http://localhost.example" }, loopback},
		{"API with a user", func(c *oauth.Config) { c.BaseURL = "https://u:p@api.example" }, "user"},
		{"API with a query", func(c *oauth.Config) { c.BaseURL = "https://api.example?a=b" }, "query"},
		{"API with another scheme", func(c *oauth.Config) { c.BaseURL = "ftp://api.example" }, "BaseURL"},
		{"API with an invalid URL", func(c *oauth.Config) { c.BaseURL = "https://api.example/%zz" }, "BaseURL"},
		{"marketplace over http", func(c *oauth.Config) { c.MarketplaceURL = "http://marketplace.gohighlevel.com" }, "MarketplaceURL"},
		{"two scopes in one", func(c *oauth.Config) { c.Scopes = []string{"a b"} }, "not one scope"},
		{"an empty scope", func(c *oauth.Config) { c.Scopes = []string{""} }, "not one scope"},
		{"a negative margin", func(c *oauth.Config) { c.RefreshBefore = -1 }, "RefreshBefore"},
	} {
		c := config(nil)
		test.change(&c)
		if _, err := oauth.New(c); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), clientSecret) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestNew_ValidConfig(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "https://api.example", "https://api.example/v2/", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1"} {
		c := config(nil)
		c.BaseURL, c.MarketplaceURL, c.HTTPClient = base, base, http.DefaultClient
		newApp(t, c)
	}
	if http.DefaultClient.CheckRedirect != nil {
		t.Error("got a modified http.DefaultClient")
	}
}

func TestApp_AuthCodeURL(t *testing.T) {
	t.Parallel()
	const query = "/oauth/chooselocation?client_id=6690f5b0c5d7a1-app&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback" +
		"&response_type=code&scope=contacts.readonly+contacts.write"
	for _, test := range []struct{ marketplace, state, want string }{
		{"", "", "https://marketplace.gohighlevel.com" + query},
		{"https://marketplace.leadconnectorhq.com", "", "https://marketplace.leadconnectorhq.com" + query},
		{"", "a&b", "https://marketplace.gohighlevel.com" + query + "&state=a%26b"},
	} {
		c := config(nil)
		c.MarketplaceURL = test.marketplace
		if got := newApp(t, c).AuthCodeURL(test.state); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestApp_Exchange(t *testing.T) {
	t.Parallel()
	for _, userType := range []oauth.UserType{oauth.UserTypeLocation, oauth.UserTypeCompany} {
		for _, requested := range []oauth.UserType{userType, ""} {
			t.Run(fmt.Sprintf("%s requested as %q", userType, requested), func(t *testing.T) {
				t.Parallel()
				api := newFakeAPI(t)
				app, code := newApp(t, config(api)), api.AuthorizationCode(clienttest.Grant{UserType: clienttest.UserType(userType)})
				got, err := app.Exchange(t.Context(), code, requested)
				if err != nil || got.AccessToken.Reveal() != api.tokens[0] || got.RefreshToken.Reveal() == "" || got.UserType != userType ||
					got.CompanyID != api.CompanyID || (got.LocationID == api.LocationID) != (userType == oauth.UserTypeLocation) {
					t.Errorf("got %+v, %v, want a credential of a %s", got, err, userType)
				}
				_, err = app.Exchange(t.Context(), code, requested)
				wantError(t, err, oauth.ErrReinstallRequired, "Authorization code not found")
			})
		}
	}
	_, err := newApp(t, config(nil)).Exchange(t.Context(), "", "")
	wantError(t, err, client.ErrInvalid, "the code is empty")
}

// Each request has the headers and the body that the API documents, and net/http cannot resend it.
func TestApp_Exchange_Requests(t *testing.T) {
	t.Parallel()
	const app = "client_id=6690f5b0c5d7a1-app&client_secret=s3cr3t-of-the-app&"
	const code = app + "code=a+b&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback&user_type=Location"
	const refresh = app + "grant_type=refresh_token&refresh_token=r%2F%2B%3D"
	for name, test := range map[string]struct {
		stored oauth.Credential
		want   string
	}{
		"code":                  {oauth.Credential{}, code},
		"location":              {oauth.Credential{UserType: oauth.UserTypeLocation}, refresh + "&user_type=Location"},
		"agency":                {oauth.Credential{UserType: oauth.UserTypeCompany}, refresh + "&user_type=Company"},
		"location without type": {oauth.Credential{LocationID: "l", CompanyID: "c"}, refresh + "&user_type=Location"},
		"agency without type":   {oauth.Credential{CompanyID: "c"}, refresh + "&user_type=Company"},
		"unknown type":          {oauth.Credential{}, refresh},
		"location token":        {oauth.Credential{CompanyID: "c", Expiry: time.Now().Add(time.Hour)}, "companyId=c&locationId=l"},
	} {
		header := http.Header{
			"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {httpx.UserAgent()},
		}
		path := "/oauth/token"
		app := newApp(t, config(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			got := req.Method + " " + req.URL.String() + " " + string(body)
			if diff := cmp.Diff("POST https://services.leadconnectorhq.com"+path+" "+test.want, got); diff != "" || req.GetBody != nil {
				t.Errorf("%s: got GetBody: %t (-want +got):\n%s", name, req.GetBody != nil, diff)
			}
			if diff := cmp.Diff(header, req.Header); diff != "" {
				t.Errorf("%s: (-want +got):\n%s", name, diff)
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"access_token":"a"}`)), Request: req}, err
		})))
		store := oauth.NewMemoryStore()
		test.stored.AccessToken, test.stored.RefreshToken = client.NewSecret("o"), client.NewSecret("r/+=")
		save(t, store, test.stored)
		var err error
		switch source := app.Source(store); name {
		case "code":
			_, err = app.Exchange(t.Context(), "a b", oauth.UserTypeLocation)
		case "location token":
			path, header["Authorization"], header["Version"] = "/oauth/locationToken", []string{"Bearer o"}, []string{"2021-07-28"}
			_, err = source.Location("l").Token(t.Context())
		default:
			_, err = source.Token(t.Context())
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
