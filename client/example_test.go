package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// startFake starts a fake of the API with three contacts, and returns it with a client for it.
func startFake(opts ...client.Option) (*clienttest.Server, *client.Client, context.Context) {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	fake.Seed(
		client.Contact{ID: "ada00000000000000000", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", BusinessID: "engines"},
		client.Contact{ID: "grace000000000000000", FirstName: "Grace", LastName: "Hopper", Email: "grace@example.com", Tags: []string{"navy"}},
		client.Contact{ID: "mary0000000000000000", FirstName: "Mary", LastName: "Somerville", Phone: "+14155552671", BusinessID: "engines"},
	)
	return fake, fake.Client(opts...), context.Background()
}

// Example prints the contacts of a location. All requests the pages as the loop needs them.
func Example() {
	fake, c, ctx := startFake() // a program calls client.New, see ExampleNew
	defer fake.Close()

	for contact, err := range c.Contacts.All(ctx, client.ListRequest{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(contact.ID, contact.Email)
	}
	// Output:
	// ada00000000000000000 ada@example.com
	// grace000000000000000 grace@example.com
	// mary0000000000000000
}

func ExampleNew() {
	token, locationID := "pit-00000000-0000-4000-8000-000000000000", "ve9EPM428h8vShlRW1KT"

	c, err := client.New(client.StaticToken(token), client.WithLocation(locationID))
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.Contacts.Get(context.Background(), "a/b") // rejected before any request
	fmt.Println(err)
	// Output: Contacts.Get: invalid: contact ID: use letters, digits and -_.~, and not only dots
}

// Use errors.Is for the kind of an error, and errors.As for its details.
func ExampleContactsService_Get() {
	fake, c, ctx := startFake()
	defer fake.Close()

	_, err := c.Contacts.Get(ctx, "ocQHyuzHvysMo5N5VsXc")
	switch {
	case errors.Is(err, client.ErrNotFound):
		fmt.Println("no such contact")
	case errors.Is(err, client.ErrForbidden):
		fmt.Println("the token may not read it")
	}
	if apiError, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(apiError.StatusCode, apiError.Messages)
	}
	// Output:
	// no such contact
	// 400 [Contact with id ocQHyuzHvysMo5N5VsXc not found]
}

// The error for a duplicate has the ID of the existing contact.
func ExampleContactsService_Create() {
	fake, c, ctx := startFake()
	defer fake.Close()

	request := client.CreateContactRequest{
		FirstName:    "Ada",
		Email:        "ada@example.com",
		Tags:         []string{"VIP"},
		CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("favorite_color", "red")},
	}
	contact, err := c.Contacts.Create(ctx, request)
	var apiErr *client.Error
	switch {
	case errors.Is(err, client.ErrDuplicate) && errors.As(err, &apiErr):
		contact, err = c.Contacts.Get(ctx, apiErr.ContactID) // the existing contact
	case errors.Is(err, client.ErrMaybeApplied):
		// The contact may have been created: look for it before creating it again.
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(contact.FirstName, contact.LastName)
	// Output: Ada Lovelace
}

// Set writes a value, SetNonZero writes one that is not zero, and Clear sends null, which removes a
// phone number. Other fields remain unchanged.
func ExampleContactsService_Update() {
	fake, c, ctx := startFake()
	defer fake.Close()

	id := "mary0000000000000000"
	contact, err := c.Contacts.Update(ctx, id, client.UpdateContactRequest{
		City:  client.Set("London"),
		Phone: client.Clear[string](),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s in %s, phone %q\n", contact.LastName, contact.City, contact.Phone)

	contact, err = c.Contacts.Update(ctx, id, client.UpdateContactRequest{
		City: client.SetNonZero(""), // such as an empty cell of a CSV file
		DND:  client.Set(true),
		Tags: []string{}, // replaces all tags
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s in %s, tags %q, do not disturb %v\n", contact.LastName, contact.City, contact.Tags, contact.DND)
	// Output:
	// Somerville in London, phone ""
	// Somerville in London, tags [], do not disturb true
}

// An upsert matches by email address and phone number.
func ExampleContactsService_Upsert() {
	fake, c, ctx := startFake()
	defer fake.Close()

	for _, email := range []string{"grace@example.com", "hedy@example.com"} {
		result, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(email), Source: client.Set("example-sync")})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(email, "is new:", result.New)
	}
	// Output:
	// grace@example.com is new: false
	// hedy@example.com is new: true
}

func ExampleContactsService_Delete() {
	fake, c, ctx := startFake()
	defer fake.Close()

	err := c.Contacts.Delete(ctx, "ada00000000000000000")
	fmt.Println(err)
	err = c.Contacts.Delete(ctx, "ada00000000000000000")
	fmt.Println(errors.Is(err, client.ErrNotFound))
	// Output:
	// <nil>
	// true
}

// List returns one page. Its Next is the cursor of the next page.
func ExampleContactsService_List() {
	fake, c, ctx := startFake()
	defer fake.Close()

	page, err := c.Contacts.List(ctx, client.ListRequest{Limit: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, contact := range page.Contacts {
		fmt.Println(contact.FirstName, contact.LastName)
	}
	fmt.Println("of", page.Total, "and there is more:", page.Next != "")
	// Output:
	// Ada Lovelace
	// Grace Hopper
	// of 3 and there is more: true
}

// Clients of the same app and location share a Pacer. Without a shared Pacer, each process uses a
// part of the limit, here a quarter for each of four processes.
func ExampleNewPacer() {
	token := client.StaticToken("pit-00000000-0000-4000-8000-000000000000")
	pacer := client.NewPacer(100, 10*time.Second, client.WithShare(1.0/4))
	interactive, err1 := client.New(token, client.WithPacer(pacer), client.WithTimeout(5*time.Second))
	batch, err2 := client.New(token, client.WithPacer(pacer))
	fmt.Println(interactive != batch, err1, err2)
	// Output: true <nil> <nil>
}

// An iteration can be continued later, by another process if necessary.
func ExampleCursorAfter() {
	fake, c, ctx := startFake()
	defer fake.Close()

	var stored client.Cursor // a program stores it in a file or database
	for contact, err := range c.Contacts.All(ctx, client.ListRequest{}) {
		if err != nil {
			log.Fatal(err)
		}
		stored = client.CursorAfter(contact)
		break // the program stops after the first contact
	}

	for contact, err := range c.Contacts.All(ctx, client.ListRequest{After: stored}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(contact.FirstName)
	}
	// Output:
	// Grace
	// Mary
}

// Pages iterates over the pages of any list. A program that stores the Next of the last page can
// continue after it, by another process if necessary.
func ExamplePages() {
	fake, c, ctx := startFake()
	defer fake.Close()

	list := func(ctx context.Context, after client.Cursor) (*client.Page, error) {
		return c.Contacts.ListByBusiness(ctx, "engines", client.BusinessListRequest{Limit: 1, After: after})
	}
	var stored client.Cursor // a program stores it in a file or database
	for range 2 {            // the program is interrupted after a page
		for page, err := range client.Pages(ctx, stored, list) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(page.Contacts[0].FirstName)
			stored = page.Next
			break
		}
	}
	// Output:
	// Ada
	// Mary
}

func ExampleContactsService_AllByBusiness() {
	fake, c, ctx := startFake()
	defer fake.Close()

	for contact, err := range c.Contacts.AllByBusiness(ctx, "engines", client.BusinessListRequest{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(contact.FirstName)
	}
	// Output:
	// Ada
	// Mary
}

// The value of a custom field can be a string, a number, a list or an object.
func ExampleFieldValue() {
	contact := &client.Contact{CustomFields: []gen.CustomField{
		{ID: "color", Value: []byte(`"red"`)},
		{ID: "rooms", Value: []byte(`["kitchen", "hall"]`)},
		{ID: "moved", Value: []byte(`1603870249758`)},
	}}
	fmt.Println(client.CustomFieldByID(contact, "color").Text())
	fmt.Println(client.CustomFieldByID(contact, "rooms").List())
	day, _ := client.CustomFieldByID(contact, "moved").Time()
	fmt.Println(day.Format("2 January 2006"))
	// Output:
	// red
	// [kitchen hall]
	// 28 October 2020
}

// WithResponseInto stores the response, on success and on failure.
func ExampleWithResponseInto() {
	fake, c, ctx := startFake()
	defer fake.Close()

	var response client.Response
	_, err := c.Contacts.Get(ctx, "ada00000000000000000", client.WithResponseInto(&response))
	if err != nil {
		log.Fatal(err)
	}
	limit := response.RateLimit
	fmt.Printf("status %d, %d of %d requests left for %v\n", response.StatusCode, limit.Remaining, limit.Max, limit.Interval)
	for _, drift := range response.Drift {
		fmt.Println(drift.Pointer, "should be", drift.Want, "but is", drift.Got)
	}
	// Output: status 200, 99 of 100 requests left for 10s
}

// The generated client has the same authentication and errors. Use it for requests that the methods
// do not support.
func ExampleClient_Generated() {
	fake, c, ctx := startFake()
	defer fake.Close()

	resp, err := c.Generated().GetContact(ctx, "ada00000000000000000")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, resp.Header.Get("Content-Type"))
	// Output: 200 application/json; charset=utf-8
}

// Do calls an endpoint that has no method, under the same rules. Here it requests the custom fields
// of opportunities.
func ExampleClient_Do() {
	fake, c, ctx := startFake()
	defer fake.Close()

	var definitions struct {
		CustomFields []struct {
			Key string `json:"fieldKey"`
		} `json:"customFields"`
	}
	path := "/locations/" + url.PathEscape("ve9EPM428h8vShlRW1KT") + "/customFields"
	query := url.Values{"model": {"opportunity"}}
	if err := c.Do(ctx, http.MethodGet, path, query, nil, &definitions); err != nil {
		log.Fatal(err)
	}
	for _, field := range definitions.CustomFields {
		fmt.Println(field.Key)
	}
	// Output: opportunity.my_reason
}

// A call hook records metrics of all calls.
func ExampleWithCallHook() {
	fake, c, ctx := startFake(client.WithCallHook(func(_ context.Context, info client.CallInfo) {
		fmt.Printf("%s status=%d attempts=%d kind=%q\n", info.Operation, info.StatusCode, info.Attempts, string(client.KindOf(info.Err)))
	}))
	defer fake.Close()
	_, _ = c.Contacts.Get(ctx, "ada00000000000000000")
	_, _ = c.Contacts.Get(ctx, "missing0000000000000")
	// Output:
	// Contacts.Get status=200 attempts=1 kind=""
	// Contacts.Get status=400 attempts=1 kind="not_found"
}

func ExampleContactsService_SearchAll() {
	fake, c, ctx := startFake()
	defer fake.Close()

	search := client.SearchRequest{
		Filters: []client.Filter{
			client.UpdatedSince(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)),
			client.AnyOf(
				client.Where("tags", "eq", "navy"),
				client.Where("phone", "exists", nil),
			),
		},
		Sort: []client.Sort{{Field: "dateUpdated", Direction: "asc"}},
	}
	for contact, err := range c.Contacts.SearchAll(ctx, search) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(contact.FirstName)
	}
	// Unordered output:
	// Grace
	// Mary
}

// A search for one contact is the cheapest way to count.
func ExampleContactsService_Search() {
	fake, c, ctx := startFake()
	defer fake.Close()

	page, err := c.Contacts.Search(ctx, client.SearchRequest{Limit: 1, Filters: []client.Filter{client.Where("email", "exists", nil)}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Total)
	// Output: 2
}

// A create whose response was lost may have created the contact. Wait for the API, and look for a
// contact with the same values. Finding one does not prove that this create made it, so compare it
// with the request.
func ExampleContactsService_FindDuplicate() {
	fake, c, ctx := startFake()
	defer fake.Close()
	fake.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply})

	request := client.CreateContactRequest{FirstName: "Edsger", LastName: "Dijkstra", Email: "edsger@example.com"}
	_, err := c.Contacts.Create(ctx, request)
	if errors.Is(err, client.ErrMaybeApplied) {
		<-time.After(time.Millisecond) // a program waits a few seconds
		found, err := c.Contacts.FindDuplicate(ctx, client.DuplicateQuery{Email: request.Email, Phone: request.Phone})
		switch {
		case errors.Is(err, client.ErrNotFound):
			fmt.Println("not created: create it again")
		case err != nil:
			log.Fatal(err)
		case strings.EqualFold(found.Email, request.Email) && found.FirstName == request.FirstName && found.LastName == request.LastName:
			fmt.Println("there is such a contact: do not create it again")
		default:
			fmt.Println("another contact has this email address or phone number")
		}
	}
	// Output: there is such a contact: do not create it again
}

func ExampleContactsService_AddTags() {
	fake, c, ctx := startFake()
	defer fake.Close()

	tags, err := c.Contacts.AddTags(ctx, "grace000000000000000", []string{"VIP"}) // keeps the other tags
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags)
	tags, err = c.Contacts.RemoveTags(ctx, "grace000000000000000", []string{"navy"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags)
	// Output:
	// [navy vip]
	// [vip]
}

func ExampleContactsService_CustomFields() {
	fake, c, ctx := startFake()
	defer fake.Close()

	fields, err := c.Contacts.CustomFields(ctx, "") // of the location of the client
	if err != nil {
		log.Fatal(err)
	}
	field, ok := fields.Find("my_text") // by name, key or ID
	if !ok {
		log.Fatal("no such field")
	}
	input, err := field.Input("analytical engine") // rejects what the API would silently ignore
	if err != nil {
		log.Fatal(err)
	}
	contact, err := c.Contacts.Update(ctx, "ada00000000000000000", client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{input}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.CustomFieldByID(contact, field.ID).Text())
	// Output: analytical engine
}
