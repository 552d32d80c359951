package client

import (
	"errors"
	"net/http"
	"strings"
)

var errTooManyRedirects = errors.New("stopped after 10 redirects")

// guardRedirects returns a copy of httpClient that keeps its own policy for redirects, and adds: a redirect that would change
// the method or send a write elsewhere is not followed but answered as what it is, and beyond the API's host, or from https to
// http, a redirect carries neither the token nor the address before it.
func guardRedirects(httpClient *http.Client) *http.Client {
	guarded := *httpClient
	guarded.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0]
		elsewhere := !strings.EqualFold(req.URL.Host, first.URL.Host) || (first.URL.Scheme == "https" && req.URL.Scheme != "https")
		if req.Method != first.Method || (elsewhere && req.Method != http.MethodGet) {
			return http.ErrUseLastResponse
		}
		if elsewhere {
			for _, key := range []string{"Authorization", "Cookie", "Referer"} {
				req.Header.Del(key)
			}
		}
		if httpClient.CheckRedirect != nil {
			return httpClient.CheckRedirect(req, via)
		}
		if len(via) >= 10 {
			return errTooManyRedirects
		}
		return nil
	}
	return &guarded
}
