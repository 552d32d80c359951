package console

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// guard rejects what another site in the same browser could send, so that it can neither change nor
// read anything. A program that is not a browser sends none of these headers.
func guard(next http.Handler, hosts []string) http.Handler {
	forms := http.NewCrossOriginProtection() // Origin and Sec-Fetch-Site of everything but GET
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !isAllowedHost(r.Host, hosts):
			http.Error(w, "this host name is not allowed: use an IP address, localhost, or allow the name by -host", http.StatusForbidden)
		case forms.Check(r) != nil || isForeignRead(r):
			http.Error(w, "requests of other sites are not allowed", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isAllowedHost reports whether a Host header is one that no other site can bind to this machine:
// an IP address, localhost, a name without a dot, such as that of a container, or an allowed one.
// It prevents DNS rebinding.
func isAllowedHost(host string, allowed []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	return net.ParseIP(host) != nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		slices.Contains(allowed, host)
}

// isForeignRead reports whether a GET comes from another site. A link that a person follows is
// allowed: that site cannot read the page, which cannot be framed.
func isForeignRead(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	default:
		return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
	}
}
