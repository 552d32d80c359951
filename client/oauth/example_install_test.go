package oauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// A web application that a user installs: the browser opens /oauth/install, the user agrees on the consent
// page, and comes back to /oauth/callback.
func ExampleInstallHandler() {
	fake, err := clienttest.Start(clienttest.WithConsent(clienttest.Grant{})) // the user agrees at once
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	mux := http.NewServeMux()
	website := httptest.NewTLSServer(mux)
	defer website.Close()

	app, err := oauth.New(oauth.Config{
		ClientID:       fake.App.ClientID,
		ClientSecret:   oauth.NewSecret(fake.App.ClientSecret),
		RedirectURL:    website.URL + "/oauth/callback",
		Scopes:         []string{"contacts.readonly"},
		BaseURL:        fake.URL, // omit both for the real API
		MarketplaceURL: fake.URL,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	store := oauth.NewMemoryStore() // in production, a store for each location or agency
	save := func(ctx context.Context, credential oauth.Credential) error {
		return oauth.Save(ctx, store, credential)
	}
	install := oauth.InstallHandler(app, save, oauth.WithInstalled(http.RedirectHandler("/welcome", http.StatusSeeOther)))
	mux.Handle("/oauth/", http.StripPrefix("/oauth", install))
	mux.HandleFunc("/welcome", func(http.ResponseWriter, *http.Request) {})

	jar, err := cookiejar.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	browser := &http.Client{Transport: website.Client().Transport, Jar: jar}
	resp, err := browser.Get(website.URL + "/oauth/install") //nolint:noctx // the example is short
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Request.URL.Path)
	credential, err := store.Load(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(credential.UserType)
	// Output:
	// /welcome
	// Location
}
