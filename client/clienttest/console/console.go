// Package console is the web page of a fake HighLevel API: it shows the contacts, locations, custom
// fields, tokens and last requests, injects faults, and renders the API's document.
package console

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// shown is the largest number of contacts, requests and tokens that the page lists.
const shown = 25

//go:embed page.html
var pageHTML string

//go:embed contact.html
var contactHTML string

//go:embed style.css
var styleCSS string

//go:embed refresh.js
var refreshJS []byte

var functions = template.FuncMap{
	"join":          strings.Join,
	"clock":         func(t time.Time) string { return t.Format("15:04:05.000") },
	"date":          func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"matchSummary":  matchSummary,
	"effectSummary": effectSummary,
	"took":          func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) },
	"reason":        reason,
	"short":         func(token string) string { return token[:min(12, len(token))] + "…" },
	"css":           func() template.CSS { return template.CSS(styleCSS) }, //nolint:gosec // a constant of this package
}

var (
	pageTemplate    = template.Must(template.New("page").Funcs(functions).Parse(pageHTML))
	contactTemplate = template.Must(template.New("contact").Funcs(functions).Parse(contactHTML))
)

// console serves the pages of one server.
type console struct {
	server   *clienttest.Server
	document []byte
}

// Handler returns a handler that serves a fake and its web pages: / shows the fake and adds faults,
// /document renders the OpenAPI document, and /openapi.yaml is the document itself. Every other
// path is that of the API.
//
// The handler rejects requests that other sites in the same browser send. It also rejects requests
// with a host name that could belong to another site. hosts are additional host names to accept.
func Handler(s *clienttest.Server, hosts ...string) (http.Handler, error) {
	document, err := renderDocument(api.Contacts)
	if err != nil {
		return nil, err
	}
	c := &console{s, document}
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.showPage(w, r, http.StatusOK, "") })
	mux.HandleFunc("GET /console/contact", c.showContact)
	mux.HandleFunc("POST /console/faults", c.addFault)
	mux.HandleFunc("POST /console/faults/clear", c.clearFaults)
	mux.HandleFunc("GET /console/refresh.js", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, "text/javascript", refreshJS) })
	mux.HandleFunc("GET /document", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, htmlType, c.document) })
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, "application/yaml", api.Contacts)
	})
	return guard(mux, hosts), nil
}

// page is the data of the main page.
type page struct {
	URL                string
	Server             *clienttest.Server
	Limit              clienttest.RateLimit
	Remaining, Daily   int
	Contacts           []client.Contact
	Count, Shown       int
	FirstID            string
	Locations          []location
	Requests           []clienttest.Request
	Faults             []clienttest.FaultState
	Operations         []string
	ConnectionFailures []clienttest.ConnectionFailure
	Problem            string // the error of the form for faults
	Form               url.Values
	Tokens             []token
	RefreshTokens      clienttest.RefreshTokens
	ConsentURL         string
	Now                time.Time
}

type location struct {
	clienttest.Location

	Remaining int
}

type token struct {
	clienttest.Token

	Expired bool
}

func (c *console) showPage(w http.ResponseWriter, r *http.Request, status int, problem string) {
	s := c.server
	p := page{
		URL: "http://" + r.Host, Server: s, Limit: s.RateLimit(), Contacts: s.Latest(shown), Count: s.Len(), Shown: shown,
		FirstID: "ocQHyuzHvysMo5N5VsXc", Requests: s.Requests(), Faults: s.Faults(), Operations: s.Operations(),
		ConnectionFailures: []clienttest.ConnectionFailure{clienttest.ConnectionResetBeforeApply, clienttest.ConnectionResetAfterApply, clienttest.ConnectionClosedInBody, clienttest.ConnectionEndlessBody, clienttest.ConnectionStalledInBody},
		Problem:            problem, Form: r.PostForm, RefreshTokens: s.RefreshTokens(), Now: s.Now(),
	}
	p.Remaining, p.Daily = s.Remaining(s.LocationID)
	slices.Reverse(p.Requests)
	p.Requests = p.Requests[:min(shown, len(p.Requests))]
	if len(p.Contacts) > 0 {
		p.FirstID = p.Contacts[0].ID
	}
	for _, l := range s.Locations() {
		remaining, _ := s.Remaining(l.ID)
		p.Locations = append(p.Locations, location{l, remaining})
	}
	for _, t := range s.Tokens() {
		p.Tokens = append(p.Tokens, token{t, !t.Expires.IsZero() && !p.Now.Before(t.Expires)})
	}
	p.Tokens = p.Tokens[:min(shown, len(p.Tokens))]
	p.ConsentURL = "/oauth/chooselocation?" + url.Values{
		"response_type": {"code"}, "client_id": {s.App.ClientID}, "scope": {"contacts.readonly contacts.write"},
		"redirect_uri": {"http://localhost:3000/callback"}, "state": {"example"},
	}.Encode()
	render(w, status, pageTemplate, p)
}

// showContact shows a contact in the JSON that a get returns.
func (c *console) showContact(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	contact, ok := c.server.ContactJSON(id)
	if !ok {
		render(w, http.StatusNotFound, contactTemplate, map[string]string{"ID": id})
		return
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, contact, "", "  "); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	render(w, http.StatusOK, contactTemplate, map[string]string{"ID": id, "JSON": indented.String()})
}

// reason returns the message of an error response.
func reason(body string) string {
	var parsed struct {
		Message          any    `json:"message"`
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	if json.Unmarshal([]byte(body), &parsed) != nil {
		return strings.TrimSpace(body)
	}
	switch message := parsed.Message.(type) {
	case string:
		return message
	case []any:
		var all []string
		for _, one := range message {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
		return strings.Join(all, "; ")
	default:
		return strings.TrimSpace(parsed.Error + " " + parsed.ErrorDescription)
	}
}

const htmlType = "text/html; charset=utf-8"

func render(w http.ResponseWriter, status int, t *template.Template, data any) {
	var text bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, status, htmlType, text.Bytes())
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error means that the browser has disconnected
}
