package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// installAgency starts a fake of the API on which an agency has installed an app, and returns the
// source of the agency's tokens.
func installAgency() (*clienttest.Server, *oauth.Source) {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	app, err := oauth.New(oauth.Config{
		ClientID:     fake.App.ClientID,
		ClientSecret: client.NewSecret(fake.App.ClientSecret),
		RedirectURL:  "https://app.example/oauth/callback",
		BaseURL:      fake.URL,
	})
	if err != nil {
		log.Fatal(err)
	}
	code := fake.AuthorizationCode(clienttest.Grant{UserType: clienttest.UserTypeCompany})
	credential, err := app.Exchange(context.Background(), code, oauth.UserTypeCompany)
	if err != nil {
		log.Fatal(err)
	}
	store := oauth.NewMemoryStore()
	if err := oauth.Save(context.Background(), store, credential); err != nil {
		log.Fatal(err)
	}
	return fake, app.Source(store)
}

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

// An agency has installed an app. The app has a client for each of the agency's locations.
func ExampleSource_Location() {
	fake, agency := installAgency() // see the example of the package
	defer fake.Close()
	for _, location := range []string{"ve9EPM428h8vShlRW1KT", "knES3eSWYIsc5YSZ3YLl"} {
		c, err := client.New(agency.Location(location),
			client.WithLocation(location),
			client.WithBaseURL(fake.URL)) // omit it for the real API
		if err != nil {
			log.Fatal(err)
		}
		contact, err := c.Contacts.Create(context.Background(), client.CreateContactRequest{FirstName: "Ada"})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(contact.LocationID, contact.FirstName)
	}
	// Output:
	// ve9EPM428h8vShlRW1KT Ada
	// knES3eSWYIsc5YSZ3YLl Ada
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
	fake, agency := installAgency() // see the example of the package
	defer fake.Close()
	pool := oauth.NewClientPool(agency, func(string) []client.Option {
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
	fake, err := clienttest.Start(clienttest.WithConsent(clienttest.Grant{})) // the user agrees
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	mux := http.NewServeMux()
	website := httptest.NewTLSServer(mux)
	defer website.Close()

	app, err := oauth.New(oauth.Config{
		ClientID:       fake.App.ClientID,
		ClientSecret:   client.NewSecret(fake.App.ClientSecret),
		RedirectURL:    website.URL + "/oauth/callback",
		Scopes:         []string{"contacts.readonly"},
		BaseURL:        fake.URL, // omit it for the real API
		MarketplaceURL: fake.URL, // omit it for the real API
	})
	if err != nil {
		log.Fatal(err)
	}
	store := oauth.NewMemoryStore() // in production, a store for each location or agency
	save := func(ctx context.Context, credential oauth.Credential) error {
		return oauth.Save(ctx, store, credential)
	}
	install := oauth.InstallHandler(app, save, &oauth.InstallSettings{
		Installed: func(w http.ResponseWriter, r *http.Request, _ oauth.Credential) {
			http.Redirect(w, r, "/welcome", http.StatusSeeOther)
		},
	})
	mux.Handle("/oauth/", http.StripPrefix("/oauth", install))
	mux.HandleFunc("/welcome", func(http.ResponseWriter, *http.Request) {})

	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	browser := &http.Client{Transport: website.Client().Transport, Jar: jar}
	resp, err := browser.Get(website.URL + "/oauth/install") //nolint:noctx // the example is short
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Request.URL.Path)
	credential, err := store.Load(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credential.UserType)
	// Output:
	// /welcome
	// Location
}
