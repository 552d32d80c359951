package main

import (
	"context"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func (t *tour) duplicate(ctx context.Context) error {
	t.title("Create a duplicate: the error holds the ID of the existing contact")
	t.call(`_, err := c.Contacts.Create(ctx, client.CreateContactRequest{Email: "ada@example.com"})`)
	_, err := t.client.Contacts.Create(ctx, client.CreateContactRequest{Email: "ada@example.com"})
	return t.failure(err, client.ErrDuplicate, "ErrDuplicate")
}

func (t *tour) notFound(ctx context.Context) error {
	t.title("Get a contact that does not exist: the API responds with status 400, the error matches ErrNotFound")
	t.call(`_, err := c.Contacts.Get(ctx, "doesNotExist12345678")`)
	_, err := t.client.Contacts.Get(ctx, "doesNotExist12345678")
	return t.failure(err, client.ErrNotFound, "ErrNotFound")
}

func (t *tour) invalid(ctx context.Context) error {
	t.title("Send an invalid property through the generated client")
	t.call("_, err := c.Generated().UpdateContactWithBody(ctx, %q, \"application/json\", strings.NewReader(`{\"gender\":\"female\"}`))", t.id)
	resp, err := t.client.Generated().UpdateContactWithBody(ctx, t.id, "application/json", strings.NewReader(`{"gender":"female"}`))
	if err == nil {
		resp.Body.Close()
	}
	return t.failure(err, client.ErrInvalid, "ErrInvalid")
}

func (t *tour) drift(ctx context.Context) error {
	t.title("Get a contact with values of unexpected types: the client reads what it can and reports the rest")
	t.note("The API sends dateAdded as a number and tags as a string.")
	t.fake.InjectFaults(clienttest.Fault{Operation: "getContact", Count: 1, Set: map[string]any{
		"/contact/dateAdded": int64(1603870249758), "/contact/tags": "vip",
	}})
	var response client.Response
	t.call("c.Contacts.Get(ctx, %q, client.WithResponseInto(&response))", t.id)
	contact, err := t.client.Contacts.Get(ctx, t.id, client.WithResponseInto(&response))
	if err != nil {
		return err
	}
	t.contact(contact)
	for _, drift := range response.Drift {
		t.result("response.Drift: %s: want %s, got %s", drift.Pointer, drift.Want, drift.Got)
	}
	return nil
}

func (t *tour) outage(ctx context.Context) error {
	t.title("Get a contact during an outage: the client retries")
	t.note("A gateway responds to the first attempt with status 502 and an HTML page.")
	t.fake.InjectFaults(clienttest.Fault{
		Operation: "getContact", Count: 1, Status: 502, Body: clienttest.GatewayPage, Header: clienttest.HTMLHeader(),
	})
	before := len(t.fake.Requests())
	var response client.Response
	t.call("c.Contacts.Get(ctx, %q, client.WithResponseInto(&response))", t.id)
	contact, err := t.client.Contacts.Get(ctx, t.id, client.WithResponseInto(&response))
	if err != nil {
		return err
	}
	for i, request := range t.fake.Requests()[before:] {
		t.result("attempt %d: %s %s: status %d", i+1, request.Method, request.Path, request.Status)
	}
	t.contact(contact)
	limit := response.RateLimit
	t.result("response.Attempts == %d; %d of %d requests per %s remain", response.Attempts, limit.Remaining, limit.Max, limit.Interval)
	return nil
}

func (t *tour) maybeApplied(ctx context.Context) error {
	t.title("Lose the response to a Create: the client does not retry and reports that the contact may exist")
	t.note("The API creates the contact, then the connection is reset.")
	t.fake.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply})
	t.call(`_, err := c.Contacts.Create(ctx, client.CreateContactRequest{Email: "edsger@example.com"})`)
	_, err := t.client.Contacts.Create(ctx, client.CreateContactRequest{Email: "edsger@example.com"})
	return t.failure(err, client.ErrMaybeApplied, "ErrMaybeApplied")
}

func (t *tour) getDeleted(ctx context.Context) error {
	t.title("Get the deleted contact")
	t.call("_, err := c.Contacts.Get(ctx, %q)", t.id)
	_, err := t.client.Contacts.Get(ctx, t.id)
	return t.failure(err, client.ErrNotFound, "ErrNotFound")
}
