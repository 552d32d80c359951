package oauth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

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
				"scope":"x y","approvedLocations":["m","n"],"isBulkInstallation":true,
				"approveAllLocations":true,"installToFutureLocations":true}`,
			oauth.Credential{
				UserType: oauth.UserTypeCompany, CompanyID: "c", LocationID: "l", UserID: "u", PlanID: "p", Scopes: []string{"x", "y"},
				ApprovedLocations: []string{"m", "n"}, BulkInstallation: true, ApproveAllLocations: true, InstallToFutureLocations: true,
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
				want.AccessToken, want.RefreshToken = client.NewSecret("a"), client.NewSecret("b")
				want.IssuedAt = time.Now()
				want.Expiry = want.IssuedAt.Add(test.lifetime)
				if diff := cmp.Diff(want, got, cmp.Comparer(equalSecrets), cmp.Transformer("empty", nilIfEmpty)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func equalSecrets(a, b client.Secret) bool { return a.Reveal() == b.Reveal() }

// nilIfEmpty makes an empty list equal to a nil list.
func nilIfEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// Values that the response of a refresh lacks, such as the refresh token, are copied from the
// stored credential.
func TestSource_Credential_MissingValues(t *testing.T) {
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
	want.AccessToken, want.IssuedAt, want.Expiry = client.NewSecret("new"), got.IssuedAt, got.Expiry
	if diff := cmp.Diff(want, got, cmp.Comparer(equalSecrets)); diff != "" {
		t.Error(diff)
	}
}

// endless is a body that does not end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	clear(p)
	return len(p), nil
}
func (*endless) Close() error { return nil }

type bodyTransport struct {
	status int
	body   *endless
}

func (b bodyTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: b.status, Body: b.body, Header: http.Header{}, Request: req}, nil
}

func TestApp_Exchange_EndlessBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 401} {
		synctest.Test(t, func(t *testing.T) {
			body := &endless{}
			c := config(nil)
			c.HTTPClient = &http.Client{Transport: bodyTransport{status, body}}
			_, err := newApp(t, c).Exchange(t.Context(), "code", "")
			if err == nil || errors.Is(err, client.ErrResponseTooLarge) != (status == 200) {
				t.Errorf("%d: got %v, want an error, ErrResponseTooLarge: %t", status, err, status == 200)
			}
			if limit := 20 * (8<<20 + 64<<10); body.read > limit {
				t.Errorf("%d: got %d bytes read, want at most %d", status, body.read, limit)
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
		if (err == nil) == (credential.AccessToken.Reveal() == "") {
			t.Errorf("%d: got %+v, %v, want a token or an error", status, credential, err)
		}
		if err != nil && (len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\r\n\x00\x1b") || strings.Contains(err.Error(), "x1x2x3")) {
			t.Errorf("%d: got %q, want one short line without the code", status, err)
		}
	})
}
