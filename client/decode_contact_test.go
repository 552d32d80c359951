package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// TestDecodeContact_Rewritten decodes contacts, encodes them, and decodes them again.
func TestDecodeContact_Rewritten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, data, want, drift string
	}{
		{
			"webhook",
			`{"type":"ContactCreate","locationId":"loc","id":"abc","firstName":"Ada","attachments":[],"dnd":true,"customFields":[{"id":"f","value":7,"fieldKey":"k"}]}`,
			`{"id":"abc","attachments":[],"customFields":[{"id":"f","value":7,"fieldKey":"k"}],"dnd":true,"firstName":"Ada","locationId":"loc","type":"ContactCreate"}`,
			"[]",
		},
		{
			"version 1", `{"id":"abc","dnd":"true","lastActivity":null,"weird":{"a":[1,null]},"dndSettings":{"Fax":{"status":"active","by":"x"}}}`,
			`{"id":"abc","dnd":true,"dndSettings":{"Fax":{"status":"active","by":"x"}},"weird":{"a":[1,null]}}`, "[{/dnd boolean string}]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			contact, drift, err := client.DecodeContact([]byte(test.data))
			if err != nil || fmt.Sprint(drift) != test.drift {
				t.Fatalf("got %v, %v, want %s", drift, err, test.drift)
			}
			v1, err1 := json.Marshal(contact)
			v2, err2 := jsonv2.Marshal(contact)
			if err1 != nil || err2 != nil || string(v1) != test.want || string(v2) != test.want {
				t.Fatalf("got  %s, %v\nand  %s, %v\nwant %s", v1, err1, v2, err2, test.want)
			}
			again, _, err := client.DecodeContact(v1)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(contact, again); diff != "" {
				t.Errorf("(-read +read again):\n%s", diff)
			}
		})
	}
	for _, data := range []string{"", "[]", `{"id":`, "null", `"x"`} {
		if contact, _, err := client.DecodeContact([]byte(data)); err == nil || contact != nil {
			t.Errorf("%q: got %v, %v, want an error", data, contact, err)
		}
	}
}

// webhook is the vendor's sample of a ContactCreate webhook, in which attachments is a list.
const webhook = `{"type":"ContactCreate","locationId":"ve9EPM428h8vShlRW1KT","id":"nmFmQEsNgz6AVpgLVUJ0","address1":"3535 1st St N",
	"city":"ruDolomitebika","state":"AL","companyName":"Loram ipsum","country":"DE","source":"xyz form","dateAdded":"2021-11-26T12:41:02.193Z",
	"dateOfBirth":"2000-01-05T00:00:00.000Z","dnd":true,"email":"JohnDeo@gmail.comm","name":"John Deo","firstName":"John","lastName":"Deo",
	"phone":"+919509597501","postalCode":"452001","tags":["id magna sed Lorem"],"website":"https://www.google.com","attachments":["a"],
	"assignedTo":"nmFmQEsNgz6AVpgLVUJ0","customFields":[{"id":"BcdmQEsNgz6AVpgLVUJ0","value":"XYZ Corp"}]}`

func TestDecodeContact(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, data, extra, drift string }{
		{"webhook", webhook, ``, ""},
		{
			"contact of API v1",
			`{"id":"a","dnd":"sms","customField":[{"id":"b","value":"c"}],"dateAdded":"2021-11-26T12:41:02.193Z"}`,
			`{"customField":[{"id":"b","value":"c"}],"dnd":"sms"}`, "/dnd boolean string",
		},
		{"raw properties null", `{"id":"a","validEmail":null,"attachments":null}`, ``, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			contact, drift, err := client.DecodeContact([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			if contact.ID == "" || contact.ValidEmail != nil || string(contact.Attachments) == "null" {
				t.Errorf("got ID %q, validEmail %s and attachments %s", contact.ID, contact.ValidEmail, contact.Attachments)
			}
			if got := string(contact.Extra); got != test.extra {
				t.Errorf("got Extra %s, want %s", got, test.extra)
			}
			if got := driftText("", drift); got != test.drift {
				t.Errorf("got drift %s, want %s", got, test.drift)
			}
			written, err := json.Marshal(contact)
			if err != nil {
				t.Fatal(err)
			}
			again, _, err := client.DecodeContact(written)
			if err != nil || string(again.Extra) != test.extra {
				t.Errorf("read again: got Extra %s, %v, want %s", again.Extra, err, test.extra)
			}
		})
	}
}

func TestDecodeContact_NotAnObject(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "null", `["rosan@deos.com"]`, `{"email":"rosan@deos.com"`} {
		contact, _, err := client.DecodeContact([]byte(data))
		if contact != nil || err == nil || strings.Contains(err.Error(), "rosan") || errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: got %v, %v, want an error without the data", data, contact, err)
		}
	}
}

func ExampleDecodeContact() {
	contact, drift, err := client.DecodeContact([]byte(`{"id":"abc","email":"ada@example.com","tags":{"0":"vip"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(contact.Email, string(contact.Extra), drift)
	// Output: ada@example.com {"tags":{"0":"vip"}} [{/tags array object}]
}

// TestDecodeContact_Forms decodes the forms of a contact in lists, searches and webhooks. They have no
// Drift, and the fields of getContact.
func TestDecodeContact_Forms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, data string
		want       client.Contact
	}{
		{
			"names of a list", `{"firstName":"ronald","lastName":"mcdonald","firstNameRaw":"Ronald","lastNameRaw":"McDonald"}`,
			client.Contact{FirstName: "Ronald", LastName: "McDonald", FirstNameRaw: "Ronald", LastNameRaw: "McDonald"},
		},
		{
			"names that are not Latin", `{"firstName":"i\u0307brahim","lastName":"ὀδυσσεύς","firstNameRaw":"İbrahim","lastNameRaw":"ὈΔΥΣΣΕΎΣ"}`,
			client.Contact{FirstName: "İbrahim", LastName: "ὈΔΥΣΣΕΎΣ", FirstNameRaw: "İbrahim", LastNameRaw: "ὈΔΥΣΣΕΎΣ"},
		},
		{
			"different names", `{"firstName":"ada","firstNameRaw":"Grace","lastNameRaw":"Hopper"}`,
			client.Contact{FirstName: "ada", FirstNameRaw: "Grace", LastNameRaw: "Hopper"},
		},
		{"no raw names", `{"firstName":"ada","firstNameRaw":null}`, client.Contact{FirstName: "ada"}},
		{"address of a search", `{"address":"1 Main St"}`, client.Contact{Address: "1 Main St", Address1: "1 Main St"}},
		{"two addresses", `{"address":"1 Main St","address1":"2 Main St"}`, client.Contact{Address: "1 Main St", Address1: "2 Main St"}},
		{"date of birth", `{"dateOfBirth":"1990-09-25"}`, client.Contact{DateOfBirth: "1990-09-25"}},
		{"date of birth in milliseconds", `{"dateOfBirth":654220800000}`, client.Contact{DateOfBirth: "1990-09-25"}},
		{"date of birth before 1970", `{"dateOfBirth":-86400000}`, client.Contact{DateOfBirth: "1969-12-31"}},
		{"milliseconds", `{"lastActivity":1626435570564}`, client.Contact{LastActivity: gen.Time{Time: parseTime(t, "2021-07-16T11:39:30.564Z")}}},
		{"milliseconds before 1970", `{"dateAdded":-1000}`, client.Contact{DateAdded: parseTime(t, "1969-12-31T23:59:59Z")}},
		{"attachments", `{"attachments":[]}`, client.Contact{Attachments: json.RawMessage("[]")}},
		{"null", `{"attachments":null,"validEmail":null,"address":null,"dateOfBirth":null,"tags":null,"lastActivity":null}`, client.Contact{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, drift, err := client.DecodeContact([]byte(test.data))
			if err != nil || drift != nil {
				t.Fatalf("got %v, %v, want no drift", drift, err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecode_NestedContacts decodes contacts at any depth of the result of Do.
func TestDecode_NestedContacts(t *testing.T) {
	t.Parallel()
	var got struct {
		Items []struct {
			Contact *client.Contact `json:"contact"`
			Any     any             `json:"any"`
		} `json:"items"`
	}
	c, _ := newStub(t, ok(`{"items":[{"contact":{"id":"a","firstName":"ada","firstNameRaw":"Ada","dnd":"true"},"any":[1]},{"contact":null}]}`))
	var response client.Response
	if err := c.Do(t.Context(), "GET", "/x", nil, nil, &got, client.WithResponseInto(&response)); err != nil {
		t.Fatal(err)
	}
	if len(got.Items) != 2 || got.Items[1].Contact != nil || got.Items[0].Contact.FirstName != "Ada" || !got.Items[0].Contact.DND {
		t.Errorf("got %+v", got)
	}
	if got, want := driftText("", response.Drift), "/items/0/contact/dnd boolean string"; got != want {
		t.Errorf("got drift %s, want %s", got, want)
	}
}

// TestDecode_RecordedForms decodes responses in the form of those that were recorded in 2026.
func TestDecode_RecordedForms(t *testing.T) {
	t.Parallel()
	const (
		by     = `{"source":"INTEGRATION","channel":"OAUTH","sourceId":"60e1f3f2a8b7c40001a1b2c3-kq2x9d1e","timestamp":"2026-07-17T10:26:20.635Z"}`
		person = `"id":"ocQHyuzHvysMo5N5VsXc","dateAdded":"2026-07-17T10:26:20.635Z","dateUpdated":"2026-07-17T10:26:20.635Z","tags":[],` +
			`"type":"lead","customFields":[],"locationId":"ve9EPM428h8vShlRW1KT","firstName":"Rosan","firstNameLowerCase":"rosan",` +
			`"fullNameLowerCase":"rosan deo","lastName":"Deo","lastNameLowerCase":"deo","email":"Rosan@deos.example",` +
			`"emailLowerCase":"rosan@deos.example","country":"US","createdBy":` + by
		created = `{"contact":{` + person + `,"deleted":false,"bounceEmail":false,"unsubscribeEmail":false,"lastUpdatedBy":` + by +
			`,"lastSessionActivityAt":"2026-07-17T10:26:20.636Z","validEmail":null,"validEmailDate":null},"traceId":"t"}`
		updated = `"succeded":true,"succeeded":true,"contact":{` + person + `,"followers":[],"additionalEmails":[],"additionalPhones":[]},"traceId":"t"}`
		found   = `{"contacts":[{"id":"ocQHyuzHvysMo5N5VsXc","phoneLabel":null,"country":"US","address":null,"source":null,"type":"lead",` +
			`"locationId":"ve9EPM428h8vShlRW1KT","website":null,"dnd":true,"state":null,"businessName":"Deos","customFields":[],"tags":["vip"],` +
			`"dateAdded":"2026-07-17T07:11:54.324Z","additionalEmails":[],"phone":"+18888888888","companyName":"Deo's",` +
			`"additionalPhones":[{"phone":"+18887777777"}],"dateUpdated":"2026-07-17T07:11:57.939Z","city":null,"dateOfBirth":654220800000,` +
			`"firstNameLowerCase":"rosan","lastNameLowerCase":"deo","firstName":"Rosan","lastName":"Deo","contactName":"rosan deo","email":null,` +
			`"assignedTo":null,"followers":[],"validEmail":null,"dndSettings":{"RCS":{"status":"inactive","code":"103"}},` +
			`"opportunities":[{"pipelineId":"a","id":"b","monetaryValue":4549,"pipelineStageId":"c","status":"open"}],"postalCode":null,` +
			`"businessId":"641c094001436dbc2081e642","searchAfter":[1784272317939,"ocQHyuzHvysMo5N5VsXc"],"timezone":null,` +
			`"inboundDndSettings":{},"attributionSource":{},"lastAttributionSource":{}}],"total":1,"traceId":"t"}`
	)
	for _, test := range []struct {
		name, body string
		call       func(c *client.Client, opts ...client.CallOption) (*client.Contact, error)
	}{
		{"create", created, func(c *client.Client, opts ...client.CallOption) (*client.Contact, error) {
			return c.Contacts.Create(t.Context(), client.CreateContactRequest{LocationID: location, FirstName: "Rosan"}, opts...)
		}},
		{"update", `{` + updated, func(c *client.Client, opts ...client.CallOption) (*client.Contact, error) {
			return c.Contacts.Update(t.Context(), contactID, client.UpdateContactRequest{FirstName: client.Set("Rosan")}, opts...)
		}},
		{"upsert", `{"new":false,` + updated, func(c *client.Client, opts ...client.CallOption) (*client.Contact, error) {
			result, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{LocationID: location, Email: client.Set("a@b.example")}, opts...)
			if err != nil {
				return nil, err
			}
			return &result.Contact, nil
		}},
		{"search", found, func(c *client.Client, opts ...client.CallOption) (*client.Contact, error) {
			var result gen.SearchContactsResult
			err := c.Do(t.Context(), "POST", "/contacts/search", nil, nil, &result, append(opts, client.ReadOnly())...)
			if err != nil || len(result.Contacts) != 1 {
				return nil, errors.Join(err, errors.New("no contact"))
			}
			return &result.Contacts[0], nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, ok(test.body))
			var response client.Response
			got, err := test.call(c, client.WithResponseInto(&response))
			if err != nil || response.Drift != nil {
				t.Fatalf("got drift %v, %v", response.Drift, err)
			}
			if got.ID != contactID || got.FirstName != "Rosan" || got.Extra != nil || got.CreatedBy.Extra != nil || got.DNDSettings.Extra != nil {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestDecodeContact_RestoresEverything encodes a contact whose fields all have values, at every depth,
// with each JSON package, and decodes it.
func TestDecodeContact_RestoresEverything(t *testing.T) {
	t.Parallel()
	want := new(client.Contact)
	fill(t, reflect.ValueOf(want).Elem(), "contact")
	for name, marshal := range map[string]func(any) ([]byte, error){
		"encoding/json": json.Marshal,
		"json/v2":       func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
	} {
		encoded, err := marshal(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, drift, err := client.DecodeContact(encoded)
		if err != nil || drift != nil {
			t.Fatalf("%s: got %v, %v, want no drift", name, drift, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// fill sets every field of v to a value that is not zero.
func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch target := v.Addr().Interface().(type) {
	case *time.Time:
		*target = parseTime(t, "2021-07-16T11:39:30.564Z")
		return
	case *jsontext.Value: // Extra
		*target = jsontext.Value(`{"unknown":{"a":[1,null,"b"]}}`)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7.5)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // raw JSON
			v.SetBytes([]byte(`{"a":[1,null]}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), name+"0")
		fill(t, v.Index(1), name+"1")
	case reflect.Struct:
		for field, value := range v.Fields() {
			fill(t, value, name+field.Name)
		}
	default:
		t.Errorf("%s: got a field of type %s", name, v.Type())
	}
}
