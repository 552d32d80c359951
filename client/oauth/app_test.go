package oauth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
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
	const refresh = app + "grant_type=refresh_token&refresh_token=r%2F%2B%3D"
	token := func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err }
	location := func(_ *oauth.App, source *oauth.Source) error {
		_, err := source.Location("l").Token(t.Context())
		return err
	}
	exchange := func(app *oauth.App, _ *oauth.Source) error {
		_, err := app.Exchange(t.Context(), "a b", oauth.UserTypeLocation)
		return err
	}
	agency := oauth.Credential{UserType: oauth.UserTypeCompany, CompanyID: "c"}
	for name, test := range map[string]struct {
		stored     oauth.Credential
		do         func(*oauth.App, *oauth.Source) error
		path, body string
	}{
		"code":                  {agency, exchange, "/oauth/token", app + "code=a+b&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback&user_type=Location"},
		"location":              {oauth.Credential{UserType: oauth.UserTypeLocation}, token, "/oauth/token", refresh + "&user_type=Location"},
		"agency":                {agency, token, "/oauth/token", refresh + "&user_type=Company"},
		"location without type": {oauth.Credential{LocationID: "l", CompanyID: "c"}, token, "/oauth/token", refresh + "&user_type=Location"},
		"agency without type":   {oauth.Credential{CompanyID: "c"}, token, "/oauth/token", refresh + "&user_type=Company"},
		"unknown type":          {oauth.Credential{}, token, "/oauth/token", refresh},
		"location token":        {agency, location, "/oauth/locationToken", "companyId=c&locationId=l"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			c := config(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				if req.GetBody != nil {
					return nil, errors.New("got a request with GetBody, which net/http can send again")
				}
				fmt.Fprintf(&got, "%s %s\r\n", req.Method, req.URL)
				_ = req.Header.Write(&got)
				_, err := io.Copy(&got, req.Body)
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"access_token":"a"}`)), Request: req}, err
			}))
			stored, header, version := test.stored, "", ""
			stored.AccessToken, stored.RefreshToken = client.NewSecret("o"), client.NewSecret("r/+=")
			if name == "location token" {
				stored.Expiry, header, version = time.Now().Add(time.Hour), "Authorization: Bearer o\r\n", "Version: 2021-07-28\r\n"
			}
			store := oauth.NewMemoryStore()
			save(t, store, stored)
			app := newApp(t, c)
			if err := test.do(app, app.Source(store)); err != nil {
				t.Fatal(err)
			}
			want := "POST https://services.leadconnectorhq.com" + test.path + "\r\nAccept: application/json\r\n" + header +
				"Content-Type: application/x-www-form-urlencoded\r\nUser-Agent: highlevel/" + client.Version
			start, rest, _ := strings.Cut(got.String(), client.Version)
			_, rest, _ = strings.Cut(rest, "\r\n")
			if diff := cmp.Diff(want+"\r\n"+version+test.body, start+client.Version+"\r\n"+rest); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
