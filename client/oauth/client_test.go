package oauth_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// installed returns the fake API, and the source of an app that was installed on it. It uses the
// clock of the synctest bubble.
func installed(t *testing.T, grant clienttest.Grant) (*clienttest.Server, *oauth.Source) {
	t.Helper()
	server := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithClock(time.Now))
	app := newApp(t, oauth.Config{
		ClientID: server.App.ClientID, ClientSecret: client.NewSecret(server.App.ClientSecret), RedirectURL: redirectURL,
		BaseURL: server.URL, HTTPClient: server.HTTPClient(),
	})
	credential, err := app.Exchange(t.Context(), server.AuthorizationCode(grant), oauth.UserType(grant.UserType))
	if err != nil {
		t.Fatal(err)
	}
	store := oauth.NewMemoryStore()
	if err := oauth.Save(t.Context(), store, credential); err != nil {
		t.Fatal(err)
	}
	return server, app.Source(store)
}

func newClient(t *testing.T, server *clienttest.Server, tokens client.TokenSource) *client.Client {
	t.Helper()
	c, err := client.New(tokens, client.WithBaseURL(server.URL), client.WithLocation(server.LocationID), client.WithHTTPClient(server.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// count returns the number of requests of an operation that the fake has received.
func count(server *clienttest.Server, operation string) int {
	n := 0
	for _, request := range server.Requests() {
		if request.Operation == operation {
			n++
		}
	}
	return n
}

// Tokens expire or are rejected between calls of package client. No call fails, and each token is
// refreshed once.
func TestSource_Token_AcrossExpiry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                 string
		grant                clienttest.Grant
		end                  func(t *testing.T, server *clienttest.Server, source *oauth.Source)
		wantTokens, wantLocs int // requests, including those of the installation and of the first call
	}{
		{
			"expired token of a location",
			clienttest.Grant{UserType: clienttest.UserTypeLocation},
			func(*testing.T, *clienttest.Server, *oauth.Source) { time.Sleep(25 * time.Hour) }, 2, 0,
		},
		{
			"rejected token of a location",
			clienttest.Grant{UserType: clienttest.UserTypeLocation},
			func(t *testing.T, server *clienttest.Server, source *oauth.Source) {
				t.Helper()
				server.ExpireToken(mustToken(t.Context(), t, source))
			}, 2, 0,
		},
		{
			"expired tokens of an agency",
			clienttest.Grant{UserType: clienttest.UserTypeCompany},
			func(*testing.T, *clienttest.Server, *oauth.Source) { time.Sleep(25 * time.Hour) }, 2, 2,
		},
		{
			"rejected tokens of an agency",
			clienttest.Grant{UserType: clienttest.UserTypeCompany},
			func(t *testing.T, server *clienttest.Server, source *oauth.Source) {
				t.Helper()
				server.RevokeToken(mustToken(t.Context(), t, source.Location(server.LocationID)))
				server.RevokeToken(mustToken(t.Context(), t, source))
			}, 2, 3,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, source := installed(t, test.grant)
				var tokens client.TokenSource = source
				if test.grant.UserType == clienttest.UserTypeCompany {
					tokens = source.Location(server.LocationID)
				}
				c := newClient(t, server, tokens)
				if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Ada"}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				test.end(t, server, source)
				var wait sync.WaitGroup
				for range 50 {
					wait.Go(func() {
						if _, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 1}); err != nil {
							t.Error(err)
						}
					})
				}
				wait.Wait()
				gotTokens, gotLocs := count(server, "getAccessToken"), count(server, "getLocationAccessToken")
				if gotTokens != test.wantTokens || gotLocs != test.wantLocs {
					t.Errorf("got %d requests for tokens and %d for location tokens, want %d and %d", gotTokens, gotLocs, test.wantTokens, test.wantLocs)
				}
			})
		})
	}
}

func TestSource_Token_InvalidRefreshTokenInClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, source := installed(t, clienttest.Grant{UserType: clienttest.UserTypeLocation})
		credential, err := source.Credential(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		server.ExpireToken(credential.AccessToken.Reveal())
		server.ExpireRefreshToken(credential.RefreshToken.Reveal())
		c := newClient(t, server, source)
		for range 5 {
			if _, err := c.Contacts.Get(t.Context(), "ocQHyuzHvysMo5N5VsXc"); !errors.Is(err, oauth.ErrReinstallRequired) {
				t.Errorf("got %v, want ErrReinstallRequired", err)
			}
		}
		if got := count(server, "getAccessToken"); got != 2 {
			t.Errorf("got %d requests for tokens, want 2, including that of the installation", got)
		}
	})
}
