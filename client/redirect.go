package client

import (
	"errors"
	"net/http"
	"strings"
)

var errTooManyRedirects = errors.New("stopped after 10 redirects")

// checkRedirect applies the redirect policy of the client and then that of the program's HTTP
// client. If a redirect leads to another host, or from https to http, checkRedirect removes the
// credentials and the Referer header. It does not follow such a redirect of a write, nor one that
// would change the method: the redirect itself is then the response.
func (s *sender) checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	untrusted := !strings.EqualFold(req.URL.Host, first.URL.Host) || (first.URL.Scheme == "https" && req.URL.Scheme != "https")
	if req.Method != first.Method || (untrusted && req.Method != http.MethodGet) {
		return http.ErrUseLastResponse
	}
	if untrusted {
		for _, key := range []string{"Authorization", "Cookie", "Referer"} {
			req.Header.Del(key)
		}
	}
	s.trace.NextHop()
	if s.redirectPolicy != nil {
		return s.redirectPolicy(req, via)
	}
	if len(via) >= 10 {
		return errTooManyRedirects
	}
	return nil
}
