package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

var errNotDecoded = errors.New("the body cannot be decoded into out")

// Do calls any other endpoint of the API under the rules of the contact methods: authentication,
// rate limiting, retries, errors and logging. The method is GET, POST, PUT, PATCH or DELETE. GET,
// PUT and DELETE are retried as idempotent requests. POST and PATCH are retried only if they cannot
// have been applied.
//
// The path is relative to the base URL, such as "/locations/abc/customFields"; escape IDs with
// [url.PathEscape]. Do rejects a path with a host, a query, a fragment or dot segments with an error
// that matches [ErrInvalid], so that the token is not sent to another host.
//
// If body is not nil, it is sent as JSON. If out is not nil, encoding/json decodes the response into
// it; a body that cannot be decoded, or is missing, is an error that matches [ErrBadResponse]. A 404
// matches [ErrNotFound].
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

// checkPath returns an error unless path, without its first slash, is a path below the base URL.
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
