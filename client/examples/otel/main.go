// Otel records traces and metrics of calls with OpenTelemetry and prints them to standard output. In
// a program of your own, replace the exporters of run, and copy telemetry.go.
//
//	cd client/examples/otel && go run .
//
// The HTTP client of the calls uses the transport of otelhttp, which records a span for each
// attempt. A call hook records the duration of each call, which includes its attempts and the waits
// between them. Spans are named after operations, and metrics have the operation as an attribute.
// The query of a URL is removed from the spans, because a list can search for the name of a person.
//
// Otel is a module of its own, so that programs that import the client do not depend on
// OpenTelemetry.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(out), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	traces := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(withoutQuery{sdktrace.NewBatchSpanProcessor(spans)}))
	defer func() { err = errors.Join(err, traces.Shutdown(ctx)) }()

	measurements, err := stdoutmetric.New(stdoutmetric.WithWriter(out), stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(measurements)))
	defer func() { err = errors.Join(err, metrics.Shutdown(ctx)) }()

	hook, err := recordCalls(metrics)
	if err != nil {
		return err
	}
	fake, err := clienttest.Start()
	if err != nil {
		return err
	}
	defer fake.Close()
	c, err := fake.NewClient(client.WithHTTPClient(tracedClient(traces)), client.WithCallHook(hook))
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
