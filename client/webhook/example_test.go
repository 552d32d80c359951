package webhook_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// sender sends webhooks as HighLevel does, with a key of its own.
type sender struct{ key ed25519.PrivateKey }

func newSender() (sender, ed25519.PublicKey) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	return sender{private}, public
}

// send returns the status of the response.
func (s sender) send(handler http.Handler, body string) int {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/webhooks", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, []byte(body))))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

// The handler stores the events, and a worker processes them. HighLevel sends an event again until
// it has been stored.
func ExampleNewHandler() {
	highlevel, key := newSender()
	var queue [][]byte // in production, a table or a queue of jobs
	handler, err := webhook.NewHandler(func(_ context.Context, event webhook.Event) error {
		queue = append(queue, event.Raw)
		return nil
	}, webhook.WithPublicKey(key)) // omit it for webhooks of HighLevel
	if err != nil {
		log.Fatal(err)
	}
	const created = `{"type":"ContactCreate","locationId":"ve9EPM428h8vShlRW1KT","id":"edith000000000000000","firstName":"Edith",
		"timestamp":"2026-04-02T08:15:31.004Z","webhookId":"1c0e6ea2-0000-4000-8000-000000000001"}`
	const installed = `{"type":"INSTALL","installType":"Location","locationId":"ve9EPM428h8vShlRW1KT","companyId":"otg8dTQqGLh3Q6iQI55w",
		"timestamp":"2026-04-02T08:00:00.000Z","webhookId":"1c0e6ea2-0000-4000-8000-000000000002"}`
	forger, _ := newSender()
	fmt.Println(highlevel.send(handler, created), highlevel.send(handler, created), highlevel.send(handler, installed), forger.send(handler, created))

	for _, body := range queue {
		event, err := webhook.Parse(body)
		if err != nil {
			log.Fatal(err)
		}
		switch event.Type {
		case webhook.ContactCreate, webhook.ContactUpdate:
			fmt.Println(event.Type, event.Contact.FirstName)
		case webhook.Install:
			fmt.Println(event.Type, event.Install.Type, event.LocationID)
		}
	}
	// Output:
	// 200 200 200 401
	// ContactCreate Edith
	// INSTALL Location ve9EPM428h8vShlRW1KT
}

// mirror is a copy of the contacts of a location. In production, it is a table, and write is
//
//	INSERT INTO contacts AS c (id, contact, date_updated) VALUES ($1, $2, $3)
//	ON CONFLICT (id) DO UPDATE SET contact = excluded.contact, date_updated = excluded.date_updated
//	WHERE c.date_updated <= excluded.date_updated
type mirror struct {
	mu   sync.Mutex
	rows map[string]row
}

type row struct {
	contact     *client.Contact // nil if the contact is deleted
	dateUpdated time.Time
}

// write stores a row unless the stored row is newer.
func (m *mirror) write(id string, r row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.rows[id].dateUpdated.After(r.dateUpdated) {
		m.rows[id] = r
	}
}

// refresh copies the current state of a contact. The order of several calls does not matter.
func (m *mirror) refresh(ctx context.Context, c *client.Client, id string) error {
	now := time.Now()
	contact, err := c.Contacts.Get(ctx, id)
	switch {
	case errors.Is(err, client.ErrNotFound):
		m.write(id, row{dateUpdated: now})
	case err != nil:
		return err
	default:
		m.write(id, row{contact, contact.DateUpdated})
	}
	return nil
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
	highlevel, key := newSender()

	contacts := mirror{rows: make(map[string]row)}
	handler, err := webhook.NewHandler(func(ctx context.Context, event webhook.Event) error {
		if event.Contact == nil {
			return nil
		}
		return contacts.refresh(ctx, c, event.Contact.ID) // in production, by a worker
	}, webhook.WithPublicKey(key)) // omit it for webhooks of HighLevel
	if err != nil {
		log.Fatal(err)
	}

	fake.Seed(client.Contact{ID: "edith000000000000000", FirstName: "Edith"})
	if _, err := c.Contacts.Update(ctx, "edith000000000000000", client.UpdateContactRequest{City: client.Set("Austin")}); err != nil {
		log.Fatal(err)
	}
	// The update arrives before the creation, which contains no city.
	highlevel.send(handler, `{"type":"ContactUpdate","id":"edith000000000000000","city":"Austin","webhookId":"2"}`)
	highlevel.send(handler, `{"type":"ContactCreate","id":"edith000000000000000","firstName":"Edith","webhookId":"1"}`)
	fmt.Println(contacts.rows["edith000000000000000"].contact.City)

	if err := c.Contacts.Delete(ctx, "edith000000000000000"); err != nil {
		log.Fatal(err)
	}
	// Of the deletion, only an older event arrives.
	highlevel.send(handler, `{"type":"ContactTagUpdate","id":"edith000000000000000","tags":["vip"],"webhookId":"3"}`)
	fmt.Println(contacts.rows["edith000000000000000"].contact == nil)
	// Output:
	// Austin
	// true
}

// workflowWebhook authenticates the webhook action of a workflow, which is not signed, with a
// secret in a header. The author of the workflow adds the header to the action.
func workflowWebhook(secret string, deliver func(contactID string)) http.HandlerFunc {
	want := sha256.Sum256([]byte(secret))
	return func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("X-Webhook-Secret")))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 { // takes the same time for every secret
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		var body struct {
			ContactID string `json:"contact_id"`
		}
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&body)
		if err != nil || body.ContactID == "" {
			http.Error(w, "no contact_id", http.StatusBadRequest)
			return
		}
		deliver(body.ContactID) // a hint too: get the contact
	}
}

// Webhook actions of workflows are not signed. A header with a secret authenticates them.
func Example_workflow() {
	handler := workflowWebhook("a long random secret", func(contactID string) { fmt.Println("get", contactID) })
	for _, secret := range []string{"a long random secret", "guessed", ""} {
		body := bytes.NewReader([]byte(`{"contact_id":"edith000000000000000","full_name":"Edith Clarke","workflow":{"name":"New lead"}}`))
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
	// 401
}
