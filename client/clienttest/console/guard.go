package console

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// guard rejects the requests that other sites in the same browser can send, so that they can
// neither read nor change the fake. It accepts requests without the headers that only browsers
// send.
func guard(next http.Handler, hosts []string) http.Handler {
	forms := http.NewCrossOriginProtection() // checks Origin and Sec-Fetch-Site, except of GET and HEAD
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !isAllowedHost(r.Host, hosts):
			http.Error(w, "host name not allowed: use an IP address or localhost, or allow the name with -host", http.StatusForbidden)
		case forms.Check(r) != nil || isCrossSiteRead(r):
			http.Error(w, "requests from other sites are not allowed", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isAllowedHost reports whether a Host header cannot be the name of another site that resolves to
// this machine (DNS rebinding). It accepts IP addresses, localhost, names without a dot, such as
// those of containers, and allowed names.
func isAllowedHost(host string, allowed []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	return net.ParseIP(host) != nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, host) })
}

// isCrossSiteRead reports whether another site sends a GET to read the response. It returns false
// for a link that a person follows: the other site cannot read or frame the page.
func isCrossSiteRead(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	default:
		return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
	}
}
