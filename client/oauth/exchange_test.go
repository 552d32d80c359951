package oauth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
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
					got.CompanyID != companyID || (got.LocationID == locationID) != (userType == oauth.UserTypeLocation) {
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
		return oauth.Credential{AccessToken: oauth.NewSecret("o"), RefreshToken: oauth.NewSecret("r/+="), UserType: userType, CompanyID: "c"}
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
			oauth.Credential{AccessToken: oauth.NewSecret("o"), RefreshToken: oauth.NewSecret("r"), LocationID: "l", CompanyID: "c"},
			func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err },
			"/oauth/token", app + "grant_type=refresh_token&refresh_token=r&user_type=Location", "",
		},
		{
			"refresh of an agency that was stored without a user type",
			oauth.Credential{AccessToken: oauth.NewSecret("o"), RefreshToken: oauth.NewSecret("r"), CompanyID: "c"},
			func(_ *oauth.App, source *oauth.Source) error { _, err := source.Token(t.Context()); return err },
			"/oauth/token", app + "grant_type=refresh_token&refresh_token=r&user_type=Company", "",
		},
		{
			"refresh of an unknown user type",
			oauth.Credential{AccessToken: oauth.NewSecret("o"), RefreshToken: oauth.NewSecret("r")},
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
			header := "Accept: application/json\r\n" + test.extra + "Content-Type: application/x-www-form-urlencoded\r\nUser-Agent: contacts-go/" + client.Version
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

// A property of an unexpected type does not prevent the tokens from being read: the API returns
// them once.
func TestApp_Exchange_UnexpectedResponses(t *testing.T) {
	t.Parallel()
	const tokens = `"access_token":"a","refresh_token":"b"`
	day := 86399 * time.Second
	tests := []struct {
		name, body string
		want       oauth.Credential
		lifetime   time.Duration
	}{
		{
			"complete", `{` + tokens + `,"expires_in":86399,"userType":"Company","companyId":"c","locationId":"l","userId":"u","planId":"p",
				"scope":"x y","approvedLocations":["m","n"],"isBulkInstallation":true}`,
			oauth.Credential{
				UserType: oauth.UserTypeCompany, CompanyID: "c", LocationID: "l", UserID: "u", PlanID: "p", Scopes: []string{"x", "y"},
				ApprovedLocations: []string{"m", "n"}, BulkInstallation: true,
			},
			day,
		},
		{"only tokens", `{` + tokens + `}`, oauth.Credential{}, time.Hour},
		{"byte order mark", "\ufeff{" + tokens + `}`, oauth.Credential{}, time.Hour},
		{"everything null", `{` + tokens + `,"expires_in":null,"userType":null,"scope":null,"approvedLocations":null,"isBulkInstallation":null}`, oauth.Credential{}, time.Hour},
		{"other types", `{` + tokens + `,"expires_in":"86399","userId":12,"companyId":{"a":1},"scope":["x"],"isBulkInstallation":"yes"}`, oauth.Credential{UserID: "12", Scopes: []string{"x"}}, day},
		{"fraction", `{` + tokens + `,"expires_in":86399.0}`, oauth.Credential{}, day},
		{"negative lifetime", `{` + tokens + `,"expires_in":-1}`, oauth.Credential{}, time.Hour},
		{"infinite lifetime", `{` + tokens + `,"expires_in":1e300}`, oauth.Credential{}, 10 * 365 * 24 * time.Hour},
		{"lifetime that is not a number", `{` + tokens + `,"expires_in":"NaN"}`, oauth.Credential{}, time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, err := newApp(t, config(respond(200, test.body))).Exchange(t.Context(), "code", "")
				if err != nil {
					t.Fatal(err)
				}
				want := test.want
				want.AccessToken, want.RefreshToken = oauth.NewSecret("a"), oauth.NewSecret("b")
				want.IssuedAt = time.Now()
				want.Expiry = want.IssuedAt.Add(test.lifetime)
				if diff := cmp.Diff(want, got, cmp.Comparer(func(x, y oauth.Secret) bool { return x == y }), cmp.Transformer("empty", nilIfEmpty)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// nilIfEmpty makes an empty list equal to a nil list.
func nilIfEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// Values that the response of a refresh lacks, such as the refresh token, are copied from the
// stored credential.
func TestSource_Refresh_MissingValues(t *testing.T) {
	t.Parallel()
	store := oauth.NewMemoryStore()
	stored := newCredential("a")
	stored.Expiry = time.Now().Add(-time.Hour)
	if err := oauth.Save(t.Context(), store, stored); err != nil {
		t.Fatal(err)
	}
	source := newApp(t, config(respond(200, `{"access_token":"new","expires_in":60}`))).Source(store)
	got, err := source.Credential(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := stored
	want.AccessToken, want.IssuedAt, want.Expiry = oauth.NewSecret("new"), got.IssuedAt, got.Expiry
	if diff := cmp.Diff(want, got, cmp.Comparer(func(x, y oauth.Secret) bool { return x == y })); diff != "" {
		t.Error(diff)
	}
}

func TestError_Text(t *testing.T) {
	t.Parallel()
	const reinstall = ": the app must be installed again, on its consent page"
	tests := []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"code", 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`, "401: UnAuthorized!: Authorization code not found" + reinstall},
		{"grant", 400, `{"error":"invalid_grant","error_description":"Invalid grant: client_id of the token"}`, "400: invalid_grant: Invalid grant: client_id of the token" + reinstall},
		{"client", 401, `{"error":"invalid_client"}`, "401: invalid_client"},
		{"grant type", 400, `{"error":"unsupported_grant_type"}`, "400: unsupported_grant_type"},
		{"list of messages", 422, `{"statusCode":422,"message":["a","b"],"error":"Unprocessable Entity"}`, "422: Unprocessable Entity: a: b"},
		{"not JSON", 404, "<html>\n<b>no</b>", "404"},
		{"redirect", 302, "", "302 redirect, which is not followed"},
		{"long", 404, `{"message":"` + strings.Repeat("long ", 100) + `"}`, "404: " + strings.Repeat("long ", 59) + "lo…"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := newApp(t, config(respond(test.status, test.body))).Exchange(t.Context(), "x1x2x3", "")
			if want := "oauth: get-access-token: " + test.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func FuzzResponse(f *testing.F) {
	f.Add(200, `{"access_token":"a","refresh_token":"b","expires_in":86399,"scope":"a b","approvedLocations":["c"]}`)
	f.Add(401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`)
	f.Add(422, `{"message":["a",1],"statusCode":"422"}`)
	f.Add(400, "\x00\xff<html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		status = 200 + (status%300+300)%300 // 2xx to 4xx
		if status == 408 || status == 425 || status == 429 {
			return
		}
		app := newApp(t, config(respond(status, body)))
		var credential oauth.Credential
		var err error
		synctest.Test(t, func(t *testing.T) { credential, err = app.Exchange(t.Context(), "x1x2x3", "") })
		if (err == nil) == credential.AccessToken.IsZero() {
			t.Errorf("%d: got %+v, %v, want a token or an error", status, credential, err)
		}
		if err != nil && (len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\r\n\x00\x1b") || strings.Contains(err.Error(), "x1x2x3")) {
			t.Errorf("%d: got %q, want one short line without the code", status, err)
		}
	})
}
