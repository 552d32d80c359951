// Package console is the web page of a fake HighLevel API: it shows the contacts, custom fields,
// tokens, last requests and webhooks, and injects faults.
package console

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

//go:embed refresh.js
var refreshJS []byte

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"join":   strings.Join,
	"clock":  func(t time.Time) string { return t.Format("15:04:05.000") },
	"date":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"reason": reason,
	"short":  func(token string) string { return token[:min(12, len(token))] + "…" },
}).Parse(pageHTML))

// console serves the page of one server.
type console struct {
	server  *clienttest.Server
	started time.Time
}

// Handler returns a handler that serves a fake and its web page: / shows the fake and adds faults,
// and /openapi.yaml is the OpenAPI document. Every other path is that of the API.
//
// The handler rejects requests that other sites in the same browser send, and requests for the page
// with a host name that could belong to another site.
func Handler(s *clienttest.Server) http.Handler {
	c := &console{s, time.Now()}
	page := http.NewServeMux()
	page.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.showPage(w, r, http.StatusOK, "") })
	page.HandleFunc("GET /console/contact", c.showContact)
	page.HandleFunc("POST /console/faults", c.addFault)
	page.HandleFunc("POST /console/faults/clear", c.clearFaults)
	page.HandleFunc("GET /console/refresh.js", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, "text/javascript", refreshJS) })
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	mux.Handle("/{$}", guardHost(page))
	mux.Handle("/console/", guardHost(page))
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, "application/yaml", api.Contacts)
	})
	return guardSite(mux)
}

// page is the data of the page.
type page struct {
	Host             string
	Started, Now     time.Time
	Server           *clienttest.Server
	Limit            clienttest.RateLimit
	Remaining, Daily int
	Contacts         []client.Contact
	Count, Shown     int
	FirstID          string
	Requests         []clienttest.Request
	Problem          string // the error of the form for faults
	Form             url.Values
	Failures         []clienttest.ConnectionFailure
	Deliveries       []clienttest.Delivery
	WebhookKey       string
	Tokens           []clienttest.Token
	ConsentURL       string
}

func (c *console) showPage(w http.ResponseWriter, r *http.Request, status int, problem string) {
	s := c.server
	p := page{
		Host: r.Host, Started: c.started, Now: s.Now(), Server: s, Limit: s.RateLimit(),
		Contacts: s.Latest(shown), Count: s.Len(), Shown: shown, FirstID: "ocQHyuzHvysMo5N5VsXc",
		Requests: s.Requests(), Deliveries: s.Deliveries(), WebhookKey: WebhookKey(s), Tokens: s.Tokens(), Problem: problem, Form: r.PostForm,
		Failures: []clienttest.ConnectionFailure{clienttest.ConnectionResetBeforeApply, clienttest.ConnectionResetAfterApply, clienttest.ConnectionClosedInBody, clienttest.ConnectionEndlessBody, clienttest.ConnectionStalledInBody},
	}
	p.Remaining, p.Daily = s.Remaining(s.LocationID)
	slices.Reverse(p.Requests)
	p.Requests = p.Requests[:min(shown, len(p.Requests))]
	slices.Reverse(p.Deliveries)
	p.Deliveries = p.Deliveries[:min(shown, len(p.Deliveries))]
	p.Tokens = p.Tokens[:min(shown, len(p.Tokens))]
	if len(p.Contacts) > 0 {
		p.FirstID = p.Contacts[0].ID
	}
	p.ConsentURL = "/oauth/chooselocation?" + url.Values{
		"response_type": {"code"}, "client_id": {s.App.ClientID}, "scope": {"contacts.readonly contacts.write"},
		"redirect_uri": {"http://localhost:3000/callback"}, "state": {"example"},
	}.Encode()
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, status, "text/html; charset=utf-8", text.Bytes())
}

// WebhookKey returns the public key of the fake's webhooks in the form in which HighLevel publishes
// its key, the base64 of a SubjectPublicKeyInfo.
func WebhookKey(s *clienttest.Server) string {
	key, err := x509.MarshalPKIXPublicKey(s.WebhookKey())
	if err != nil {
		return err.Error() // an Ed25519 key always encodes
	}
	return base64.StdEncoding.EncodeToString(key)
}

// showContact shows a contact as JSON.
func (c *console) showContact(w http.ResponseWriter, r *http.Request) {
	contact, ok := c.server.Contact(r.URL.Query().Get("id"))
	text, err := json.MarshalIndent(contact, "", "  ")
	if !ok || err != nil {
		http.Error(w, "this contact does not exist", http.StatusNotFound)
		return
	}
	write(w, http.StatusOK, "application/json", text)
}

// addFault adds the fault of the form and redirects to the page.
func (c *console) addFault(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	fault, err := parseFault(r)
	if err == nil {
		err = c.server.TryInjectFaults(fault)
	}
	if err != nil {
		c.showPage(w, r, http.StatusBadRequest, err.Error())
		return
	}
	http.Redirect(w, r, "/#faults", http.StatusSeeOther)
}

// clearFaults removes all faults.
func (c *console) clearFaults(w http.ResponseWriter, r *http.Request) {
	c.server.ClearFaults()
	http.Redirect(w, r, "/#faults", http.StatusSeeOther)
}

// parseFault reads a fault from a form.
func parseFault(r *http.Request) (f clienttest.Fault, err error) {
	f = clienttest.Fault{
		Operation: r.PostFormValue("operation"), Body: r.PostFormValue("body"),
		Connection: clienttest.ConnectionFailure(r.PostFormValue("connection")),
	}
	for name, to := range map[string]*int{"status": &f.Status, "count": &f.Count} {
		if value := r.PostFormValue(name); value != "" {
			if *to, err = strconv.Atoi(value); err != nil {
				return f, fmt.Errorf("%s: %q is not a number", name, value)
			}
		}
	}
	if value := r.PostFormValue("delay"); value != "" {
		f.Delay, err = time.ParseDuration(value)
	}
	return f, err
}

// reason returns the message of an error response.
func reason(body string) string {
	var parsed struct {
		Message          any    `json:"message"`
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	switch {
	case json.Unmarshal([]byte(body), &parsed) != nil:
		return strings.TrimSpace(body)
	case parsed.Message != nil:
		return strings.Trim(fmt.Sprint(parsed.Message), "[]")
	default:
		return strings.TrimSpace(parsed.Error + " " + parsed.ErrorDescription)
	}
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	for name, value := range map[string]string{
		"Content-Type":                 contentType,
		"Content-Security-Policy":      "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "same-origin",
		"Cache-Control":                "no-store",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error means that the browser has disconnected
}
