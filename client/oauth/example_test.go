package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// highLevel stands in for the API. Its AuthorizationCode does what a person does on the consent
// page.
func highLevel() *clienttest.Server {
	server, err := clienttest.Start()
	if err != nil {
		panic(err)
	}
	return server
}

// An app that a location installs: from the code that the consent page sent to a client.
func Example() {
	server := highLevel()
	defer server.Close()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID:     server.App.ClientID,
		ClientSecret: oauth.NewSecret(server.App.ClientSecret),
		RedirectURL:  "https://app.example/oauth/callback",
		Scopes:       []string{"contacts.readonly", "contacts.write"},
		BaseURL:      server.URL, // leave it out for the real API
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("send the person to", app.AuthCodeURL("a-random-state"))

	code := server.AuthorizationCode(clienttest.Grant{}) // from the redirect
	credential, err := app.Exchange(ctx, code, oauth.UserTypeLocation)
	if err != nil {
		fmt.Println(err)
		return
	}
	store := oauth.NewMemoryStore()
	if err := oauth.Save(ctx, store, credential); err != nil {
		fmt.Println(err)
		return
	}

	c, err := client.New(app.Source(store), client.WithLocation(credential.LocationID), client.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Ada"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(contact.FirstName)
	// Output:
	// send the person to https://marketplace.gohighlevel.com/oauth/chooselocation?client_id=60e1f3f2a8b7c40001a1b2c3-kq2x9d1e&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback&response_type=code&scope=contacts.readonly+contacts.write&state=a-random-state
	// Ada
}

// An app that an agency installs: a client for each of its locations.
func ExampleSource_Location() {
	server := highLevel()
	defer server.Close()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID:     server.App.ClientID,
		ClientSecret: oauth.NewSecret(server.App.ClientSecret),
		RedirectURL:  "https://app.example/oauth/callback",
		Scopes:       []string{"contacts.readonly", "oauth.write"},
		BaseURL:      server.URL, // leave it out for the real API
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := server.AuthorizationCode(clienttest.Grant{UserType: clienttest.UserTypeCompany}) // from the redirect
	credential, err := app.Exchange(ctx, code, oauth.UserTypeCompany)
	if err != nil {
		fmt.Println(err)
		return
	}
	store := oauth.NewMemoryStore()
	if err := oauth.Save(ctx, store, credential); err != nil {
		fmt.Println(err)
		return
	}

	agency := app.Source(store)
	for _, location := range []string{"ve9EPM428h8vShlRW1KT", "knES3eSWYIsc5YSZ3YLl"} {
		c, err := client.New(agency.Location(location), client.WithLocation(location), client.WithBaseURL(server.URL))
		if err != nil {
			fmt.Println(err)
			return
		}
		contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Ada"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(contact.LocationID, contact.FirstName)
	}
	// Output:
	// ve9EPM428h8vShlRW1KT Ada
	// knES3eSWYIsc5YSZ3YLl Ada
}

// A credential in a file outlives the program, and may be shared by several.
func ExampleNewFileStore() {
	server := highLevel()
	defer server.Close()
	directory, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(directory) }()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID:     server.App.ClientID,
		ClientSecret: oauth.NewSecret(server.App.ClientSecret),
		RedirectURL:  "https://app.example/oauth/callback",
		BaseURL:      server.URL, // leave it out for the real API
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	store := oauth.NewFileStore(filepath.Join(directory, "credential.json"))
	source := app.Source(store)

	_, err = source.Token(ctx)
	if errors.Is(err, oauth.ErrReinstallRequired) {
		fmt.Println("a person has to install the app")
	}
	code := server.AuthorizationCode(clienttest.Grant{}) // from the redirect
	credential, err := app.Exchange(ctx, code, oauth.UserTypeLocation)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := oauth.Save(ctx, store, credential); err != nil {
		fmt.Println(err)
		return
	}

	if _, err := source.Token(ctx); err == nil {
		fmt.Println("the program goes on with", credential.AccessToken)
	}
	// Output:
	// a person has to install the app
	// the program goes on with [redacted]
}

// A web application for an agency: each request names a location, and the pool has its client.
func ExampleClientPool() {
	server := highLevel()
	defer server.Close()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID:     server.App.ClientID,
		ClientSecret: oauth.NewSecret(server.App.ClientSecret),
		RedirectURL:  "https://app.example/oauth/callback",
		Scopes:       []string{"contacts.readonly", "oauth.write"},
		BaseURL:      server.URL, // leave it out for the real API
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := server.AuthorizationCode(clienttest.Grant{UserType: clienttest.UserTypeCompany}) // from the redirect
	credential, err := app.Exchange(ctx, code, oauth.UserTypeCompany)
	if err != nil {
		fmt.Println(err)
		return
	}
	store := oauth.NewMemoryStore()
	if err := oauth.Save(ctx, store, credential); err != nil {
		fmt.Println(err)
		return
	}

	pool := oauth.NewClientPool(app.Source(store), func(string) []client.Option {
		return []client.Option{client.WithBaseURL(server.URL)} // leave it out for the real API
	})
	defer pool.CloseIdleConnections()
	handler := func(w http.ResponseWriter, r *http.Request) {
		c, err := pool.Client(r.FormValue("location"))
		if err != nil {
			http.Error(w, "unknown location", http.StatusNotFound)
			return
		}
		page, err := c.Contacts.List(r.Context(), client.ListRequest{})
		if err != nil {
			http.Error(w, client.Kind(err), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "%d contacts", page.Total)
	}

	response := httptest.NewRecorder()
	handler(response, httptest.NewRequestWithContext(ctx, http.MethodGet, "/contacts?location=ve9EPM428h8vShlRW1KT", nil))
	fmt.Println(response.Code, response.Body)
	// Output: 200 0 contacts
}

// A web application that a user installs: the browser opens /oauth/install, the user agrees on the
// consent page, and comes back to /oauth/callback.
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
