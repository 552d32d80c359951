package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

const html = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>contact support, rosan@deos.example</body></html>\n"

func TestError_Formats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		body      string
		sentinels []error
		want      client.Error // fields that come from the body
		text      string       // after "Contacts.Get: GET /proxy/v1/contacts/abc: "
	}{
		{
			"no such contact", 400, `{"error":"Contact with id abc not found","status":400}`,
			[]error{client.ErrNotFound},
			client.Error{Messages: []string{"Contact with id abc not found"}},
			"400 contact not found: Contact with id abc not found",
		},
		{
			"deleted a moment ago", 400, `{"message":"Contact not found for id:abc","statusCode":400,"traceId":"t-1"}`,
			[]error{client.ErrNotFound},
			client.Error{Messages: []string{"Contact not found for id:abc"}, TraceID: "t-1"},
			"400 contact not found: Contact not found for id:abc (trace t-1)",
		},
		{
			"duplicate by email", 400, `{"statusCode":400,"message":"This location does not allow duplicated contacts.","meta":{"contactId":"def","matchingField":"email","contactName":"Rosan Deo"}}`,
			[]error{client.ErrDuplicate},
			client.Error{Messages: []string{"This location does not allow duplicated contacts."}, ContactID: "def", MatchingField: "email"},
			"400 duplicate contact: This location does not allow duplicated contacts.",
		},
		{
			"duplicate by phone", 400, `{"statusCode":400,"message":"This location does not allow duplicated contacts.","meta":{"contactId":"def","matchingField":"phone"}}`,
			[]error{client.ErrDuplicate},
			client.Error{Messages: []string{"This location does not allow duplicated contacts."}, ContactID: "def", MatchingField: "phone"},
			"400 duplicate contact: This location does not allow duplicated contacts.",
		},
		{
			"duplicate in other words", 400, `{"message":"Duplicate.","meta":{"contactId":"def","matchingField":"email"}}`,
			[]error{client.ErrDuplicate},
			client.Error{Messages: []string{"Duplicate."}, ContactID: "def", MatchingField: "email"},
			"400 duplicate contact: Duplicate.",
		},
		{
			"duplicate without meta", 400, `{"statusCode":400,"message":"This location does not allow duplicated contacts.","meta":null}`,
			[]error{client.ErrDuplicate},
			client.Error{Messages: []string{"This location does not allow duplicated contacts."}},
			"400 duplicate contact: This location does not allow duplicated contacts.",
		},
		{
			"duplicate with an unexpected meta", 400, `{"message":"This location does not allow duplicated contacts.","meta":{"contactId":7,"matchingField":null}}`,
			[]error{client.ErrDuplicate},
			client.Error{Messages: []string{"This location does not allow duplicated contacts."}, ContactID: "7"},
			"400 duplicate contact: This location does not allow duplicated contacts.",
		},
		{
			"unknown version", 400, `{"statusCode":400,"message":"Invalid API version segment 'bogus' at position 0"}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"Invalid API version segment 'bogus' at position 0"}},
			"400 invalid request: Invalid API version segment 'bogus' at position 0",
		},
		{
			"no token", 401, `{"statusCode":401,"message":"No Authorization header found for authentication!"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"No Authorization header found for authentication!"}},
			"401 unauthorized: No Authorization header found for authentication!",
		},
		{
			"no token, older", 401, `{"status":401,"message":"No Authorization header found for authentication!","traceId":"t-1"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"No Authorization header found for authentication!"}, TraceID: "t-1"},
			"401 unauthorized: No Authorization header found for authentication! (trace t-1)",
		},
		{
			"bad token", 401, `{"statusCode":401,"message":"Invalid JWT"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"Invalid JWT"}},
			"401 unauthorized: Invalid JWT",
		},
		{
			"bad integration token", 401, `{"statusCode":401,"message":"Invalid Private Integration token"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"Invalid Private Integration token"}},
			"401 unauthorized: Invalid Private Integration token",
		},
		{
			"expired token", 401, `{"statusCode":401,"message":"Invalid token: access token is invalid","error":"Unauthorized"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"Invalid token: access token is invalid"}},
			"401 unauthorized: Invalid token: access token is invalid",
		},
		{
			"expired token, in other words", 401, `{"message":"The token has expired"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"The token has expired"}},
			"401 unauthorized: The token has expired",
		},
		{
			"scope", 401, `{"statusCode":401,"message":"The token is not authorized for this scope."}`,
			[]error{client.ErrForbidden},
			client.Error{Messages: []string{"The token is not authorized for this scope."}},
			"401 forbidden: The token is not authorized for this scope.",
		},
		{
			"class of token", 401, `{"statusCode":401,"message":"This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case."}`,
			[]error{client.ErrForbidden},
			client.Error{Messages: []string{"This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case."}},
			"401 forbidden: This authClass type is not allowed to access this scope. Please verify your IAM configuration if this is not the case.",
		},
		{
			"class of token, in fewer words", 401, `{"message":"This authClass type is not allowed."}`,
			[]error{client.ErrForbidden},
			client.Error{Messages: []string{"This authClass type is not allowed."}},
			"401 forbidden: This authClass type is not allowed.",
		},
		{
			"user type of token", 401, `{"statusCode":401,"message":"Token's user type mismatch!"}`,
			[]error{client.ErrForbidden},
			client.Error{Messages: []string{"Token's user type mismatch!"}},
			"401 forbidden: Token's user type mismatch!",
		},
		{
			"no version", 401, `{"statusCode":401,"message":"version header was not found."}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"version header was not found."}},
			"401 invalid request: version header was not found.",
		},
		{
			"unknown version", 401, `{"statusCode":401,"message":"version header is invalid"}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"version header is invalid"}},
			"401 invalid request: version header is invalid",
		},
		{
			"OAuth's dialect", 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"UnAuthorized!"}},
			"401 unauthorized: UnAuthorized!",
		},
		{
			"OAuth's description alone", 401, `{"error_description":"Authorization code not found"}`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{"Authorization code not found"}},
			"401 unauthorized: Authorization code not found",
		},
		{
			"401, a page", 401, `<table><th scope="col">Log in</th></table>`,
			[]error{client.ErrUnauthorized},
			client.Error{Messages: []string{`<table><th scope="col">Log in</th></table>`}},
			"401 unauthorized",
		},
		{
			"wrong location", 403, `{"statusCode":403,"message":"The token does not have access to this location."}`,
			[]error{client.ErrForbidden},
			client.Error{Messages: []string{"The token does not have access to this location."}},
			"403 forbidden: The token does not have access to this location.",
		},
		{
			"unknown route", 404, `{"message":"Cannot GET /proxy/v1/contacts/abc","error":"Not Found","statusCode":404}`, nil,
			client.Error{Messages: []string{"Cannot GET /proxy/v1/contacts/abc"}},
			"404: Cannot GET /proxy/v1/contacts/abc",
		},
		{
			"404 in the API's words", 404, `{"message":"Contact with id abc not found"}`,
			[]error{client.ErrNotFound},
			client.Error{Messages: []string{"Contact with id abc not found"}},
			"404 contact not found: Contact with id abc not found",
		},
		{
			"404 of something before the API", 404, "404 page not found\n", nil,
			client.Error{Messages: []string{"404 page not found\n"}},
			"404",
		},
		{
			"404, a page", 404, "<h1>Not Found</h1> contact us", nil,
			client.Error{Messages: []string{"<h1>Not Found</h1> contact us"}},
			"404",
		},
		{"404, empty", 404, "", nil, client.Error{}, "404"},
		{
			"validation, a list", 422, `{"message":["property gender should not exist","email must be an email"],"error":"Unprocessable Entity","statusCode":422}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"property gender should not exist", "email must be an email"}},
			"422 invalid request: property gender should not exist; email must be an email",
		},
		{
			"validation, a text", 422, `{"message":"customFields must be an array","error":"Unprocessable Entity","statusCode":422}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"customFields must be an array"}},
			"422 invalid request: customFields must be an array",
		},
		{
			"validation, an unexpected list", 422, `{"message":[7,{"property":"email"}]}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"7", `{"property":"email"}`}},
			`422 invalid request: 7; {"property":"email"}`,
		},
		{
			"empty list, so the error", 422, `{"message":[],"error":"Unprocessable Entity"}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"Unprocessable Entity"}},
			"422 invalid request: Unprocessable Entity",
		},
		{
			"empty text, so the error", 422, `{"message":"","error":"Unprocessable Entity"}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"Unprocessable Entity"}},
			"422 invalid request: Unprocessable Entity",
		},
		{
			"an object for a text, so the error", 422, `{"message":{"message":"no"},"error":"Unprocessable Entity"}`,
			[]error{client.ErrInvalid},
			client.Error{Messages: []string{"Unprocessable Entity"}},
			"422 invalid request: Unprocessable Entity",
		},
		{
			"rate limit, JSON", 429, `{"statusCode":429,"message":"Too Many Requests"}`,
			[]error{client.ErrRateLimited},
			client.Error{Messages: []string{"Too Many Requests"}},
			"429 rate limited: Too Many Requests",
		},
		{
			"rate limit, text", 429, "Too Many Requests",
			[]error{client.ErrRateLimited},
			client.Error{Messages: []string{"Too Many Requests"}},
			"429 rate limited",
		},
		{"rate limit, empty", 429, "", []error{client.ErrRateLimited}, client.Error{}, "429 rate limited"},
		{
			"server, JSON", 500, `{"statusCode":500,"message":"Internal server error"}`,
			[]error{client.ErrServer},
			client.Error{Messages: []string{"Internal server error"}},
			"500 server error: Internal server error",
		},
		{"server, a page", 502, html, []error{client.ErrServer}, client.Error{Messages: []string{html}}, "502 server error"},
		{"server, empty", 503, "", []error{client.ErrServer}, client.Error{}, "503 server error"},
		{"server, JSON of another form", 500, `[1]`, []error{client.ErrServer}, client.Error{Messages: []string{"[1]"}}, "500 server error"},
		{"server, JSON null", 500, `null`, []error{client.ErrServer}, client.Error{Messages: []string{"null"}}, "500 server error"},
		{"server, no message", 500, `{"statusCode":500}`, []error{client.ErrServer}, client.Error{Messages: []string{`{"statusCode":500}`}}, "500 server error"},
		{
			"unexpected trace ID and status", 500, `{"message":"no","traceId":7,"statusCode":"500"}`,
			[]error{client.ErrServer},
			client.Error{Messages: []string{"no"}, TraceID: "7"},
			"500 server error: no (trace 7)",
		},
		{"trace id null", 500, `{"message":"no","traceId":null}`, []error{client.ErrServer}, client.Error{Messages: []string{"no"}}, "500 server error: no"},
		{
			"byte order mark, duplicate names, broken UTF-8", 400, "\xEF\xBB\xBF" + `{"error":"","error":"Contact with id a` + "\xff" + `b not found"}`,
			[]error{client.ErrNotFound},
			client.Error{Messages: []string{"Contact with id a\uFFFDb not found"}},
			"400 contact not found: Contact with id a\uFFFDb not found",
		},
		{"not followed", 302, "", nil, client.Error{}, "302"},
		{"gone", 410, "", nil, client.Error{}, "410"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"Cf-Ray": {"8f1c"}}
			c, _ := newStub(t, stubResponse{status: test.status, body: test.body, header: header})
			contact, err := c.Contacts.Get(t.Context(), "abc")
			var got *client.Error
			if contact != nil || !errors.As(err, &got) {
				t.Fatalf("got %v, %v", contact, err)
			}
			if matched := matchedBy(err); !slices.Equal(matched, test.sentinels) {
				t.Errorf("matches %v, want %v", matched, test.sentinels)
			}
			if want := "Contacts.Get: GET /proxy/v1/contacts/abc: " + test.text; err.Error() != want {
				t.Errorf("text\ngot  %s\nwant %s", err, want)
			}
			if string(got.Response.Body) != test.body || got.Response.StatusCode != test.status || got.Response.Header.Get("Cf-Ray") != "8f1c" || got.Response.Attempts != 1 {
				t.Errorf("response %v, body %q", got.Response, got.Response.Body)
			}
			want := test.want
			want.Operation, want.Method, want.Path, want.StatusCode = "getContact", "GET", "/proxy/v1/contacts/abc", test.status
			want.Response = got.Response
			if diff := cmp.Diff(parts(&want), parts(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// parts returns the exported fields of an Error, except its response.
func parts(e *client.Error) []any {
	return []any{e.Operation, e.Method, e.Path, e.StatusCode, e.Messages, e.ContactID, e.MatchingField, e.TraceID, e.RetryAfter}
}

// sentinels are all sentinel errors.
var sentinels = []error{
	client.ErrInvalid, client.ErrNotFound, client.ErrDuplicate, client.ErrUnauthorized, client.ErrForbidden, client.ErrRateLimited,
	client.ErrServer, client.ErrMaybeApplied, client.ErrBadResponse, client.ErrResponseTooLarge,
}

// matchedBy returns the sentinel errors that err matches.
func matchedBy(err error) []error {
	return slices.DeleteFunc(slices.Clone(sentinels), func(sentinel error) bool { return !errors.Is(err, sentinel) })
}

func TestErrNotFound(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"error":"Contact with id abc not found","status":400}`, `{"message":"Contact not found for id:abc","statusCode":400}`,
	} {
		for _, operation := range operations {
			c, _ := newStub(t, stubResponse{status: 400, body: body})
			if err := operation.call(t.Context(), c); !slices.Equal(matchedBy(err), []error{client.ErrNotFound}) {
				t.Errorf("%s: %v", operation.name, err)
			}
		}
	}
}

func TestErrMaybeApplied_Statuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		unsure bool
	}{
		{301, false},
		{400, false},
		{401, false},
		{403, false},
		{404, false},
		{408, true},
		{409, false},
		{422, false},
		{429, false},
		{500, true},
		{501, true},
		{502, true},
		{503, true},
		{504, true},
		{520, true},
		{599, true},
	} {
		for _, operation := range operations {
			c, _ := newStub(t, stubResponse{status: test.status, body: `{"message":"no"}`})
			err := operation.call(t.Context(), c)
			if got, want := errors.Is(err, client.ErrMaybeApplied), test.unsure && operation.write; got != want {
				t.Errorf("%s, %d: may have been applied: %v, want %v", operation.name, test.status, got, want)
			}
			if says := strings.Contains(err.Error(), client.ErrMaybeApplied.Error()); says != (test.unsure && operation.write) {
				t.Errorf("%s, %d: %v", operation.name, test.status, err)
			}
		}
	}
}

func TestError_Text(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"line breaks":     "a\nb\r\nc\u2028d\u2029e\u0085f\vg",
		"direction":       "a\u202eb\u200ec",
		"unassigned":      "a\U000830c3b",
		"control":         "a\x00b\x1b[31mc\x7fd\u009be",
		"long":            strings.Repeat("no ", 1000),
		"long characters": strings.Repeat("\U0001F600", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, stubResponse{status: 400, body: `{"message":` + quote(t, message) + `,"traceId":` + quote(t, message) + `}`})
			err := c.Contacts.Delete(t.Context(), "abc")
			var apiError *client.Error
			if !errors.As(err, &apiError) || apiError.Messages[0] != message {
				t.Fatalf("got %v", err)
			}
			if text := err.Error(); len(text) > 800 || strings.ContainsFunc(text, isNotPrintable) {
				t.Errorf("%d bytes: %q", len(text), text)
			}
		})
	}
}

// TestError_Unwrap checks that errors.Is and errors.As work on a wrapped error.
func TestError_Unwrap(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, stubResponse{status: 400, body: `{"message":"This location does not allow duplicated contacts."}`})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, operation := range operations {
		if err := operation.call(t.Context(), c); !errors.Is(err, client.ErrDuplicate) {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err := operation.call(ctx, c); !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("%s, canceled before: %v", operation.name, err)
		}
	}
}

// TestErrMaybeApplied_EarlierAttempt ends calls with an error that is unrelated to the previous
// attempt.
func TestErrMaybeApplied_EarlierAttempt(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]outcome{
		"success is false": {status: 200, body: `{"succeded":false}`},
		"not JSON":         {status: 200, body: `<html>`},
		"refused":          {status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{{status: 502}, last}}
				_, err := api.client(t).Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{City: client.Set("Oslo")})
				if !errors.Is(err, client.ErrMaybeApplied) {
					t.Errorf("got %v, want ErrMaybeApplied", err)
				}
				if apiErr, ok := errors.AsType[*client.Error](err); ok && !apiErr.MaybeApplied {
					t.Errorf("MaybeApplied: got false, want true: %v", err)
				}
			})
		})
	}
}

// TestError_ByHand builds errors by hand, as a mock does.
func TestError_ByHand(t *testing.T) {
	t.Parallel()
	for _, err := range []*client.Error{{Kind: client.ErrNotFound}, {Kind: client.ErrServer, StatusCode: 503, MaybeApplied: true}} {
		if wrapped := fmt.Errorf("sync: %w", err); client.KindOf(wrapped) != err.Kind || !errors.Is(wrapped, err.Kind) {
			t.Errorf("got %q, want %q for %v", client.KindOf(wrapped), err.Kind, err)
		}
		if errors.Is(err, client.ErrMaybeApplied) != err.MaybeApplied {
			t.Errorf("%v: ErrMaybeApplied does not follow MaybeApplied", err)
		}
	}
	daily := &client.Error{Kind: client.ErrRateLimited, Response: client.Response{RateLimit: client.RateLimit{Known: true, DailyLimit: 200_000}}}
	if !errors.Is(daily, client.ErrDailyLimit) || !errors.Is(daily, client.ErrRateLimited) {
		t.Errorf("got %v, want ErrDailyLimit and ErrRateLimited", daily)
	}
	if got := client.KindOf(nil) + client.KindOf(io.EOF); got != "other" {
		t.Errorf("got %q, want other", got)
	}
}

// TestErrNetwork_Text compares complete messages. They contain neither the query nor the address. A
// transport that does not support traces may have written the request.
func TestErrNetwork_Text(t *testing.T) {
	t.Parallel()
	const maybe = "; the write may have been applied"
	want := map[string]string{
		"get":                 "Contacts.Get: GET /proxy/v1/contacts/abc: network: unexpected EOF",
		"list":                "Contacts.List: GET /proxy/v1/contacts/: network: unexpected EOF",
		"list by business":    "Contacts.ListByBusiness: GET /proxy/v1/contacts/business/b: network: unexpected EOF",
		"update":              "Contacts.Update: PUT /proxy/v1/contacts/abc: network: unexpected EOF" + maybe,
		"delete":              "Contacts.Delete: DELETE /proxy/v1/contacts/abc: network: unexpected EOF" + maybe,
		"upsert":              "Contacts.Upsert: POST /proxy/v1/contacts/upsert: network: unexpected EOF" + maybe,
		"upsert of a new one": "Contacts.Upsert: POST /proxy/v1/contacts/upsert: network: unexpected EOF" + maybe,
		"create":              "Contacts.Create: POST /proxy/v1/contacts/: network: unexpected EOF" + maybe,
	}
	c := newClient(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }))
	for _, operation := range operations {
		err := operation.call(t.Context(), c)
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err.Error() != want[operation.name] {
			t.Errorf("got  %s\nwant %s", err, want[operation.name])
		}
	}
}

// TestErrNetwork_TruncatedBody truncates bodies. A truncated success is an ErrNetwork, and a
// truncated error response has the kind of its status.
func TestErrNetwork_TruncatedBody(t *testing.T) {
	t.Parallel()
	broken := func(status int) *client.Client {
		return newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := stubResponse{status: status}.response(req)
			resp.ContentLength, resp.Body = -1, io.NopCloser(brokenReader{})
			return resp, nil
		}))
	}
	for _, operation := range operations {
		err := operation.call(t.Context(), broken(200))
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err := operation.call(t.Context(), broken(403)); !errors.Is(err, client.ErrForbidden) {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
}
