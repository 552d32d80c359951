package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

const business = "641c094001436dbc2081e642"

// tour is the walk over the fake; each of its steps prints itself.
type tour struct {
	*transcript
	client *client.Client
	fake   *clienttest.Server
	id     string // of the contact that the tour creates
}

func tourFake(ctx context.Context, out *transcript) error {
	fake, err := clienttest.Start(clienttest.WithSeed(uint64(time.Now().UnixNano())))
	if err != nil {
		return err
	}
	defer fake.Close()
	people := fake.Seed(crowd(230)...)
	c, err := fake.NewClient()
	if err != nil {
		return err
	}
	fmt.Fprintf(out.to, "A fake HighLevel with %d contacts listens at %s.\n", len(people), fake.URL)
	fmt.Fprintln(out.to, "Set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION to meet the real one.")

	t := &tour{transcript: out, client: c, fake: fake}
	steps := []func(context.Context) error{
		t.create, t.get, t.update, t.upsert, t.list, t.walk, t.listByBusiness,
		t.duplicate, t.missing, t.invalid, t.oddValue, t.outage, t.unclear, t.delete,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(out.to, "\nThe fake answered %d requests and holds %d contacts.\n", len(fake.Requests()), fake.Len())
	return nil
}

func (t *tour) create(ctx context.Context) error {
	t.title("Create a contact")
	t.call(`c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Ada", Email: "ada@example.com", …})`)
	contact, err := t.client.Contacts.Create(ctx, client.CreateContactRequest{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Phone: "(202) 555-0143", Tags: []string{" VIP "},
		CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey(clienttest.SampleFields()[0].Key, "analytical engine")},
	})
	if err != nil {
		return err
	}
	t.id = contact.ID
	t.contact(contact)
	t.result("The API keeps the number as E.164 and tags in lower case.")
	return nil
}

func (t *tour) get(ctx context.Context) error {
	t.title("Get it")
	t.call("c.Contacts.Get(ctx, %q)", t.id)
	contact, err := t.client.Contacts.Get(ctx, t.id)
	if err != nil {
		return err
	}
	t.contact(contact)
	value := client.CustomFieldByID(contact, clienttest.SampleFields()[0].ID)
	t.result("added %s, custom field: %s %q", contact.DateAdded.Format(time.RFC3339), value.Kind(), value.Text())
	return nil
}

func (t *tour) update(ctx context.Context) error {
	t.title("Update it: set one member, clear one, keep the others")
	t.call(`c.Contacts.Update(ctx, %q, client.UpdateContactRequest{City: client.Set("London"), Phone: client.Clear[string]()})`, t.id)
	contact, err := t.client.Contacts.Update(ctx, t.id, client.UpdateContactRequest{
		City: client.Set("London"), Phone: client.Clear[string](),
	})
	if err != nil {
		return err
	}
	t.contact(contact)
	return nil
}

func (t *tour) upsert(ctx context.Context) error {
	t.title("Upsert: the address decides whether a contact is updated or created")
	for _, email := range []string{"ada@example.com", "grace@example.com"} {
		t.call("c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(%q), Source: client.Set(%q)})", email, "quickstart")
		result, err := t.client.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(email), Source: client.Set("quickstart")})
		if err != nil {
			return err
		}
		t.result("New %v, %s", result.New, result.Contact.ID)
	}
	return nil
}

func (t *tour) list(ctx context.Context) error {
	t.title("List a page")
	t.call(`c.Contacts.List(ctx, client.ListRequest{Limit: 3})`)
	page, err := t.client.Contacts.List(ctx, client.ListRequest{Limit: 3})
	if err != nil {
		return err
	}
	for i := range page.Contacts {
		t.contact(&page.Contacts[i])
	}
	t.result("%d in all; page.Next is %s", page.Total, page.Next)
	return nil
}

func (t *tour) walk(ctx context.Context) error {
	t.title("Walk over all of them")
	t.call(`for contact, err := range c.Contacts.All(ctx, client.ListRequest{Limit: 100})`)
	before := len(t.fake.Requests())
	count := 0
	for _, err := range t.client.Contacts.All(ctx, client.ListRequest{Limit: 100}) {
		if err != nil {
			return err
		}
		count++
	}
	t.result("%d contacts in %d requests", count, len(t.fake.Requests())-before)
	return nil
}

func (t *tour) listByBusiness(ctx context.Context) error {
	t.title("List the contacts of a business")
	t.call("c.Contacts.ListByBusiness(ctx, %q, client.BusinessListRequest{Limit: 3})", business)
	page, err := t.client.Contacts.ListByBusiness(ctx, business, client.BusinessListRequest{Limit: 3})
	if err != nil {
		return err
	}
	for i := range page.Contacts {
		t.contact(&page.Contacts[i])
	}
	return nil
}

func (t *tour) duplicate(ctx context.Context) error {
	t.title("Meet a duplicate")
	t.call(`c.Contacts.Create(ctx, client.CreateContactRequest{Email: "ada@example.com"})`)
	_, err := t.client.Contacts.Create(ctx, client.CreateContactRequest{Email: "ada@example.com"})
	return t.failure(err, client.ErrDuplicate, "ErrDuplicate")
}

func (t *tour) missing(ctx context.Context) error {
	t.title("Ask for a contact that does not exist: the API says 400, the error says not found")
	t.call(`c.Contacts.Get(ctx, "doesNotExist12345678")`)
	_, err := t.client.Contacts.Get(ctx, "doesNotExist12345678")
	return t.failure(err, client.ErrNotFound, "ErrNotFound")
}

func (t *tour) invalid(ctx context.Context) error {
	t.title("Send what the API refuses, past the typed methods")
	t.call("c.Generated().UpdateContactWithBody(ctx, %q, \"application/json\", `{\"gender\":\"female\"}`)", t.id)
	resp, err := t.client.Generated().UpdateContactWithBody(ctx, t.id, "application/json", strings.NewReader(`{"gender":"female"}`))
	if err == nil {
		resp.Body.Close()
	}
	return t.failure(err, client.ErrInvalid, "ErrInvalid")
}

func (t *tour) oddValue(ctx context.Context) error {
	t.title("Get a contact with odd values: nothing is lost, and it is told")
	t.fake.Fail(clienttest.Fault{Operation: "getContact", Count: 1, Set: map[string]any{
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
		t.result("drift at %s: want %s, got %s", drift.Pointer, drift.Want, drift.Got)
	}
	return nil
}

func (t *tour) outage(ctx context.Context) error {
	t.title("Survive an outage")
	t.fake.Fail(clienttest.Fault{Operation: "getContact", Count: 1, Status: 502, Body: clienttest.GatewayPage, Header: clienttest.HTMLHeader()})
	var response client.Response
	t.call("c.Contacts.Get(ctx, %q, client.WithResponseInto(&response))", t.id)
	contact, err := t.client.Contacts.Get(ctx, t.id, client.WithResponseInto(&response))
	if err != nil {
		return err
	}
	t.contact(contact)
	t.result("attempts %d, budget left %d of %d per %s", response.Attempts, response.RateLimit.Remaining, response.RateLimit.Max, response.RateLimit.Interval)
	return nil
}

func (t *tour) unclear(ctx context.Context) error {
	t.title("Create while the connection breaks: it is not done twice, and not called a failure either")
	t.fake.Fail(clienttest.Fault{Operation: "createContact", Count: 1, Cut: clienttest.CutAfter})
	t.call(`c.Contacts.Create(ctx, client.CreateContactRequest{Email: "edsger@example.com"})`)
	_, err := t.client.Contacts.Create(ctx, client.CreateContactRequest{Email: "edsger@example.com"})
	return t.failure(err, client.ErrMaybeApplied, "ErrMaybeApplied")
}

func (t *tour) delete(ctx context.Context) error {
	t.title("Delete the contact")
	t.call("c.Contacts.Delete(ctx, %q)", t.id)
	if err := t.client.Contacts.Delete(ctx, t.id); err != nil {
		return err
	}
	_, err := t.client.Contacts.Get(ctx, t.id)
	return t.failure(err, client.ErrNotFound, "ErrNotFound")
}

// crowd returns n invented people; every tenth works at the business.
func crowd(n int) []client.Contact {
	first := []string{"Ann", "Bo", "Chi", "Dov", "Eva", "Finn", "Gia", "Hal", "Ida", "Jo"}
	last := []string{"Ahlström", "Baker", "Chen", "Dias", "Eze", "Fischer", "García", "Haddad", "Ito", "Jensen"}
	people := make([]client.Contact, n)
	for i := range people {
		people[i] = client.Contact{
			FirstName: first[i%len(first)], LastName: last[i/len(first)%len(last)],
			Email: fmt.Sprintf("person%d@example.com", i), Tags: []string{"newsletter"},
		}
		if i%10 == 0 {
			people[i].BusinessID = business
		}
	}
	return people
}
