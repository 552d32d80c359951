// Webapp is a web application that a user installs, on the fake of the API and its consent page. It
// prints the number of contacts of the location.
package main

import (
	"context"
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

func main() {
	directory, err := os.MkdirTemp("", "webapp")
	if err != nil {
		log.Fatal(err)
	}
	err = run(directory)
	_ = os.RemoveAll(directory)
	if err != nil {
		log.Fatal(err)
	}
}

func run(directory string) error {
	fake, err := clienttest.Start(clienttest.WithConsent(clienttest.Grant{}))
	if err != nil {
		return err
	}
	defer fake.Close()
	fake.Seed(client.Contact{FirstName: "Ada"}, client.Contact{FirstName: "Grace"})
	mux := http.NewServeMux()
	website := httptest.NewTLSServer(mux)
	defer website.Close()

	app, err := oauth.New(oauth.Config{
		ClientID:       fake.App.ClientID,
		ClientSecret:   client.NewSecret(fake.App.ClientSecret),
		RedirectURL:    website.URL + "/oauth/callback",
		Scopes:         []string{"contacts.readonly"},
		BaseURL:        fake.URL,
		MarketplaceURL: fake.URL,
	})
	if err != nil {
		return err
	}
	store := oauth.NewFileStore(filepath.Join(directory, "credential.json"))
	c, err := client.New(app.Source(store), client.WithLocation(fake.LocationID), client.WithBaseURL(fake.URL))
	if err != nil {
		return err
	}
	save := func(ctx context.Context, credential oauth.Credential) error {
		return oauth.Save(ctx, store, credential)
	}
	installed := func(w http.ResponseWriter, r *http.Request, _ oauth.Credential) {
		page, err := c.Contacts.List(r.Context(), client.ListRequest{})
		if err != nil {
			http.Error(w, string(client.KindOf(err)), http.StatusBadGateway)
			return
		}
		fmt.Printf("%d contacts\n", page.Total)
	}
	mux.Handle("/oauth/", http.StripPrefix("/oauth", oauth.InstallHandler(app, save, &oauth.InstallSettings{
		Installed: installed,
	})))

	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Transport: website.Client().Transport, Jar: jar}
	response, err := browser.Get(website.URL + "/oauth/install")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the installation ended with status %s", response.Status)
	}
	return nil
}
