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
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestApp_Exchange(t *testing.T) {
	t.Parallel()
	for _, userType := range []oauth.UserType{oauth.UserTypeLocation, oauth.UserTypeCompany} {
		for _, requested := range []oauth.UserType{userType, ""} {
			t.Run(fmt.Sprintf("%s requested as %q", userType, requested), func(t *testing.T) {
				t.Parallel()
				api := newFakeAPI(userType)
				api.codes["code-1"] = true
				app := newApp(t, config(api))
				got, err := app.Exchange(t.Context(), "code-1", requested)
				if err != nil || got.AccessToken.Reveal() != "access-1" || got.RefreshToken.Reveal() != "refresh-1" || got.UserType != userType ||
					got.CompanyID != api.companyID || (got.LocationID == locationID) != (userType == oauth.UserTypeLocation) {
					t.Errorf("got %+v, %v, want a credential of a %s", got, err, userType)
				}
				if _, err := app.Exchange(t.Context(), "code-1", requested); !errors.Is(err, oauth.ErrReinstallRequired) {
					t.Errorf("second exchange: got %v, want ErrReinstallRequired", err)
				}
				if _, err := app.Exchange(t.Context(), "", requested); err == nil {
					t.Error("empty code: got no error")
				}
				store := oauth.NewMemoryStore()
				if err := oauth.Save(t.Context(), store, got); err != nil {
					t.Fatal(err)
				}
				source := app.Source(store)
				source.Invalidate(mustToken(t.Context(), t, source)) // the fake checks the user type of the refresh
				if token := mustToken(t.Context(), t, source); token != "access-2" {
					t.Errorf("after the refresh: got %s, want access-2", token)
				}
			})
		}
	}
}

// recorder is a transport that records the last request as it is sent.
type recorder struct{ method, url, body, header string }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.GetBody != nil {
		return nil, errors.New("got a request with GetBody, which net/http can send again")
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var header strings.Builder
	_ = req.Header.Write(&header)
	r.method, r.url, r.body, r.header = req.Method, req.URL.String(), string(body), header.String()
	response := `{"access_token":"a","refresh_token":"b","expires_in":86399}`
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(response)), Header: http.Header{}, Request: req}, nil
}

func TestApp_Exchange_Requests(t *testing.T) {
	t.Parallel()
	const app = "client_id=6690f5b0c5d7a1-app&client_secret=s3cr3t-of-the-app&"
	expired := func(userType oauth.UserType) oauth.Credential {
		return oauth.Credential{AccessToken: client.NewSecret("o"), RefreshToken: client.NewSecret("r/+="), UserType: userType, CompanyID: "c"}
	}
	agency := expired(oauth.UserTypeCompany)
	agency.Expiry = time.Now().Add(time.Hour)
	tests := []struct {
		name       string
		stored     oauth.Credential
		do         func(*oauth.App, *oauth.Source) error
		path, body string
		extra      string // headers
	}{
		{
			"code", agency,
			func(app *oauth.App, _ *oauth.Source) error {
				_, err := app.Exchange(t.Context(), "a b", oauth.UserTypeLocation)
				return err
			},
			"/oauth/token",
			app + "code=a+b&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback&user_type=Location", "",
		},
		{
			"refresh of a location", expired(oauth.UserTypeLocation),
			func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err },
			"/oauth/token", app + "grant_type=refresh_token&refresh_token=r%2F%2B%3D&user_type=Location", "",
		},
		{
			"refresh of an agency", expired(oauth.UserTypeCompany),
			func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err },
			"/oauth/token", app + "grant_type=refresh_token&refresh_token=r%2F%2B%3D&user_type=Company", "",
		},
		{
			"refresh of a location that was stored without a user type",
			oauth.Credential{AccessToken: client.NewSecret("o"), RefreshToken: client.NewSecret("r"), LocationID: "l", CompanyID: "c"},
			func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err },
			"/oauth/token", app + "grant_type=refresh_token&refresh_token=r&user_type=Location", "",
		},
		{
			"refresh of an agency that was stored without a user type",
			oauth.Credential{AccessToken: client.NewSecret("o"), RefreshToken: client.NewSecret("r"), CompanyID: "c"},
			func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err },
			"/oauth/token", app + "grant_type=refresh_token&refresh_token=r&user_type=Company", "",
		},
		{
			"refresh of an unknown user type",
			oauth.Credential{AccessToken: client.NewSecret("o"), RefreshToken: client.NewSecret("r")},
			func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err },
			"/oauth/token", app + "grant_type=refresh_token&refresh_token=r", "",
		},
		{
			"location token", agency,
			func(_ *oauth.App, source *oauth.Source) error {
				_, err := source.Location("l").Token(t.Context())
				return err
			},
			"/oauth/locationToken", "companyId=c&locationId=l", "Authorization: Bearer o\r\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			wire := &recorder{}
			c := config(nil)
			c.HTTPClient = &http.Client{Transport: wire}
			store := oauth.NewMemoryStore()
			if err := oauth.Save(t.Context(), store, test.stored); err != nil {
				t.Fatal(err)
			}
			app := newApp(t, c)
			if err := test.do(app, app.Source(store)); err != nil {
				t.Fatal(err)
			}
			header := "Accept: application/json\r\n" + test.extra + "Content-Type: application/x-www-form-urlencoded\r\nUser-Agent: highlevel/" + client.Version
			if wire.method != http.MethodPost || wire.url != "https://services.leadconnectorhq.com"+test.path {
				t.Errorf("got %s %s, want POST to %s", wire.method, wire.url, test.path)
			}
			if diff := cmp.Diff(test.body, wire.body); diff != "" {
				t.Error(diff)
			}
			if !strings.HasPrefix(wire.header, header) || strings.Contains(wire.header, "Version: 2021-07-28") != (test.extra != "") {
				t.Errorf("got headers\n%s\nwant\n%s", wire.header, header)
			}
		})
	}
}
