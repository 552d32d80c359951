package client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/highlevel-contacts/contacts-go/client"
)

// FuzzResponse calls every operation with arbitrary response bodies. Each call returns a result or
// an error, and results can be encoded. A contact has the ID and the email address of the body.
func FuzzResponse(f *testing.F) {
	for _, seed := range []string{
		getContactBody, pageOfListed("", "", 100), everything.body, contactBody(`"city":7,"tags":"a","dateAdded":""`), html, "", "null",
		`{"contact":{"id":7,"createdBy":[],"customFields":{"id":"a"}},"contacts":{"id":1},"meta":[],"succeded":"no"}`,
		`{"contacts":[null,1,"a"],"meta":{"nextPage":2,"startAfter":"1","startAfterId":1}}`,
		"\xEF\xBB\xBF{\"contact\":{\"id\":\"\xff\\ud800\",\"id\":\"b\"}}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := newStub(t, ok(string(content)))
		for _, operation := range allOperations {
			err := operation.call(t.Context(), c)
			if err != nil && (errors.Is(err, client.ErrMaybeApplied) != (operation.write && errors.Is(err, client.ErrBadResponse)) || isLongOrBroken(err.Error())) {
				t.Errorf("%s: %v", operation.name, err)
			}
		}
		contact, err := c.Contacts.Get(t.Context(), "abc")
		if (contact == nil) != (err != nil) || (contact != nil && contact.ID == "") {
			t.Fatalf("%+v, %v", contact, err)
		}
		if contact == nil {
			return
		}
		if id, email := propertyOf(content, "id"), propertyOf(content, "email"); contact.ID != id || contact.Email != email {
			t.Errorf("got ID %q and email %q, want %q and %q", contact.ID, contact.Email, id, email)
		}
		if _, err := json.Marshal(contact); err != nil {
			t.Errorf("cannot be written: %v", err)
		}
		for _, field := range contact.CustomFields {
			value := client.FieldValue{Raw: field.Value}
			_, _ = value.Time()
			if len(value.List()) == 0 && value.Text() != "" {
				t.Errorf("empty, but %s", value.Raw)
			}
		}
	})
}

// propertyOf returns a string, number or Boolean of the contact in body, as encoding/json decodes it.
func propertyOf(body []byte, name string) string {
	var result map[string]any
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))))
	decoder.UseNumber()
	if err := decoder.Decode(&result); err != nil {
		return ""
	}
	contact, _ := result["contact"].(map[string]any)
	switch value := contact[name].(type) {
	case string, json.Number, bool:
		return fmt.Sprint(value)
	default:
		return ""
	}
}

// isLongOrBroken reports whether an error message is too long for a log, or has line breaks.
func isLongOrBroken(text string) bool {
	return len(text) > 1000 || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// FuzzError decodes error responses with arbitrary status and body. The message is one short line
// without personal data.
func FuzzError(f *testing.F) {
	for _, seed := range []string{
		`{"error":"Contact with id X not found","status":400}`, `{"message":["a","b"],"error":"Unprocessable Entity","statusCode":422}`,
		`{"message":"This location does not allow duplicated contacts.","meta":{"contactId":"a","matchingField":"email"}}`,
		`{"message":{"a":1},"traceId":[1],"meta":"a"}`, `{"message":[null,[],{}],"error":7}`, html, "", "null", "\xff", `{"message":"a\u2028b\u0000"}`,
	} {
		f.Add(400, seed)
	}
	f.Fuzz(func(t *testing.T, status int, content string) {
		if status < 100 || status > 999 || status/100 == 2 || status/100 == 3 || status == 101 {
			return
		}
		c, _ := newStub(t, stubResponse{status: status, body: content})
		err := c.Contacts.Delete(t.Context(), "abc")
		var apiError *client.Error
		if !errors.As(err, &apiError) || apiError.StatusCode != status || isLongOrBroken(err.Error()) {
			t.Errorf("%q", err)
		}
		if apiError.ContactID != "" && !strings.Contains(content, apiError.ContactID) && !strings.Contains(content, `\`) {
			t.Errorf("got the contact ID %q, which is not in the body", apiError.ContactID)
		}
		for _, message := range apiError.Messages {
			if !utf8.ValidString(message) {
				t.Errorf("broken message %q", message)
			}
		}
		if errors.Is(err, client.ErrNotFound) && status != 400 && status != 404 {
			t.Errorf("%d is not found: %v", status, err)
		}
	})
}

// FuzzContactID calls Get with arbitrary IDs. An accepted ID is exactly one element of the path,
// and adds no query.
func FuzzContactID(f *testing.F) {
	for _, id := range append(badIDs, contactID, "~", "-_.~", "a..b") {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		c, api := newStub(t, everything)
		_, err1 := c.Contacts.Get(t.Context(), id)
		_, err2 := c.Contacts.ListByBusiness(t.Context(), id, client.BusinessListRequest{})
		if (err1 == nil) != (err2 == nil) || (err1 != nil && !errors.Is(err1, client.ErrInvalid)) {
			t.Fatalf("%v, %v", err1, err2)
		}
		if err1 != nil {
			if len(api.sent) != 0 || isLongOrBroken(err1.Error()) {
				t.Errorf("%d requests, %q", len(api.sent), err1)
			}
			return
		}
		want := []string{"GET /contacts/" + id, "GET /contacts/business/" + id + "?locationId=" + location}
		if targets := api.sent; targets[0] != want[0] || targets[1] != want[1] {
			t.Errorf("%q", targets)
		}
	})
}

// FuzzRateLimit checks that no header leads to a negative or implausible limit, or to a delay that is not
// between 0 and an hour.
func FuzzRateLimit(f *testing.F) {
	f.Add("100", "99", "10000", "200000", "199512", "43200000", "7")
	f.Add("-1", "1e9", "99999999999999999999", "", "NaN", "-1", "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add("", "", "", "", "", "", "99999999999999999999999")
	f.Add("", "", "", "", "", "", "-1.5\x00")
	f.Fuzz(func(t *testing.T, maximum, remaining, interval, dailyLimit, dailyRemaining, dailyReset, retryAfter string) {
		c, _ := newStub(t, stubResponse{status: http.StatusTooManyRequests, header: http.Header{
			"X-Ratelimit-Max": {maximum}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Interval-Milliseconds": {interval},
			"X-Ratelimit-Limit-Daily": {dailyLimit}, "X-Ratelimit-Daily-Remaining": {dailyRemaining},
			"X-Ratelimit-Daily-Reset": {dailyReset}, "Retry-After": {retryAfter},
		}})
		failure, ok := errors.AsType[*client.Error](c.Contacts.Delete(t.Context(), "abc"))
		if !ok || failure.RetryAfter < 0 || failure.RetryAfter > time.Hour {
			t.Fatalf("got %v, want a delay of at most an hour", failure)
		}
		limit := failure.Response.RateLimit
		smallest := min(limit.Max, limit.Remaining, int(limit.Interval), limit.DailyLimit, limit.DailyRemaining, int(limit.DailyReset))
		if smallest < 0 || limit.DailyReset > 24*time.Hour || (!limit.Known && limit != client.RateLimit{}) {
			t.Errorf("%+v", limit)
		}
	})
}
