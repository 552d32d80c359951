// Package console shows a fake HighLevel to a person: a plain page in the browser with its contacts, its last requests and
// the faults in force, and the API's document for reading.
package console

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// shown is how many contacts and requests the page lists.
const shown = 25

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"join":  strings.Join,
	"clock": func(t time.Time) string { return t.Format("15:04:05.000") },
	"date":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"which": which,
	"what":  what,
	"took":  func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) },
	"css":   func() template.CSS { return template.CSS(styleCSS) }, //nolint:gosec // a constant of this package
}).Parse(pageHTML))

// page is what the page tells.
type page struct {
	URL              string
	Server           *clienttest.Server
	Limit            clienttest.RateLimit
	Remaining, Daily int
	Contacts         []client.Contact
	Count            int
	Requests         []clienttest.Request
	Faults           []clienttest.FaultState
	Operations       []string
	Now              time.Time
	Shown            int
	FirstID          string
}

// Handler returns the fake's handler with three pages added: / is about the fake, /document is the API's document for
// reading, and /openapi.yaml is the document itself. Everything else is the API.
func Handler(s *clienttest.Server) (http.Handler, error) {
	document, err := renderDocument(api.Contacts)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { showPage(w, r, s) })
	mux.HandleFunc("GET /document", func(w http.ResponseWriter, _ *http.Request) { write(w, "text/html; charset=utf-8", document) })
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) { write(w, "application/yaml", api.Contacts) })
	return mux, nil
}

func showPage(w http.ResponseWriter, r *http.Request, s *clienttest.Server) {
	p := page{
		URL: "http://" + r.Host, Server: s, Limit: s.RateLimit(), Contacts: s.Latest(shown), Count: s.Len(),
		Requests: s.Requests(), Faults: s.Faults(), Operations: s.Operations(), Now: s.Now(), Shown: shown,
	}
	p.Remaining, p.Daily = s.Remaining(s.LocationID)
	slices.Reverse(p.Requests)
	p.Requests = p.Requests[:min(shown, len(p.Requests))]
	p.FirstID = "ocQHyuzHvysMo5N5VsXc"
	if len(p.Contacts) > 0 {
		p.FirstID = p.Contacts[0].ID
	}
	var text strings.Builder
	if err := pageTemplate.Execute(&text, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, "text/html; charset=utf-8", []byte(text.String()))
}

func write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // who has gone needs no page
}
