package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// exampleServer stands in for the API: it has one contact, and one code that was not used yet.
func exampleServer(userType oauth.UserType) *httptest.Server {
	v := newVendor(userType)
	v.codes["code-from-the-redirect"] = true
	mux := http.NewServeMux()
	mux.Handle("/oauth/", v)
	mux.HandleFunc("GET /contacts/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"contact":{"id":%q,"firstName":"Ada"}}`, r.PathValue("id"))
	})
	return httptest.NewServer(mux)
}

// An app that a location installs: from the code that the consent page sent to a client.
func Example() {
	server := exampleServer(oauth.UserTypeLocation)
	defer server.Close()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID:     clientID,
		ClientSecret: oauth.NewSecret(clientSecret),
		RedirectURL:  redirectURL,
		Scopes:       []string{"contacts.readonly", "contacts.write"},
		BaseURL:      server.URL, // leave it out for the real API
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("send the person to", app.ConsentURL("a-random-state"))

	credential, err := app.Exchange(ctx, "code-from-the-redirect", oauth.UserTypeLocation)
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
	contact, err := c.Contacts.Get(ctx, "ocQHyuzHvysMo5N5VsXc")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(contact.FirstName)
	// Output:
	// send the person to https://marketplace.gohighlevel.com/oauth/chooselocation?client_id=6690f5b0c5d7a1-app&redirect_uri=https%3A%2F%2Fapp.example%2Foauth%2Fcallback&response_type=code&scope=contacts.readonly+contacts.write&state=a-random-state
	// Ada
}

// An app that an agency installs: a client for each of its locations.
func ExampleSource_Location() {
	server := exampleServer(oauth.UserTypeCompany)
	defer server.Close()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID:     clientID,
		ClientSecret: oauth.NewSecret(clientSecret),
		RedirectURL:  redirectURL,
		Scopes:       []string{"contacts.readonly", "oauth.write"},
		BaseURL:      server.URL, // leave it out for the real API
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	credential, err := app.Exchange(ctx, "code-from-the-redirect", oauth.UserTypeCompany)
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
		contact, err := c.Contacts.Get(ctx, "ocQHyuzHvysMo5N5VsXc")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(location, contact.FirstName)
	}
	// Output:
	// ve9EPM428h8vShlRW1KT Ada
	// knES3eSWYIsc5YSZ3YLl Ada
}

// A credential in a file outlives the program, and may be shared by several.
func ExampleNewFileStore() {
	server := exampleServer(oauth.UserTypeLocation)
	defer server.Close()
	directory, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(directory) }()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		ClientID: clientID, ClientSecret: oauth.NewSecret(clientSecret), RedirectURL: redirectURL,
		BaseURL: server.URL, // leave it out for the real API
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	store := oauth.NewFileStore(filepath.Join(directory, "credential.json"))
	source := app.Source(store)

	_, err = source.Token(ctx)
	if errors.Is(err, oauth.ErrReinstall) {
		fmt.Println("a person has to install the app")
	}
	credential, err := app.Exchange(ctx, "code-from-the-redirect", oauth.UserTypeLocation)
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
