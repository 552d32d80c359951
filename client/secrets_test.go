package client_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// private are the strings that no output may contain: the token, and the email address, phone
// number, name and city of a person.
var private = []string{
	token, "zulu", "rosan@deos.example", "deos.example", "rosan%40deos", "8888888888", "888-8888", "888 8888", "Rosan", "Dolomite",
}

// leaks returns the private strings that text contains.
func leaks(text string) []string {
	var found []string
	for _, part := range private {
		if strings.Contains(text, part) {
			found = append(found, part)
		}
	}
	return found
}

// checkForms fails if value has a private string as programs print, log and encode it.
func checkForms(t *testing.T, value any) {
	t.Helper()
	var text, object bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Error("failed", "value", value, "in", slog.GroupValue(slog.Any("value", value)))
	slog.New(slog.NewJSONHandler(&object, nil)).Error("failed", "value", value, "in", []any{value})
	encoded, err := json.Marshal(map[string]any{"value": value})
	if err != nil {
		t.Error(err)
	}
	forms := []string{text.String(), object.String(), string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		forms = append(forms, fmt.Sprintf(verb, value), fmt.Sprintf(verb, []any{value}))
	}
	if _, ours := value.(fmt.Formatter); ours {
		forms = append(forms, fmt.Sprintf("%t %d %x %U %c %e %O %+d", value, value, value, value, value, value, value, value))
	}
	for _, form := range forms {
		if found := leaks(form); found != nil {
			t.Errorf("%T has %q: %s", value, found, form)
		}
	}
}

// writeAndSearch makes calls with personal data, and returns their errors. Paths hold it only in Do.
func writeAndSearch(ctx context.Context, c *client.Client, opts ...client.CallOption) []error {
	return []error{
		errOf(c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Rosan", Email: "rosan@deos.example", City: "Dolomite"}, opts...)),
		errOf(c.Contacts.Upsert(ctx, client.UpsertContactRequest{Phone: client.Set("+1 888-888-8888"), City: client.Set("Dolomite")}, opts...)),
		errOf(c.Contacts.Update(ctx, contactID, client.UpdateContactRequest{Email: client.Set("rosan@deos.example")}, opts...)),
		errOf(c.Contacts.List(ctx, client.ListRequest{Query: "rosan@deos.example"}, opts...)),
		errOf(c.Contacts.ListByBusiness(ctx, "b", client.BusinessListRequest{Query: "Rosan"}, opts...)),
		errOf(c.Contacts.FindDuplicate(ctx, client.DuplicateQuery{Email: "rosan@deos.example", Phone: "+18888888888"}, opts...)),
		errOf(c.Contacts.Search(ctx, client.SearchRequest{Query: "Rosan", Filters: []client.Filter{client.Where("city", "eq", "Dolomite")}}, opts...)),
		c.Do(ctx, http.MethodGet, "/users/rosan@deos.example", nil, nil, new(map[string]any), opts...),
		c.Do(ctx, http.MethodPost, "/phones/%2B18888888888/tokens/"+token, nil, nil, new(map[string]any), opts...),
	}
}

// TestErrors_NoPersonalData has a token that is recognizable only by its value.
func TestErrors_NoPersonalData(t *testing.T) {
	t.Parallel()
	opaque := client.StaticToken("zulu-zulu")
	person := `"firstName":"Rosan","email":"rosan@deos.example","phone":"+18888888888","city":"Dolomite"`
	echo := func(format string) roundTrip {
		return func(req *http.Request) (*http.Response, error) {
			echoed := req.Header.Get("Authorization")
			return stubResponse{status: 400, body: fmt.Sprintf(format, echoed), header: http.Header{"Cf-Ray": {echoed}}}.response(req), nil
		}
	}
	tests := map[string]http.RoundTripper{
		"the token in the message":          echo(`{"message":"Invalid header %s"}`),
		"the token in the trace id":         echo(`{"message":"no","traceId":"%s"}`),
		"the token in the contact id":       echo(`{"message":"no","meta":{"contactId":"%s"}}`),
		"the token in a body of no dialect": echo(`%s`),
		"the token as the type of content": roundTrip(func(req *http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {req.Header.Get("Authorization")}, "Set-Cookie": {"session=" + token}}
			return stubResponse{status: 200, body: "<html>", header: header}.response(req), nil
		}),
		"a person in the messages":          always(stubResponse{status: 422, body: `{"message":["email rosan@deos.example is taken","phone (888) 888-8888 or +18888888888 too", "<rosan@deos.example>"]}`}),
		"a person in the trace id":          always(stubResponse{status: 400, body: `{"message":"no","traceId":"rosan@deos.example"}`}),
		"a person in the body":              always(stubResponse{status: 400, body: `{` + person + `}`}),
		"a person in a page":                always(stubResponse{status: 502, body: "<html>Rosan, rosan@deos.example</html>"}),
		"a person in a broken body":         always(ok(`{"contact":{"id":"a",` + person + `,"tags":["vip"`)),
		"a person without an id":            always(ok(`{"contact":{` + person + `},"contacts":{` + person + `}}`)),
		"a person where nothing succeeded":  always(ok(`{"succeded":false,"contact":{"id":"a",` + person + `}}`)),
		"a person with an unexpected value": always(ok(`{"contact":{"id":"a","tags":7,` + person + `},"contacts":[{"id":"a","tags":7,` + person + `}]}`)),
		"the query in the message": roundTrip(func(req *http.Request) (*http.Response, error) {
			return stubResponse{status: 404, body: fmt.Sprintf(`{"message":%q}`, "Cannot GET "+req.URL.RequestURI())}.response(req), nil
		}),
		"the token and the address in the transport's error": roundTrip(func(req *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Get", URL: req.URL.String(), Err: errors.New("no route for zulu-zulu to " + req.URL.String())}
		}),
		"a redirect to an invalid address": roundTrip(func(req *http.Request) (*http.Response, error) {
			header := http.Header{"Location": {"http://[::1?query=Rosan&email=rosan@deos.example&token=" + token}}
			return stubResponse{status: 307, header: header}.response(req), nil
		}),
		"a body over the limit": always(ok(`{"contact":{"id":"a",` + person + `,"x":"` + strings.Repeat("Rosan", 1000) + `"}}`)),
	}
	for name, transport := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text, object bytes.Buffer
			debug := &slog.HandlerOptions{Level: slog.LevelDebug}
			for logged, handler := range map[*bytes.Buffer]slog.Handler{
				&text: slog.NewTextHandler(&text, debug), &object: slog.NewJSONHandler(&object, debug),
			} {
				c := newClientWith(t, opaque, transport, client.WithLogger(slog.New(handler)), client.WithMaxResponseBytes(1000))
				var response client.Response
				for _, err := range writeAndSearch(t.Context(), c, client.WithResponseInto(&response)) {
					checkForms(t, response)
					checkForms(t, &response)
					if err != nil {
						checkForms(t, err)
						checkForms(t, errors.Join(errors.New("sync"), err))
						if apiErr, ok := errors.AsType[*client.Error](err); !ok || strings.Contains(fmt.Sprint(apiErr.Messages, apiErr.TraceID), "zulu-zulu") {
							t.Errorf("the fields of %T have the token", err)
						}
					}
				}
				if found := leaks(logged.String()); found != nil || logged.Len() == 0 {
					t.Errorf("the log has %q: %s", found, logged)
				}
			}
		})
	}
}

func TestErrors_TokenSource(t *testing.T) {
	cause := fmt.Errorf("refresh of %s for rosan@deos.example at https://auth.example/?secret=zulu failed", token)
	c := newClientWith(t, sourceFunc(func(context.Context) (string, error) { return "", cause }), noRequests(t))
	for _, err := range writeAndSearch(t.Context(), c) {
		if !errors.Is(err, cause) {
			t.Errorf("the cause is lost: %v", err)
		}
		checkForms(t, err)
	}
}

// TestSecret_IsHidden prints, logs and encodes secrets alone and in structs, whose unexported fields
// fmt reads by reflection.
func TestSecret_IsHidden(t *testing.T) {
	secret, source := client.NewSecret(token), client.StaticToken(token)
	if got := secret.Reveal() + (client.Secret{}).Reveal(); got != token {
		t.Errorf("got %q, want the token", got)
	}
	c := newClient(t, noRequests(t))
	hidden := struct {
		secret client.Secret
		source client.TokenSource
		Map    map[string]client.Secret
	}{secret, source, map[string]client.Secret{"a": secret}}
	for _, value := range []any{secret, &secret, source, &source, hidden, &hidden, []client.Secret{secret}, [1]client.TokenSource{source}, c, *c, c.Contacts, c.Generated()} {
		for _, verb := range []string{"%x", "%X", "%d", "%10.3s", "%p", "%t", "%c", "%T"} {
			if found := leaks(fmt.Sprintf(verb, value)); found != nil {
				t.Errorf("%s of %T has %q", verb, value, found)
			}
		}
		checkForms(t, value)
		var encoded bytes.Buffer
		_ = gob.NewEncoder(&encoded).Encode(value) // an error is fine too
		if found := leaks(encoded.String()); found != nil {
			t.Errorf("gob of %T has %q", value, found)
		}
	}
	if got := fmt.Sprint(secret, &secret); got != "[redacted] [redacted]" {
		t.Errorf("got %s, want [redacted]", got)
	}
}
