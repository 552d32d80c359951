package client

import (
	"errors"
	"net/http"
	"strings"
)

var errTooManyRedirects = errors.New("stopped after 10 redirects")

// checkRedirect applies the redirect policy of the client and then that of the program's HTTP
// client. It does not follow a redirect that would change the method or send a write to another
// host: the redirect itself is then the response. If a redirect leads to another host, or from
// https to http, it removes the credentials and the Referer header.
func (s *sender) checkRedirect(req *http.Request, via []*http.Request) error {
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
	s.trace.NextHop()
	if s.redirectPolicy != nil {
		return s.redirectPolicy(req, via)
	}
	if len(via) >= 10 {
		return errTooManyRedirects
	}
	return nil
}
