package client

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Generated returns the generated client, for requests that [ContactsService] does not support. Its
// methods have the same authentication, rate limiting, retries and errors: a non-2xx response is an
// [*Error]. The body of a response has been read into memory and need not be closed. The generated
// client does not validate arguments. Headers that a request editor sets override the defaults,
// except Authorization. An upsert that may have been applied is not retried, because the client
// does not know whether its body always creates a contact.
func (c *Client) Generated() gen.ClientInterface {
	return &gen.Client{Server: c.config.baseURL, Client: &generatedDoer{client: c}}
}

// generatedDoer sends the requests of Client.Generated. Each one is a call.
type generatedDoer struct{ client *Client }

// Do implements [gen.HttpRequestDoer].
func (d *generatedDoer) Do(req *http.Request) (*http.Response, error) {
	call, err := d.client.newCall(req.Context(), operationOf(req), nil)
	if err != nil {
		return nil, err
	}
	resp, err := call.Do(req.WithContext(&call.ctx))
	if err = call.finish(err); err != nil {
		return nil, err
	}
	resp.StatusCode, resp.Body = call.response.StatusCode, io.NopCloser(bytes.NewReader(call.response.Body))
	return resp, nil
}

// routes maps the method and the path element after /contacts/ to the operation; "*" is an ID.
var routes = map[string]operation{
	"GET ": getContacts, "POST ": createContact, "POST upsert": upsertContact, "GET business": getContactsByBusinessID,
	"GET *": getContact, "PUT *": updateContact, "DELETE *": deleteContact,
}

// operationOf returns the operation of a request that the generated client has built.
func operationOf(req *http.Request) operation {
	const root = "/contacts/"
	element := "*"
	if at := strings.LastIndex(req.URL.Path, root); at >= 0 {
		element, _, _ = strings.Cut(req.URL.Path[at+len(root):], "/")
	}
	for _, route := range []string{element, "*"} {
		if op, ok := routes[req.Method+" "+route]; ok {
			return op
		}
	}
	return createContact // only if a request editor has changed the request
}
