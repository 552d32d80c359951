package client_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// The floor is a hand-written call of one operation without errors, limits, rate limiting or
// retries. It uses net/http and json/v2 with the options of the client, the same types and the same
// transport. It reads the body into a buffer with the length of Content-Length.

// canned is a transport that responds to every request with body, through a reader like that of a
// connection.
func canned(body []byte) roundTrip {
	header := http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Cf-Ray": {"8f1c8e0a58d34c3c-IAD"}, "Server": {"cloudflare"},
		"X-Ratelimit-Max": {"100"}, "X-Ratelimit-Remaining": {"99"}, "X-Ratelimit-Interval-Milliseconds": {"10000"},
		"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"199512"},
	}
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: header, Request: req, ProtoMajor: 1, ProtoMinor: 1,
			ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
		}, nil
	}
}

var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// byHand sends a request and decodes the response into result.
func byHand(b *testing.B, httpClient *http.Client, target string, result any) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+target, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Version", "2021-07-28")
	resp, err := httpClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body := make([]byte, resp.ContentLength)
	if _, err := io.ReadFull(resp.Body, body); err != nil {
		b.Fatal(err)
	}
	if err := jsonv2.Unmarshal(body, result, lenient); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGet(b *testing.B) {
	transport := canned([]byte(getContactBody))
	b.Run("floor", func(b *testing.B) {
		httpClient := &http.Client{Transport: transport}
		b.ReportAllocs()
		for b.Loop() {
			var result gen.GetContactResult
			byHand(b, httpClient, "/contacts/"+contactID, &result)
		}
	})
	b.Run("client", func(b *testing.B) {
		c := newClient(b, transport)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Contacts.Get(b.Context(), contactID); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	transport := canned([]byte(pageOfListed("", "", 100)))
	target := "/contacts/?locationId=" + location + "&limit=100"
	b.Run("floor", func(b *testing.B) {
		httpClient := &http.Client{Transport: transport}
		b.ReportAllocs()
		for b.Loop() {
			var result gen.ListContactsResult
			byHand(b, httpClient, target, &result)
		}
	})
	for _, page := range []struct {
		name, before, after string
		first               int // contact with an unexpected value
	}{
		{"client", "", "", 100},
		{"client, one wrong value", `"dnd":false`, `"dnd":"no"`, 99},
		{"client, one invalid byte", `Rosan`, "\xff", 99},
		{"client, one lone surrogate", `Rosan`, `\ud800`, 99},
		{"client, one repeated name", `"dnd":false`, `"dnd":true,"dnd":false`, 99},
		{"client, wrong values in all contacts", `"dnd":false`, `"dnd":"no"`, 0},
	} {
		b.Run(page.name, func(b *testing.B) {
			c := newClient(b, canned([]byte(pageOfListed(page.before, page.after, page.first))))
			b.ReportAllocs()
			for b.Loop() {
				if got, err := c.Contacts.List(b.Context(), client.ListRequest{Limit: 100}); err != nil || len(got.Contacts) != 100 {
					b.Fatal(err)
				}
			}
		})
	}
}

// listed is a contact as lists return it. The verb is the end of its ID.
const listed = `{"id":"ocQHyuzHvysMo5N5V%03d","locationId":"ve9EPM428h8vShlRW1KT","contactName":"rosan deo","firstName":"rosan","lastName":"deo",` +
	`"firstNameRaw":"Rosan","lastNameRaw":"Deo","companyName":null,"email":"rosan@deos.example","phone":"+18888888888","dnd":false,` +
	`"dndSettings":{"SMS":{"status":"active","message":"","code":"103"},"Email":{"status":"inactive"}},"type":"lead","source":"form",` +
	`"assignedTo":null,"city":"Dolomite","state":"AL","postalCode":"35061","address1":"3535 1st St N","country":"US","website":null,` +
	`"timezone":null,"dateAdded":"2021-07-02T05:18:26.704Z","dateUpdated":"2021-07-02T05:18:26.704Z","dateOfBirth":null,"businessId":null,` +
	`"tags":["vip","lead"],"followers":[],"additionalEmails":[],"attributions":[{"utmSessionSource":"CRM UI","medium":"manual","isFirst":true}],` +
	`"customFields":[{"id":"MgobCB14YMVKuE4Ka8p1","value":"a"},{"id":"MgobCB14YMVKuE4Ka8p2","value":["a","b"]}],` +
	`"profilePhoto":null,"lastActivity":1626435570564}`

// pageOfListed returns a page of 100 contacts. It replaces before with after in those from first on.
func pageOfListed(before, after string, first int) string {
	contacts := make([]string, 100)
	for i := range contacts {
		contacts[i] = fmt.Sprintf(listed, i)
		if i >= first {
			contacts[i] = strings.Replace(contacts[i], before, after, 1)
		}
	}
	return `{"contacts":[` + strings.Join(contacts, ",") + `],"meta":{"total":100,"nextPage":null}}`
}
