package webhook_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// A program saves the credential of an installation in the store of its location or agency, and
// deletes it when the app is uninstalled. A late Uninstall event does not delete the credential of a
// newer installation.
func ExampleNewHandler_installations() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	app, err := oauth.New(oauth.Config{
		ClientID:     fake.App.ClientID,
		ClientSecret: client.NewSecret(fake.App.ClientSecret),
		RedirectURL:  "https://app.example/callback",
		BaseURL:      fake.URL, // omit it for the real API
	})
	if err != nil {
		log.Fatal(err)
	}

	stores := map[string]oauth.TokenStore{fake.LocationID: oauth.NewMemoryStore()} // in production, rows of a table
	webhooks, err := webhook.NewHandler(func(ctx context.Context, event webhook.Event) error {
		switch event.Type {
		case webhook.Install: // the program saves the credential, before or after this event
			fmt.Println("installed", cmp.Or(event.LocationID, event.CompanyID))
		case webhook.Uninstall:
			return oauth.Delete(ctx, stores[cmp.Or(event.LocationID, event.CompanyID)], event.Time)
		}
		return nil
	}, webhook.WithPublicKey(fake.WebhookKey())) // omit it for webhooks of HighLevel
	if err != nil {
		log.Fatal(err)
	}
	fake.HandleWebhooks(webhooks) // HighLevel sends them to the URL of the app

	install := func() { // in production, see oauth.InstallHandler
		credential, err := app.Exchange(context.Background(), fake.AuthorizationCode(clienttest.Grant{}), oauth.UserTypeLocation)
		if err != nil {
			log.Fatal(err)
		}
		if err := oauth.Save(context.Background(), stores[credential.LocationID], credential); err != nil {
			log.Fatal(err)
		}
		fake.WaitForWebhooks()
	}
	isInstalled := func() bool {
		_, err := app.Source(stores[fake.LocationID]).Token(context.Background())
		return !errors.Is(err, oauth.ErrReinstallRequired)
	}

	install()
	fake.InjectWebhookFaults(clienttest.WebhookFault{Type: "UNINSTALL", Count: 1, Delay: time.Hour})
	fake.Uninstall(fake.LocationID)
	install()
	fake.Advance(time.Hour) // the event of the first installation arrives
	fake.WaitForWebhooks()
	fmt.Println(isInstalled())

	fake.Uninstall(fake.LocationID)
	fake.WaitForWebhooks()
	fmt.Println(isInstalled())
	// Output:
	// installed ve9EPM428h8vShlRW1KT
	// installed ve9EPM428h8vShlRW1KT
	// true
	// false
}
