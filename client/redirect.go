package client

import (
	"errors"
	"net/http"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

var errTooManyRedirects = errors.New("stopped after 10 redirects")

// redirectPolicy decides which redirects of one attempt are followed. It applies the policy of the
// caller's HTTP client last.
type redirectPolicy struct {
	sent   *httpx.Sent
	caller func(req *http.Request, via []*http.Request) error
}

// check does not follow a redirect that would change the method or send a write to another host, so
// that the redirect itself is the response. It removes credentials and the address of the API from a
// request to another host, or from https to http.
func (p *redirectPolicy) check(req *http.Request, via []*http.Request) error {
	first := via[0]
	crossesHost := !strings.EqualFold(req.URL.Host, first.URL.Host) || (first.URL.Scheme == "https" && req.URL.Scheme != "https")
	if req.Method != first.Method || (crossesHost && req.Method != http.MethodGet) {
		return http.ErrUseLastResponse
	}
	if crossesHost {
		for _, key := range []string{"Authorization", "Cookie", "Referer"} {
			req.Header.Del(key)
		}
	}
	p.sent.NextHop()
	if p.caller != nil {
		return p.caller(req, via)
	}
	if len(via) >= 10 {
		return errTooManyRedirects
	}
	return nil
}
