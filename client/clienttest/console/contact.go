package console

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// showContact shows a contact as JSON and the form that changes it, with the error of the form if
// there is one.
func (c *console) showContact(w http.ResponseWriter, r *http.Request, problem string) {
	contact, ok := c.server.Contact(r.URL.Query().Get("id"))
	text, err := json.MarshalIndent(contact, "", "  ")
	if !ok || err != nil {
		http.Error(w, "this contact does not exist", http.StatusNotFound)
		return
	}
	form := r.PostForm
	if form == nil {
		form = url.Values{
			"firstName": {contact.FirstName}, "lastName": {contact.LastName}, "email": {contact.Email},
			"phone": {contact.Phone}, "tags": {strings.Join(contact.Tags, ", ")},
		}
	}
	show(w, "contact", problem, map[string]any{"ID": contact.ID, "JSON": string(text), "Problem": problem, "Form": form})
}

// changeContact changes a contact as the form says.
func (c *console) changeContact(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	value := func(name string) client.Nullable[string] {
		if text := strings.TrimSpace(r.PostFormValue(name)); text != "" {
			return client.Set(text)
		}
		return client.Clear[string]()
	}
	request := client.UpdateContactRequest{
		FirstName: value("firstName"), LastName: value("lastName"), Email: value("email"), Phone: value("phone"),
		Tags: strings.Split(r.PostFormValue("tags"), ","),
	}
	c.callAPI(w, r, func(contacts *client.ContactsService, id string) error {
		_, err := contacts.Update(r.Context(), id, request)
		return err
	})
}

// deleteContact deletes a contact.
func (c *console) deleteContact(w http.ResponseWriter, r *http.Request) {
	c.callAPI(w, r, func(contacts *client.ContactsService, id string) error {
		return contacts.Delete(r.Context(), id)
	})
}

// apiCall calls the API with the ID of a contact.
type apiCall func(contacts *client.ContactsService, id string) error

// callAPI calls the fake's API, so that the fake makes its checks and sends webhooks. It redirects to
// the contacts, or shows the form with the error.
func (c *console) callAPI(w http.ResponseWriter, r *http.Request, call apiCall) {
	id := r.URL.Query().Get("id")
	contact, _ := c.server.Contact(id)
	token := "console-" + rand.Text()
	c.server.AddToken(token, clienttest.Grant{LocationID: contact.LocationID})
	defer c.server.RevokeToken(token)
	caller, err := client.New(client.StaticToken(token), client.WithBaseURL(c.server.URL),
		client.WithHTTPClient(c.server.HTTPClient()), client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
	if err == nil {
		err = call(caller.Contacts, id)
	}
	apiErr, ok := errors.AsType[*client.Error](err)
	switch {
	case ok && len(apiErr.Messages) > 0:
		c.showContact(w, r, strings.Join(apiErr.Messages, "; "))
	case err != nil:
		c.showContact(w, r, err.Error())
	default:
		http.Redirect(w, r, "/#contacts", http.StatusSeeOther)
	}
}
