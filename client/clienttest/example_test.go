package clienttest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// start starts a fake. A test calls clienttest.NewServer(t) instead.
func start() *clienttest.Server {
	s, err := clienttest.Start(clienttest.WithoutSocket())
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// The contacts and the requests show what the program did.
func Example() {
	s := start() // in a test: clienttest.NewServer(t)
	defer s.Close()
	ctx := context.Background()

	created, err := s.Client().Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Ada", Phone: "(415) 555-2671"})
	if err != nil {
		fmt.Println(err)
	}
	stored, _ := s.Contact(created.ID)
	fmt.Println(stored.FirstName, stored.Phone)
	for _, request := range s.Requests() {
		fmt.Println(request.Operation, request.Status)
	}
	// Output:
	// Ada +14155552671
	// createContact 201
}

// By default a location does not allow duplicates.
func Example_duplicate() {
	s := start()
	defer s.Close()
	s.Seed(client.Contact{ID: "ocQHyuzHvysMo5N5VsXc", FirstName: "Ada", Email: "ada@example.com"})

	_, err := s.Client().Contacts.Create(context.Background(), client.CreateContactRequest{Email: "ADA@example.com"})
	var apiErr *client.Error
	if errors.Is(err, client.ErrDuplicate) && errors.As(err, &apiErr) {
		fmt.Println(apiErr.MatchingField, "of", apiErr.ContactID)
	}
	// Output: email of ocQHyuzHvysMo5N5VsXc
}

// The connection is reset after the contact was created: the caller must check before it retries.
func Example_unclearCreate() {
	s := start()
	defer s.Close()
	s.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply})

	_, err := s.Client().Contacts.Create(context.Background(), client.CreateContactRequest{Email: "ada@example.com"})
	fmt.Println(errors.Is(err, client.ErrMaybeApplied), "contacts:", s.Len())
	// Output: true contacts: 1
}

func ExampleServer_InjectFaults() {
	s := start()
	defer s.Close()
	// One list in ten is a gateway's page, and the phone number of the third contact is not a
	// string.
	s.InjectFaults(
		clienttest.Fault{Operation: "getContacts", Rate: 0.1, Status: 502, Body: clienttest.GatewayPage, Header: clienttest.HTMLHeader()},
		clienttest.Fault{Operation: "getContact", After: 2, Count: 1, Set: map[string]any{"/contact/phone": 5}},
	)
	fmt.Println(len(s.Faults()), "active faults")
	// Output: 2 active faults
}

// The webhooks of a change are verified with the key of the fake.
func ExampleServer_HandleWebhooks() {
	s := start()
	defer s.Close()
	handler, err := webhook.NewHandler(func(_ context.Context, event webhook.Event) error {
		fmt.Println(event.Type, event.Contact.Email)
		return nil
	}, webhook.WithPublicKey(s.WebhookKey()))
	if err != nil {
		log.Fatal(err)
	}
	s.HandleWebhooks(handler)
	s.InjectWebhookFaults(clienttest.WebhookFault{Forged: true, Repeated: true})

	if _, err := s.Client().Contacts.Create(context.Background(), client.CreateContactRequest{Email: "ada@example.com"}); err != nil {
		fmt.Println(err)
	}
	s.WaitForWebhooks()
	for _, d := range s.Deliveries() {
		fmt.Printf("%d %q\n", d.Status, d.Fault)
	}
	// Output:
	// ContactCreate ada@example.com
	// 401 "forged"
	// 200 ""
	// 200 "repeated"
}

// An app is installed without a person: the consent page redirects immediately, and the code of the
// redirect is exchanged for tokens.
func ExampleWithConsent() {
	s, err := clienttest.Start(clienttest.WithoutSocket(), clienttest.WithConsent(clienttest.Grant{}))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	browser := s.HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.URL+"/oauth/chooselocation?"+url.Values{
		"response_type": {"code"}, "client_id": {s.App.ClientID}, "state": {"a-random-state"},
		"redirect_uri": {"https://app.example/callback"},
	}.Encode(), nil)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := browser.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	target, err := resp.Location()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(target.Host, target.Query().Get("state"), target.Query().Has("code"))
	// Output: app.example a-random-state true
}
