package oauth_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// A location installs an app. The app exchanges the code from the consent page for a credential,
// stores it, and calls the API.
func Example() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID:     fake.App.ClientID,
		ClientSecret: client.NewSecret(fake.App.ClientSecret),
		RedirectURL:  "https://app.example/oauth/callback",
		Scopes:       []string{"contacts.readonly", "contacts.write"},
		BaseURL:      fake.URL, // omit it for the real API
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("open", app.AuthCodeURL("a-random-state"))

	code := fake.AuthorizationCode(clienttest.Grant{}) // from the redirect
	credential, err := app.Exchange(ctx, code, oauth.UserTypeLocation)
	if err != nil {
		log.Fatal(err)
	}
	store := oauth.NewMemoryStore()
	if err := oauth.Save(ctx, store, credential); err != nil {
		log.Fatal(err)
	}

	c, err := client.New(app.Source(store),
		client.WithLocation(credential.LocationID),
		client.WithBaseURL(fake.URL)) // omit it for the real API
	if err != nil {
		log.Fatal(err)
	}
	contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(contact.FirstName)
	// Output:
	// open https://marketplace.gohighlevel.com/oauth/chooselocation?client_id=60e1f3f2a8b7c40001a1b2c3-kq2x9d1e&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback&response_type=code&scope=contacts.readonly+contacts.write&state=a-random-state
	// Ada
}

// A credential in a file is available after a restart, and several processes can share it.
func ExampleNewFileStore() {
	app, err := oauth.New(oauth.Config{ClientID: "id", ClientSecret: client.NewSecret("secret"), RedirectURL: "https://app.example/oauth/callback"})
	if err != nil {
		log.Fatal(err)
	}
	store := oauth.NewFileStore(filepath.Join(os.TempDir(), "example-credential.json"))
	if _, err := app.Source(store).Token(context.Background()); errors.Is(err, oauth.ErrReinstallRequired) {
		fmt.Println("a user must install the app")
	}
	// Output: a user must install the app
}

// This is the web application of an agency. Each request contains a location ID, and the pool
// returns the client of that location.
func ExampleClientPool() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	app, err := oauth.New(oauth.Config{
		ClientID:     fake.App.ClientID,
		ClientSecret: client.NewSecret(fake.App.ClientSecret),
		RedirectURL:  "https://app.example/oauth/callback",
		BaseURL:      fake.URL, // omit it for the real API
	})
	if err != nil {
		log.Fatal(err)
	}
	store := oauth.NewMemoryStore() // with the credential of the agency; see the example of the package
	code := fake.AuthorizationCode(clienttest.Grant{UserType: clienttest.UserTypeCompany})
	credential, err := app.Exchange(context.Background(), code, oauth.UserTypeCompany)
	if err := errors.Join(err, oauth.Save(context.Background(), store, credential)); err != nil {
		log.Fatal(err)
	}

	pool := oauth.NewClientPool(app.Source(store), func(string) []client.Option {
		return []client.Option{client.WithBaseURL(fake.URL)} // omit it for the real API
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
			http.Error(w, string(client.KindOf(err)), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "%d contacts", page.Total)
	}

	response := httptest.NewRecorder()
	handler(response, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/contacts?location=ve9EPM428h8vShlRW1KT", nil))
	fmt.Println(response.Code, response.Body)
	// Output: 200 0 contacts
}

// Users install this web application. The browser opens /oauth/install, the user agrees on the
// consent page, and the consent page redirects to /oauth/callback.
func ExampleInstallHandler() {
	app, err := oauth.New(oauth.Config{
		ClientID:     "6690f5b0c5d7a1-app",
		ClientSecret: client.NewSecret("secret"),
		RedirectURL:  "https://app.example/oauth/callback",
		Scopes:       []string{"contacts.readonly"},
	})
	if err != nil {
		log.Fatal(err)
	}
	stores := map[string]oauth.TokenStore{} // in production, rows of postgres.NewTokenStore
	var mu sync.Mutex
	save := func(ctx context.Context, credential oauth.Credential) error {
		mu.Lock()
		defer mu.Unlock()
		store := oauth.NewMemoryStore()
		stores[cmp.Or(credential.LocationID, credential.CompanyID)] = store // one for each location or agency
		return oauth.Save(ctx, store, credential)
	}
	install := oauth.InstallHandler(app, save, &oauth.InstallSettings{
		Installed: func(w http.ResponseWriter, r *http.Request, _ oauth.Credential) {
			http.Redirect(w, r, "/welcome", http.StatusSeeOther)
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/oauth/", http.StripPrefix("/oauth", install))

	response := httptest.NewRecorder()
	mux.ServeHTTP(response, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/oauth/install", nil))
	location, err := response.Result().Location()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Code, location.Host, location.Path)
	// Output: 302 marketplace.gohighlevel.com /oauth/chooselocation
}
