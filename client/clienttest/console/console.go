// Package console serves the web page of a fake HighLevel API, which shows the contacts, custom
// fields, tokens, last requests and webhooks, changes and deletes contacts, and injects faults.
package console

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// shown is the largest number of contacts, requests and tokens that the page lists.
const shown = 25

//go:embed page.html
var pageHTML string

//go:embed refresh.js
var refreshJS []byte

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"join":  strings.Join,
	"clock": func(t time.Time) string { return t.Format("15:04:05.000") },
	"date":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"short": func(token string) string { return token[:min(12, len(token))] + "…" },
}).Parse(pageHTML))

// console serves the page of one server.
type console struct {
	server  *clienttest.Server
	started time.Time
}

// Handler returns a handler that serves a fake and its web page: / shows the fake and adds faults,
// a contact has a form that changes or deletes it, and /openapi.yaml is the OpenAPI document. Every
// other path is that of the API.
//
// The handler rejects requests that other sites in the same browser send, and requests for the page
// with a host name that could belong to another site.
func Handler(s *clienttest.Server) http.Handler {
	c := &console{s, time.Now()}
	page := http.NewServeMux()
	page.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.showPage(w, r, "") })
	page.HandleFunc("GET /console/contact", func(w http.ResponseWriter, r *http.Request) { c.showContact(w, r, "") })
	page.HandleFunc("POST /console/contact", c.changeContact)
	page.HandleFunc("POST /console/contact/delete", c.deleteContact)
	page.HandleFunc("POST /console/faults", c.addFault)
	page.HandleFunc("POST /console/faults/clear", c.clearFaults)
	page.HandleFunc("GET /console/refresh.js", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, "text/javascript", refreshJS)
	})
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	mux.Handle("/{$}", guardHost(page))
	mux.Handle("/console/", guardHost(page))
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, "application/yaml", api.Contacts)
	})
	return guardSite(mux)
}

// showPage shows the page, with the error of the form for faults if there is one.
func (c *console) showPage(w http.ResponseWriter, r *http.Request, problem string) {
	s := c.server
	contacts, tokens := s.Contacts(), s.Tokens()
	show(w, "page", problem, map[string]any{
		"Host": r.Host, "Started": c.started, "Now": s.Now(), "Server": s,
		"Contacts": contacts[:min(shown, len(contacts))], "Count": len(contacts), "Shown": shown,
		"Requests": latest(s.Requests()), "Deliveries": latest(s.Deliveries()), "Tokens": tokens[:min(shown, len(tokens))],
		"WebhookKey": WebhookKey(s), "Problem": problem, "Form": r.PostForm, "Failures": clienttest.ConnectionFailures,
		"ConsentURL": "/oauth/chooselocation?" + url.Values{
			"response_type": {"code"}, "client_id": {s.App.ClientID}, "scope": {"contacts.readonly contacts.write"},
			"redirect_uri": {"http://localhost:3000/callback"}, "state": {"example"},
		}.Encode(),
	})
}

// latest returns the last entries of a log, the latest first.
func latest[T any](log []T) []T {
	slices.Reverse(log)
	return log[:min(shown, len(log))]
}

// show writes a page with a problem, which is empty if there is none.
func show(w http.ResponseWriter, name, problem string, data any) {
	var text bytes.Buffer
	if err := templates.ExecuteTemplate(&text, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusBadRequest
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

// addFault adds the fault of the form and redirects to the page.
func (c *console) addFault(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	fault, err := parseFault(r)
	if err == nil {
		err = c.server.TryInjectFaults(fault)
	}
	if err != nil {
		c.showPage(w, r, err.Error())
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
