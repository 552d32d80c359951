package main

import (
	"context"
	"errors"
	"html/template"
	"net"
	"net/http"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/exportjob"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

// serve serves the status page at / and the installation of the app at /install. The caller must
// call stop.
func (s *service) serve(ctx context.Context, address string) (stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.logger.ErrorContext(ctx, "status page ended", "error", err)
		}
	}()
	return func() {
		_ = server.Close()
		<-ended
	}, nil
}

func (s *service) handler() http.Handler {
	install := oauth.InstallHandler(s.app, func(ctx context.Context, credential oauth.Credential) error {
		return oauth.Save(ctx, postgres.NewTokenStore(s.db, installationName(credential), s.keys), credential)
	}, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.Handle("GET /install", install)
	mux.Handle("GET /callback", install) // the path of HIGHLEVEL_REDIRECT_URL
	return mux
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"row": newRow}).Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="10">
<title>Nightly export</title>
<style>body { font-family: sans-serif } td, th { padding: 2px 12px; text-align: left } .failed { color: #b00 }</style>
</head>
<body>
<h1>Nightly export</h1>
<table>
<tr><th>location</th><th>run</th><th>state</th><th>contacts</th><th>total</th><th>time</th><th>latest error</th></tr>
{{range .}}{{with row .}}<tr{{if .Failed}} class="failed"{{end}}><td>{{.LocationID}}</td><td>{{.Run}}</td><td>{{.State}}</td><td>{{.Contacts}}</td><td>{{.Total}}</td><td>{{.Time}}</td><td>{{.Error}}</td></tr>
{{end}}{{end}}</table>
</body>
</html>
`))

// page writes the status page.
func (s *service) page(w http.ResponseWriter, r *http.Request) {
	exports, err := exportjob.Exports(r.Context(), s.pool)
	if err != nil {
		s.logger.ErrorContext(r.Context(), "status page failed", "error", err)
		http.Error(w, "the database does not respond", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pageTemplate.Execute(w, exports); err != nil {
		s.logger.DebugContext(r.Context(), "status page was not sent", "error", err)
	}
}
