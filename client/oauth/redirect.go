package oauth

import "net/http"

// withoutRedirects returns a copy of httpClient that takes a redirect for the answer: following one would send the client secret
// elsewhere.
func withoutRedirects(httpClient *http.Client) *http.Client {
	var endpoint http.Client
	if httpClient != nil {
		endpoint = *httpClient
	}
	if endpoint.Transport == nil {
		endpoint.Transport = http.DefaultTransport
	}
	endpoint.Transport = nowhere{endpoint.Transport}
	return &endpoint
}

// nowhere takes from redirects where they lead. http.Client follows none of that kind, and does not read an address that cannot
// be parsed into its error either, which CheckRedirect would not keep it from.
type nowhere struct{ transport http.RoundTripper }

// RoundTrip sends req.
func (n nowhere) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.transport.RoundTrip(req)
	if err == nil {
		resp.Header.Del("Location")
	}
	return resp, err
}
