// Otel traces calls with OpenTelemetry: the client takes any http.Client, and otelhttp makes one that records a span for each
// attempt. The spans are named by operation, and go to standard output. Mind that otelhttp records addresses with their query,
// in which a list may name a person: drop the attribute url.full where traces must not hold that.
//
// It is a module of its own, so that users of the client do not depend on OpenTelemetry.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	exporter, err := stdouttrace.New(stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	defer func() { _ = provider.Shutdown(ctx) }()

	fake, err := clienttest.Start()
	if err != nil {
		return err
	}
	defer fake.Close()
	c, err := fake.NewClient(client.WithHTTPClient(tracedClient(provider)))
	if err != nil {
		return err
	}
	contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Ada", Email: "ada@example.com"})
	if err != nil {
		return err
	}
	_, err = c.Contacts.Get(ctx, contact.ID)
	return err
}

// tracedClient returns an HTTP client that records a span for each attempt, named by the operation.
func tracedClient(provider api.TracerProvider) *http.Client {
	return &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport,
		otelhttp.WithTracerProvider(provider),
		otelhttp.WithSpanNameFormatter(func(_ string, req *http.Request) string {
			return "highlevel " + client.OperationFromContext(req.Context())
		}))}
}
