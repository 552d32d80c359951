package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Do calls any other endpoint of the API under the rules of the contact methods: authentication,
// rate limiting, retries, errors and logging. The method is GET, POST, PUT, PATCH or DELETE. GET,
// PUT and DELETE are retried as idempotent requests. POST and PATCH are retried only if they cannot
// have been applied, unless [Idempotent] or [ReadOnly] is passed. A 404 matches [ErrNotFound].
//
// The path is relative to the base URL, such as "/locations/abc/customFields", without host, query,
// fragment, and empty or dot segments; escape IDs with [url.PathEscape].
//
// The body is sent as JSON. An [io.Reader], a []byte or a [json.RawMessage] must hold JSON and is
// sent as it is. POST, PUT and PATCH without a body send {}. If out is not nil, it is a pointer into
// which the response is decoded, and values of unexpected types are handled as in [DecodeContact]. A
// body that cannot be decoded, or is missing, is an error that matches [ErrBadResponse].
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body, out any, opts ...CallOption) error {
	op := doOperation.withMethod(method)
	if out != nil {
		if v := reflect.ValueOf(out); v.Kind() != reflect.Pointer || v.IsNil() {
			return invalid(op, errors.New("out: use a pointer that is not nil, or nil to ignore the response"))
		}
	}
	req, err := c.newRequest(ctx, method, path, query, body)
	return c.send(ctx, op, req, err, out, opts)
}

// newRequest returns the request of Do.
func (c *Client) newRequest(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method) {
		return nil, errors.New("method: use GET, POST, PUT, PATCH or DELETE")
	}
	path = strings.TrimPrefix(path, "/")
	if err := checkPath(path); err != nil {
		return nil, err
	}
	target := c.config.baseURL + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	content, err := encodeBody(method, body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(content))
	if err != nil {
		return nil, errors.New("path: invalid URL")
	}
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// encodeBody returns the body of a request of Do as JSON, or nil if the request has none.
func encodeBody(method string, body any) (content []byte, err error) {
	switch body := body.(type) {
	case nil:
		if method == http.MethodGet || method == http.MethodDelete {
			return nil, nil
		}
		return []byte("{}"), nil
	case io.Reader:
		content, err = io.ReadAll(body)
	case []byte:
		content = body
	case json.RawMessage:
		content = body
	default:
		if err := checkText(body); err != nil {
			return nil, err
		}
		content, err = json.Marshal(body)
	}
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if !utf8.Valid(content) {
		return nil, errors.New("body" + invalidText)
	}
	return content, nil
}

// checkPath returns an error unless path, without its first slash, is a path below the base URL.
func checkPath(path string) error {
	decoded, err := url.PathUnescape(path)
	elements := strings.TrimSuffix(strings.ReplaceAll(decoded, `\`, "/"), "/")
	if err != nil || !fs.ValidPath("base/"+elements) || strings.ContainsAny(path, `?#\`) || strings.ContainsFunc(decoded, isControl) {
		return errors.New("path: use a path relative to the base URL, without host, query, fragment, and empty or dot segments")
	}
	return nil
}

// Generated returns the generated client, for requests that [ContactsService] does not support. Its
// methods have the same authentication, rate limiting, retries and errors: a non-2xx response is an
// [*Error]. GET, PUT and DELETE are retried as idempotent requests. The body of a response has been
// read into memory and need not be closed. The generated client does not validate arguments. Headers
// that a request editor sets override the defaults, except Authorization.
func (c *Client) Generated() gen.ClientInterface {
	return &gen.Client{Server: c.config.baseURL, Client: generatedDoer{c}}
}

// generatedDoer sends the requests of Client.Generated. Each one is a call.
type generatedDoer struct{ client *Client }

// Do implements [gen.HttpRequestDoer].
func (d generatedDoer) Do(req *http.Request) (*http.Response, error) {
	var response Response
	into := []CallOption{WithResponseInto(&response)}
	if err := d.client.send(req.Context(), generated.withMethod(req.Method), req, nil, nil, into); err != nil {
		return nil, err
	}
	return &http.Response{
		Status:     strconv.Itoa(response.StatusCode) + " " + http.StatusText(response.StatusCode),
		StatusCode: response.StatusCode, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: response.Header, Body: io.NopCloser(bytes.NewReader(response.Body)), ContentLength: int64(len(response.Body)), Request: req,
	}, nil
}
