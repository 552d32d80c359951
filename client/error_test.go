package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

const html = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>contact support, rosan@deos.example</body></html>\n"

// withheld is the text in place of a message that could hold private data.
const withheld = "message withheld: see Error.Messages"

// kinds are the kinds that errors.Is can match.
var kinds = []client.Kind{
	client.ErrInvalid, client.ErrNotFound, client.ErrDuplicate, client.ErrUnauthorized, client.ErrForbidden, client.ErrRateLimited,
	client.ErrServer, client.ErrNetwork, client.ErrBadResponse, client.ErrResponseTooLarge,
}

// checkOneKind fails unless err is an *Error that matches its kind and no other kind, and prints its
// message for every verb.
func checkOneKind(t *testing.T, err error) {
	t.Helper()
	apiErr, ok := errors.AsType[*client.Error](err)
	if !ok || apiErr.Kind == "" || client.KindOf(err) != apiErr.Kind {
		t.Fatalf("got %T with kind %q, want an *Error with a kind: %v", err, client.KindOf(err), err)
	}
	for _, kind := range kinds {
		if errors.Is(err, kind) != (kind == apiErr.Kind) {
			t.Errorf("%v (%s): matches %s: %v", err, apiErr.Kind, kind, errors.Is(err, kind))
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if text := fmt.Sprintf(verb, err); text != apiErr.Error() || !strings.Contains(text, apiErr.Operation+": ") || !strings.Contains(text, apiErr.Kind.Error()) {
			t.Errorf("%s: got %q, want the message with operation and kind", verb, text)
		}
	}
}

// TestError_Formats has the API's known errors, with their complete messages.
func TestError_Formats(t *testing.T) {
	const duplicate = "This location does not allow duplicated contacts."
	const authClass = "This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case."
	duplicateBody := func(meta string) string {
		return `{"statusCode":400,"message":"` + duplicate + `","meta":` + meta + `}`
	}
	list := func(messages ...string) []string { return messages }
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   client.Error // Kind, and what comes from the body
		text   string       // after status and kind; by default Messages
	}{
		{"no such contact", 400, `{"error":"Contact with id abc not found","status":400}`, client.Error{Kind: client.ErrNotFound, Messages: list("Contact with id abc not found")}, ""},
		{"deleted a moment ago", 400, `{"message":"Contact not found for id:abc","traceId":"t-1"}`, client.Error{Kind: client.ErrNotFound, Messages: list("Contact not found for id:abc"), TraceID: "t-1"}, ""},
		{"duplicate by email", 400, duplicateBody(`{"contactId":"def","matchingField":"email","contactName":"Rosan"}`), client.Error{Kind: client.ErrDuplicate, Messages: list(duplicate), ContactID: "def", MatchingField: "email"}, ""},
		{"duplicate in other words", 400, `{"message":"Taken.","meta":{"contactId":"def","matchingField":"phone"}}`, client.Error{Kind: client.ErrDuplicate, Messages: list("Taken."), ContactID: "def", MatchingField: "phone"}, ""},
		{"duplicate without meta", 400, duplicateBody(`null`), client.Error{Kind: client.ErrDuplicate, Messages: list(duplicate)}, ""},
		{"duplicate with an unexpected meta", 400, duplicateBody(`{"contactId":7,"matchingField":null}`), client.Error{Kind: client.ErrDuplicate, Messages: list(duplicate), ContactID: "7"}, ""},
		{"unknown version segment", 400, `{"message":"Invalid API version segment 'bogus' at position 0"}`, client.Error{Kind: client.ErrInvalid, Messages: list("Invalid API version segment 'bogus' at position 0")}, ""},
		{"no token", 401, `{"message":"No Authorization header found for authentication!"}`, client.Error{Kind: client.ErrUnauthorized, Messages: list("No Authorization header found for authentication!")}, ""},
		{"bad token", 401, `{"message":"Invalid JWT"}`, client.Error{Kind: client.ErrUnauthorized, Messages: list("Invalid JWT")}, ""},
		{"expired token", 401, `{"message":"Invalid token: access token is invalid","error":"Unauthorized"}`, client.Error{Kind: client.ErrUnauthorized, Messages: list("Invalid token: access token is invalid")}, ""},
		{"scope", 401, `{"message":"The token is not authorized for this scope."}`, client.Error{Kind: client.ErrForbidden, Messages: list("The token is not authorized for this scope.")}, ""},
		{"class of token", 401, `{"message":"` + authClass + `"}`, client.Error{Kind: client.ErrForbidden, Messages: list(authClass)}, ""},
		{"user type of token", 401, `{"message":"Token's user type mismatch!"}`, client.Error{Kind: client.ErrForbidden, Messages: list("Token's user type mismatch!")}, ""},
		{"no version", 401, `{"message":"version header was not found."}`, client.Error{Kind: client.ErrInvalid, Messages: list("version header was not found.")}, ""},
		{"OAuth's dialect", 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`, client.Error{Kind: client.ErrUnauthorized, Messages: list("UnAuthorized!")}, ""},
		{"OAuth's description alone", 401, `{"error_description":"Authorization code not found"}`, client.Error{Kind: client.ErrUnauthorized, Messages: list("Authorization code not found")}, ""},
		{"401, a page about a scope", 401, `<th scope="col">Log in</th>`, client.Error{Kind: client.ErrUnauthorized, Messages: list(`<th scope="col">Log in</th>`)}, withheld},
		{"wrong location", 403, `{"message":"The token does not have access to this location."}`, client.Error{Kind: client.ErrForbidden, Messages: list("The token does not have access to this location.")}, ""},
		{"unknown route", 404, `{"message":"Cannot GET /proxy/v1/contacts/abc","error":"Not Found"}`, client.Error{Kind: "other", Messages: list("Cannot GET /proxy/v1/contacts/abc")}, ""},
		{"404 in the API's words", 404, `{"message":"Contact with id abc not found"}`, client.Error{Kind: client.ErrNotFound, Messages: list("Contact with id abc not found")}, ""},
		{"404, a page about a contact", 404, "<h1>contact Not Found</h1>", client.Error{Kind: "other", Messages: list("<h1>contact Not Found</h1>")}, withheld},
		{"404, empty", 404, "", client.Error{Kind: "other"}, ""},
		{"something else was not found", 400, `{"message":"Business not found for contact"}`, client.Error{Kind: client.ErrInvalid, Messages: list("Business not found for contact")}, ""},
		{"a contact that was not found, another status", 409, `{"message":"Contact not found"}`, client.Error{Kind: "other", Messages: list("Contact not found")}, ""},
		{"validation, a list", 422, `{"message":["property gender should not exist","email must be an email"],"error":"Unprocessable Entity"}`, client.Error{Kind: client.ErrInvalid, Messages: list("property gender should not exist", "email must be an email")}, ""},
		{"validation, an unexpected list", 422, `{"message":[7,{"property":"email"},"no"]}`, client.Error{Kind: client.ErrInvalid, Messages: list("7", "no")}, ""},
		{"empty list, so the error", 422, `{"message":[],"error":"Unprocessable Entity"}`, client.Error{Kind: client.ErrInvalid, Messages: list("Unprocessable Entity")}, ""},
		{"an object for a text, so the error", 422, `{"message":{"message":"no"},"error":"Unprocessable Entity"}`, client.Error{Kind: client.ErrInvalid, Messages: list("Unprocessable Entity")}, ""},
		{"rate limit, JSON", 429, `{"message":"Too Many Requests"}`, client.Error{Kind: client.ErrRateLimited, Messages: list("Too Many Requests")}, ""},
		{"server, JSON", 500, `{"message":"Internal server error"}`, client.Error{Kind: client.ErrServer, Messages: list("Internal server error")}, ""},
		{"server, a page", 502, html, client.Error{Kind: client.ErrServer, Messages: list(html)}, withheld},
		{"server, JSON of another form", 500, `[1]`, client.Error{Kind: client.ErrServer, Messages: list("[1]")}, ""},
		{"server, no message", 500, `{"statusCode":500}`, client.Error{Kind: client.ErrServer, Messages: list(`{"statusCode":500}`)}, ""},
		{"unexpected trace ID", 500, `{"message":"no","traceId":7}`, client.Error{Kind: client.ErrServer, Messages: list("no"), TraceID: "7"}, ""},
		{"byte order mark, duplicate names, broken UTF-8", 400, "\xEF\xBB\xBF" + `{"error":"","error":"Contact with id a` + "\xff" + `b not found"}`, client.Error{Kind: client.ErrNotFound, Messages: list("Contact with id a\uFFFDb not found")}, ""},
		{"success is false", 200, `{"succeeded":false,"contact":{"id":"abc"}}`, client.Error{Kind: client.ErrServer, Messages: list(`{"succeeded":false,"contact":{"id":"abc"}}`)}, ""},
		{"redirect that is not followed", 302, "", client.Error{Kind: "other"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := script(t, []stubResponse{{status: test.status, body: test.body, header: http.Header{"Cf-Ray": {"8f1c"}}}})
			contact, err := c.Contacts.Get(t.Context(), "abc")
			checkOneKind(t, err)
			got, _ := errors.AsType[*client.Error](err)
			if string(got.Response.Body) != test.body || got.Response.StatusCode != test.status || got.Response.Header.Get("Cf-Ray") != "8f1c" || got.Response.Attempts != 1 || contact != nil {
				t.Errorf("got contact %v, response %v, body %q", contact, got.Response, got.Response.Body)
			}
			want := test.want
			want.Operation, want.Method, want.Path, want.StatusCode, want.Response = "Contacts.Get", "GET", "/proxy/v1/contacts/abc", test.status, got.Response
			if diff := cmp.Diff(errorFields(&want), errorFields(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			text := fmt.Sprintf("Contacts.Get: GET /proxy/v1/contacts/abc: %d %s", test.status, test.want.Kind.Error())
			if messages := strings.Join(test.want.Messages, "; "); test.text+messages != "" {
				text += ": " + map[bool]string{true: messages, false: test.text}[test.text == ""]
			}
			if test.want.TraceID != "" {
				text += " (trace " + test.want.TraceID + ")"
			}
			if err.Error() != text {
				t.Errorf("text\ngot  %s\nwant %s", err, text)
			}
		})
	}
}

// errorFields returns the exported fields of an Error, except its response.
func errorFields(e *client.Error) []any {
	return []any{e.Kind, e.Operation, e.Method, e.Path, e.StatusCode, e.Messages, e.ContactID, e.MatchingField, e.TraceID, e.RetryAfter, e.MaybeApplied}
}

// always returns a transport with one response to all requests.
func always(response stubResponse) http.RoundTripper {
	return &stub{responses: []stubResponse{response}}
}

// TestErrMaybeApplied_EarlierAttempt ends calls with an error that is unrelated to the previous
// attempt, which may have been applied.
func TestErrMaybeApplied_EarlierAttempt(t *testing.T) {
	t.Parallel()
	for _, first := range []stubResponse{{status: 502}, {err: syscall.ECONNRESET}, {status: 200, cut: true}} {
		for kind, last := range map[client.Kind]stubResponse{
			client.ErrServer: ok(`{"succeded":false}`), client.ErrBadResponse: ok(`<html>`), client.ErrForbidden: {status: 403},
			client.ErrNetwork: {err: syscall.ECONNREFUSED, unsent: true}, client.ErrResponseTooLarge: ok(strings.Repeat(" ", 1001)),
		} {
			synctest.Test(t, func(t *testing.T) {
				responses := []stubResponse{first, last}
				if kind == client.ErrNetwork {
					responses = append(responses, last)
				}
				c, _ := script(t, responses, retries, client.WithMaxResponseBytes(1000))
				_, err := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{City: client.Set("Oslo")})
				apiErr, ok := errors.AsType[*client.Error](err)
				if !ok || apiErr.Kind != kind || !apiErr.MaybeApplied || !errors.Is(err, client.ErrMaybeApplied) {
					t.Errorf("got %v, want %s and ErrMaybeApplied", err, kind)
				}
			})
		}
	}
}

// TestError_ByHand builds errors by hand, as a mock does.
func TestError_ByHand(t *testing.T) {
	for _, err := range []*client.Error{{Kind: client.ErrNotFound}, {Kind: client.ErrServer, StatusCode: 503, MaybeApplied: true, Err: io.EOF}} {
		if wrapped := fmt.Errorf("sync: %w", err); client.KindOf(wrapped) != err.Kind || !errors.Is(wrapped, err.Kind) || errors.Is(wrapped, io.EOF) != (err.Err != nil) {
			t.Errorf("got %q, want %q for %v", client.KindOf(wrapped), err.Kind, err)
		}
		if errors.Is(err, client.ErrMaybeApplied) != err.MaybeApplied {
			t.Errorf("%v: ErrMaybeApplied does not follow MaybeApplied", err)
		}
	}
	daily := func(kind client.Kind, remaining int) bool {
		limit := client.RateLimit{Known: true, DailyLimit: 200_000, DailyRemaining: remaining}
		return errors.Is(&client.Error{Kind: kind, Response: client.Response{RateLimit: limit}}, client.ErrDailyLimit)
	}
	if !daily(client.ErrRateLimited, 0) || daily(client.ErrRateLimited, 1) || daily(client.ErrServer, 0) {
		t.Error("ErrDailyLimit does not follow Kind and DailyRemaining")
	}
	for err, want := range map[error]client.Kind{
		nil: "", io.EOF: "other", context.Canceled: "canceled", context.DeadlineExceeded: "deadline", client.ErrResponseTooLarge: "response_too_large",
		&client.Error{StatusCode: 400}: "other",
	} {
		if got := client.KindOf(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
	if text := (&client.Error{Kind: client.ErrServer, Err: errors.New("no route for rosan@deos.example")}).Error(); leaks(text) != nil {
		t.Errorf("got %s", text)
	}
	if got := client.ErrResponseTooLarge.Error(); got != "response too large" {
		t.Errorf("got %q", got)
	}
}

// TestError_CanceledWithCause cancels a context with a cause, before and during a request.
func TestError_CanceledWithCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("the program stops")
	for _, operation := range allOperations {
		ctx, cancel := context.WithCancelCause(t.Context())
		var requests []string
		c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			requests = append(requests, req.Method)
			cancel(cause)
			<-req.Context().Done()
			return nil, req.Context().Err()
		}), retries)
		err := operation.call(ctx, c)
		checkOneKind(t, err)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || errors.Is(err, client.ErrMaybeApplied) != operation.write || client.KindOf(err) != "canceled" {
			t.Errorf("%s: got %v (%s)", operation.name, err, client.KindOf(err))
		}
		err = operation.call(ctx, c)
		if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrMaybeApplied) || !slices.Equal(requests, requests[:1]) {
			t.Errorf("%s, canceled before: got %v after %d requests", operation.name, err, len(requests))
		}
	}
}
