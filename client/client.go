package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
	"github.com/highlevel-contacts/contacts-go/gen"
)

var errNotDecoded = errors.New("the body cannot be decoded into out")

// Version is the version of this module. It is part of the User-Agent header.
const Version = "0.1.0"

// Client calls the HighLevel API. It is safe for concurrent use: create one and share it.
type Client struct {
	// Contacts provides access to the contact endpoints.
	Contacts *ContactsService

	config     config
	token      func(context.Context) (string, error) // a function, because fmt prints it as an address for every verb
	invalidate func(token string)                    // nil if the TokenSource is not a TokenInvalidator
	bearer     *atomic.Pointer[bearer]               // of the latest attempt, because most attempts have the same token
}

// New returns a Client that authenticates with tokens. It does not make any requests. It returns an
// error if the token source is nil or an option is invalid.
func New(tokens TokenSource, opts ...Option) (*Client, error) {
	if tokens == nil {
		return nil, errors.New("client: New: no TokenSource: use client.StaticToken(token) or package oauth")
	}
	if static, ok := tokens.(StaticToken); ok {
		if err := checkToken(string(static)); err != nil {
			return nil, errors.New("client: New: " + err.Error())
		}
	}
	c := &Client{config: defaultConfig(), token: tokens.Token, bearer: new(atomic.Pointer[bearer])}
	if source, ok := tokens.(TokenInvalidator); ok {
		c.invalidate = source.Invalidate
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("client: New: an Option is nil")
		}
		if err := opt(&c.config); err != nil {
			return nil, errors.New("client: " + err.Error())
		}
	}
	if c.config.pacer == nil {
		c.config.pacer = NewPacer(defaultRequests, defaultInterval)
	}
	c.Contacts = &ContactsService{client: c}
	return c, nil
}

// Generated returns the generated client, for requests that the typed methods do not support. Its
// calls have the same authentication, rate limiting, retries and errors, and their response bodies
// have been read into memory. It does not validate arguments. Headers that a request editor sets
// override the defaults, except Authorization. An upsert that may have been applied is not retried,
// because the client does not know whether its body always creates a contact.
func (c *Client) Generated() gen.ClientInterface {
	return &gen.Client{Server: c.config.baseURL, Client: &generatedDoer{client: c}}
}

// Do calls any other endpoint of the API under the rules of the contact methods: authentication,
// rate limiting, retries, errors and logging. GET, PUT and DELETE are retried as idempotent
// requests. POST and PATCH are retried only if they cannot have been applied.
//
// The path is relative to the base URL, such as "/locations/abc/customFields"; escape IDs with
// [url.PathEscape]. For a path with a host, a query, a fragment or dot segments, the error matches
// [ErrInvalid], so that the token is not sent to another host.
//
// The body, unless nil, is sent as JSON. The response is decoded into out by encoding/json, unless
// out is nil. A 2xx response without a body is an error that matches [ErrBadResponse] if out is not
// nil. A 404 matches [ErrNotFound].
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body, out any, opts ...CallOption) error {
	call, err := c.newCall(ctx, otherOperation, opts)
	if err != nil {
		return err
	}
	req, err := c.newRequest(&call.ctx, method, path, query, body)
	if err != nil {
		return invalid(otherOperation, err.Error())
	}
	_, err = call.Do(req) //nolint:bodyclose // the body has been read
	if err == nil && out != nil && json.Unmarshal(httpx.TrimBOM(call.response.Body), out) != nil {
		err = call.badResponse(errNotDecoded)
	}
	return call.finish(err)
}

// newRequest returns the request of Do.
func (c *Client) newRequest(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
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
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, errors.New("body: " + redact.Text(err.Error()))
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(content))
	if err != nil {
		return nil, errors.New("path: invalid URL")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// checkPath returns an error if path may not be an endpoint below the base URL.
func checkPath(path string) error {
	decoded, err := url.PathUnescape(path)
	if err != nil || path == "" || strings.HasPrefix(decoded, "/") || strings.ContainsAny(path, "?#\\") ||
		strings.Contains(decoded, "://") || strings.ContainsFunc(decoded, isControl) {
		return errors.New("path: use a path relative to the base URL, without host, query or fragment")
	}
	for segment := range strings.SplitSeq(strings.ReplaceAll(decoded, `\`, "/"), "/") {
		if segment == "." || segment == ".." {
			return errors.New("path: dot segments are not allowed")
		}
	}
	return nil
}
