package console

import (
	"net"
	"net/http"
	"strings"
)

// guardSite rejects the requests that other sites in the same browser can send, so that they can
// neither read nor change the fake. It accepts requests without the headers that only browsers
// send.
func guardSite(next http.Handler) http.Handler {
	forms := http.NewCrossOriginProtection() // checks Origin and Sec-Fetch-Site, except of GET and HEAD
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if forms.Check(r) != nil || isCrossSiteRead(r) {
			http.Error(w, "requests from other sites are not allowed", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
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

// guardHost rejects a Host header that can be the name of another site that resolves to this
// machine (DNS rebinding), so that the other site cannot read the token. It accepts IP addresses,
// localhost and names without a dot, such as those of containers.
func guardHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.ToLower(strings.Trim(host, "[]"))
		if net.ParseIP(host) == nil && strings.Contains(host, ".") && !strings.HasSuffix(host, ".localhost") {
			http.Error(w, "host name not allowed: use an IP address or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
