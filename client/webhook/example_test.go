package webhook_test

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// The handler stores the events, and a worker processes them. HighLevel sends an event again until
// it has been stored.
func ExampleNewHandler() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	var queue [][]byte // in production, a table or a queue of jobs
	handler, err := webhook.NewHandler(func(_ context.Context, event webhook.Event) error {
		queue = append(queue, event.Raw)
		return nil
	}, webhook.WithPublicKey(fake.WebhookKey())) // omit it for webhooks of HighLevel
	if err != nil {
		log.Fatal(err)
	}
	fake.HandleWebhooks(handler) // HighLevel sends them to the URL of the app
	fake.InjectWebhookFaults(clienttest.WebhookFault{Forged: true, Repeated: true})

	if _, err := fake.Client().Contacts.Create(context.Background(), client.CreateContactRequest{FirstName: "Edith"}); err != nil {
		log.Fatal(err)
	}
	fake.WaitForWebhooks()
	for _, delivery := range fake.Deliveries() {
		fmt.Printf("%d %q\n", delivery.Status, delivery.Fault)
	}
	for _, body := range queue {
		event, err := webhook.Parse(body)
		if err != nil {
			log.Fatal(err)
		}
		if event.Contact != nil {
			fmt.Println(event.Type, event.Contact.FirstName)
		}
	}
	// Output:
	// 401 "forged"
	// 200 ""
	// 200 "repeated"
	// ContactCreate Edith
}

// A program with a router or a queue of its own verifies the bytes that it received.
func ExampleVerify() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	fake.HandleWebhooks(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		if err := webhook.Verify(r.Header, body, fake.WebhookKey()); err != nil { // omit the key for webhooks of HighLevel
			fmt.Println(err)
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		fmt.Println("store the body and respond with 200")
	}))
	fake.InjectWebhookFaults(clienttest.WebhookFault{Forged: true})
	if _, err := fake.Client().Contacts.Create(context.Background(), client.CreateContactRequest{FirstName: "Edith"}); err != nil {
		log.Fatal(err)
	}
	fake.WaitForWebhooks()
	// Output:
	// highlevel: Verify: the signature is wrong
	// store the body and respond with 200
}

// row is a row of a copy of the contacts.
type row struct {
	contact     *client.Contact // nil if the contact is deleted
	dateUpdated time.Time
}

// Events are repeated, late and out of order. So an event is only a hint that a contact may have
// changed: the program gets the contact, and writes it with its DateUpdated as a guard.
func ExampleNewHandler_contacts() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	c, ctx := fake.Client(), context.Background()

	// In production, the rows are a table, and a worker writes
	//
	//	INSERT INTO contacts AS c (id, contact, date_updated) VALUES ($1, $2, $3)
	//	ON CONFLICT (id) DO UPDATE SET contact = excluded.contact, date_updated = excluded.date_updated
	//	WHERE c.date_updated <= excluded.date_updated
	rows := map[string]row{}
	handler, err := webhook.NewHandler(func(ctx context.Context, event webhook.Event) error {
		if event.Contact == nil {
			return nil
		}
		next := row{dateUpdated: time.Now()}
		contact, err := c.Contacts.Get(ctx, event.Contact.ID)
		if err == nil {
			next = row{contact, contact.DateUpdated}
		} else if !errors.Is(err, client.ErrNotFound) {
			return err
		}
		if !rows[event.Contact.ID].dateUpdated.After(next.dateUpdated) {
			rows[event.Contact.ID] = next
		}
		return nil
	}, webhook.WithPublicKey(fake.WebhookKey())) // omit it for webhooks of HighLevel
	if err != nil {
		log.Fatal(err)
	}
	fake.HandleWebhooks(handler) // HighLevel sends them to the URL of the app

	// The creation, which contains no city, arrives after the update. The deletion does not arrive.
	fake.InjectWebhookFaults(clienttest.WebhookFault{Type: "ContactCreate", Delay: time.Hour}, clienttest.WebhookFault{Type: "ContactDelete", Lost: true})
	contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Edith"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Contacts.Update(ctx, contact.ID, client.UpdateContactRequest{City: client.Set("Austin")}); err != nil {
		log.Fatal(err)
	}
	fake.WaitForWebhooks()
	fmt.Println(rows[contact.ID].contact.City)
	if err := c.Contacts.Delete(ctx, contact.ID); err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Hour)
	fake.WaitForWebhooks()
	fmt.Println(rows[contact.ID].contact == nil)
	// Output:
	// Austin
	// true
}

// Webhook actions of workflows are not signed. The author of the workflow adds a header with a secret
// to the action, which authenticates it.
func Example_workflow() {
	want := sha256.Sum256([]byte("a long random secret"))
	handler := func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("X-Webhook-Secret")))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 { // takes the same time for every secret
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		var body struct {
			ContactID string `json:"contact_id"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&body); err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		fmt.Println("get", body.ContactID) // a hint too: get the contact
	}
	for _, secret := range []string{"a long random secret", "guessed"} {
		body := strings.NewReader(`{"contact_id":"edith000000000000000","full_name":"Edith Clarke","workflow":{"name":"New lead"}}`)
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/workflow", body)
		r.Header.Set("X-Webhook-Secret", secret)
		w := httptest.NewRecorder()
		handler(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// get edith000000000000000
	// 200
	// 401
}
